"""What is no result of the right kind is refused by name, with what to type instead."""

from inspect import signature

import matplotlib.pyplot as plt
import numpy as np
import pytest
from tests.plotting import small_results as small
from tests.plotting.catalogue import CATALOGUE

import spikeglm as nmo
from spikeglm import plotting
from spikeglm.plotting.taken import are_numbers

PLOTS = {row.plot.__name__: row.plot for row in CATALOGUE.values()}
RESULTS = {
    "contributions": small.asked, "encoding": small.encoding, "curve": small.cue_curve,
    "tuning": small.heading_tuning, "filter": small.one_filter, "null": small.null,
    "search": small.search, "comparison of models": small.comparison,
    "comparison of points": small.differences, "rescaling": small.rescaling,
    "coupling": small.coupled, "strengths": small.choice, "path": small.path,
    "visits": small.visits, "ceiling": small.ceiling, "rates": small.rates,
    "report": lambda: small.built().report(), "model": small.model,
    "states": lambda: small.states()[0], "nothing": lambda: None, "text": lambda: "position",
    "number": lambda: 3, "numbers": lambda: np.arange(4.0), "by name": lambda: {"a": object()},
    "class": lambda: nmo.GLM, "dict of text": lambda: {"a": "b"}, "not fitted": nmo.GLM,
}  # fmt: skip
ALSO = {
    "plot_encoded_sets": ("search", "encoding"),
    "plot_kernel_support": ("report",),
    "plot_rate": ("numbers",),
    "plot_time_rescaling": ("rescaling",),
}
"""What figures draw beyond that of which the catalogue has an example."""
ROWS = {name: [r for r in CATALOGUE.values() if r.plot is plot] for name, plot in PLOTS.items()}


def own(name):
    """The first arguments that a plot has in the catalogue."""
    return [row.given()[0] for row in ROWS[name]]


def is_alike(wrong, right):
    """Whether a plot that draws one of them may well draw the other, or say why not by itself."""
    both_are_numbers = are_numbers(wrong) and are_numbers(right)
    both_predict = all(
        hasattr(each, "predict") and not isinstance(each, type) for each in (wrong, right)
    )
    is_fitted = getattr(wrong, "__sklearn_is_fitted__", bool)
    return (
        type(wrong) is type(right)
        or both_are_numbers
        or (both_predict and is_fitted() and not isinstance(right, nmo.GLMHMM))
    )


@pytest.mark.parametrize("name", PLOTS)
def test_a_figure_of_something_else_says_what_it_takes(name):
    row, rights = ROWS[name][0], own(name)
    rest = row.given()[1:]
    options = row.selected()
    for said, make in RESULTS.items():
        wrong = make()
        if any(is_alike(wrong, right) for right in rights):
            continue
        if said in ALSO.get(name, ()):
            continue
        for ask in (row.plot, row.plot.data):
            with pytest.raises((TypeError, ValueError)) as raised:
                ask(wrong, *rest, **options)
            told = str(raised.value)
            is_told = "Expected: " in told or "is not fitted yet. What to do: call fit" in told
            assert is_told, (said, told)
            assert name in told or name in ("plot_distribution", "plot_kernel_support"), told


def test_a_message_says_how_to_get_what_is_drawn_and_what_draws_what_is_there():
    with pytest.raises(TypeError) as raised:
        plotting.plot_unique_and_total(small.encoding())
    assert str(raised.value) == (
        "plot_unique_and_total cannot draw this. Given: Encoding. Expected: found, of "
        'spikeglm.selection.contributions with how=["unique", "alone"]. What to do: figures of it '
        "are made by plot_encoded_sets, plot_encoding, plot_neuron_encoding."
    )
    with pytest.raises(TypeError, match=r"plot_curve.*Given: GLM.*from spikeglm\.GLM\.curve"):
        plotting.plot_curve(nmo.GLM())


def test_two_results_of_one_name_are_not_taken_for_each_other():
    with pytest.raises(TypeError, match=r"spikeglm\.selection\.compare.*plot_comparison"):
        plotting.plot_model_scatter(small.differences())
    with pytest.raises(TypeError, match=r"spikeglm\.inference\.comparison.*plot_model_scatter"):
        plotting.plot_comparison(small.comparison())


def test_a_model_without_a_fit_is_told_to_be_fitted_first():
    X = np.ones((5, 1))
    for plot, rest in ((plotting.plot_prediction, (X, X[:, 0])), (plotting.plot_model, ())):
        with pytest.raises(nmo.exceptions.NotFittedError, match=r"fit\(X, y\) first, and then"):
            plot(nmo.GLM(), *rest)
    with pytest.raises(nmo.exceptions.NotFittedError, match="plot_state_weights"):
        plotting.plot_state_weights(nmo.GLMHMM(2))


def test_panels_of_what_is_no_figure_say_so():
    with pytest.raises(TypeError, match=r"plot_facets cannot draw this.*a plotting function"):
        plotting.plot_facets(small.cue_curve(), plotting.plot_curve, neuron=[0, 1])


@pytest.mark.parametrize("name", PLOTS)
def test_every_figure_says_what_it_takes(name):
    """Who adds a figure names a kind in the signature, or checks by itself."""
    first = next(iter(signature(PLOTS[name]).parameters.values()))
    assert first.annotation != "Any" or name in ("plot_distribution", "plot_kernel_support")


def test_a_distribution_asks_for_the_measure_of_a_table():
    with pytest.raises(ValueError, match=r"several measures.*pass measure='"):
        plotting.plot_distribution(small.asked())
    with pytest.raises(TypeError, match=r"numbers, one per neuron.*inference\.goodness"):
        plotting.plot_distribution("bits_per_spike")
    drawn = plotting.plot_distribution.data({"a": small.asked()}, measure="bits_per_spike_full")
    assert set(drawn["group"]) == {"a"} and len(drawn)


@pytest.mark.parametrize(
    ("ax", "told"),
    [
        (np.array([object(), object()], dtype=object), r"ndarray.*pass one of them: axes\[0\]"),
        (plt.Figure(), r"Figure.*figure\.subplots\(\)"),
        ("left", "'left'.*matplotlib Axes"),
    ],
)
def test_ax_is_one_pair_of_axes(ax, told):
    with pytest.raises(TypeError, match=f"ax is one pair of axes.*{told}"):
        plotting.plot_curve(small.cue_curve(), ax)


def test_a_bin_that_is_no_length_is_refused_and_a_long_one_told():
    counts = np.ones(40)
    with pytest.raises(ValueError, match=r"bin_s cannot be used.*'20 ms'.*0\.02 for 20 ms"):
        plotting.plot_rate(counts, counts=counts, bin_s="20 ms")
    with pytest.warns(UserWarning, match=r"bins of 20 s.*pass bin_s=0\.02"):
        plotting.plot_rate.data(counts, counts=counts, bin_s=20)


def test_a_model_with_its_data_is_no_curve():
    """It said "too many positional arguments"."""
    with pytest.raises(TypeError, match=r"plot_curve cannot draw this.*GLM"):
        plotting.plot_curve(small.model(), 1, 2, 3)


def test_figures_that_are_asked_of_the_package_are_told_where_they_are():
    with pytest.raises(AttributeError, match=r"'plot_curve': figures are in spikeglm\.plotting"):
        getattr(nmo, "plot_curve")  # noqa: B009 - mypy knows that it is not there
