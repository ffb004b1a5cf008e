"""Features, neurons and classes that have names come in the order of the fit, or are refused."""

import numpy as np
import pandas as pd
import pynapple as nap
import pytest
import xarray as xr
from tests.glm.kinds import CLASSIFIERS, COUNTS, LABELS, REGRESSORS, X

import spikeglm as nmo

T = len(X)
MANY = np.random.default_rng(4).poisson(1.0, (T, 3)).astype(float)
TIMES = 0.01 * np.arange(T)
NAMES = ["speed", "angle", "light"]
MOVED = [2, 0, 1]
another_order = pytest.raises(ValueError, match=r"another order than.*Given: .*What to do: ")
other_names = pytest.raises(ValueError, match=r"other names than.*Given: .*What to do: ")
of_all = pytest.mark.parametrize("kind", REGRESSORS + CLASSIFIERS, ids=str)


def in_pandas(values, names):
    return pd.DataFrame(values, columns=names)


def in_pynapple(values, names):
    return nap.TsdFrame(t=TIMES, d=values, columns=names)


def in_xarray(values, names):
    return xr.DataArray(values, {"unit": names}, ["time", "unit"])


containers = pytest.mark.parametrize("table", [in_pandas, in_pynapple, in_xarray])
labels = pytest.mark.parametrize("names", [NAMES, [0, 1, 2], [7, 2, 5]], ids=str)


def selected(table, values, names, order):
    return table(values[:, order], [names[j] for j in order])


@of_all
@containers
@labels
def test_features_in_another_order_are_refused(kind, table, names):
    model = kind.cls(**kind.arguments)
    right, moved = table(X, names), selected(table, X, names, MOVED)
    params = model.initialize_params(right, kind.y) if kind in REGRESSORS else None
    if params is not None:
        state = model.initialize_optimizer_and_state(params, right, kind.y)
        params, state = model.update(params, state, right, kind.y)
        with another_order:
            model.update(params, state, moved, kind.y)
        with another_order:
            model.predict(moved)
    model.fit(right, kind.y)
    params = model.coef_, model.intercept_
    for call in (
        lambda: model.predict(moved),
        lambda: model.score(moved, kind.y),
        lambda: model.simulate(0, moved),
        lambda: model.standard_errors(moved, kind.y),
        lambda: model.compute_loss(params, moved, kind.y),
    ):
        with another_order:
            call()
    model.predict(right)
    model.predict(X[:, MOVED])


@containers
@labels
def test_other_features_are_refused(table, names):
    model = nmo.GLM().fit(table(X, names), COUNTS[:, 0])
    with other_names:
        model.predict(table(X, ["speed", "angle", "sound"] if names == NAMES else [7, 8, 9]))


@containers
@labels
def test_neurons_in_another_order_are_refused(table, names):
    right, moved = table(MANY, names), selected(table, MANY, names, MOVED)
    model = nmo.PopulationGLM()
    params = model.initialize_params(X, right)
    state = model.initialize_optimizer_and_state(params, X, right)
    with another_order:
        model.update(params, state, X, moved)
    params, state = model.update(params, state, X, right)
    with another_order:
        model.score(X, moved)
    model.fit(X, right)
    assert model.neuron_columns_ == tuple(names)
    params = model.coef_, model.intercept_
    for call in (
        lambda: model.score(X, moved),
        lambda: model.standard_errors(X, moved),
        lambda: model.covariance(X, moved),
        lambda: model.compute_loss(params, X, moved),
        lambda: model.predict(X, offset=moved),
        lambda: model.score(X, right, offset=moved),
        lambda: model.simulate(0, X, offset=moved),
        lambda: model.fit(X, right, offset=moved),
        lambda: model.fit(X, right, sample_weight=moved),
    ):
        with another_order:
            call()
    model.score(X, right, offset=right)
    with other_names:
        model.score(X, table(MANY, ["a", "b", "c"] if names == NAMES else [7, 8, 9]))


def test_means_to_score_against_name_rows_or_neurons():
    y = in_pandas(MANY, NAMES)
    model, means = nmo.PopulationGLM().fit(X, y), y.mean()
    model.score(X, y, "pseudo-r2-Cohen", null_mean=means)
    every = y * 0 + means
    for moved in (means.iloc[MOVED], every.iloc[:, MOVED]):
        with another_order:
            model.score(X, y, "pseudo-r2-Cohen", null_mean=moved)
    with pytest.raises(ValueError, match="do not agree"):
        model.score(X, y, "pseudo-r2-Cohen", null_mean=every.iloc[::-1])


def test_neurons_of_a_classifier():
    y = pd.DataFrame(CLASSIFIERS[1].y, columns=["left eye", "right eye"])
    model = CLASSIFIERS[1].cls(**CLASSIFIERS[1].arguments).fit(X, y)
    for call in (model.score, model.standard_errors):
        with another_order:
            call(X, y.iloc[:, ::-1])
    with another_order:
        model.fit(X, y, sample_weight=(y == "left").astype(float).iloc[:, ::-1])


