"""Terms: what the columns of a design mean, for every basis and every composition."""

import copy
import pickle

import numpy as np
import pandas as pd
import pynapple as nap
import pytest
from tests.basis.catalogue import ALL, ids, inputs

import spikeglm as nmo

B = nmo.basis
every = pytest.mark.parametrize("row", ALL, ids=ids(ALL))
shapes = pytest.mark.parametrize("shape", [(), (2,), (2, 3)], ids=str)


def parts_of(design):
    """Each term with the samples of its inputs."""
    first = 0
    for term in design.terms:
        yield term, slice(first, first + len(term.inputs))
        first += len(term.inputs)


@every
@shapes
def test_terms_tile_the_columns_and_unfold_as_split_by_feature_does(row, shape):
    basis = row.make()
    design = basis.design(*inputs(basis, shape=shape))
    edges = [(term.start, term.stop) for term in design.terms]
    assert [a for a, _ in edges] == [0, *(b for _, b in edges[:-1])]
    assert edges[-1][1] == design.n_features
    split = basis.split_by_feature(np.zeros(design.n_features), axis=0)
    assert {term.label: term.shape for term in design.terms} == {
        label: part.shape for label, part in split.items()
    }
    for term in design.terms:
        assert len(term.channels) == term.n_channels
        assert term.stop - term.start == term.n_channels * term.n_functions
    assert sum(len(term.inputs) for term in design.terms) == basis.n_inputs


@every
@shapes
def test_functions_at_the_samples_are_the_columns(row, shape):
    """A window's kernel is weighed by the samples that it sees; all else is a value at a time."""
    basis = row.make()
    xs = inputs(basis, shape=shape)
    design = basis.design(*xs)
    table = design.to_array()
    for term, own in parts_of(design):
        if term.kind == "lag" or "bins" in term.units:
            continue
        samples = [x.reshape(len(x), -1) for x in xs[own]]
        for c in range(term.n_channels):
            columns = slice(
                term.start + c * term.n_functions, term.start + (c + 1) * term.n_functions
            )
            one = [x[:, c % max(x.shape[1], 1)] for x in samples]
            found = term.functions(*one, channel=c)
            np.testing.assert_allclose(found, table[:, columns], rtol=1e-13, atol=1e-14)


@every
def test_kernels_at_their_lags_are_those_of_the_design(row):
    """A single spike writes each kernel into the rows that see it."""
    basis = row.make()
    if basis.n_inputs != 1:
        pytest.skip("one signal at a time")
    spike = np.zeros(60)
    spike[30] = 1
    (term,) = basis.design(*inputs(basis, n=60)).terms
    if term.kind != "lag":
        pytest.skip("no window")
    table = basis.design(spike).to_array()
    lags = term.axis()
    np.testing.assert_array_equal(table[30 + lags], term.functions(lags))
    outside = term.functions([lags[0] - 1, lags[-1] + 1, np.nan])
    assert (outside[:2] == 0).all() and np.isnan(outside[2]).all()


@every
@shapes
def test_a_basis_knows_the_terms_of_the_signals_it_saw(row, shape):
    basis = row.make()
    assert not hasattr(basis, "terms")
    with pytest.raises(nmo.exceptions.NotFittedError, match="setup_basis"):
        _ = basis.terms
    xs = inputs(basis, shape=shape)
    basis.compute_features(*xs)
    theirs = row.make().design(*xs).terms
    for ours, other in zip(basis.terms, theirs, strict=True):
        assert repr(ours) == repr(other)


@every
def test_terms_are_copied_and_pickled_without_signals(row):
    basis = row.make()
    few, many = (basis.design(*inputs(basis, n=n)).terms for n in (50, 5000))
    written = [len(pickle.dumps([repr(term) for term in terms])) for terms in (few, many)]
    assert abs(written[0] - written[1]) < 500
    if "Custom" not in row.name:
        assert len(pickle.dumps(many)) < len(pickle.dumps(few)) + 500
    for twins in (copy.deepcopy(few), pickle.loads(pickle.dumps(few))):
        for term, twin in zip(few, twins, strict=True):
            assert repr(twin) == repr(term)
            for S, its in zip(term.penalties(), twin.penalties(), strict=True):
                np.testing.assert_array_equal(S, its)


def test_ranges_are_frozen_and_those_of_the_first_data():
    design = B.BSplineEval(5, label="x").design(np.linspace(0, 10, 50))
    later = design.at(np.linspace(2, 4, 50))
    for term in (design.terms[0], later.terms[0]):
        assert term.axis(3).tolist() == [0, 5, 10]
        assert np.isnan(term.functions([11.0])).all()


def test_an_axis_covers_what_was_seen_within_the_bounds():
    x = np.array([-5.0, 2.0, 7.0, np.nan, 20.0])
    (bounded,) = B.BSplineEval(5, bounds=(0, 10)).design(x).terms
    assert bounded.axis(2).tolist() == [2, 7]
    assert bounded.coverage() == ("2 to 7 of [0, 10]",)
    (whole,) = B.BSplineEval(5).design(x).terms
    assert whole.coverage() == ("-5 to 20",)
    (circle,) = B.CyclicBSplineEval(5, bounds=(0, 360)).design(x).terms
    assert circle.axis(2).tolist() == [0, 360]
    (line,) = B.IdentityEval().design(x).terms
    assert line.axis(2).tolist() == [-5, 20]


