"""Designs that are dicts or lists of tables: the same fit as their tables side by side."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import spikeglm as nmo

T, N = 300, 3
RNG = np.random.default_rng(0)
SPEED, HEAD = RNG.normal(size=(T, 1)), RNG.normal(size=(T, 2))
TABLE = np.hstack([SPEED, HEAD])
Y = RNG.poisson(np.exp(TABLE @ RNG.normal(0, 0.3, (3, N)) - 0.5))
TREES = {
    "dict": {"speed": SPEED, "head": HEAD},
    "list": [SPEED, HEAD],
    "tuple": (SPEED, HEAD),
    "nested": {"body": {"speed": SPEED}, "head": HEAD},
    "lists of lists inside": {"speed": SPEED.tolist(), "head": HEAD},
}
of_trees = pytest.mark.parametrize("name", TREES)


def leaves(tree):
    if isinstance(tree, dict):
        return [leaf for part in tree.values() for leaf in leaves(part)]
    if isinstance(tree, (list, tuple)):
        return [leaf for part in tree for leaf in leaves(part)]
    return [tree]


def like(tree, arrays):
    """A tree of the same structure, filled with the arrays one after the other."""
    arrays = iter(arrays)

    def fill(part):
        if isinstance(part, dict):
            return {key: fill(inner) for key, inner in part.items()}
        if isinstance(part, (list, tuple)) and not isinstance(part[0][0], float):
            return type(part)(fill(inner) for inner in part)
        return next(arrays)

    return fill(tree)


@of_trees
@pytest.mark.parametrize("kind", [nmo.GLM, nmo.PopulationGLM])
def test_a_tree_is_its_tables_side_by_side(name, kind):
    tree, y = TREES[name], (Y[:, 0] if kind is nmo.GLM else Y)
    plain, model = kind().fit(TABLE, y), kind().fit(tree, y)
    assert_allclose(np.concatenate(leaves(model.coef_)), plain.coef_, rtol=1e-10)
    assert_allclose(model.intercept_, plain.intercept_, rtol=1e-10)
    assert_allclose(model.predict(tree), plain.predict(TABLE), rtol=1e-10)
    assert_allclose(model.score(tree, y), plain.score(TABLE, y), rtol=1e-10)
    assert_allclose(
        np.concatenate(leaves(model.standard_errors(tree, y)[0])),
        plain.standard_errors(TABLE, y)[0], rtol=1e-8,
    )  # fmt: skip
    assert type(model.coef_) is type(tree)
    assert model.n_features_in_ == 3


def test_keys_say_which_leaf_is_which_not_their_order():
    model = nmo.GLM().fit(TREES["dict"], Y[:, 0])
    turned = {"head": HEAD, "speed": SPEED}
    assert_allclose(model.predict(turned), model.predict(TREES["dict"]), rtol=1e-12)


def test_features_are_named_after_their_leaf():
    model = nmo.GLM().fit(TREES["nested"], Y[:, 0])
    assert model.feature_names_ == ("body.speed", "head_0", "head_1")


def test_parameters_travel_in_the_tree_of_X():
    tree = TREES["dict"]
    model = nmo.PopulationGLM()
    coef, intercept = model.initialize_params(tree, Y)
    assert {key: leaf.shape for key, leaf in coef.items()} == {"speed": (1, N), "head": (2, N)}
    start = {key: leaf + 0.01 for key, leaf in coef.items()}
    here = model.compute_loss((start, intercept), tree, Y)
    plain = np.concatenate([start["speed"], start["head"]])
    assert_allclose(here, model.compute_loss((plain, intercept), TABLE, Y))
    assert_allclose(
        model.fit(tree, Y, init_params=(start, intercept)).coef_["head"],
        nmo.PopulationGLM().fit(TABLE, Y).coef_[1:], rtol=1e-6,
    )  # fmt: skip


@pytest.mark.parametrize(
    "mask",
    [
        {"speed": np.array([1, 0, 1]), "head": np.array([0, 1, 1])},
        {"speed": np.array([[1, 0, 1]]), "head": np.array([[0, 1, 1], [0, 1, 1]])},
        np.array([[1, 0, 1], [0, 1, 1], [0, 1, 1]]),
    ],
    ids=["per leaf and neuron", "per coefficient", "one array"],
)
def test_a_mask_may_be_a_tree(mask):
    model = nmo.PopulationGLM(feature_mask=mask).fit(TREES["dict"], Y)
    flat = np.array([[1, 0, 1], [0, 1, 1], [0, 1, 1]])
    plain = nmo.PopulationGLM(feature_mask=flat).fit(TABLE, Y)
    assert_allclose(np.concatenate(leaves(model.coef_)), plain.coef_, rtol=1e-10)
    assert_allclose(model.predict(TREES["dict"]), plain.predict(TABLE))


@pytest.mark.parametrize(
    ("regularizer", "strength", "flat"),
    [
        ("Ridge", {"speed": 0.5, "head": 0.0}, [0.5, 0.0, 0.0]),
        ("Ridge", {"speed": 0.5, "head": np.array([0.1, 0.2])}, [0.5, 0.1, 0.2]),
        ("Lasso", {"speed": 0.0, "head": 0.05}, [0.0, 0.05, 0.05]),
        ("ElasticNet", ({"speed": 0.0, "head": 0.05}, 0.3), ([0.0, 0.05, 0.05], 0.3)),
    ],
)
def test_a_strength_may_be_a_tree(regularizer, strength, flat):
    model = nmo.GLM(regularizer=regularizer, regularizer_strength=strength)
    plain = nmo.GLM(regularizer=regularizer, regularizer_strength=flat)
    coef = model.fit(TREES["dict"], Y[:, 0]).coef_
    assert_allclose(np.concatenate(leaves(coef)), plain.fit(TABLE, Y[:, 0]).coef_, atol=1e-9)


GROUPS = np.array([[1, 1, 0], [0, 0, 1]])


@pytest.mark.parametrize(
    ("mask", "flat"),
    [
        ({"speed": GROUPS[:, :1], "head": GROUPS[:, 1:]}, GROUPS),
        (GROUPS, GROUPS),
        pytest.param(
            None, np.array([[1, 0, 0], [0, 1, 1]]),
            marks=pytest.mark.filterwarnings("ignore:GroupLasso has no mask"),
        ),
    ],
    ids=["a tree of masks, groups across leaves", "one array", "a group per leaf"],
)  # fmt: skip
def test_groups_of_coefficients(mask, flat):
    lasso = nmo.regularizer.GroupLasso
    model = nmo.PopulationGLM(regularizer=lasso(mask), regularizer_strength=0.05)
    plain = nmo.PopulationGLM(regularizer=lasso(flat), regularizer_strength=0.05)
    coef = model.fit(TREES["dict"], Y).coef_
    assert_allclose(np.concatenate(leaves(coef)), plain.fit(TABLE, Y).coef_, atol=1e-7)


def test_a_row_with_nan_in_any_leaf_is_left_out():
    speed = SPEED.copy()
    speed[7] = np.nan
    model = nmo.GLM().fit({"speed": speed, "head": HEAD}, Y[:, 0])
    kept = np.arange(T) != 7
    plain = nmo.GLM().fit(TABLE[kept], Y[kept, 0])
    assert_allclose(model.intercept_, plain.intercept_, rtol=1e-9)
    assert np.isnan(model.predict({"speed": speed, "head": HEAD})[7])


def test_designs_can_be_leaves():
    basis = nmo.basis.RaisedCosineLogConv(4, window_size=20)
    tree = {"history": basis.design(Y), "speed": SPEED}
    model = nmo.PopulationGLM(regularizer="Ridge").fit(tree, Y)
    plain = nmo.PopulationGLM(regularizer="Ridge").fit(
        np.hstack([basis.compute_features(Y), SPEED]), Y
    )
    assert_allclose(model.coef_["history"], plain.coef_[:-1], rtol=1e-6)


def test_pynapple_leaves_give_pynapple_predictions():
    nap = pytest.importorskip("pynapple")
    times = np.arange(T) * 0.1
    tree = {"speed": nap.TsdFrame(times, SPEED), "head": HEAD}
    predicted = nmo.GLM().fit(tree, nap.Tsd(times, Y[:, 0])).predict(tree)
    assert isinstance(predicted, nap.Tsd)
    shifted = {"speed": nap.TsdFrame(times, SPEED), "head": nap.TsdFrame(times + 1, HEAD)}
    with pytest.raises(ValueError, match="times"):
        nmo.GLM().fit(shifted, Y[:, 0])


@pytest.mark.parametrize(
    ("X", "error", "words"),
    [
        ({}, ValueError, "no arrays"),
        ({"a": SPEED, "b": HEAD[:-1]}, ValueError, "300 in 'a', 299 in 'b'"),
        ({"a": SPEED[:, 0]}, ValueError, r"X\['a'\] must be 2-dimensional"),
        ({"a": SPEED, "b": {}}, ValueError, r"X\['b'\] has no arrays"),
        ({"a": np.array([["x"]])}, TypeError, r"X\['a'\]"),
    ],
    ids=["empty", "lengths", "1-D", "empty branch", "text"],
)
def test_unusable_trees_are_refused(X, error, words):
    with pytest.raises(error, match=words):
        nmo.GLM().fit(X, Y[:, 0])


@pytest.mark.parametrize(
    "other",
    [TABLE, {"speed": SPEED}, {"speed": SPEED, "eye": HEAD}, [SPEED, HEAD]],
    ids=["an array", "a key less", "another key", "a list"],
)
def test_another_tree_than_that_of_the_fit_is_refused(other):
    model = nmo.GLM().fit(TREES["dict"], Y[:, 0])
    with pytest.raises(TypeError, match="structured like X"):
        model.predict(other)


def test_a_tree_where_the_model_knows_an_array_is_refused():
    with pytest.raises(TypeError, match="structured like X"):
        nmo.GLM().fit(TABLE, Y[:, 0]).predict(TREES["dict"])


def test_nothing_passed_in_is_changed():
    tree = {"speed": SPEED.copy(), "head": HEAD.copy()}
    nmo.GLM(regularizer="Ridge", regularizer_strength={"speed": 1.0, "head": 2.0}).fit(
        tree, Y[:, 0]
    )
    assert list(tree) == ["speed", "head"]
    assert_array_equal(tree["head"], HEAD)
