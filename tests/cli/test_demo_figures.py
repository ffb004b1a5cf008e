"""The demo's figures explain themselves, and each shows something of its own."""

import pytest
from matplotlib.colors import to_hex

from spikeglm.cli.demo_analysis import STIMULUS, analyse
from spikeglm.cli.demo_figures import COLORS, FIGURES, filters
from spikeglm.datasets import load_grasshopper
from spikeglm.plotting import paper_style


@pytest.fixture(scope="module")
def result():
    return analyse(load_grasshopper(1))


@pytest.mark.parametrize("name", FIGURES)
def test_curves_that_are_told_apart_by_colour_have_a_legend(name, result):
    with paper_style():
        figure = FIGURES[name](result)
        figure.draw_without_rendering()
    shown = [*figure.legends, *(ax.get_legend() for ax in figure.axes if ax.get_legend())]
    texts = {text.get_text() for legend in shown for text in legend.get_texts()}
    for ax in figure.axes:
        labels = ax.get_legend_handles_labels()[1]
        assert set(labels) <= texts
    frame = figure.bbox.padded(1)
    for legend in shown:
        box = legend.get_window_extent()
        assert frame.contains(box.x0, box.y0) and frame.contains(box.x1, box.y1)


def test_the_overview_explains_rates_and_quantiles_each_beside_them(result):
    with paper_style():
        figure = FIGURES["overview"](result)
    legends = [ax.get_legend() for ax in figure.axes if ax.get_legend()]
    texts = [{text.get_text() for text in legend.get_texts()} for legend in legends]
    models = {score.name for score in result.scores}
    assert len(texts) == 2 and all(models < words for words in texts)
    assert any("spikes" in words for words in texts) and any(
        "95 % band" in words for words in texts
    )


def test_no_filter_is_drawn_twice(result):
    with paper_style():
        figure = filters(result)
    colors = [to_hex(ax.get_lines()[0].get_color()) for ax in figure.axes]
    assert colors.count(to_hex(COLORS[STIMULUS])) == 1
    assert len({ax.get_ylabel() for ax in figure.axes}) == len(figure.axes) == 3
