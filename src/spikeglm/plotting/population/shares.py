"""What terms contribute to a population: unique beside total, who codes for what, one neuron."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors
from ...numerics import quiet
from ...selection import Contributions
from .. import style
from ..labels import legend_above, name_ticks, upwards
from ..neurons import place_of
from ..style import axes_or_new
from ..tables import framed, objects, with_data
from .groups import groups_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_SHOWN = ("fraction", "mean")
_RIM_PT = 6.0  # from the circle to names, which else touch the largest share


def _unique_and_total(
    found: Contributions,
    *,
    unique: str = "unique",
    total: str = "alone",
    measure: str | None = None,
    groups: Any = None,
) -> pd.DataFrame:
    """Return means over neurons and their standard errors: a row per group, term and way to ask."""
    unit = found.unit(measure)
    group = groups_of(groups, found.neurons)
    rows = []
    for name in dict.fromkeys(group):
        for how in (total, unique):
            value = found.value(how, unit.name)[:, group == name]
            n = np.isfinite(value).sum(axis=1)
            with quiet():
                mean = np.nansum(value, axis=1) / n
                error = np.sqrt(np.nansum((value - mean[:, None]) ** 2, axis=1) / (n - 1) / n)
            for j, term in enumerate(found.terms):
                rows.append((name, term, how, mean[j], error[j], n[j]))
    names = ("group", "term", "how", "mean", "standard_error", "n_neurons")
    columns = zip(*rows, strict=True)
    table = framed({name: objects(part) for name, part in zip(names, columns, strict=True)})
    table = table.astype({"mean": float, "standard_error": float, "n_neurons": int})
    table.attrs = {"unit": unit.label, "how": (total, unique)}
    return table


@with_data(_unique_and_total)
def plot_unique_and_total(
    found: Contributions,
    ax: Axes | None = None,
    *,
    unique: str = "unique",
    total: str = "alone",
    measure: str | None = None,
    groups: Any = None,
) -> Axes:
    """Draw for each term what it tells by itself, and within that what only it tells.

    The light bar is the term alone, the full one what no other term can replace. A tall light bar
    with little in it: the term goes with others, and the recording does not say which it is.

    Parameters
    ----------
    found :
        Of :func:`spikeglm.selection.contributions` with ``how=["unique", "alone"]``.
    ax :
        Axes to draw on; None makes a figure one column wide.
    unique, total :
        The two ways to ask; ``"shapley"`` or others that were asked for may stand in.
    measure :
        One of ``found.measures``; None is the first.
    groups :
        Area or class of each neuron: in their order, or by name. Bars stand side by side.

    Returns
    -------
    matplotlib Axes
        Bars are means over neurons, with one standard error over neurons.

    Raises
    ------
    ValueError
        If one of the ways was not asked for, or the measure is unknown.
    ImportError
        If matplotlib is not installed.

    References
    ----------
    Musall et al. (2019), Nat Neurosci 22:1677-86: cvR² beside ΔR².

    Examples
    --------
    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> y = np.random.default_rng(1).poisson(1.0, (200, 3))
    >>> asked = nmo.selection.contributions(nmo.PopulationGLM(), X, y, how=["unique", "alone"])
    >>> plot_unique_and_total(asked).get_ylabel()
    'Held-out contribution (bits per spike)'
    """
    options: dict[str, Any] = {"measure": measure, "groups": groups}
    table = plot_unique_and_total.data(found, unique=unique, total=total, **options)
    ax = axes_or_new(ax, height_mm=55)
    names, terms = list(table["group"].unique()), list(table["term"].unique())
    width = 0.8 / len(names)
    place = {term: j for j, term in enumerate(terms)}
    for g, name in enumerate(names):
        color = style.CYCLE[g % len(style.CYCLE)]
        for how in table.attrs["how"]:
            part = table[(table["group"] == name) & (table["how"] == how)]
            middle = (g - (len(names) - 1) / 2) * width
            x = np.array([place[term] for term in part["term"]]) + middle
            is_total = how == table.attrs["how"][0]
            look: style.Look = {"color": color, "alpha": style.BAR_ALPHA if is_total else 1.0}
            label = f"{name} {how}".strip() + (f" (n = {part['n_neurons'].max()})" * is_total)
            ax.bar(x, part["mean"], 0.9 * width * (1 if is_total else 0.6), label=label, **look)
            thin: style.Look = {"fmt": "none", "elinewidth": style.THIN_PT, "ecolor": style.BLACK}
            shift = 0.22 * width * (1 if is_total else -1)
            ax.errorbar(x + shift, part["mean"], yerr=part["standard_error"], **thin)
    ax.axhline(0, color=style.BLACK, linewidth=style.THIN_PT)
    name_ticks(ax, terms)
    ax.set_ylabel(f"Held-out contribution ({table.attrs['unit']})")
    legend_above(ax)
    return ax


def _coding(
    found: Contributions,
    *,
    groups: Any = None,
    how: str | None = None,
    measure: str | None = None,
    alpha: float = 0.05,
    least: float = 0.0,
) -> pd.DataFrame:
    """Return the fraction of neurons that code for a term, and their mean contribution."""
    unit = found.unit(measure)
    value, q = found.value(how, unit.name), found.q_value[found.place(how)]
    group = groups_of(groups, found.neurons)
    codes = (q < alpha) & (value > least)
    known = np.isfinite(q) & np.isfinite(value)
    rows = []
    for name in dict.fromkeys(group):
        is_in = group == name
        n = (known & is_in).sum(axis=1)
        n_coding = (codes & is_in).sum(axis=1)
        with quiet():
            fraction = n_coding / n
            error = np.sqrt(fraction * (1 - fraction) / n)
            among = np.where(codes & is_in, value, 0.0).sum(axis=1) / n_coding
        for j, term in enumerate(found.terms):
            rows.append((name, term, fraction[j], error[j], among[j], n[j]))
    names = ("group", "term", "fraction", "standard_error", "mean", "n_neurons")
    columns = zip(*rows, strict=True)
    table = framed({name: objects(part) for name, part in zip(names, columns, strict=True)})
    numbers = dict.fromkeys(("fraction", "standard_error", "mean"), float)
    table = table.astype(numbers | {"n_neurons": int})
    table.attrs = {"unit": unit.label, "alpha": alpha, "how": found.how[found.place(how)]}
    return table


@with_data(_coding)
def plot_coding(
    found: Contributions,
    ax: Axes | None = None,
    *,
    groups: Any = None,
    show: str = "fraction",
    how: str | None = None,
    measure: str | None = None,
    alpha: float = 0.05,
    least: float = 0.0,
) -> Axes:
    """Draw how many neurons code for each term in each area, or how strongly those do.

    Parameters
    ----------
    found :
        Of :func:`spikeglm.selection.contributions`.
    ax :
        Axes to draw on; None makes a figure one column wide.
    groups :
        Area or class of each neuron: in their order, or by name.
    show :
        ``"fraction"`` of neurons with q below ``alpha``, with its binomial standard error; or
        ``"mean"`` contribution among these.
    how, measure :
        Among those that were asked for, and those of the responses; None takes the first.
    alpha, least :
        A neuron codes for a term where q is below alpha, and the contribution above ``least``.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If there is no such way or measure, or there is not a group for each neuron.
    ImportError
        If matplotlib is not installed.

    References
    ----------
    Garrett et al. (2023), bioRxiv (coding scores by class of cells and area).

    Examples
    --------
    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> y = np.random.default_rng(1).poisson(1.0, (200, 3))
    >>> asked = nmo.selection.contributions(nmo.PopulationGLM(), X, y)
    >>> plot_coding(asked, groups=["V1", "V1", "LM"]).get_ylabel().split()[-1]
    '(%)'
    """
    if show not in _SHOWN:
        raise errors.unknown_name("show", show, _SHOWN)
    options: dict[str, Any] = {"how": how, "measure": measure, "alpha": alpha, "least": least}
    table = plot_coding.data(found, groups=groups, **options)
    ax = axes_or_new(ax, height_mm=50)
    names, terms = list(table["group"].unique()), list(table["term"].unique())
    width = 0.8 / len(names)
    for g, name in enumerate(names):
        part = table[table["group"] == name]
        x = np.arange(len(terms)) + (g - (len(names) - 1) / 2) * width
        color = style.CYCLE[g % len(style.CYCLE)]
        label = f"{name}, n = {part['n_neurons'].max()}" if name else None
        thin = {"elinewidth": style.THIN_PT}
        if show == "fraction":
            error = 100 * part["standard_error"]
            ax.bar(x, 100 * part["fraction"], 0.9 * width, yerr=error, color=color, label=label,
                   error_kw=thin)  # fmt: skip
        else:
            ax.bar(x, part["mean"], 0.9 * width, color=color, label=label)
    ax.set_ylim(0, max(ax.get_ylim()[1], 10.0) if show == "fraction" else None)
    name_ticks(ax, terms)
    who = f"q < {table.attrs['alpha']:g}, {table.attrs['how']}"
    mean = f"Mean of neurons with {who} ({table.attrs['unit']})"
    ax.set_ylabel(upwards(ax, f"Neurons with {who} (%)" if show == "fraction" else mean))
    if any(names):
        legend_above(ax)
    return ax


def _fingerprint(
    found: Contributions, *, neuron: Any = None, how: str | None = None, measure: str | None = None
) -> pd.DataFrame:
    """Return the contribution of each term to a neuron, divided by the largest."""
    unit = found.unit(measure)
    n = place_of(neuron, found.neurons)
    value = found.value(how, unit.name)[:, n]
    positive = np.clip(np.nan_to_num(value), 0.0, None)
    top = float(positive.max(initial=0.0)) or 1.0
    return framed(
        {
            "term": objects(found.terms),
            "contribution": value,
            "relative": positive / top,
            "angle": 2 * np.pi * np.arange(len(value)) / max(len(value), 1),
        },
        unit=unit.label,
        largest=top,
        neuron=found.neurons[n],
    )


@with_data(_fingerprint)
def plot_fingerprint(
    found: Contributions,
    ax: Axes | None = None,
    *,
    neuron: Any = None,
    how: str | None = None,
    measure: str | None = None,
    color: str = style.BLUE,
) -> Axes:
    """Draw what terms contribute to one neuron as a star: a ray per term, the largest at the rim.

    Contributions below zero are at the centre.

    Parameters
    ----------
    found :
        Of :func:`spikeglm.selection.contributions`, of three terms or more.
    ax :
        Polar axes; None makes a figure of its own.
    neuron :
        Its name, of several.
    how, measure :
        Among those that were asked for, and those of the responses; None takes the first.
    color :
        Of the star.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If there is no such neuron, way or measure.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(200, 3))
    >>> y = np.random.default_rng(1).poisson(1.0, 200)
    >>> plot_fingerprint(nmo.selection.contributions(nmo.GLM(), X, y)).name
    'polar'
    """
    table = plot_fingerprint.data(found, neuron=neuron, how=how, measure=measure)
    ax = style.polar_or_new(ax)
    angle = np.append(table["angle"], table["angle"].iloc[0])
    radius = np.append(table["relative"], table["relative"].iloc[0])
    ax.fill(angle, radius, color=color, alpha=style.BAND_ALPHA, linewidth=0)
    ax.plot(angle, radius, "o-", color=color, linewidth=style.LINE_PT, markersize=3)
    ax.set_xticks(table["angle"], [str(term) for term in table["term"]])
    ax.tick_params(axis="x", pad=_RIM_PT)
    ax.set_ylim(0, 1)
    ax.set_yticks([0.5, 1.0], ["", ""])
    rim = f"{table.attrs['largest']:.2g} {table.attrs['unit']}"
    ax.set_title(f"neuron {table.attrs['neuron']}, rim: {rim}")
    return ax
