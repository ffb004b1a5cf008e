"""Input, linear, nonlinear, Poisson: how a GLM turns a signal into spikes, stage by stage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors
from ...io.interop.timeseries import time_axis_of, to_array
from ...observation_models.named import link_named
from ...rows.sampling import bin_size_of
from ...typing import ArrayLike, FloatArray
from .. import style
from ..tables import framed, with_data

if TYPE_CHECKING:
    import pandas as pd

STAGES = ("linear", "nonlinear", "spikes")
_TITLES = {"input": "Input", "linear": "Linear", "nonlinear": "Nonlinear", "spikes": "Spikes"}
_MOST = 6


def _stages(
    feature: ArrayLike,
    weights: ArrayLike,
    intercepts: ArrayLike,
    *,
    link: str = "exp",
    n_draws: int = 3,
    bin_s: float | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Return the signal at each stage: a row per transformation, stage, draw and time."""
    x, seconds, time = _read(feature, bin_s)
    w, c = (np.atleast_1d(np.asarray(v, dtype=float)) for v in (weights, intercepts))
    if w.shape != c.shape or w.ndim != 1 or not 0 < len(w) <= _MOST:
        raise errors.value_error(
            "These are no transformations.",
            given=f"weights of shape {w.shape} and intercepts of shape {c.shape}",
            expected=f"1 to {_MOST} weights, and an intercept for each",
        )
    rng = np.random.default_rng(seed)
    nonlinearity = link_named(link)
    parts = []
    for k, (weight, intercept) in enumerate(zip(w, c, strict=True)):
        eta = weight * x + intercept
        rate = np.asarray(nonlinearity.mean(eta), dtype=float)
        drawn = rng.poisson(np.minimum(rate * seconds, 1e6), (n_draws, len(x)))
        signals = [("input", 0, x), ("linear", 0, eta), ("nonlinear", 0, rate)]
        signals += [("spikes", draw, counts) for draw, counts in enumerate(drawn)]
        for stage, draw, values in signals:
            columns = {"time": time, "value": values.astype(float)}
            parts.append(framed(columns).assign(transformation=k, stage=stage, draw=draw))
    import pandas as pd

    table = pd.concat(parts, ignore_index=True)
    table = table[["transformation", "stage", "draw", "time", "value"]]
    table.attrs = {"weights": w.tolist(), "intercepts": c.tolist(), "link": link, "bin_s": seconds}
    return table


@with_data(_stages)
def plot_lnp(
    feature: ArrayLike,
    weights: ArrayLike,
    intercepts: ArrayLike,
    axes: Any = None,
    *,
    stages: tuple[str, ...] = STAGES,
    link: str = "exp",
    n_draws: int = 3,
    bin_s: float | None = None,
    seed: int = 0,
    xlabel: str = "Input",
) -> Any:
    """Draw how a GLM makes spikes of a signal: a row per weight, and a column per stage.

    The linear stage is L(x) = w x + c, the nonlinear one the rate f(L), and spikes are drawn from a
    Poisson process with that rate: each row of ticks is another draw of the same rate.

    Parameters
    ----------
    feature :
        (T,) the signal.
    weights, intercepts :
        w and c of each transformation, one to six; three look best.
    axes :
        An array (transformations, 1 + stages) of Axes; None makes a figure two columns wide.
    stages :
        Which stages are shown after the input, some of ``"linear"``, ``"nonlinear"``, ``"spikes"``.
    link :
        The inverse link f: ``"exp"``, ``"softplus"`` or another; rates are per second.
    n_draws :
        How many spike trains are drawn from the same rate.
    bin_s :
        Seconds of a bin; None: those of a pynapple object, else 1.
    seed :
        Of the draws.
    xlabel :
        What the signal is called, with its unit.

    Returns
    -------
    array of matplotlib Axes

    Raises
    ------
    ValueError
        If a stage is unknown, or there is not an intercept for each weight.
    ImportError
        If matplotlib is not installed.

    References
    ----------
    Chichilnisky (2001), Network 12:199-213; Paninski (2004), Network 15:243-62. The picture is that
    of the introduction to GLMs of the NeMoS workshops.

    Examples
    --------
    >>> step = np.repeat([0.0, 1.0], 50)
    >>> axes = plot_lnp(step, [0.5, 4, -4], [0.5, -3, -2], stages=("linear", "nonlinear"))
    >>> axes.shape, [ax.get_title("left") for ax in axes[0]]
    ((3, 3), ['Input', 'Linear', 'Nonlinear'])
    """
    for stage in stages:
        if stage not in STAGES:
            raise errors.unknown_name("stage", stage, STAGES)
    options: dict[str, Any] = {"link": link, "n_draws": n_draws, "bin_s": bin_s, "seed": seed}
    table = plot_lnp.data(feature, weights, intercepts, **options)
    columns = ("input", *[stage for stage in STAGES if stage in stages])
    shape = len(table.attrs["weights"]), len(columns)
    axes = _grid(shape) if axes is None else np.reshape(np.asarray(axes, dtype=object), shape)
    for (k, stage), part in table.groupby(["transformation", "stage"]):
        if stage not in columns:
            continue
        ax = axes[k, columns.index(str(stage))]
        color = style.GREY if stage == "input" else style.CYCLE[k % len(style.CYCLE)]
        _spikes(ax, part, color) if stage == "spikes" else _line(ax, part, color)
        if k == 0:
            ax.set_title(_TITLES[str(stage)])
        ax.set_ylabel(_called(str(stage), k, table.attrs, xlabel))
        if k == shape[0] - 1:
            ax.set_xlabel("Time (s)")
    return axes


