"""The table of one curve: its points and bands, where they are drawn, what axes are called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors
from ..inference.effects.curves import Curve
from ..typing import Array
from .tables import tidy

if TYPE_CHECKING:
    import pandas as pd

_NAMES = {
    "effect": "Effect",
    "link": "Linear predictor",
    "gain": "Gain (factor)",
    "mean": "Mean",
    "rate": "Rate (Hz)",
}
_MS = 1e3  # per second
OF_LAGS = {"lag (s)": ("Lag (ms)", _MS), "lag (bins)": ("Lag (bins)", 1.0)}
"""Columns of lags in tables: what their axis is called, and the factor to its unit."""


def one_curve(
    found: Curve, channel: Any, neuron: Any, *, most: int, least: int = 1
) -> pd.DataFrame:
    """Return the table of one curve, with ``x_drawn`` (and ``y_drawn``): lags in ms."""
    wanted = {"channel": channel, "neuron": neuron}
    curve = found.of(**{name: each for name, each in wanted.items() if each is not None})
    several = (curve.channels, curve.neurons, curve.classes)
    if any(names is not None for names in several) or not least <= len(curve.at) <= most:
        raise _not_one(curve, most=most, least=least)
    table = tidy(curve)
    grid = np.meshgrid(*_axes(curve), indexing="ij")
    for name, points in zip(("x_drawn", "y_drawn"), grid, strict=False):
        table[name] = points.ravel()
    rest = {"effect": 0.0, "gain": 1.0}.get("effect" if curve.derivative else curve.scale)
    table.attrs = {
        "labels": axis_names(curve),
        "value": _value_name(curve),
        "title": curve.label,
        "level": f"{100 * curve.level:g} %",
        "is_simultaneous": curve.is_simultaneous,
        "rest": rest,
        "is_over_lags": bool(curve.units[0]),
        "is_rate": curve.scale == "rate",
        "is_slope": bool(curve.derivative),
        "predictor_unit": _unit_of_predictor(curve),
    }
    return table


def _not_one(curve: Curve, *, most: int, least: int) -> ValueError:
    """Build the error for what is more than a panel shows, or another figure's."""
    sizes = {(1, 1): "one variable", (1, 2): "one or two variables", (2, 2): "two variables"}
    several = {"channel": curve.channels, "neuron": curve.neurons, "class_name": curve.classes}
    open_ones = {name: names for name, names in several.items() if names is not None}
    n = len(curve.at)
    if not least <= n <= most:
        other = "plot_curve draws it." if n == 1 else "plot_map draws it."
        return errors.value_error(
            "One panel shows one curve.",
            given=f"{curve.label!r} over {', '.join(curve.names) or f'{n} variables'}",
            expected=f"a curve over {sizes[least, most]}",
            todo=other if n <= 2 else "fix some of them: at=(...) of the curve.",
        )
    words = {"channel": "channels", "neuron": "neurons", "class_name": "classes"}
    told = " and ".join(f"{len(names)} {words[name]}" for name, names in open_ones.items())
    first = ", ".join(f"{name}={names[0]!r}" for name, names in open_ones.items())
    return errors.value_error(
        "One panel shows one curve.",
        given=f"{curve.label!r} of {told}",
        expected="one of them",
        todo=f"pass curve.of({first}), or another of them.",
    )


def _axes(found: Curve) -> tuple[Array, ...]:
    """Return the points as they are drawn: lags in milliseconds."""
    return tuple(a * _MS if u == "s" else a for a, u in zip(found.at, found.units, strict=True))


def axis_names(found: Curve) -> tuple[str, ...]:
    """Return what the axes of a curve are called where its lags are drawn in milliseconds.

    The user's own variables keep the names and the units that they have.

    >>> at, value = (np.arange(2.0),), np.zeros(2)
    >>> axis_names(Curve("past", at, ("s",), value, "nats"))
    ('Lag (ms)',)
    >>> axis_names(Curve("time in session (s)", at, ("",), value, "nats"))
    ('time in session (s)',)
    """
    pairs = zip(found.variable_names, found.units, strict=True)
    return tuple(
        OF_LAGS.get(n, (n.removesuffix("(s)") + "(ms)" if unit == "s" else n, 1.0))[0]
        for n, unit in pairs
    )


def _unit_of_predictor(found: Curve) -> str:
    """Return the unit of the linear predictor where it is known: of an effect, or through exp."""
    if found.scale in ("effect", "link"):
        return found.unit
    return "nats" if found.scale == "gain" else found.predictor_unit


def _value_name(found: Curve) -> str:
    if found.derivative:
        return f"Slope ({found.unit})"
    name = _NAMES[found.scale]
    return f"{name} ({found.unit})" if found.scale in ("effect", "link", "mean") else name
