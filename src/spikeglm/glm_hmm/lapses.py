"""The baseline of hidden states: a GLM of choices with lapses that depend on nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors, showing
from ..engine.runners.dispatch import products
from ..engine.runners.plan import plan
from ..glm.reading.fit_inputs import read_rows
from ..notices import warn
from ..numerics import quiet
from ..regularizer.ridge import RidgePenalty
from ..regularizer.unregularized import NoPenalty
from ..settings import get_config
from ..typing import ArrayLike, BoolArray, FloatArray
from .emissions import Emissions
from .estimator import GLMHMM
from .lapse_climbing import CONVERGED, Lapsing, covariance
from .reading import Data, read_data

if TYPE_CHECKING:
    import pandas as pd

FLAT, SEPARATED = "some parameters cannot be told apart", "separated"
_FAR = 100.0  # standard error of a predictor that nothing bounds
_SAME = 1e-4  # nats
_SHARE = 1 / 8  # of the memory budget


@dataclass(frozen=True, eq=False)
class LapseFit:
    """Choices that follow features, but for lapses: the most likely parameters.

    With s the logistic function of ``x . coef + intercept`` a choice is 1 with probability
    ``lapse_to_one + (1 - lapse_to_one - lapse_to_zero) s``.

    Attributes
    ----------
    coef, intercept :
        (p,) and a number.
    lapse_to_one, lapse_to_zero :
        How often choices are 1, or 0, whatever the features are.
    errors :
        (p + 3,) standard errors of these, in this order, from the curvature at the optimum; NaN for
        a lapse rate of zero, which is at its bound, and for a weight that is given.
    log_likelihood :
        log p(y), in nats.
    n_parameters, n_seen :
        Free parameters and choices.
    status :
        ``"converged"``; ``"some parameters cannot be told apart"``: others predict the same;
        ``"separated"``: features predict choices perfectly, but for lapses, and weights have no
        finite optimum; ``"iteration limit"`` or ``"stalled"``: no optimum.
    n_agreeing, n_starts :
        Of the starts, those that led to this optimum.
    feature_names :
        Of the features.

    References
    ----------
    Wichmann & Hill (2001), Percept Psychophys 63:1293-313, eq. 1; Ashwood et al. (2022), Nat
    Neurosci 25:201-12, Methods: the lapse model.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(4000, 1))
    >>> listens = rng.random(4000) < 0.8
    >>> heard = X[:, 0] > rng.logistic(size=4000) / 4
    >>> found = fit_lapses(X, np.where(listens, heard, rng.random(4000) < 0.5))
    >>> found.status, round(found.lapse_to_one, 1), round(found.lapse_to_zero, 1)
    ('converged', 0.1, 0.1)
    """

    coef: FloatArray
    intercept: float
    lapse_to_one: float
    lapse_to_zero: float
    errors: FloatArray
    log_likelihood: float
    n_parameters: int
    n_seen: int
    status: str
    n_agreeing: int
    n_starts: int
    feature_names: tuple[str, ...]

    __repr__ = showing.of_fields

    @property
    def is_well(self) -> bool:
        """Whether it is an optimum: what it predicts is that of one."""
        return self.status in (CONVERGED, FLAT)

    @property
    def bic(self) -> float:
        """Schwarz's criterion."""
        return -2.0 * self.log_likelihood + self.n_parameters * float(np.log(self.n_seen))

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas table: ``parameter``, ``estimate``, ``error``.

        >>> X, y = np.random.default_rng(0).normal(size=(100, 1)), np.arange(100) % 2
        >>> fit_lapses(X, y).to_frame()["parameter"].tolist()
        ['x0', 'intercept', 'lapse_to_one', 'lapse_to_zero']
        """
        import pandas as pd

        names = (*self.feature_names, "intercept", "lapse_to_one", "lapse_to_zero")
        values = *self.coef, self.intercept, self.lapse_to_one, self.lapse_to_zero
        return pd.DataFrame({"parameter": names, "estimate": values, "error": self.errors})

    def predict(self, X: ArrayLike) -> FloatArray:
        """Return the probability that a choice is 1, (T,); NaN where features are missing.

        Raises
        ------
        ValueError
            If there are other features than those of the fit.

        Examples
        --------
        >>> X, y = np.random.default_rng(0).normal(size=(100, 1)), np.arange(100) % 2
        >>> fit_lapses(X, y).predict(X[:3]).shape
        (3,)
        """
        rows = read_rows(X)
        if rows.n_features != len(self.coef):
            raise errors.value_error(
                "X has other features than the fit.",
                given=f"{rows.n_features} features",
                expected=f"{len(self.coef)}: {', '.join(self.feature_names)}",
            )
        eta = products(rows, self.coef[:, None], plan(rows, 1))[:, 0] + self.intercept
        return self._probabilities(np.asarray(eta))[0]

    def bits(self, X: FloatArray, y: BoolArray) -> float:
        """Return log p(choices) of features (n, p) and choices (n,), in bits per choice.

        >>> X, y = np.random.default_rng(0).normal(size=(100, 1)), np.arange(100) % 2
        >>> found = fit_lapses(X, y)
        >>> bool(np.isclose(found.bits(X, y > 0), found.log_likelihood / 100 / np.log(2)))
        True
        """
        one, zero = self._probabilities(X @ self.coef + self.intercept)
        with quiet():
            return float(np.log2(np.where(y, one, zero)).mean())

    def _probabilities(self, eta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return p(one) and p(zero)."""
        listens = 1.0 - self.lapse_to_one - self.lapse_to_zero
        with quiet():
            up, down = 1.0 / (1.0 + np.exp(-eta)), 1.0 / (1.0 + np.exp(eta))
        return self.lapse_to_one + listens * up, self.lapse_to_zero + listens * down


