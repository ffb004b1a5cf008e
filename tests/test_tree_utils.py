"""Functions of trees: as in jax.tree_util, and rows that are not finite are found and dropped."""

from collections import namedtuple

import jax
import numpy as np
import pynapple as nap
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from spikeglm import tree_utils
from spikeglm.io.interop.tree_functions import leaves_of, mapped

X = {"a": np.array([[1.0, np.nan], [1, 2], [3, np.inf]]), "b": np.array([1.0, 2, 3])}
Pair = namedtuple("Pair", "left right")
TREES = st.recursive(
    st.integers() | st.none(),
    lambda parts: (
        st.lists(parts, max_size=3)
        | st.lists(parts, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=3), parts, max_size=3)
        | st.builds(Pair, parts, parts)
    ),
    max_leaves=6,
)


@given(TREES)
def test_a_tree_is_what_jax_takes_for_one(tree):
    assert mapped(lambda x: x + 1, tree) == jax.tree.map(lambda x: x + 1, tree)
    assert sorted(leaves_of(tree)) == sorted(jax.tree.leaves(tree))


@given(TREES)
def test_two_trees_are_walked_together(tree):
    twice = jax.tree.map(lambda x: 2 * x, tree)
    assert mapped(lambda x, y: x + y, tree, twice) == jax.tree.map(lambda x: 3 * x, tree)


def test_trees_of_other_structure_are_refused():
    for other in ({"a": 1}, {"a": 1, "c": 2}, [1, 2], 3):
        with pytest.raises(ValueError, match="structured differently"):
            tree_utils.pytree_map_and_reduce(lambda x, y: 1, sum, {"a": 1, "b": 2}, other)


def test_valid_rows_are_those_of_nemos():
    assert_array_equal(tree_utils.get_valid_multitree(X, np.array([1, 2, 3])), [False, True, False])
    assert_array_equal(tree_utils.get_valid_multitree(X, None), [False, True, False])


def test_rows_are_dropped_from_every_tree():
    a, b = tree_utils.drop_nans(X, [np.array([1, 2, 3]), None])
    assert_array_equal(a["a"], [[1, 2]])
    assert_array_equal(a["b"], [2])
    assert_array_equal(b[0], [2])
    assert b[1] is None


def test_time_series_stay_time_series():
    series = nap.Tsd(t=np.arange(3.0), d=np.array([1.0, np.nan, 2.0]))
    (kept,) = tree_utils.drop_nans(series)
    assert_array_equal(kept.t, [0, 2])


def test_arrays_without_common_rows_are_refused():
    for trees in ((X, np.ones(2)), (None,)):
        with pytest.raises(ValueError, match="share their rows"):
            tree_utils.drop_nans(*trees)


@pytest.mark.parametrize("index", [slice(0, 2), 0, np.array([0, 2]), np.array([True, False, True])])
def test_slices_are_slices_of_every_array(index):
    part = tree_utils.tree_slice(X, index)
    assert set(part) == set(X)
    for name, array in X.items():
        assert_array_equal(part[name], array[index])


def test_lengths_match_or_not():
    assert tree_utils.has_matching_axis_pytree(X, np.ones((3, 1)))
    assert not tree_utils.has_matching_axis_pytree(X, np.ones(2))
    with pytest.raises(IndexError):
        tree_utils.has_matching_axis_pytree(X, axis=1)


def test_map_and_reduce():
    assert tree_utils.pytree_map_and_reduce(np.ndim, sum, X) == 3
    assert (
        tree_utils.pytree_map_and_reduce(
            len, sum, {"a": [1, 2]}, is_leaf=lambda x: isinstance(x, list)
        )
        == 2
    )
