"""Laws of every plot: what is drawn is its table, axes have units, and it can be read in print."""

import ast
import inspect
import re
from functools import cache

import numpy as np
import pytest
from matplotlib.figure import Figure
from tests.plotting.catalogue import CATALOGUE, UNITLESS, Row
from tests.plotting.seen import all_axes, axes_of, colours, holds, numbers, overlaps, words

from spikeglm import plotting
from spikeglm.plotting import style
from spikeglm.plotting.paper_figure import PaperFigure
from spikeglm.plotting.tables import framed, with_data

COLUMN_MM = 85
UNIT = re.compile(
    r"\((ms|s|rad|radians|cm|µm|Hz|spikes/s|%|per \w+( \w+)?|factor( per \w+)?|intervals|bins|sd"
    r"|nats|log rate.*|bits per (spike|bin|trial)|deviance explained|\d+(, sorted.*)?|unit length"
    r"|channel|nats per .*|per event)\)"
)
PLOTS = {row.plot.__name__: row.plot for row in CATALOGUE.values()}
every = pytest.mark.parametrize("row", CATALOGUE.values(), ids=CATALOGUE)
one_axes = pytest.mark.parametrize(
    "row", [r for r in CATALOGUE.values() if not r.is_grid],
    ids=[name for name, r in CATALOGUE.items() if not r.is_grid],
)  # fmt: skip
SPIKING = {"strength_choice", "regularization_path"}  # are asked of neurons that spike
of_neurons = {name: row for name, row in CATALOGUE.items() if row.neuron is not None}


def test_every_plot_is_in_the_catalogue():
    known = {row.plot.__name__ for row in CATALOGUE.values()} | {"plot_facets"}
    assert {name for name in plotting.__all__ if name.startswith("plot_")} == known


@one_axes
def test_draws_on_the_axes_that_it_is_given(row):
    ax = Figure().add_subplot(projection=row.projection)
    assert row.draw(ax) is ax
    assert ax.has_data() or ax.child_axes or ax.texts


@every
def test_a_new_figure_is_one_whose_files_have_fonts_that_journals_take(row):
    figure, _ = axes_of(row.draw())
    assert isinstance(figure, PaperFigure)


@every
def test_what_is_drawn_is_the_table(row, monkeypatch):
    """Where the numbers of the table are other ones, these are seen, all of them."""
    table = row.data()
    assert len(table) or not row.drawn
    other = table.copy()
    other.attrs = table.attrs
    for name in other.select_dtypes("float"):
        other[name] = 1.25 * other[name]
    monkeypatch.setattr(row.plot, "data", lambda *_, **__: other)
    _, axes = axes_of(row.draw())
    seen = numbers(axes)
    for name, scale in row.drawn:
        assert holds(seen, scale * other[name].astype(float)), name


@pytest.mark.parametrize("plot", PLOTS.values(), ids=PLOTS)
def test_a_result_is_looked_at_once_for_its_table(plot):
    """What `data` takes is passed to it, by the same names, and used nowhere else."""
    own, given = inspect.signature(plot).parameters, inspect.signature(plot.data).parameters
    assert set(given) <= set(own)
    results = {n for n, p in given.items() if p.kind is not p.KEYWORD_ONLY}
    (body,) = ast.parse(inspect.getsource(plot)).body
    calls = [
        node for node in ast.walk(body)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == f"{plot.__name__}.data"
    ]  # fmt: skip
    assert len(calls) == 1
    inside = {id(node) for node in ast.walk(calls[0])}
    used = [
        node.id for node in ast.walk(body)
        if isinstance(node, ast.Name) and node.id in results and id(node) not in inside
    ]  # fmt: skip
    assert used == []


@cache
def drawn_once(name):
    """The figure of a row, and its axes: what only looks at it shares it."""
    return axes_of(CATALOGUE[name].draw())


