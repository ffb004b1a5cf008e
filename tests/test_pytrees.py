"""FeaturePytree: a dict of arrays that share their rows, for JAX and for the models."""

import copy
import pickle
import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pynapple as nap
import pytest
from numpy.testing import assert_array_equal

import spikeglm as nmo

pytestmark = pytest.mark.filterwarnings("ignore:FeaturePytree:FutureWarning")


def a_tree(n=5):
    return nmo.pytrees.FeaturePytree(a=np.arange(float(n)), b=np.ones((n, 2)))


def test_it_is_announced_to_go():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(FutureWarning, match="dict"):
            a_tree()
    with warnings.catch_warnings():  # but only where the user makes one
        warnings.simplefilter("ignore")
        tree = a_tree()
        warnings.simplefilter("error")
        jax.tree.map(lambda x: x, tree[:2])


def test_it_is_a_mapping_with_rows():
    tree = a_tree()
    assert list(tree) == list(tree.keys()) == ["a", "b"]
    assert [name for name, _ in tree.items()] == ["a", "b"]
    assert (len(tree), tree.shape, tree.ndim) == (5, (5,), 1)
    assert_array_equal(tree["a"], np.arange(5.0))
    with pytest.raises(KeyError):
        tree["c"]


def test_rows_are_taken_from_every_array():
    tree = a_tree()
    assert type(tree[0]) is dict
    assert_array_equal(tree[0]["b"], [1, 1])
    for index in (slice(1, 3), np.array([0, 2]), np.arange(5) > 2):
        part = tree[index]
        assert type(part) is nmo.pytrees.FeaturePytree
        assert_array_equal(part["a"], np.arange(5.0)[index])


@pytest.mark.parametrize(
    ("key", "value"),
    [(1, np.ones(5)), ("c", np.ones(4)), ("c", 1.0), ("c", np.array(1.0)), ("c", [1.0] * 5)],
)
def test_what_does_not_fit_is_refused(key, value):
    tree = a_tree()
    with pytest.raises(ValueError, match="Expected"):
        tree[key] = value
    assert tree == a_tree()


@pytest.mark.parametrize(
    "value", [jnp.ones(5), nap.Tsd(t=np.arange(5.0), d=np.ones(5))], ids=["jax", "pynapple"]
)
def test_arrays_of_other_libraries_fit(value):
    tree = a_tree()
    tree["c"] = value
    assert tree["c"] is value


def test_equality_is_of_names_and_arrays():
    tree, other = a_tree(), a_tree()
    assert tree == other
    other["a"] = np.zeros(5)
    assert tree != other
    assert tree != {"a": 1}
    assert tree != a_tree(4)


def test_jax_maps_over_it():
    doubled = jax.tree.map(lambda x: 2 * x, a_tree())
    assert type(doubled) is nmo.pytrees.FeaturePytree
    assert_array_equal(doubled["a"], 2 * np.arange(5.0))
    assert jax.tree.map(np.ndim, a_tree()) == {"a": 1, "b": 2}
    assert jax.tree.leaves(a_tree())[0].shape == (5,)


def test_it_can_be_copied_and_pickled():
    for copied in (copy.copy, copy.deepcopy, lambda t: pickle.loads(pickle.dumps(t))):
        assert copied(a_tree()) == a_tree()


def test_models_take_it_for_the_dict_it_holds():
    rng = np.random.default_rng(0)
    arrays = {"a": rng.normal(size=(60, 2)), "b": rng.normal(size=(60, 1))}
    y = rng.poisson(1.0, 60)
    tree = nmo.pytrees.FeaturePytree(**arrays)
    model = nmo.GLM().fit(tree, y)
    assert type(model.coef_) is dict
    assert_array_equal(model.coef_["a"], nmo.GLM().fit(arrays, y).coef_["a"])
    assert_array_equal(model.predict(tree), model.predict(arrays))