def fit_lapses(X: ArrayLike, y: ArrayLike, **arguments: Any) -> LapseFit:
    """Fit a GLM of choices with two lapse rates.

    Parameters
    ----------
    X, y :
        (T, p) features and (T,) choices, 0 or 1, NaN where one is missing.
    **arguments :
        Of :class:`GLMHMM`: ``regularizer`` (Ridge, the default, or None),
        ``regularizer_strength``, ``feature_mask``, ``frozen_weights``.

    Raises
    ------
    ValueError, TypeError
        For arguments or data that cannot be used, or where there can be no lapse model.

    Warns
    -----
    ConvergenceWarning
        If no optimum was found.

    Examples
    --------
    >>> X, y = np.random.default_rng(0).normal(size=(100, 1)), np.arange(100) % 2
    >>> fit_lapses(X, y).n_parameters
    4
    """
    data = read_data(GLMHMM(1, **arguments), X, y, None)
    why = why_no_lapses(data)
    if why is not None:
        raise errors.value_error(
            "There is no lapse model of these data.",
            given=why,
            expected="choices of two (Bernoulli, logistic link) of one output, with Ridge or no "
            "penalty, and features that fit into memory",
        )
    found = lapses_of(data)
    warn_unless_well(found)
    return found


def warn_unless_well(*fits: LapseFit) -> None:
    """Say of fits that are no optimum how they ended."""
    words = sorted({found.status for found in fits if not found.is_well})
    if words:
        warn(
            f"No optimum of the lapse model was found ({', '.join(words)}). What to do: a Ridge "
            "penalty, if features predict all choices.",
            errors.ConvergenceWarning,
        )


