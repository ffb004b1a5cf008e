"""The four estimators, each with all of its arguments and a response: what holds for every one."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import spikeglm as nmo
from spikeglm.observation_models import NegativeBinomialObservations

X = np.random.default_rng(0).normal(size=(120, 3))
COUNTS = (
    np.random.default_rng(1)
    .poisson(np.exp(X @ [[0.5, 0.1], [-0.3, 0.2], [0.0, 0.4]]))
    .astype(float)
)
LABELS = np.array(["left", "right", "stay"])[
    np.argmax(X @ np.eye(3) + np.random.default_rng(2).gumbel(size=X.shape), axis=1)
]


@dataclass(frozen=True)
class Kind:
    """A class of estimators, arguments other than its defaults, and a response that it can have."""

    cls: Any
    arguments: dict[str, Any]
    y: Any
    penalty: str = "Ridge"

    def __str__(self):
        return f"{self.cls.__name__}-{self.penalty}"

    def with_penalty(self, penalty):
        """The same with another penalty, its strengths, and the solver that it prefers."""
        regularizer, strength_of = PENALTIES[penalty]
        changes = {
            "regularizer": regularizer,
            "regularizer_strength": strength_of(self.arguments["regularizer_strength"]),
            "solver_name": regularizer.default_solver,
        }
        return replace(self, arguments=self.arguments | changes, penalty=penalty)

    def fitted(self):
        return self.cls(**self.arguments).fit(X, self.y)


# the penalty, and its strengths given those of a ridge
PENALTIES = {
    "UnRegularized": (nmo.regularizer.UnRegularized(), lambda strength: None),
    "Ridge": (nmo.regularizer.Ridge(), lambda strength: strength),
    "Quadratic": (
        nmo.regularizer.Quadratic([(slice(0, 2), np.array([[1.0, -1.0], [-1.0, 1.0]]))]),
        lambda strength: 0.5,
    ),
    "Lasso": (nmo.regularizer.Lasso(), lambda strength: 0.02 * strength),
    "ElasticNet": (nmo.regularizer.ElasticNet(), lambda strength: (0.02 * strength, 0.5)),
    "GroupLasso": (nmo.regularizer.GroupLasso([[1, 0, 1], [0, 1, 0]]), lambda strength: 0.02),
}
_SOLVER = {
    "solver_name": "Newton",
    "solver_kwargs": {"tol": 1e-6, "maxiter": 50},
    "fit_intercept": False,
}
_NUMBERS = {
    "observation_model": NegativeBinomialObservations(0.7),
    "inverse_link_function": "softplus",
    "regularizer": nmo.regularizer.Ridge(),
    "regularizer_strength": np.array([1.0, 2.0, 3.0]),
    "feature_mask": np.array([1, 0, 1]),
} | _SOLVER
_LABELS = {
    "n_classes": 3,
    "inverse_link_function": "log_softmax",
    "regularizer": nmo.regularizer.Ridge(),
    "regularizer_strength": np.full((3, 3), 0.5),
    "feature_mask": np.array([[1, 1, 1], [0, 1, 1], [1, 1, 0]]),
} | _SOLVER


def _of_two_neurons(arguments):
    arrays = ("regularizer_strength", "feature_mask")
    return arguments | {name: np.stack([arguments[name]] * 2, axis=1) for name in arrays}


REGRESSORS = (
    Kind(nmo.GLM, _NUMBERS, COUNTS[:, 0]),
    Kind(nmo.PopulationGLM, _of_two_neurons(_NUMBERS), COUNTS),
)
CLASSIFIERS = (
    Kind(nmo.ClassifierGLM, _LABELS, LABELS),
    Kind(
        nmo.ClassifierPopulationGLM,
        _of_two_neurons(_LABELS),
        np.column_stack([LABELS, LABELS[::-1]]),
    ),
)
EVERY_KIND = tuple(
    kind.with_penalty(penalty) for kind in REGRESSORS + CLASSIFIERS for penalty in PENALTIES
)
