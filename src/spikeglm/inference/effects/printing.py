"""What is printed of effects: what they are, their highest and lowest points, what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import showing
from ...typing import Array

if TYPE_CHECKING:
    from .comparisons import Comparison
    from .curves import Curve
    from .predicted_rates import PredictedRates
    from .tunings import Tuning

_MOST_ROWS = 20
_WHAT = {
    "effect": "what it adds to the linear predictor",
    "link": "linear predictor",
    "gain": "factor of the mean",
    "mean": "mean response",
    "rate": "rate",
}
_CONVERGED = "converged"
_ENDS = ("", "_low", "_high")


def of_curve(curve: Curve) -> str:
    """Return what a curve is, between which values it runs, and where.

    >>> import numpy as np
    >>> from spikeglm.inference.effects.curves import Curve
    >>> at, value = (np.array([0.01, 0.02]),), np.array([-1.5, 0.25])
    >>> print(of_curve(Curve("past", at, ("s",), value, "nats")))
    past: what it adds to the linear predictor (nats)
    over lag (s): 0.01 to 0.02, 2 points
    highest  at    lowest  at
    0.25     0.02  -1.5    0.01
    no band: pass X and y of the fit
    plotting.plot_curve(curve) draws it, curve.to_frame() has all points
    """
    what = f"slope of {_WHAT[curve.scale]}" if curve.derivative else _WHAT[curve.scale]
    return "\n".join(
        [
            f"{curve.label}: {what}{f' ({curve.unit})' if curve.unit else ''}",
            f"over {', '.join(_ranges(curve.variable_names, curve.at))}",
            *_extremes(curve),
            *_of_status(curve.status, curve.neurons),
            _of_band(curve),
            "plotting.plot_curve(curve) draws it, curve.to_frame() has all points",
        ]
    )


def of_tuning(tuning: Tuning) -> str:
    """Return what is known of a tuning: its curve, and what was counted."""
    n_rows = int(tuning.n_rows.sum())
    bins = " x ".join(str(len(centres)) for centres in tuning.centres)
    lines = of_curve(tuning.curve).splitlines()[:-1]
    counted = (
        f"beside it in {bins} bins: what was counted in {n_rows:,} rows, and what is predicted"
    )
    return "\n".join(
        [*lines, counted, "plotting.plot_tuning(found) draws it, found.to_frame() has all points"]
    )


def of_comparison(found: Comparison) -> str:
    """Return both responses, their difference and their ratio, a line per channel and neuron."""
    named = {"channel": found.channels, "neuron": found.neurons}
    kinds = [kind for kind, names in named.items() if names is not None]
    rows = list(product(*(names for names in named.values() if names is not None)))
    table = [(*kinds, "at", "against", "response at", "against it", "difference", "ratio")]
    points = [part.reshape(len(found.names), -1) for part in (found.at, found.against)]
    for k, names in enumerate(rows[:_MOST_ROWS]):
        where = (", ".join(map(_cell, part[:, k])) for part in points)
        numbers = (
            _with_band(*(np.ravel(getattr(found, name + end))[k] for end in _ENDS))
            for name in ("value_at", "value_against", "difference", "ratio")
        )
        table.append((*map(str, names), *where, *numbers))
    chosen = "; the points were chosen from the same data" if found.is_chosen else ""
    of_all = ", for all points that might have been chosen" if found.is_simultaneous else ""
    return "\n".join(
        [
            f"{found.label}: the response at one point against that at another ({found.unit})",
            *showing.table(table, to_left=range(len(table[0]))),
            *_more(len(rows)),
            *_of_status(found.status, found.neurons),
            f"[low, high]: {100 * found.level:.4g} %{of_all}{chosen}",
            "found.to_frame() has all numbers",
        ]
    )


def of_rates(found: PredictedRates) -> str:
    """Return between which values predicted rates run."""
    names = (None,) if found.neurons is None else found.neurons
    mean = found.mean.reshape(len(found.mean), -1)
    who = ("neuron",) if found.neurons is not None else ()
    table = [(*who, "mean", "from", "to", "not known")]
    for n, name in enumerate(names[:_MOST_ROWS]):
        known = mean[np.isfinite(mean[:, n]), n]
        numbers = [_cell(f(known)) if len(known) else "-" for f in (np.mean, np.min, np.max)]
        first = () if name is None else (str(name),)
        table.append((*first, *numbers, f"{len(mean) - len(known):,} rows"))
    when = ""
    if found.times is not None and len(found.times):
        when = f", {_cell(found.times[0])} to {_cell(found.times[-1])} s"
    responses = ", and of new responses" if found.response_low is not None else ""
    return "\n".join(
        [
            f"Predicted rates ({found.unit}) of {len(mean):,} rows{when}",
            *showing.table(table),
            *_more(len(names)),
            *_of_status(found.status, found.neurons),
            f"intervals of {100 * found.level:.4g} % of each row{responses}",
            "plotting.plot_predicted_rates(found) draws them, found.to_frame() has all rows",
        ]
    )


def _extremes(curve: Curve) -> list[str]:
    """Return lines of the highest and the lowest point, of each channel, neuron and class."""
    last = {"channel": curve.channels, "neuron": curve.neurons, "class": curve.classes}
    kinds = [kind for kind, names in last.items() if names is not None]
    rows = list(product(*(names for names in last.values() if names is not None)))
    shape = (-1, len(rows))
    ends = [np.nan if end is None else end for end in (curve.low, curve.high)]
    parts = [np.broadcast_to(part, curve.value.shape) for part in (curve.value, *ends)]
    value, low, high = (part.reshape(shape) for part in parts)
    table = [(*kinds, "highest", "at", "lowest", "at")]
    for k, names in enumerate(rows[:_MOST_ROWS]):
        cells = list(map(str, names))
        for pick in (np.nanargmax, np.nanargmin):
            if not np.isfinite(value[:, k]).any():
                cells += ["-", "-"]
                continue
            place = int(pick(value[:, k]))
            cells += [_with_band(value[place, k], low[place, k], high[place, k])]
            cells += [_point(curve.at, place)]
        table.append(tuple(cells))
    return [*showing.table(table, to_left=range(len(table[0]))), *_more(len(rows))]


def _point(at: Sequence[Array], place: int) -> str:
    where = np.unravel_index(place, [len(points) for points in at])
    return ", ".join(_cell(points[i]) for points, i in zip(at, where, strict=True))


def _more(n_rows: int) -> list[str]:
    return [f"... {n_rows - _MOST_ROWS} more"] if n_rows > _MOST_ROWS else []


def _with_band(value: float, low: float, high: float) -> str:
    if np.isnan(low) and np.isnan(high):
        return _cell(value)
    return f"{_cell(value)} [{_cell(low)}, {_cell(high)}]"


def _ranges(names: Iterable[str], at: Sequence[Array]) -> list[str]:
    """Return between which values each variable runs, or which categories it has."""
    out = []
    for name, points in zip(names, at, strict=True):
        if np.asarray(points).dtype.kind in "fiu" and len(points):
            ends = f"{_cell(np.min(points))} to {_cell(np.max(points))}"
            out.append(f"{name}: {ends}, {len(points)} point{'s' if len(points) > 1 else ''}")
        else:
            out.append(f"{name}: {showing.shown([_cell(x) for x in points])}")
    return out


def _of_band(curve: Curve) -> str:
    if curve.low is None:
        return "no band: pass X and y of the fit"
    kind = "at all points at once" if curve.is_simultaneous else "at each point"
    return f"[low, high]: {100 * curve.level:.4g} % {kind}"


def _of_status(status: tuple[str, ...] | None, neurons: tuple[Any, ...] | None) -> list[str]:
    """Return which neurons did not end well, and how."""
    names = ("the neuron",) if neurons is None else neurons
    pairs = zip(names, status or (), strict=False)
    told = [f"{name}: {word}" for name, word in pairs if word not in ("", _CONVERGED)]
    return ["; ".join(told[:_MOST_ROWS])] if told else []


def _cell(value: Any) -> str:
    """Return a number, or the name of a category."""
    return f"{value:.4g}" if np.issubdtype(type(value), np.number) else str(value)
