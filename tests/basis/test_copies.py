"""Copies, pickles, parameters and text of every basis."""

import copy
import pickle

import numpy as np
import pytest
from sklearn.base import clone
from tests.basis.catalogue import ALL, COMPOSED, LEAVES, ids, inputs, nodes

import spikeglm as nmo

same = np.testing.assert_array_equal
every = pytest.mark.parametrize("row", ALL, ids=ids(ALL))
every_leaf = pytest.mark.parametrize("row", LEAVES, ids=ids(LEAVES))


@every
@pytest.mark.parametrize("copied", [clone, copy.deepcopy, lambda b: pickle.loads(pickle.dumps(b))])
def test_copies_are_equal_and_independent(row, copied):
    basis = row.make()
    xs = inputs(basis, shape=(2,))
    X = basis.compute_features(*xs)
    twin = copied(basis)
    assert repr(twin) == repr(basis)
    assert twin.input_shape == basis.input_shape
    assert list(twin.get_params()) == list(basis.get_params())
    same(twin.compute_features(*xs), X)
    twin.set_input_shape(*[1] * twin.n_inputs)
    assert basis.input_shape == [(2,)] * basis.n_inputs


@every
def test_a_part_can_be_copied_without_the_whole(row):
    basis = row.make()
    for child in basis.node.children:
        twin = copy.deepcopy(child.basis)
        assert twin.node.parent is None
        twin.set_input_shape(*[2] * twin.n_inputs)


def test_pickles_of_earlier_versions_are_read():
    made = nmo.basis.BSplineEval(5, label="x") * nmo.basis.HistoryConv(3)

    def earlier(node):  # what a basis of the first versions had in its ``__dict__``
        basis = type(node.basis).__new__(type(node.basis))
        parts = {"_label": node.label, "_children": tuple(map(earlier, node.children))}
        leaf = {"_formula": node.formula, "_label": node.label, "_shapes": [()]}
        basis.__setstate__(parts if node.children else leaf)
        return basis

    read = earlier(made.node)
    assert repr(read) == repr(made)
    assert read.input_shape == [(), ()]
    assert read["x"].node.parent is read.node
    xs = inputs(made)
    same(read.compute_features(*xs), made.compute_features(*xs))


@every_leaf
def test_parameters_rebuild_the_basis(row):
    basis = row.make()
    params = basis.get_params()
    twin = type(basis)(**params)
    xs = inputs(basis)
    same(twin.compute_features(*xs), basis.compute_features(*xs))
    twin.set_params(**params)
    assert repr(twin) == repr(basis)


@every_leaf
def test_set_params_is_construction(row):
    basis = row.make()
    changed = basis.set_params(**row.exchange)
    fresh = type(basis)(**{**row.make().get_params(), **row.exchange})
    assert changed is basis
    assert repr(changed) == repr(fresh)
    xs = inputs(basis)
    same(changed.compute_features(*xs), fresh.compute_features(*xs))
    with pytest.raises(ValueError, match="nonsense"):
        basis.set_params(nonsense=1)


@pytest.mark.parametrize("row", COMPOSED, ids=ids(COMPOSED))
def test_the_text_of_a_basis_names_all_its_parts(row):
    basis = row.make()
    for node in nodes(basis):
        assert type(node).__name__ in repr(basis)
