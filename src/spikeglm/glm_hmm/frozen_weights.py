"""Weights that are given and stay as they are, in all states or in some.

A frozen weight is one that the mask leaves out, with its value for a centre: what it predicts is an
offset of the fit, and no prior counts it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors, showing
from ..engine.columns import Source
from ..engine.runners.dispatch import products
from ..engine.runners.plan import plan
from ..glm.reading.shapes import Shapes
from ..rows.contract import Rows
from ..rows.terms import terms_of
from ..typing import BoolArray, FloatArray
from .joined_weights import joined
from .parameters import Parameters
from .shared_weights import INTERCEPT, Shared

if TYPE_CHECKING:
    from .emissions import Emissions


@dataclass(frozen=True, eq=False)
class Frozen:
    """Values of weights, NaN where they are learned.

    Attributes
    ----------
    coef :
        (p, K N).
    intercept :
        (K N,); None: learned.

    Examples
    --------
    >>> frozen = Frozen(np.array([[2.0, np.nan]]), None)
    >>> frozen.is_learned, frozen.centre
    (array([[False,  True]]), array([[2., 0.]]))
    """

    coef: FloatArray
    intercept: FloatArray | None

    __repr__ = showing.of_fields

    @property
    def is_learned(self) -> BoolArray:
        """(p, K N) which coefficients are."""
        return np.isnan(self.coef)

    @property
    def centre(self) -> FloatArray:
        """(p, K N) the values, zero for what is learned."""
        return np.nan_to_num(self.coef)

    def held(self, at: Parameters) -> Parameters:
        """Return parameters with frozen weights at their values."""
        of_one = self.coef.reshape(len(self.coef), 1, *at.intercept.shape[1:])
        coef = np.where(np.isnan(of_one), at.coef, of_one)
        if self.intercept is None:
            return replace(at, coef=coef)
        of_state = self.intercept.reshape(1, *at.intercept.shape[1:])
        return replace(at, coef=coef, intercept=np.broadcast_to(of_state, at.intercept.shape))

    def have_no_errors(self, coef: FloatArray, intercept: FloatArray) -> None:
        """Write NaN for the errors (p, K, N) and (K, N) of what is given, in place."""
        coef[~self.is_learned.reshape(coef.shape)] = np.nan
        if self.intercept is not None:
            intercept[:] = np.nan

    def of_one_state(self, one: Emissions, mask: Any) -> Emissions:
        """Return a model of one state with the means of given weights, unless a state learns them.

        Parameters
        ----------
        one, mask :
            A model of one state, and the mask (p, K N) of all.
        """
        N = one.n_outputs
        coef = self.coef.reshape(len(self.coef), -1, N).mean(axis=1)
        levels = self.intercept
        given = Frozen(coef, None if levels is None else levels.reshape(-1, N).mean(axis=0))
        used: BoolArray = np.asarray(mask.reshape(len(coef), -1, N).any(axis=1))
        return replace(one, mask=used, centre=given.centre, frozen=given)


def offsets_of(rows: Rows, centre: FloatArray, frozen: Frozen | None, n_runs: int) -> Source:
    """Return what weights (p, C) that are no parameters of a fit predict, of some runs."""
    offsets = products(rows, centre, plan(rows, centre.shape[1]))
    if frozen is not None and frozen.intercept is not None:
        offsets = offsets + frozen.intercept
    every = np.arange(centre.shape[1])
    return Source(np.nan_to_num(offsets), np.tile(every, n_runs))


def with_given(emissions: Emissions, model: Any, shapes: Shapes) -> Emissions:
    """Return what states explain with weights that are given; raises as :func:`read_frozen`."""
    frozen = read_frozen(model, emissions.rows, shapes)
    if frozen is None:
        return emissions
    _check_alone(frozen, emissions.shared, emissions.mask)
    mask = frozen.is_learned if emissions.mask is None else emissions.mask & frozen.is_learned
    return replace(
        emissions,
        mask=mask,
        has_intercept=frozen.intercept is None,
        centre=frozen.centre,
        frozen=frozen,
    )


def read_frozen(model: Any, rows: Rows, shapes: Shapes) -> Frozen | None:
    """Return which weights a model has frozen, and at which values; None where none is.

    Raises
    ------
    TypeError
        Unless they are a dict of numbers.
    ValueError
        For a name that is neither a feature nor a term, or values of other shapes.
    """
    given = getattr(model, "frozen_weights", None)
    if given is None:
        return None
    if not isinstance(given, Mapping):
        raise errors.type_error(
            "frozen_weights must be a dict.",
            given=type(given).__name__,
            expected='values by the names of features or terms, such as {"stimulus": 2.0}',
            todo="those of a fitted GLM: frozen_weights=glm_hmm.weights_of(glm, names).",
        )
    names, terms = rows.feature_names, {term.label: term for term in terms_of(rows)}
    coef = np.full((rows.n_features, *shapes.per_feature), np.nan)
    intercept: FloatArray | None = None
    for name, value in given.items():
        if name in terms and name:
            at = terms[name].columns
            coef[at] = _spread(name, value, at.stop - at.start, shapes)
        elif name in names:
            coef[names.index(name)] = _spread(name, value, 1, shapes)[0]
        elif name == INTERCEPT:
            intercept = _whole(_spread(name, value, 1, shapes)[0])
        else:
            raise errors.unknown_name("feature", name, [*names, INTERCEPT])
    columns = None if intercept is None else shapes.columns(intercept)
    return Frozen(shapes.columns(coef), columns)


def _spread(name: str, value: Any, m: int, shapes: Shapes) -> FloatArray:
    """Return the values of m weights, (m, K) or (m, N, K)."""
    try:
        values = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise errors.type_error(
            f"The frozen weight of {name!r} is no number.", given=repr(value), expected="numbers"
        ) from None
    whole = shapes.per_feature
    alike = whole[:-1]
    if values.shape == ():
        spread = np.broadcast_to(values, (m, *whole))
    elif values.shape == (m, *whole) or (m == 1 and values.shape == whole):
        spread = values.reshape(m, *whole)
    elif values.shape == (m, *alike) or (m == 1 and values.shape == alike):
        spread = np.broadcast_to(values.reshape(m, *alike, 1), (m, *whole))
    else:
        one = "" if m > 1 else f", {whole}"
        raise errors.value_error(
            f"The frozen weights of {name!r} do not fit.",
            given=f"shape {values.shape}",
            expected=f"a number, {(m, *alike)} or, of each state, {(m, *whole)}{one}; NaN where a "
            "weight is to be learned",
        )
    if np.isinf(spread).any():
        raise errors.value_error(
            f"The frozen weight of {name!r} is infinite.", given=repr(value), expected="numbers"
        )
    return spread


def _whole(intercept: FloatArray) -> FloatArray | None:
    """Return intercepts that are frozen in all states; None where none is."""
    is_learned = np.isnan(intercept)
    if is_learned.any() and not is_learned.all():
        raise errors.value_error(
            "The intercept of some states is frozen, and that of others is not.",
            given=f"intercept: {intercept.tolist()}",
            expected="a number for each state, or none",
            todo="freeze the weight of a feature of ones in place of it, with NaN where it is to "
            "be learned, and the intercept at 0.",
        )
    return None if is_learned.all() else intercept


def _check_alone(frozen: Frozen, shared: Shared | None, mask: BoolArray | None) -> None:
    both = None
    if mask is not None and (~mask & (frozen.centre != 0)).any():
        both = "feature_mask keeps some of the frozen weights at zero"
    if shared is not None and (~frozen.is_learned[shared.features]).any():
        both = "some of the frozen weights are shared_features, too"
    if shared is not None and frozen.intercept is not None:
        both = "the intercept is frozen beside shared_features"
    if both is not None:
        raise errors.value_error(
            "Frozen weights do not go with other arguments.",
            given=both,
            expected="weights that are frozen, shared or masked; a frozen weight with one number "
            "is the same in all states anyway",
        )


def weights_of(glm: Any, names: Any = None) -> dict[str, Any]:
    """Return weights of a fitted GLM, for ``frozen_weights`` of :class:`GLMHMM`.

    Parameters
    ----------
    glm :
        A fitted GLM or PopulationGLM.
    names :
        Features or labels of terms, and ``"intercept"``; None is all features, and not the
        intercept.

    Returns
    -------
    dict
        By name the value of a feature, a number (or (N,), of N neurons); of a term of m > 1
        columns (m,) or (m, N).

    Raises
    ------
    ValueError
        For a name that is neither a feature nor a term, or a model without coefficients.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(400, 2))
    >>> y = (np.random.default_rng(1).random(400) < 1 / (1 + np.exp(-2 * X[:, 0]))).astype(float)
    >>> frozen = nmo.glm_hmm.weights_of(nmo.GLM("Bernoulli").fit(X, y), ["x0"])
    >>> model = nmo.GLMHMM(2, frozen_weights=frozen, n_restarts=2, tol=1e-4).fit(X, y)
    >>> bool((model.coef_[0] == frozen["x0"]).all())
    True
    """
    if not hasattr(glm, "coef_"):
        raise errors.value_error(
            "The model has no weights.", given=type(glm).__name__, expected="a fitted GLM"
        )
    known = [str(name) for name in glm.feature_names_]
    coef, intercept = joined(glm.coef_), np.asarray(glm.intercept_)
    terms = {term.label: term for term in getattr(glm, "terms_", ()) if term.label}
    wanted = known if names is None else ([names] if isinstance(names, str) else list(names))
    found: dict[str, Any] = {}
    for name in wanted:
        if name in terms:
            part = coef[terms[name].columns]
            found[name] = part[0] if len(part) == 1 else part
        elif name in known:
            found[name] = coef[known.index(name)]
        elif name == INTERCEPT:
            found[name] = intercept if coef.ndim > 1 else intercept[0]
        else:
            raise errors.unknown_name("feature", name, [*known, INTERCEPT])
    return {
        name: np.array(value) if np.ndim(value) else float(value) for name, value in found.items()
    }
