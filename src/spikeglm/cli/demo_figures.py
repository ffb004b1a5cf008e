"""The figures of ``spikeglm demo``: one for each question, and an overview with all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import plotting
from ..plotting import style
from .demo_analysis import BOTH, HISTORY, STIMULUS, DemoResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLORS = {STIMULUS: style.BLUE, HISTORY: style.VERMILLION, BOTH: style.GREEN}
WINDOW_S = (5.15, 5.35)
"""The part of the recording whose rates are drawn."""


def save_figures(result: DemoResult, folder: Path) -> Iterator[Path]:
    """Draw and write each figure as PNG and PDF into ``folder``; yield the path of each PNG."""
    for name, draw in FIGURES.items():
        with style.paper_style():
            png, _ = plotting.save_figure(draw(result), folder / name)
        yield png


def overview(result: DemoResult) -> Figure:
    """Return all answers on one figure, two columns wide."""
    figure = _figure(style.TWO_COLUMNS_MM, 125)
    layout = ["abcd", "sssk", "eeek"]
    axes = figure.subplot_mosaic([list(row) for row in layout], height_ratios=[1, 0.3, 0.85])
    _draw_scores(result, axes["a"])
    _draw_filters(result, [axes[letter] for letter in "bcd"])
    _draw_rates(result, axes["s"], axes["e"])
    _draw_rescaling(result, axes["k"])
    axes["k"].set_anchor("N")
    figure.align_ylabels([axes["s"], axes["e"]])
    models = axes["e"].get_legend_handles_labels()
    axes["s"].legend(*models, loc="lower right", bbox_to_anchor=(1, 1), ncols=4, borderaxespad=0)
    below = axes["k"].legend(
        loc="upper left",
        bbox_to_anchor=(0, -0.27),
        borderaxespad=0,
        labelspacing=0.25,
        handlelength=1.5,
    )
    below.set_in_layout(False)  # it takes the room that a square leaves in its cell
    for letter, key in zip("abcdef", "abcdsk", strict=True):
        axes[key].set_title(letter, fontweight="bold")
    return figure


def scores(result: DemoResult) -> Figure:
    """Return the held-out bits per spike of each model."""
    figure = _figure(style.ONE_COLUMN_MM, 45)
    _draw_scores(result, figure.subplots())
    return figure


def filters(result: DemoResult) -> Figure:
    """Return the filters of the full model in physical units, with their 95 % bands."""
    figure = _figure(style.TWO_COLUMNS_MM, 55)
    axes = figure.subplots(1, 3)
    _draw_filters(result, axes)
    for ax, title in zip(axes, ("Stimulus", "Spike history", "The same, as a factor"), strict=True):
        ax.set_title(title)
    return figure


def predicted_rate(result: DemoResult) -> Figure:
    """Return stimulus, spikes and the rate that each model predicted without having seen them."""
    figure = _figure(style.TWO_COLUMNS_MM, 70)
    sound, rate = figure.subplots(2, 1, height_ratios=[0.3, 1])
    _draw_rates(result, sound, rate)
    figure.align_ylabels([sound, rate])
    figure.legend(*rate.get_legend_handles_labels(), loc="outside upper right", ncols=4)
    return figure


def time_rescaling(result: DemoResult) -> Figure:
    """Return the KS plot of each model and the autocorrelation of the full model's intervals."""
    figure = _figure(style.TWO_COLUMNS_MM, 75)
    left, right = figure.subplots(1, 2)
    _draw_rescaling(result, left)
    left.legend(loc="upper left", bbox_to_anchor=(1.02, 1.0), borderaxespad=0)
    full = result.scores[-1]
    plotting.plot_interval_autocorrelation(full.rescaling, right, color=COLORS[BOTH])
    right.set_title(f"Rescaled intervals, {full.name}")
    return figure


FIGURES = {
    "overview": overview,
    "scores": scores,
    "filters": filters,
    "predicted_rate": predicted_rate,
    "time_rescaling": time_rescaling,
}


def _figure(width_mm: float, height_mm: float) -> Any:
    return style.figure_class()(figsize=style.size_inches(width_mm, height_mm))


def _draw_scores(result: DemoResult, ax: Axes) -> None:
    label = {score.name: score.name.replace(" + ", "\n+ ") for score in result.scores}
    plotting.plot_bits_per_spike(
        {label[score.name]: score.bits_by_fold for score in result.scores},
        ax,
        overall={label[score.name]: score.bits for score in result.scores},
        colors=tuple(COLORS[score.name] for score in result.scores),
    )


def _draw_filters(result: DemoResult, axes: Any) -> None:
    stimulus, history = result.filters[STIMULUS], result.filters[HISTORY]
    plotting.plot_filter(stimulus, axes[0], unit="dB", color=COLORS[STIMULUS])
    axes[0].set_xlabel("Stimulus lag (ms)")
    plotting.plot_filter(history, axes[1], unit="spike", color=COLORS[HISTORY])
    plotting.plot_rate_gain(history, axes[2], unit="spike", color=COLORS[HISTORY])
    for ax in axes[1:]:
        ax.set_xlabel("Time since spike (ms)")


def _draw_rates(result: DemoResult, top: Axes, bottom: Axes) -> None:
    recording = result.recording
    shown = slice(*(round(end / recording.bin_s) for end in WINDOW_S))
    time_s = (np.arange(recording.counts.size) + 0.5) * recording.bin_s
    level_db = recording.stimulus_db - recording.stimulus_db.mean()
    top.plot(time_s[shown], level_db[shown], color=style.GREY, linewidth=0.8)
    top.set(xlim=WINDOW_S, ylabel="Sound (dB)", xticks=[])
    top.spines["bottom"].set_visible(False)
    plotting.plot_rate(
        {score.name: score.mean_counts for score in result.scores},
        bottom,
        counts=recording.counts,
        bin_s=recording.bin_s,
        window_s=WINDOW_S,
        colors=tuple(COLORS[score.name] for score in result.scores),
    )


def _draw_rescaling(result: DemoResult, ax: Axes) -> None:
    plotting.plot_time_rescaling(
        {score.name: score.rescaling for score in result.scores},
        ax,
        colors=tuple(COLORS[score.name] for score in result.scores),
    )
