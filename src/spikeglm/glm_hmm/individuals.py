"""From all animals to each: fits that begin at the common one, and stay near it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors, showing
from ..regularizer import Ridge
from ..typing import ArrayLike, IntArray
from .asking import asked
from .climbing import Problem, climb
from .estimator import GLMHMM
from .fitting import best_of, store
from .joined_weights import joined
from .priors import Dirichlet
from .reading import Data, of_sessions, read_count, read_tolerance

if TYPE_CHECKING:
    import pandas as pd

_NAMES = (
    "feature_names_", "terms_", "neuron_columns_", "feature_columns_", "classes_", "one_",
)  # fmt: skip
"""What animals have in common beside parameters."""


@dataclass(frozen=True, eq=False)
class IndividualFits:
    """A model for each animal (or each group of sessions), whose states are those of all.

    Attributes
    ----------
    labels :
        One per model.
    models :
        State k of each is the counterpart of state k of the common model.
    gain :
        Log-likelihood of each animal above that of the common model, nats per response.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(600, 1))
    >>> y = np.random.default_rng(1).poisson(np.exp(2.0 * (np.arange(600) // 50 % 2)))
    >>> animals = np.repeat(["a", "b"], 300)
    >>> starts = nmo.glm_hmm.session_starts(animals)
    >>> model = nmo.GLMHMM(2, "Poisson", n_restarts=3).fit(X, y, session_starts=starts)
    >>> nmo.glm_hmm.fit_individuals(model, X, y, animals, starts).labels
    ('a', 'b')
    """

    labels: tuple[Any, ...]
    models: tuple[GLMHMM, ...]
    gain: tuple[float, ...]

    __repr__ = showing.of_fields

    def __getitem__(self, label: Any) -> GLMHMM:
        """Return the model of a label."""
        if label not in self.labels:
            raise errors.unknown_name("animal", label, self.labels)
        return self.models[self.labels.index(label)]

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas table: ``label``, ``state``, ``feature``, ``weight``, ``occupancy``.

        >>> IndividualFits((), (), ()).to_frame().columns.tolist()
        ['label', 'state', 'feature', 'weight', 'occupancy']
        """
        import pandas as pd

        rows = []
        for label, model in zip(self.labels, self.models, strict=True):
            coef, intercept = joined(model.coef_), np.asarray(model.intercept_)
            names = [*model.feature_names_, "intercept"]  # type: ignore[attr-defined]
            for values, name in zip([*coef, intercept], names, strict=True):
                for k, share in enumerate(model.fit_report_.occupancy):
                    for value in np.atleast_1d(values[..., k]):
                        rows.append((label, k, name, float(value), float(share)))
        return pd.DataFrame(rows, columns=["label", "state", "feature", "weight", "occupancy"])


def fit_individuals(
    model: GLMHMM,
    X: ArrayLike,
    y: ArrayLike,
    groups: ArrayLike,
    session_starts: Any = None,
    *,
    transition_inputs: ArrayLike | None = None,
    spread: float = 1.0,
    moves: float = 20.0,
) -> IndividualFits:
    """Fit a model to each animal, from the model of all and near it.

    A maximum a posteriori fit: weights of an animal are drawn around those of all, and so are its
    transitions; the fewer trials an animal has, the more it is as all are. Since each begins at the
    common model, states need no matching.

    Parameters
    ----------
    model :
        Fitted to all animals.
    X, y, session_starts, transition_inputs :
        The data of that fit.
    groups :
        (T,) the animal of each trial; a session is of one animal.
    spread :
        The standard deviation of weights between animals, in the units of weights; also of those
        of ``transition_inputs``.
    moves :
        How many moves from each state (and first states) the common model counts for.

    Raises
    ------
    ValueError
        If a session has trials of two animals, or arguments are not positive.

    References
    ----------
    Ashwood et al. (2022), Nat Neurosci 25:201-12, Methods: fits of individual animals begin at the
    global one.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(600, 1))
    >>> y = np.random.default_rng(1).poisson(np.exp(2.0 * (np.arange(600) // 50 % 2)))
    >>> animals = np.repeat(["a", "b"], 300)
    >>> starts = nmo.glm_hmm.session_starts(animals)
    >>> model = nmo.GLMHMM(2, "Poisson", n_restarts=3).fit(X, y, session_starts=starts)
    >>> fits = nmo.glm_hmm.fit_individuals(model, X, y, animals, starts)
    >>> fits["b"].coef_.shape
    (1, 2)
    """
    for value, name in ((spread, "spread"), (moves, "moves")):
        if not value > 0:
            raise errors.value_error(f"{name} must be positive.", given=value, expected="> 0")
    data, common = asked(model, X, y, session_starts, transition_inputs)
    labels, of_session = _groups(groups, data)
    emissions, coef = data.problem.emissions, common.columns[0]
    lies = emissions.columns_of(1)
    shape = coef.shape[0] * emissions.n_classes, lies.n_problems
    near = replace(emissions, penalty=Ridge().bind(1.0 / spread**2, shape), centre=coef)
    prior = Dirichlet(moves * common.initial[0], moves * common.transition[0])
    inputs = data.problem.inputs
    if inputs is not None and common.drive is not None:
        inputs = replace(inputs, strength=1.0 / spread**2, centre=common.drive[:, 0])
    near_data = replace(data, problem=Problem(near, prior, inputs))
    models, gains = [], []
    for g in range(len(labels)):
        part = of_sessions(near_data, of_session == g)
        climbed = climb(
            part.problem,
            common,
            maxiter=read_count(model.maxiter, "maxiter"),
            tol=read_tolerance(model.tol),
        )
        found = best_of(part.problem, climbed, keeps_order=True)
        own = type(model)(**model.get_params(deep=False))
        store(own, part, found)
        for name in _NAMES:
            if hasattr(model, name):
                setattr(own, name, getattr(model, name))
        models.append(own)
        before = part.problem.smoothed(common).log_likelihood[0]
        n_seen = part.problem.emissions.n_seen
        gains.append(float(own.log_likelihood_ - before) / n_seen)
    return IndividualFits(labels, tuple(models), tuple(gains))


def _groups(groups: ArrayLike, data: Data) -> tuple[tuple[Any, ...], IntArray]:
    """Return labels and the number of the label of each session (S,)."""
    values, sessions = np.asarray(groups), data.sessions
    if values.shape != (sessions.n_rows,):
        raise errors.value_error(
            "groups do not fit the data.",
            given=f"shape {values.shape}",
            expected=f"({sessions.n_rows},): the animal of each trial",
        )
    labels, number = np.unique(values[sessions.trials], return_inverse=True)
    number = number.ravel()
    session = np.cumsum(sessions.starts) - 1
    of_session = number[sessions.starts]
    if (of_session[session] != number).any():
        trial = sessions.trials[np.flatnonzero(of_session[session] != number)[0]]
        raise errors.value_error(
            "A session has trials of two animals.",
            given=f"trial {trial} is of {values[trial]!r}, its session begins with another",
            expected="sessions of one animal each",
            todo="let session_starts mark the first trial of each animal, too.",
        )
    return tuple(labels.tolist()), of_session
