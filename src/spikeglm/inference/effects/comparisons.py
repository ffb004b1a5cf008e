"""Two points of a term beside each other: the rate at each, their difference and ratio.

With eta_1 = k_1 beta and eta_2 = k_2 beta the predictors at both points and f the inverse link,

    difference  f(eta_1) - f(eta_2)          g = f'(eta_1) k_1 - f'(eta_2) k_2
    ratio       log f(eta_1) - log f(eta_2)  g = (f'/f)(eta_1) k_1 - (f'/f)(eta_2) k_2

with squared errors g V g' by the delta method; for the link exp the first is exact, g = k_1 - k_2.

A point that was chosen because the estimates are highest there is higher by chance, too. Intervals
then reach as far as it takes to hold at all points that might have been chosen at once.

Reference: Casella & Berger (2002), Statistical Inference, section 5.5.4 (delta method); Benjamini &
Yekutieli (2005), J Am Stat Assoc 100:71-81, for intervals of what was selected.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import notices
from ...observation_models.likelihood import Likelihood
from ...typing import Array, ArrayLike, FloatArray
from ..covariances import Requested
from ..fit_on_data import FittedModel, fit_of
from ..information.optimum import NO_OPTIMUM
from .combinations import Reach
from .estimates import Estimates, channels_of, check_level
from .pairs import Pairs, Seen
from .partial import of_channels
from .printing import of_comparison
from .scales import best_scale

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Comparison:
    """The response at one point of a term against that at another.

    Shapes: every array has an axis of S channels, where the input has channels, then one of N
    neurons, for a population; ``at`` and ``against`` have one of the variables before these.

    Attributes
    ----------
    label :
        The term.
    names :
        What its variables are called.
    at, against :
        The two points, (V, ...).
    unit :
        Of values and differences: ``"Hz"``, ``"per bin"`` or ``"units of y"``.
    value_at, value_at_low, value_at_high, value_against, value_against_low, value_against_high :
        The mean response at each, with all other features at their means, and its interval.
    difference, difference_low, difference_high :
        At the one less at the other.
    ratio, ratio_low, ratio_high :
        The one over the other; NaN where one of them is not positive.
    level :
        Coverage of the intervals.
    is_chosen :
        Whether the points were chosen from the same data.
    is_simultaneous :
        Whether intervals hold for all points that might have been chosen.
    channels, neurons :
        What the axes are called; None where there is no such axis.
    status :
        (N,) how the fit of each neuron ended, which says why an interval is NaN (``"silent"``).

    NaN where the data say nothing: a silent neuron, a point that nobody saw.

    >>> import numpy as np, spikeglm as nmo
    >>> x = np.random.default_rng(0).uniform(0, 10, 2000)
    >>> y = np.random.default_rng(1).poisson(np.exp(np.sin(x) - 1))
    >>> X = nmo.basis.BSplineEval(8, label="position").design(x)
    >>> found = nmo.inference.comparison(nmo.GLM().fit(X, y), X, y, "position", at=1.6, against=4.7)
    >>> float(found.ratio.round(1)), found.unit
    (7.2, 'per bin')
    """

    label: str
    names: tuple[str, ...]
    at: Array
    against: Array
    unit: str
    value_at: FloatArray
    value_at_low: FloatArray
    value_at_high: FloatArray
    value_against: FloatArray
    value_against_low: FloatArray
    value_against_high: FloatArray
    difference: FloatArray
    difference_low: FloatArray
    difference_high: FloatArray
    ratio: FloatArray
    ratio_low: FloatArray
    ratio_high: FloatArray
    level: float
    is_chosen: bool
    is_simultaneous: bool
    channels: tuple[Any, ...] | None = None
    neurons: tuple[Any, ...] | None = None
    status: tuple[str, ...] | None = None

    __repr__ = __str__ = of_comparison

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas table with a row per channel and neuron.

        >>> import numpy as np, spikeglm as nmo
        >>> x = np.random.default_rng(0).uniform(0, 10, 2000)
        >>> y = np.random.default_rng(1).poisson(np.exp(np.sin(x) - 1))
        >>> X = nmo.basis.BSplineEval(8, label="position").design(x)
        >>> model = nmo.GLM().fit(X, y)
        >>> found = nmo.inference.comparison(model, X, y, "position", at=1.6, against=4.7)
        >>> list(found.to_frame().columns[:5])
        ['channel', 'neuron', 'at position', 'against position', 'value_at']
        """
        import pandas as pd

        pairs = [("channel", self.channels), ("neuron", self.neurons)]
        names = [list(labels) if labels is not None else [0] for _, labels in pairs]
        grid = np.meshgrid(*(np.arange(len(each)) for each in names), indexing="ij")
        of_grid = zip(names, grid, strict=True)
        channel, neuron = ([labels[k] for k in place.ravel()] for labels, place in of_grid)
        columns: dict[str, Any] = {"channel": channel, "neuron": neuron}
        for i, name in enumerate(self.names):
            columns |= {
                f"at {name}": self.at[i].ravel(),
                f"against {name}": self.against[i].ravel(),
            }
        columns |= {name: np.ravel(getattr(self, name)) for name in _VALUES}
        if self.status is not None:
            columns["status"] = [self.status[n] for n in grid[1].ravel()]
        return pd.DataFrame(columns)


