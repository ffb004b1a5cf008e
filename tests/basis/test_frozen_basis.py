"""A frozen basis: features that mean the same on any signals, also after a file."""

import copy
import pickle

import numpy as np
import pandas as pd
import pynapple as nap
import pytest
from tests.basis.catalogue import ALL, ids, inputs

import spikeglm as nmo
from spikeglm.basis.tree.kept_basis import StoredBasis
from spikeglm.glm.saving.stored_classes import StoredClasses
from spikeglm.io.files.json_nodes import Reader, Writer

B = nmo.basis
every = pytest.mark.parametrize("row", ALL, ids=ids(ALL))
shapes = pytest.mark.parametrize("shape", [(), (2,)], ids=str)
same = np.testing.assert_array_equal
STORABLE = [row for row in ALL if "Custom" not in row.name]
stored = pytest.mark.parametrize("row", STORABLE, ids=ids(STORABLE))


def through_a_file(value):
    writer = Writer(StoredClasses())
    node = writer.node(value)
    return Reader(StoredClasses(), writer.arrays).value(node)


def of_another_range(basis, shape):
    """New signals of half the range, and labels."""
    xs = inputs(basis, n=30, shape=shape, seed=1)
    return [x if set(np.unique(x)) <= set(range(9)) else 0.5 * x + 0.1 for x in xs]


@every
@shapes
def test_new_signals_have_the_features_that_the_design_gives_them(row, shape):
    basis = row.make()
    design = basis.design(*inputs(basis, shape=shape))
    new = of_another_range(basis, shape)
    expected = design.at(*new).to_array()
    for frozen in (basis.frozen(), design.basis, copy.deepcopy(design.basis)):
        same(frozen.design(*new).to_array(), expected)
        same(np.asarray(frozen.compute_features(*new)), expected)
        for term, before in zip(frozen.terms, design.terms, strict=True):
            assert repr(term) == repr(before)  # also after it saw others


@stored
@shapes
def test_a_file_holds_a_basis(row, shape):
    basis = row.make()
    design = basis.design(*inputs(basis, shape=shape))
    new = of_another_range(basis, shape)
    twin = through_a_file(basis)
    same(twin.design(*new).to_array(), design.at(*new).to_array())
    assert repr(twin) == repr(basis) and twin.label == basis.label
    assert [repr(term) for term in twin.terms] == [repr(term) for term in design.terms]
    assert twin.design(*new).feature_names == design.feature_names
    for name in ("kernel_", "lags_"):
        if hasattr(basis, name):
            same(getattr(twin, name), getattr(basis, name))


@stored
@shapes
def test_a_file_holds_terms(row, shape):
    basis = row.make()
    for term in basis.design(*inputs(basis, shape=shape)).terms:
        twin = through_a_file(term)
        assert repr(twin) == repr(term)
        points = term.grid(5) if term.n_functions else ()
        for c in range(term.n_channels if term.n_functions else 0):
            same(twin.functions(*points, channel=c), term.functions(*points, channel=c))
            for S, its in zip(term.penalties(channel=c), twin.penalties(channel=c), strict=True):
                same(S, its)


def test_of_functions_of_ones_own_a_file_holds_the_columns():
    basis = B.CustomBasis([np.sin, np.cos], label="own")
    (term,) = basis.design(np.zeros((5, 2))).terms
    twin = through_a_file(term)
    assert (twin.label, twin.columns, twin.shape) == ("own", slice(0, 4), (2, 2))
    with pytest.raises(ValueError, match="your own, which a saved file cannot hold"):
        twin.functions([0.0])
    with pytest.raises(TypeError, match="'own'"):
        through_a_file(basis)


def test_a_mask_that_is_a_function_is_saved_as_what_it_chooses():
    basis = B.FourierEval([3, 3], ndim=2, frequency_mask=lambda f, g: f + g == 2)
    x = np.random.default_rng(0).uniform(size=(2, 20))
    design = basis.design(*x)
    same(through_a_file(basis).design(*x).to_array(), design.to_array())
    same(through_a_file(design.terms)[0].functions(*x), design.terms[0].functions(*x))


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("basis.Indicators", {"categories": 10**11}),
        ("basis.Fourier", {"frequencies": 10**11}),
        ("basis.Fourier", {"frequencies": {"tuple": [0, 10**11]}}),
        ("basis.Fourier", {"frequencies": 10**4, "ndim": 3}),
    ],
)
def test_a_file_cannot_ask_for_more_functions_than_there_is_memory_for(name, params):
    with pytest.raises(ValueError, match="many"):
        Reader(StoredClasses(), {}).value({"object": {"class": name, "params": params}})