@pytest.mark.parametrize("name", CATALOGUE)
def test_axes_say_what_they_are_of_and_in_what(name):
    _, axes = drawn_once(name)
    assert axes
    for ax in axes:
        is_star = ax.name == "polar" and "bits per" in ax.get_title("left")
        if not ax.axison or not ax.get_visible() or _is_inset(ax, axes) or is_star:
            continue
        for said, axis in ((ax.get_xlabel(), ax.xaxis), (ax.get_ylabel(), ax.yaxis)):
            label = " ".join(said.split())
            named = [t.get_text() for t in axis.get_ticklabels() if t.get_text()]
            has_names = any(re.search(r"[^\W\d_]", text) for text in named) or not named
            plain = label.partition(":")[0] if ":" in label else label
            has_unit = UNIT.search(label) or label in UNITLESS or plain in UNITLESS
            assert has_unit or has_names or "bits per spike" in label.lower(), (label, named)


def _is_inset(ax, axes):
    return any(ax in other.child_axes for other in axes)


@pytest.mark.parametrize("name", CATALOGUE)
def test_colours_are_those_of_the_palette(name):
    known = {*style.CYCLE, style.BLACK, style.GREY, style.LIGHT_GREY, "#ffffff"}
    _, axes = drawn_once(name)
    assert colours(axes) <= {colour.lower() for colour in known}


@pytest.mark.parametrize("name", CATALOGUE)
def test_it_can_be_read_in_print(name):
    """Nothing leaves the figure, no text lies on another, and none is smaller than 6 pt."""
    figure, _ = drawn_once(name)
    width_mm = 25.4 * figure.get_figwidth()
    assert width_mm <= plotting.TWO_COLUMNS_MM + 1
    found = words(figure)
    sizes = {text: size * min(COLUMN_MM / plotting.ONE_COLUMN_MM, 1.0) for text, size, *_ in found}
    assert min(sizes.values(), default=9) > 5.5, sizes
    right, top = figure.bbox.x1 + 1, figure.bbox.y1 + 1
    outside = [t for t, _, b, _ in found if b.x0 < -1 or b.y0 < -1 or b.x1 > right or b.y1 > top]
    assert outside == []
    assert overlaps(found) == []


@pytest.mark.parametrize("name", [n for n in of_neurons if n not in SPIKING])
def test_a_silent_neuron_is_drawn_or_refused_with_a_reason(name):
    row = of_neurons[name]
    silent = 3 if name not in ("neuron_encoding",) else 2
    try:
        drawn = row.draw(neuron=silent)
    except ValueError as error:
        assert "expected" in str(error).lower()
    else:
        figure, axes = axes_of(drawn)
        figure.canvas.draw()
        assert axes


@pytest.mark.parametrize("name", of_neurons)
def test_an_unknown_neuron_is_an_error_that_names_the_others(name):
    with pytest.raises(ValueError, match=r"(?s)nknown.*'Bob'.*0"):
        of_neurons[name].draw(neuron="Bob")


def test_figures_are_as_wide_as_a_column_and_have_no_box():
    for name in ("filter", "tuning", "raster", "distribution"):
        figure, axes = axes_of(CATALOGUE[name].draw())
        assert round(25.4 * figure.get_figwidth()) == plotting.ONE_COLUMN_MM
        assert not axes[0].spines["top"].get_visible()


def test_the_guide_names_every_plot():
    guide = plotting.__doc__
    missing = [n for n in plotting.__all__ if n.startswith("plot_") and f":func:`{n}`" not in guide]
    assert missing == []


def test_a_plot_that_draws_beside_its_table_is_noticed(monkeypatch):
    """The laws themselves: a row whose figure holds other numbers than its table does not pass."""

    def plot_wrong(values, ax=None):
        ax = style.axes_or_new(ax, height_mm=40)
        ax.plot(np.arange(len(values)), np.asarray(values) + 1)
        return ax

    wrong = with_data(lambda values: framed({"value": values}))(plot_wrong)
    seen = numbers(all_axes(wrong([10.0, 20.0]).figure))
    assert not holds(seen, wrong.data([10.0, 20.0])["value"])
    assert Row(wrong, lambda: ([1.0],)).data()["value"].tolist() == [1.0]