def why_no_lapses(data: Data) -> str | None:
    """Return why data have no lapse model; None where they have one."""
    emissions = data.problem.emissions
    likelihood = emissions.likelihood
    n_bytes = 8 * emissions.rows.n_rows * (emissions.rows.n_features + 3)
    if emissions.n_classes > 1 or likelihood.model.name != "Bernoulli":
        return f"responses are {getattr(likelihood.model, 'name', 'labels')}"
    if likelihood.link.name != "logistic":
        return f"the link is {likelihood.link.name}"
    if emissions.n_outputs > 1:
        return f"there are {emissions.n_outputs} outputs"
    if not isinstance(emissions.penalty, (NoPenalty, RidgePenalty)):
        return "the penalty is another than Ridge"
    if n_bytes > _SHARE * get_config().memory_bytes:
        return f"features take {n_bytes / 2**20:,.0f} MiB"
    return None


def lapses_of(data: Data) -> LapseFit:
    """Return the lapse model of data that have one."""
    one = data.problem.emissions.alone()
    choices, learned = _choices(one)
    ends = choices.ends()
    best = ends[0]
    at = choices.look(best.theta)
    sure = covariance(at, best.theta)
    status = best.status
    if status == CONVERGED and np.isnan(sure).all():
        status = FLAT
    elif status == CONVERGED and _is_endless(choices, sure):
        status = SEPARATED
    places = np.append(learned, np.ones(2, dtype=bool))
    values, errors_ = _given(one), np.full(len(places), np.nan)
    values[places] = best.theta
    with np.errstate(invalid="ignore"):
        errors_[places] = np.sqrt(np.diag(sure))
    ridge = 0.5 * float(choices.strength @ best.theta[:-2] ** 2)
    features = one.ready.survey.features
    rank = int((features.scale > 0).sum()) - features.null_space.shape[1]
    return LapseFit(
        values[:-3],
        float(values[-3]),
        float(values[-2]),
        float(values[-1]),
        errors_,
        ridge - best.value,
        min(int(learned[:-1].sum()), rank) + int(learned[-1]) + 2,
        len(choices.y),
        status,
        sum(end.value < best.value + _SAME for end in ends),
        len(ends),
        tuple(map(str, one.rows.feature_names)),
    )


def _is_endless(choices: Lapsing, sure: FloatArray) -> bool:
    """Return whether nothing bounds the predictor of some trial."""
    of_weights = sure[:-2, :-2]
    variance = ((choices.X @ of_weights) * choices.X).sum(axis=1)
    return bool(variance.max(initial=0.0) > _FAR**2)


def held_out_bits(found: LapseFit, data: Data) -> float:
    """Return log p(choices) of other data, in bits per choice."""
    return found.bits(*_seen(data.problem.emissions))


def _choices(one: Emissions) -> tuple[Lapsing, BoolArray]:
    """Return choices as they are climbed, and which of p + 1 weights are learned."""
    X, y = _seen(one)
    p = X.shape[1]
    given = _given(one)[: p + 1]
    learned = np.ones(p + 1, dtype=bool) if one.mask is None else np.append(one.mask[:, 0], True)
    learned[p] = one.has_intercept
    table = np.column_stack([X, np.ones(len(X))])
    strength = np.append(one.penalty.gradient(np.ones((p, 1)))[:, 0], 0.0)
    offset = table[:, ~learned] @ given[~learned]
    return Lapsing(table[:, learned], y, offset, strength[learned]), learned


def _given(one: Emissions) -> FloatArray:
    """Return (p + 3,) weights that are given, zero for others."""
    values = np.zeros(one.rows.n_features + 3)
    if one.frozen is not None:
        values[:-3] = one.frozen.centre[:, 0]
        if one.frozen.intercept is not None:
            values[-3] = one.frozen.intercept[0]
    return values


def _seen(emissions: Emissions) -> tuple[FloatArray, BoolArray]:
    """Return features (n, p) and choices (n,) of trials that have both."""
    rows, sessions = emissions.rows, emissions.sessions
    p = rows.n_features
    X = sessions.among(np.asarray(products(rows, np.eye(p), plan(rows, p))))
    y = sessions.among(emissions.y)[:, 0] > 0
    seen = emissions.keep if emissions.seen is None else emissions.seen[:, 0]
    there = sessions.among(seen)
    return X[there], y[there]
