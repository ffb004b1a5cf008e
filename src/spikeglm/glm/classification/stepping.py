"""Mini-batches of labels, for :mod:`spikeglm.glm.batches.stepping`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors
from ...engine.softmax_objective import SoftmaxObjective
from ...regularizer import UnRegularized
from ...solvers import SVRG, ProxSVRG
from ...solvers.batches.online import Stepper
from ...solvers.custom.custom_solver import ForeignSolver
from ...typing import ArrayLike, FloatArray
from ..batches.stepping import in_the_users_units, plain_or_running
from ..reading.fit_inputs import FitInputs

if TYPE_CHECKING:
    from .classifier import ClassifierGLM


@dataclass(frozen=True, eq=False)
class LabelBatch:
    """A mini-batch whose response is a label: theta ((p + 1) K, N) has all classes of a neuron."""

    inputs: FitInputs
    objective: SoftmaxObjective

    def theta(self, coef: FloatArray, intercept: FloatArray) -> FloatArray:
        """Return parameters (p, K·N) and (K·N,), stacked."""
        return self.objective.stacked(np.vstack([coef, intercept]))

    def parameters(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return weights and intercepts of class columns."""
        wide = self.objective.widened(theta)
        return wide[:-1], wide[-1]

    def stepper(self, method: Any, theta: FloatArray) -> Stepper:
        """Return what a solver remembers before the first step."""
        if isinstance(method, (ForeignSolver, SVRG, ProxSVRG)):
            raise errors.value_error(
                "This solver takes no mini-batches of a classifier.",
                given=getattr(method, "kind", type(method)).__name__,
                expected="None, or GradientDescent or ProximalGradient",
            )
        goal: Any = self.objective
        return plain_or_running(method, goal, theta)


def read_label_batch(model: ClassifierGLM, X: ArrayLike, y: ArrayLike) -> LabelBatch:
    """Return a mini-batch of a classifier, every class of which may occur."""
    inputs = model.read_inputs(X, y)
    shapes, no_penalty = inputs.shapes, UnRegularized().bind(None, (0, 0))
    penalty = model.read_penalty(shapes)
    absent = np.zeros((shapes.n_classes or 1, shapes.n_neurons or 1), dtype=bool)
    classes = in_the_users_units(inputs, no_penalty)
    return LabelBatch(inputs, SoftmaxObjective(classes, penalty, absent))