_NO_FIT = {str(word) for word in NO_OPTIMUM}
_VALUES = tuple(
    f"{what}{end}"
    for what in ("value_at", "value_against", "difference", "ratio")
    for end in ("", "_low", "_high")
)


def comparison(
    model: FittedModel,
    X: Any,
    y: Any,
    term: str,
    at: Any = "preferred",
    against: Any = "opposite",
    *,
    level: float = 0.95,
    simultaneous: bool | None = None,
    n_points: int = 120,
    n_draws: int = 10_000,
    seed: int = 0,
    bin_s: float | None = None,
    cov_type: str = "auto",
    groups: Any = None,
    lags: Any = None,
    sample_weight: ArrayLike | None = None,
    offset: ArrayLike | None = None,
) -> Comparison:
    """Return the rate at a point of a term against that at another: both, difference and ratio.

    Parameters
    ----------
    model, X, y, sample_weight, offset :
        A fitted model and the data of its fit.
    term :
        The label of a term.
    at, against :
        A point each: a number or a category, a tuple for several variables. Also ``"preferred"``,
        where the estimate is highest, ``"least"``, where it is lowest, and for ``against``
        ``"opposite"``, half a period from ``at``, of a variable on a circle.
    level :
        Coverage of the intervals.
    simultaneous :
        Whether intervals hold for all points that might have been chosen, which they must if the
        data have chosen. None: exactly then. Where they do not, a warning says so.
    n_points :
        Of each variable, among which a point is chosen.
    n_draws, seed, bin_s, cov_type, groups, lags :
        As for :func:`partial_effect`.

    Returns
    -------
    Comparison
        In Hz, where bins are known, else per bin; of signals in the units of y.

    Raises
    ------
    ValueError, TypeError
        If there is no such term, a point does not fit it, it has no opposite, or the data are not
        those of the fit.

    Warns
    -----
    UserWarning
        If points were chosen from the data and ``simultaneous=False``.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> heading = np.random.default_rng(0).uniform(0, 2 * np.pi, 3000)
    >>> y = np.random.default_rng(1).poisson(0.2 * np.exp(np.cos(heading - 1.0)))
    >>> basis = nmo.basis.CyclicBSplineEval(6, bounds=(0, 2 * np.pi), label="heading")
    >>> X = basis.design(heading)
    >>> model = nmo.GLM().fit(X, y)
    >>> found = nmo.inference.comparison(model, X, y, "heading", bin_s=0.02)
    >>> found.difference.round(), found.difference_low.round(), found.difference_high.round()
    (np.float64(24.0), np.float64(18.0), np.float64(30.0))
    """
    check_level(level)
    fit = fit_of(model, X, y, sample_weight=sample_weight, offset=offset)
    found = Estimates.of(fit, Requested(cov_type, groups, lags))
    pairs = Pairs.of(found.term(term), at, against, n_points, found.seconds_per_bin(bin_s))
    wanted = pairs.are_chosen if simultaneous is None else simultaneous
    reach = Reach(level, wanted, n_draws, seed)
    reach.check()
    if pairs.are_chosen and not wanted:
        notices.warn(
            "The points were chosen where the estimates are highest or lowest, and these intervals "
            "do not know it: they hold for points that were fixed beforehand, and a rate at its "
            "own peak is too high on average. What to do: leave simultaneous out, or choose the "
            "points from other data."
        )
    return _compared(pairs, found, fit.likelihood, reach, found.seconds_per_bin(bin_s))


def _compared(
    pairs: Pairs, found: Estimates, likelihood: Likelihood, reach: Reach, bin_s: float | None
) -> Comparison:
    """Return the comparison of every channel and neuron."""
    term, scale = pairs.term, best_scale(likelihood, bin_s)
    ends = [
        [part.in_use()[1] for part in of_channels(term, functions, found, is_level=True)]
        for functions in (pairs.first.functions, pairs.second.functions)
    ]
    shape = (len(ends[0]), found.parameters.shape[1])
    chosen = np.zeros((2, *shape), dtype=np.intp)
    values = {name: np.full(shape, np.nan) for name in _VALUES}
    for n, sure in enumerate(found.uncertainties()):
        for c, K in enumerate(zip(*ends, strict=True)):
            seen = Seen(K, found.parameters[:, n], sure, likelihood)
            i, j = chosen[:, c, n] = pairs.choice(seen)
            if found.status is not None and found.status[n] in _NO_FIT:
                continue
            of_both = seen.told(i, j, pairs, reach)
            for name, value in of_both.items():
                values[name][c, n] = value

    def shaped(array: Array) -> Array:
        return found.in_shape_of(term, array)

    per_bin = 1.0 if scale.name == "mean" else 1.0 / float(bin_s or 1.0)
    told = {
        name: shaped(v if name.startswith("ratio") else v * per_bin) for name, v in values.items()
    }
    return Comparison(
        term.label,
        pairs.first.names,
        np.stack([shaped(axis) for axis in pairs.first.shown(chosen[0])]),
        np.stack([shaped(axis) for axis in pairs.second.shown(chosen[1])]),
        scale.unit,
        **told,
        level=reach.level,
        is_chosen=pairs.are_chosen,
        is_simultaneous=reach.simultaneous,
        channels=channels_of(term),
        neurons=found.neurons,
        status=found.status,
    )