def test_classes_of_an_offset():
    model = nmo.ClassifierGLM(3).fit(X, LABELS)
    offset = pd.DataFrame(np.zeros((T, 3)), columns=model.classes_)
    model.predict(X, offset=offset)
    with another_order:
        model.predict(X, offset=offset.iloc[:, ::-1])
    with another_order:
        model.fit(X, LABELS, offset=offset.iloc[:, ::-1])


@pytest.mark.parametrize("names", [NAMES, [4, 2, 9]])
def test_default_numbers_say_nothing_against_names(names):
    if names == NAMES:
        model = nmo.GLM().fit(in_pandas(X, names), COUNTS[:, 0])
        model.predict(in_pynapple(X, [0, 1, 2]))
        nmo.GLM().fit(in_pynapple(X, [0, 1, 2]), COUNTS[:, 0]).predict(in_pandas(X, names))
    else:
        with other_names:
            nmo.GLM().fit(in_pynapple(X, names), COUNTS[:, 0]).predict(in_pynapple(X, [0, 1, 2]))


def test_leaves_of_a_tree_are_looked_at_one_by_one():
    tree = {"eye": in_pandas(X[:, :2], ["x", "y"]), "head": in_pandas(X[:, 2:], ["z"])}
    model = nmo.GLM().fit(tree, COUNTS[:, 0])
    model.predict(dict(reversed(tree.items())))
    model.predict({"eye": X[:, :2], "head": X[:, 2:]})
    with another_order:
        model.predict({"eye": tree["eye"].iloc[:, ::-1], "head": tree["head"]})


@containers
@labels
def test_channels_of_an_input_in_another_order_are_refused_by_a_design(table, names):
    basis = nmo.basis.IdentityEval(label="x")
    right, moved = table(X, names), selected(table, X, names, MOVED)
    design = basis.design(right)
    with another_order:
        design.at(moved)
    with another_order:
        design.at(right).at(moved)
    design.at(X)


@containers
@labels
@pytest.mark.parametrize("method", ["compute_features", "design"])
def test_channels_in_another_order_than_before_are_refused_by_a_basis(table, names, method):
    basis = nmo.basis.IdentityEval(label="x") + nmo.basis.HistoryConv(2, label="past")
    right, moved = table(X, names), selected(table, X, names, MOVED)
    getattr(basis, method)(right, right)
    with another_order:
        getattr(basis, method)(right, moved)
    getattr(basis, method)(right, table(X, ["a", "b", "c"]))
    nmo.basis.IdentityEval().compute_features(moved)


@containers
@labels
def test_columns_of_a_table_in_another_order_are_refused_by_a_transformer(table, names):
    if table is in_xarray:
        pytest.skip("no table of a pipeline")
    transformer = nmo.basis.IdentityEval().set_input_shape(3).to_transformer()
    transformer.fit(table(X, names))
    with pytest.raises(ValueError, match=r"another order|should match"):
        transformer.transform(selected(table, X, names, MOVED))


@pytest.mark.parametrize("name", ["feature_mask", "regularizer_strength"])
def test_masks_and_strengths_that_name_features_neurons_or_classes(name):
    features, neurons = in_pandas(X, NAMES), in_pandas(MANY, ["n2", "n1", "n3"])
    arguments = {"regularizer": "Lasso"}
    values = pd.DataFrame(np.ones((3, 3)), NAMES, neurons.columns)
    nmo.PopulationGLM(**arguments, **{name: values}).fit(features, neurons)
    nmo.PopulationGLM(**arguments, **{name: values.to_numpy()}).fit(features, neurons)
    for moved in (values.iloc[MOVED], values.iloc[:, MOVED]):
        model = nmo.PopulationGLM(**arguments, **{name: moved})
        with another_order:
            model.fit(features, neurons)
        with another_order:
            nmo.selection.cross_validated(model, features, neurons, np.arange(T) % 2)
        with another_order:
            nmo.selection.regularization_path(model, features, neurons, strengths=2)
    by_class = pd.DataFrame(np.ones((3, 3)), NAMES, ["right", "left", "stay"])
    with another_order:
        nmo.ClassifierGLM(3, regularizer="Ridge", **{name: by_class}).fit(features, LABELS)


def test_feature_names_in_are_there_only_where_all_columns_have_text_for_a_name():
    y = COUNTS[:, 0]
    model = nmo.GLM().fit(in_pandas(X, NAMES), y)
    assert model.feature_names_in_.dtype == object
    assert model.feature_names_in_.tolist() == NAMES
    for table in (X, in_pandas(X, [0, 1, 2]), in_pandas(X, ["a", 1, "b"]), {"a": X}):
        assert not hasattr(model.fit(table, y), "feature_names_in_")
    assert nmo.GLM().fit(in_pynapple(X, NAMES), y).feature_names_in_.tolist() == NAMES


@of_all
def test_names_survive_a_file(kind, tmp_path):
    model = kind.cls(**kind.arguments).fit(in_pandas(X, NAMES), kind.y)
    model.save_params(tmp_path / "model.npz")
    loaded = nmo.load_model(tmp_path / "model.npz")
    assert loaded.feature_names_in_.tolist() == NAMES
    with another_order:
        loaded.predict(in_pandas(X, NAMES).iloc[:, MOVED])
