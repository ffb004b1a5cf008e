"""What a term does to the response: a filter, a tuning curve or a map, with its band.

One computation for whoever asks: :func:`partial_effect` and ``model.curve`` (with the data of the
fit or without).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...rows.terms import Term
from ...typing import ArrayLike, FloatArray
from ..covariances import Requested
from ..fit_on_data import FittedModel, fit_of
from .combinations import Combinations, Reach, spreads
from .curves import Curve
from .estimates import Estimates, channels_of, check_level
from .points import LAGS, Points, slope_on_scale, variable_of
from .scales import Scale, check_scale, scale_named

_UNIT_IN_NAME = re.compile(r"\(([^()]+)\)$")


@dataclass(frozen=True)
class Asked:
    """What is asked of a term; see :func:`partial_effect`."""

    at: Any = None
    n_points: int = 100
    scale: str = "effect"
    bin_s: float | None = None
    derivative: int | str = 0
    reach: Reach = field(default_factory=lambda: Reach(0.95))

    def check(self) -> None:
        """Raise ValueError for what cannot be asked."""
        check_scale(self.scale)
        check_level(self.reach.level)
        self.reach.check()


def partial_effect(
    model: FittedModel,
    X: Any,
    y: Any,
    term: str,
    at: Any = None,
    *,
    scale: str = "effect",
    derivative: int | str = 0,
    level: float = 0.95,
    simultaneous: bool = False,
    n_points: int = 100,
    n_draws: int = 10_000,
    seed: int = 0,
    bin_s: float | None = None,
    cov_type: str = "auto",
    groups: Any = None,
    lags: Any = None,
    sample_weight: ArrayLike | None = None,
    offset: ArrayLike | None = None,
) -> Curve:
    """Return what a term does: a filter over lags, a tuning curve or a map, with its band.

    Parameters
    ----------
    model, X, y, sample_weight, offset :
        A fitted model and the data of its fit.
    term :
        The label of a term: ``model.terms_`` has them.
    at :
        (W,) points of the variable, or a tuple of arrays for several, of whose grid all points are
        taken. None takes all lags, ``n_points`` over the range of the data, all categories.
    scale :
        ``"effect"``: what the term adds to the linear predictor, over lags per unit of input, over
        values beyond their mean in the rows of the fit. ``"link"``: the linear predictor, with all
        other features at their means; its uncertainty includes that of the intercept. ``"gain"``:
        the exponential of the effect (link exp). ``"mean"``, ``"rate"``: the mean response that
        belongs to ``"link"``, per bin or in Hz.
    derivative :
        1 for the slope, per unit of the variable (a second, of lags), for the scales ``"effect"``
        and ``"link"``; of a map the name of the variable. Where its band leaves zero out tuning
        changes.
    level :
        Coverage of the band, 0.95 for 95 %.
    simultaneous :
        Whether the band holds at all points of a curve at once, in ``level`` of all recordings;
        else at each point. For each neuron and channel by itself.
    n_draws, seed :
        Directions that are drawn to find how far a simultaneous band reaches: the same for all
        neurons.
    bin_s :
        Seconds of a bin, for lags and rates of data that did not say so.
    cov_type, groups, lags :
        Which covariance the band stands on, as of :meth:`spikeglm.GLM.covariance`.
        ``"auto"``: the posterior, with its strengths unknown where the data chose them.

    Returns
    -------
    Curve
        With (W,) or (W, V) points, then channels, then neurons, where there are several.

    Raises
    ------
    ValueError, TypeError
        If there is no such term or scale, the functions have no derivative, a rate lacks its bins,
        or the data are not those of the fit.

    References
    ----------
    Ruppert, Wand & Carroll (2003), Semiparametric Regression, section 6.5 (simultaneous bands);
    Marra & Wood (2012), Scand J Stat 39:53-74 (coverage of bands of penalised fits).

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> x = np.random.default_rng(0).uniform(0, 10, 2000)
    >>> y = np.random.default_rng(1).poisson(np.exp(np.sin(x) - 1))
    >>> X = nmo.basis.BSplineEval(8, label="position").design(x)
    >>> model = nmo.GLM().fit(X, y)
    >>> found = nmo.inference.partial_effect(model, X, y, "position", simultaneous=True)
    >>> found.value.shape, float(found.critical_value.round(2))
    ((100,), 2.97)
    >>> slope = nmo.inference.partial_effect(model, X, y, "position", [3.1], derivative=1)
    >>> slope.unit, slope.value.round(1), bool(slope.high[0] < 0)
    ('nats per unit of position', array([-1.1]), True)
    """
    reach = Reach(level, simultaneous, n_draws, seed)
    asked = Asked(at, n_points, scale, bin_s, derivative, reach)
    asked.check()
    kind = Requested(cov_type, groups, lags)
    fit = fit_of(model, X, y, sample_weight=sample_weight, offset=offset)
    return curve_of(Estimates.of(fit, kind), term, asked)


def curve_of(found: Estimates, label: str, asked: Asked) -> Curve:
    """Return the curve of a term, with its band if the estimates know how sure they are.

    Raises
    ------
    ValueError
        As :func:`partial_effect`.
    """
    asked.check()
    term = found.term(label)
    bin_s = found.seconds_per_bin(asked.bin_s)
    variable = variable_of(term, asked.derivative)
    scale = _scale_of(found, asked, bin_s)
    points = Points.of(term, asked.at, asked.n_points, bin_s)
    if variable is None:
        combinations = of_channels(term, points.functions, found, is_level=scale.is_level)
    else:
        combinations = slopes_of_channels(points, variable)
    eta = np.stack([K.of(found.parameters) for K in combinations], axis=1)  # (W, S, C)
    band = _band(found, combinations, eta, scale, asked.reach)

    def on_grid(values: FloatArray) -> FloatArray:
        wanted = found.in_shape_of(term, values)
        return wanted.reshape(*map(len, points.axes), *wanted.shape[1:])

    of_curves = {"critical_value", "dof"}  # (S, C), not of points
    known: dict[str, Any] = {
        name: found.in_shape_of(term, part) if name in of_curves else on_grid(part)
        for name, part in band.items()
    }
    return Curve(
        label,
        points.axes,
        points.units,
        on_grid(scale.of(eta)),
        _unit(scale.unit, points, variable),
        scale=asked.scale,
        channels=channels_of(term),
        neurons=found.neurons,
        level=asked.reach.level,
        names=points.names,
        classes=found.classes,
        is_simultaneous=asked.reach.simultaneous,
        derivative="" if variable is None else points.names[variable],
        status=found.status,
        predictor_unit=scale_named("link", found.likelihood, bin_s).unit,
        **known,
    )


def of_channels(
    term: Term, functions: Callable[[int], FloatArray], found: Estimates, *, is_level: bool
) -> list[Combinations]:
    """Return, for each channel, the combinations (W, p + 1) of parameters that its curve is.

    An effect over lags is what one unit of input adds; one of values is what they add beyond their
    mean, since the intercept has a share in that. A level (link, mean, rate) has all other features
    at their means, and the intercept: of lags, one more unit of input than in the mean.
    """
    is_over_lags = any(unit in LAGS for unit in term.units)
    is_seen_from_mean = is_level or not is_over_lags
    mean = found.known_mean(term.label) if is_seen_from_mean else np.zeros(0)
    base = np.append(mean, float(found.has_intercept)) if is_level else None
    parts: list[Combinations] = []
    for c in range(max(term.n_channels, 1)):
        columns, values = columns_of(term, c), functions(c)
        if is_over_lags and base is not None:
            values = values + base[columns]
        if not is_over_lags and base is None:
            values = values - mean[columns]
        parts.append(Combinations(columns, values, base))
    return parts


def slopes_of_channels(points: Points, variable: int) -> list[Combinations]:
    """Return, for each channel, the combinations that the slope of its curve is: of no other."""
    term = points.term
    return [
        Combinations(columns_of(term, c), points.slopes(c, variable))
        for c in range(max(term.n_channels, 1))
    ]


def columns_of(term: Term, channel: int) -> slice:
    """Return the columns of a channel."""
    b = term.n_functions
    return slice(term.start + channel * b, term.start + (channel + 1) * b)


def _scale_of(found: Estimates, asked: Asked, bin_s: float | None) -> Scale:
    scale = scale_named(asked.scale, found.likelihood, bin_s)
    if asked.derivative and asked.scale not in ("effect", "link"):
        raise slope_on_scale(asked.scale)
    return scale


def _band(
    found: Estimates,
    combinations: list[Combinations],
    eta: FloatArray,
    scale: Scale,
    reach: Reach,
) -> dict[str, FloatArray]:
    """Return ends (W, S, C), errors and how far they reach, as a curve calls them."""
    if found.sure is None:
        return {}
    error, critical, dof = spreads(combinations, found.uncertainties(), reach)

    low, high = scale.ends(eta, critical * error)
    band = {"low": low, "high": high, "standard_error": error, "critical_value": critical}
    band["dof"] = np.tile(dof, (len(critical), 1))
    if reach.simultaneous:
        at_one_point = np.array([reach.quantile(float(each)) for each in dof])
        low, high = scale.ends(eta, at_one_point * error)
        band |= {"pointwise_low": low, "pointwise_high": high}
    return band


def _unit(unit: str, points: Points, variable: int | None) -> str:
    if variable is None:
        return unit
    name = points.names[variable]
    told = _UNIT_IN_NAME.search(name)  # "heading (rad)"
    return f"{unit} per {points.units[variable] or (told[1] if told else f'unit of {name}')}"