def _line(ax: Any, part: pd.DataFrame, color: str) -> None:
    ax.plot(part["time"], part["value"], color=color, linewidth=style.LINE_PT)
    ax.locator_params(axis="both", nbins=4)
    ax.axhline(0, color=style.LIGHT_GREY, linewidth=style.THIN_PT, zorder=0)


def _spikes(ax: Any, part: pd.DataFrame, color: str) -> None:
    """Draw a row of ticks per draw, higher where a bin has more spikes than one."""
    most = max(float(part["value"].max()), 1.0)
    n = int(part["draw"].max()) + 1
    for draw, one in part.groupby("draw"):
        some = one[one["value"] > 0]
        base = np.full(len(some), n - 1.0 - draw)
        top = base + 0.85 * some["value"] / most
        ax.vlines(some["time"], base, top, color=color, linewidth=0.7)
    ax.set_xlim(float(part["time"].min()), float(part["time"].max()))
    ax.set_ylim(-0.1, n)
    ax.set_yticks(np.arange(n) + 0.4, [str(n - k) for k in range(n)])
    ax.tick_params(axis="y", length=0)


def _called(stage: str, k: int, attrs: dict[str, Any], xlabel: str) -> str:
    if stage == "linear":
        weight, intercept = attrs["weights"][k], attrs["intercepts"][k]
        sign = "−" if intercept < 0 else "+"
        return f"{weight:g} x {sign} {abs(intercept):g}".replace("-", "−")
    return {"input": xlabel, "nonlinear": "Rate (Hz)", "spikes": "Draw"}[stage]


def _read(feature: ArrayLike, bin_s: float | None) -> tuple[FloatArray, float, FloatArray]:
    """Return the signal (T,), seconds of a bin, and times."""
    x = np.asarray(to_array(feature, name="feature"), dtype=float)
    if x.ndim != 1 or not len(x):
        raise errors.value_error(
            "This picture is of one signal.", given=f"shape {x.shape}", expected="(T,)"
        )
    axis = time_axis_of(feature)
    seconds = bin_size_of(axis) if bin_s is None else bin_s
    step = 1.0 if seconds is None else float(seconds)
    return x, step, (np.arange(len(x)) + 0.5) * step if axis is None else np.asarray(axis.times)


def _grid(shape: tuple[int, int]) -> Any:
    width = style.TWO_COLUMNS_MM * max(shape[1], 2) / 4
    size = style.size_inches(width, 12 + 26 * shape[0])
    return style.new_figure(*shape, figsize=size, sharex=True, squeeze=False)[1]
