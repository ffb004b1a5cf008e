"""A basis in a scikit-learn pipeline: frozen ranges, parameters, tables."""

import copy
import pickle

import numpy as np
import pandas as pd
import pynapple as nap
import pytest
from sklearn.base import clone
from tests.basis.catalogue import ALL, ids, inputs, table

import spikeglm as nmo

B = nmo.basis
T = B.TransformerBasis
same = np.testing.assert_array_equal
every = pytest.mark.parametrize("row", ALL, ids=ids(ALL))

X1 = np.random.default_rng(0).uniform(size=(90, 1))
Y = np.random.default_rng(1).poisson(np.exp(np.sin(6 * X1[:, 0])))


@every
@pytest.mark.parametrize("shape", [(), (2,), (2, 3)])
def test_features_are_those_of_the_basis(row, shape):
    basis = row.make()
    xs = inputs(basis, shape=shape)
    transformer = T(basis).set_input_shape(*[shape] * basis.n_inputs)
    X = transformer.fit_transform(table(xs))
    np.testing.assert_array_equal(X, basis.compute_features(*xs))
    assert type(X) is np.ndarray
    assert transformer.n_features_in_ == table(xs).shape[1]
    names = transformer.get_feature_names_out()
    assert tuple(names) == basis.design(*xs).feature_names
    assert names.dtype == object


@every
def test_features_of_new_data_mean_the_same(row):
    basis = row.make()
    xs, other = inputs(basis, seed=0), inputs(basis, seed=1)
    other = [x[2:] if x.dtype.kind != "f" else 0.5 * x[2:] for x in other]
    transformer = T(basis).fit(table(xs))
    same(transformer.transform(table(other)), basis.design(*xs).at(*other).to_array())


def test_ranges_are_those_of_the_data_it_was_fitted_to():
    basis = B.BSplineEval(3, order=2).to_transformer()
    basis.fit([[0.0], [10.0]])
    same(basis.transform([[0.0], [1.0], [11.0]]), [[1, 0, 0], [0.8, 0.2, 0], [np.nan] * 3])
    assert basis.basis.bounds is None


def test_the_fitted_transformer_keeps_no_data():
    small, large = (len(pickle.dumps(T(B.BSplineEval(4)).fit(X1[:n]))) for n in (9, 90))
    assert small == large


@every
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda t: pickle.loads(pickle.dumps(t))])
def test_copies_are_fitted_and_clones_are_not(row, copied):
    basis = row.make()
    X = table(inputs(basis))
    transformer = T(basis).fit(X)
    twin = copied(transformer)
    same(twin.transform(X), transformer.transform(X))
    fresh = clone(transformer)
    assert repr(fresh) == repr(transformer)
    with pytest.raises(nmo.exceptions.NotFittedError, match="fit"):
        fresh.transform(X)
    assert fresh.basis is not transformer.basis


def test_it_wraps_a_copy():
    basis = B.BSplineEval(5)
    transformer = basis.to_transformer()
    assert repr(transformer) == "Transformer(BSplineEval(n_basis_funcs=5, order=4))"
    transformer.n_basis_funcs = 7
    assert basis.n_basis_funcs == 5
    assert basis.input_shape == [None]
    assert transformer.input_shape == [()]
    assert T(transformer).basis is not transformer.basis
    assert type(T(transformer).basis) is B.BSplineEval


def test_only_a_basis_is_wrapped():
    with pytest.raises(TypeError, match="compute_features"):
        T(nmo.GLM())
    for other in (5, None):
        with pytest.raises(TypeError, match="get_params, set_params, compute_features"):
            T(other)


@every
def test_attributes_of_the_basis_are_those_of_the_transformer(row):
    basis = row.make()
    basis.compute_features(*inputs(basis))
    transformer = T(basis)
    for name in dir(basis):
        inside = name.startswith("_") or name in ("terms", "node", "operation")
        if inside or not hasattr(basis, name):
            continue
        value = getattr(transformer, name)  # none is missing
        if not callable(value) and not isinstance(value, B.Basis) and "kernel" not in name:
            np.testing.assert_equal(value, getattr(transformer.basis, name))


@every
def test_terms_are_those_of_the_data_it_was_fitted_to(row):
    basis = row.make()
    xs = inputs(basis)
    transformer = T(basis)
    with pytest.raises(nmo.exceptions.NotFittedError, match="call fit"):
        _ = transformer.terms
    ours = [(term.label, term.columns, term.shape) for term in transformer.fit(table(xs)).terms]
    assert ours == [(term.label, term.columns, term.shape) for term in basis.design(*xs).terms]


def test_attributes_that_are_not_there():
    transformer = T(B.BSplineEval(5))
    for name in ("nonsense", "window_size"):
        with pytest.raises(AttributeError, match=name):
            getattr(transformer, name)
        with pytest.raises(ValueError, match=name):
            setattr(transformer, name, 3)
    with pytest.raises(AttributeError):
        T(B.FourierEval(4)).n_basis_funcs = 3
    with pytest.raises(ValueError, match="order"):
        transformer.order = 9


def test_chained_calls_return_the_transformer():
    transformer = T(B.HistoryConv(2))
    assert transformer.set_input_shape(3) is transformer
    assert transformer.setup_basis(np.ones((5, 3))) is transformer
    assert transformer.fit(np.ones((5, 3))) is transformer
    same(transformer.kernel_, np.eye(2))