def test_each_channel_has_the_range_of_its_own():
    x = np.stack([np.linspace(0, 1, 30), np.linspace(100, 300, 30)], axis=1)
    (term,) = B.MSplineEval(4).design(x).terms
    assert term.axis(2, channel=0).tolist() == [0, 1]
    assert term.axis(2, channel=1).tolist() == [100, 300]
    first, second = (term.penalties(channel=c)[0] for c in (0, 1))
    np.testing.assert_allclose(second * 200**2, first, rtol=1e-12)  # densities over a wider range
    with pytest.raises(ValueError, match="no such channel"):
        term.axis(channel=2)


def test_lags_are_in_seconds_where_the_signal_has_bins():
    counts = nap.Tsd(t=np.arange(40) * 0.01, d=np.zeros(40))
    for window in (4, "40 ms"):
        (term,) = B.HistoryConv(window).design(counts).terms
        np.testing.assert_allclose(term.axis(), [0.01, 0.02, 0.03, 0.04])
        assert term.unit == "s"
        np.testing.assert_array_equal(term.functions(term.axis()), np.eye(4))
    irregular = nap.Tsd(t=np.cumsum(np.linspace(0.01, 0.02, 40)), d=np.zeros(40))
    (term,) = B.HistoryConv(4).design(irregular).terms
    assert (term.unit, term.axis().tolist()) == ("bins", [1, 2, 3, 4])


def test_lags_are_positive_for_the_past():
    ahead = B.HistoryConv(2, conv_kwargs={"predictor_causality": "anti-causal"})
    assert ahead.design(np.zeros(9)).terms[0].axis().tolist() == [-2, -1]


def test_categories_are_their_own_axis():
    (term,) = B.Category(["left", "right"]).design(["left", "right", "left"]).terms
    assert term.axis().tolist() == ["left", "right"]
    assert term.functions(["right", "up"]).tolist() == [[0, 1], [0, 0]]


def test_the_axes_of_a_product_span_a_grid():
    place = B.BSplineEval(4, label="x") * B.CyclicBSplineEval(5, label="head")
    (term,) = place.design(np.linspace(0, 1, 30), np.linspace(0, 6, 30)).terms
    assert (term.kind, term.inputs, term.n_variables) == ("product", ("x", "head"), 2)
    x, head = term.grid(3)
    assert len(x) == 9 and term.functions(x, head).shape == (9, 20)
    with pytest.raises(ValueError, match="several variables"):
        term.axis()
    with pytest.raises(ValueError, match="one array of points per variable"):
        term.functions(x)


def test_channels_are_called_as_the_columns_of_the_input():
    frame = pd.DataFrame(np.zeros((9, 2)), columns=["left", "right"])
    (term,) = B.BSplineEval(4).design(frame + np.arange(9)[:, None] * [1, 3]).terms
    assert term.channels == ("left", "right")
    assert term.axis(2, channel="right").tolist() == [0, 24]
    np.testing.assert_array_equal(
        term.functions([3.0], channel="right"), term.functions([3.0], channel=1)
    )
    for wrong in ("up", 2, -1, 0.5):
        with pytest.raises(ValueError, match="channel"):
            term.functions([3.0], channel=wrong)
    for wrong in (0, -3, 2.5):
        with pytest.raises(ValueError, match="n_points"):
            term.axis(wrong)
    units = nap.TsdFrame(t=np.arange(9), d=np.zeros((9, 2)), columns=[7, 3])
    assert B.HistoryConv(2).design(units).terms[0].channels == (7, 3)
    assert B.HistoryConv(2).design(np.zeros((9, 2))).terms[0].channels == (0, 1)
    assert B.HistoryConv(2).design(np.zeros((9, 1, 2))).terms[0].channels == ((0, 0), (0, 1))


def test_a_changed_basis_has_forgotten_its_terms():
    basis = B.BSplineEval(5, label="x") + B.HistoryConv(3)
    xs = np.linspace(0, 1, 9), np.zeros(9)
    basis.setup_basis(*xs)
    basis.set_params(x__n_basis_funcs=6)
    assert not hasattr(basis, "terms")
    basis.setup_basis(*xs).set_input_shape(2, 2)
    assert not hasattr(basis, "terms")


def test_where_functions_of_ones_own_live_is_asked_back():
    (term,) = B.CustomBasis(np.sin).design(np.linspace(0, 1, 9)).terms
    np.testing.assert_array_equal(term.functions([0.5]), np.sin([[0.5]]))
    with pytest.raises(ValueError, match="points of your choice"):
        term.axis()


def test_outputs_of_ones_own_functions_are_channels():
    basis = B.CustomBasis(
        [lambda x: np.stack([x, -x], axis=1), lambda x: np.stack([x**2, x**3], 1)]
    )
    x = np.random.default_rng(0).normal(size=(9, 3))
    design = basis.design(x)
    (term,) = design.terms
    assert term.shape == (2, 3, 2)
    for c in range(6):
        columns = design.to_array()[:, 2 * c : 2 * c + 2]
        np.testing.assert_array_equal(term.functions(x[:, c % 3], channel=c), columns)