def test_formulas_of_somebody_else_are_no_part_of_a_file():
    from dataclasses import dataclass

    from spikeglm.basis.terms.eval_term import Eval
    from spikeglm.basis.terms.family import Family

    @dataclass(frozen=True)
    class Line(Family):
        n_basis_funcs: int = 1

        def functions(self, *u):
            return u[0][..., None]

    basis = B.IdentityEval(label="mine")
    basis._begin(Eval(Line()), "mine")
    with pytest.raises(TypeError, match="'mine'"):
        StoredBasis.of(basis.setup_basis([0.0, 1.0]).node)


def test_frozen_ranges_are_left_by_a_change_of_parameters():
    frozen = B.BSplineEval(5, label="x").setup_basis([0.0, 10.0]).frozen()
    assert np.isnan(frozen.compute_features([20.0])).all()
    assert np.isfinite(frozen.set_params(n_basis_funcs=6).compute_features([20.0, 30.0])).all()


def test_the_basis_that_a_frozen_one_was_made_of_goes_on_as_before():
    basis = B.BSplineEval(5)
    frozen = basis.setup_basis([0.0, 10.0]).frozen()
    with pytest.warns(UserWarning, match="another range"):
        basis.compute_features([0.0, 100.0])
    assert frozen.terms[0].axis(2).tolist() == [0, 10]


def test_signals_of_another_kind_are_refused():
    frozen = B.BSplineEval(5).setup_basis(np.random.default_rng(0).normal(size=(9, 2))).frozen()
    for other in (np.zeros(9), np.zeros((9, 3))):
        with pytest.raises(ValueError, match="shape per sample"):
            frozen.design(other)
    with pytest.raises(ValueError, match="frozen"):
        frozen.set_input_shape(3)
    named = B.HistoryConv(2).setup_basis(pd.DataFrame({"a": np.zeros(9), "b": np.ones(9)})).frozen()
    with pytest.raises(ValueError, match="columns"):
        named.design(pd.DataFrame({"b": np.zeros(9), "a": np.ones(9)}))


def test_bins_of_another_length_are_refused():
    fine, coarse = (nap.Tsd(t=np.arange(50) * step, d=np.zeros(50)) for step in (0.01, 0.02))
    frozen = through_a_file(B.HistoryConv("50 ms").setup_basis(fine))
    assert frozen.design(fine).n_features == 5
    with pytest.raises(ValueError, match="bins of another length"):
        frozen.design(coarse)


def test_a_frozen_basis_is_pickled_and_a_clone_is_not_frozen():
    from sklearn.base import clone

    frozen = B.BSplineEval(5).setup_basis([0.0, 10.0]).frozen()
    assert np.isnan(pickle.loads(pickle.dumps(frozen)).compute_features([20.0])).all()
    assert np.isfinite(clone(frozen).compute_features([20.0, 30.0])).all()


@pytest.mark.parametrize(
    "change",
    [{"class_name": "Basis"}, {"class_name": "HistoryConv"}, {"class_name": "AdditiveBasis"}],
)
def test_a_file_that_makes_no_sense_is_refused(change):
    from dataclasses import replace

    record = StoredBasis.of(B.BSplineEval(5).setup_basis([0.0, 10.0]).node)
    with pytest.raises((ValueError, AttributeError, TypeError)):
        replace(record, **change).restored()


def test_a_transformer_has_a_basis_for_signals():
    transformer = B.BSplineEval(5).to_transformer()
    with pytest.raises(nmo.exceptions.NotFittedError, match="call fit"):
        transformer.frozen()
    X = np.linspace(0, 10, 20)[:, None]
    frozen = transformer.fit(X).frozen()
    same(frozen.compute_features(X[:5, 0]), transformer.transform(X[:5]))


def test_nothing_is_frozen_before_signals_were_seen():
    for ask in (B.BSplineEval(5).frozen, lambda: StoredBasis.of(B.HistoryConv(2).node)):
        with pytest.raises(nmo.exceptions.NotFittedError, match="setup_basis"):
            ask()


def test_the_input_that_is_refused_is_counted_among_all():
    """The second input of a sum was called Input 0: the first of its part."""
    counts = pd.DataFrame(np.zeros((50, 2)), columns=["a", "b"])
    basis = B.BSplineEval(4, label="x") + B.HistoryConv(3, label="past")
    frozen = basis.design(np.arange(50.0), counts).basis
    with pytest.raises(ValueError, match="columns of Input 1 have other names"):
        frozen.design(np.arange(50.0), counts.set_axis(["a", "c"], axis=1))