def test_composing_gives_transformers():
    x, past = B.BSplineEval(5, label="x"), B.HistoryConv(2, label="past")
    for whole in (T(x) + past, x + T(past), T(x) + T(past)):
        assert type(whole) is T
        assert whole.label == "(x + past)"
        assert whole.set_input_shape(1, 1).n_output_features == 7
    for whole in (T(x) * past, x * T(past), T(x) * T(past)):
        assert type(whole) is T
        assert whole.n_basis_funcs == 10
    for whole in (T(B.IdentityEval()) * 3, 3 * T(B.IdentityEval()), np.int64(3) * T(B.Zero())):
        assert type(whole) is T
        assert whole.n_inputs == 3
    assert (T(B.BSplineEval(4)) ** 2).n_basis_funcs == 16
    part = (T(x) + past)["x"]
    assert type(part) is T
    assert part.basis.node.parent is None
    assert [part.label for part in T(x) + past] == ["x", "past"]
    with pytest.raises(IndexError, match="past"):
        (T(x) + past)["nonsense"]
    with pytest.raises(TypeError):
        T(x) + 1


class TestParameters:
    def make(self):
        return T(B.BSplineEval(5, label="pos") + B.HistoryConv(3))

    def test_parameters_are_the_basis_and_its_own(self):
        transformer = self.make()
        params = transformer.get_params()
        assert params["basis"] is transformer.basis
        assert {**params, "basis": 0} == {"basis": 0, **transformer.basis.get_params()}

    def test_ways_to_set_them(self):
        transformer = self.make()
        assert transformer.set_params(pos__n_basis_funcs=6) is transformer
        assert transformer["pos"].n_basis_funcs == 6
        transformer.set_params(basis1__n_basis_funcs=7)
        assert transformer.n_basis_funcs == 10
        transformer.set_params(pos=B.Zero())
        assert transformer.n_basis_funcs == 3
        other = B.MSplineEval(4)
        transformer.set_params(basis=other)
        assert transformer.basis is not other
        assert transformer.input_shape == [()]

    @pytest.mark.parametrize(
        "params",
        [
            {"basis": B.MSplineEval(4), "pos__n_basis_funcs": 6},
            {"basis__pos__n_basis_funcs": 6},
            {"basis__n_basis_funcs": 6},
            {"nonsense": 1},
            {"pos__order": 9},
        ],
    )
    def test_ways_that_there_are_not(self, params):
        transformer = self.make()
        with pytest.raises(ValueError, match="Expected"):
            transformer.set_params(**params)
        assert repr(transformer) == repr(self.make())

    def test_a_change_needs_a_new_fit(self):
        transformer = T(B.BSplineEval(5)).fit(X1)
        for change in (
            lambda: transformer.set_params(n_basis_funcs=6),
            lambda: setattr(transformer, "order", 2),
            lambda: setattr(transformer.basis, "bounds", (0, 1)),
            lambda: transformer.set_params(basis=B.BSplineEval(5)),
        ):
            change()
            for call in (transformer.transform, transformer.get_feature_names_out):
                with pytest.raises(nmo.exceptions.NotFittedError):
                    call(X1)
            assert transformer.fit_transform(X1).shape[1] == transformer.n_output_features


class TestTables:
    @pytest.mark.parametrize("bad", [np.ones(5), np.ones((5, 2)), np.ones((5, 1, 1)), 3, "a", None])
    def test_what_is_no_table_of_the_inputs(self, bad):
        transformer = T(B.BSplineEval(4)).fit(X1)
        for call in (transformer.fit, transformer.transform, transformer.fit_transform):
            with pytest.raises(ValueError, match="Expected"):
                call(bad)

    def test_y_has_the_rows_of_X(self):
        with pytest.raises(ValueError, match="number of samples"):
            T(B.BSplineEval(4)).fit(X1, Y[1:])

    def test_without_rows_there_is_no_range_but_there_are_features(self):
        transformer = T(B.BSplineEval(4))
        with pytest.raises(ValueError, match=r"0 sample\(s\)"):
            transformer.fit(X1[:0])
        assert transformer.fit(X1).transform(X1[:0]).shape == (0, 4)

    def test_shapes_that_were_cleared(self):
        transformer = T(B.BSplineEval(4)).set_input_shape(None)
        with pytest.raises(RuntimeError, match="set_input_shape"):
            transformer.fit(X1)

    def test_pynapple_in_pynapple_out(self):
        epochs = nap.IntervalSet([0, 44.5], [43.5, 90])
        frame = nap.TsdFrame(t=np.arange(90.0), d=X1, time_support=epochs)
        transformer = T(B.HistoryConv(2)).fit(frame)
        X = transformer.transform(frame)
        assert type(X) is nap.TsdFrame
        same(X.values, B.HistoryConv(2).compute_features(frame[:, 0]).values)
        same(X.t[np.isnan(X.values).any(axis=1)], [0, 1, 45, 46])

    @pytest.mark.parametrize("make", [list, np.float32, pd.DataFrame])
    def test_containers(self, make):
        rounded = X1.astype(np.float32).astype(float)
        given = rounded.tolist() if make is list else make(rounded)
        same(T(B.BSplineEval(4)).fit_transform(given), B.BSplineEval(4).compute_features(rounded))

    def test_columns_of_a_frame_are_checked(self):
        frame = pd.DataFrame({"x": X1[:, 0], "y": X1[:, 0]})
        transformer = T(B.BSplineEval(4) + B.HistoryConv(2)).fit(frame)
        same(transformer.feature_names_in_, ["x", "y"])
        with pytest.raises(ValueError, match="feature names"):
            transformer.transform(frame[["y", "x"]])
        assert not hasattr(transformer.fit(frame.values), "feature_names_in_")
