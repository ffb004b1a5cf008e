"""Products, padding, shifting, flattening, checks: against SciPy, JAX and NeMoS's behaviour."""

import jax
import jax.flatten_util
import jax.numpy as jnp
import numpy as np
import pynapple as nap
import pytest
import scipy.linalg
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import spikeglm as nmo
from spikeglm import utils

NAN = np.nan
T = np.arange(4.0)
FRAME = nap.TsdFrame(t=T, d=np.arange(8.0).reshape(4, 2), columns=["a", "b"])


def test_row_wise_products_are_those_of_nemos():
    products = utils.row_wise_kron([[1, 2], [3, 4]], [[1, 10, 100], [2, 20, 200]], transpose=False)
    assert_array_equal(products, [[1, 10, 100, 2, 20, 200], [6, 60, 600, 8, 80, 800]])


@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 5), st.booleans())
def test_row_wise_products_are_khatri_rao(fa, fc, n, jit):
    rng = np.random.default_rng(0)
    A, C = rng.normal(size=(fa, n)), rng.normal(size=(fc, n))
    expected = scipy.linalg.khatri_rao(A, C)
    assert_allclose(utils.row_wise_kron(A, C, jit), expected)
    assert_allclose(utils.row_wise_kron(A.T, C.T, transpose=False), expected.T)


@pytest.mark.parametrize("shapes", [((2, 3), (2, 4)), ((3,), (3,)), ((2, 3), (2, 3, 1))])
def test_tables_that_do_not_share_samples_have_no_products(shapes):
    with pytest.raises(ValueError, match="share their samples"):
        utils.row_wise_kron(*map(np.ones, shapes))


@pytest.mark.parametrize(
    ("causality", "size", "expected"),
    [
        ("causal", 2, [NAN, NAN, 0, 1, 2]),
        ("anti-causal", 2, [0, 1, 2, NAN, NAN]),
        ("acausal", 2, [NAN, 0, 1, 2, NAN]),
        ("acausal", 3, [NAN, 0, 1, 2, NAN, NAN]),
        ("causal", 0, [0, 1, 2]),
    ],
)
def test_padding_is_that_of_nemos(causality, size, expected):
    assert_array_equal(utils.nan_pad(np.arange(3.0), size, causality), expected)
    across = utils.nan_pad(np.arange(3.0)[None], size, causality, axis=1)
    assert_array_equal(across, [expected])


@pytest.mark.parametrize(
    ("causality", "expected"), [("causal", [NAN, 0, 1]), ("anti-causal", [1, 2, NAN])]
)
def test_shifts_are_those_of_nemos(causality, expected):
    assert_array_equal(utils.shift_time_series(np.arange(3.0), causality), expected)
    table = np.stack([np.arange(3.0)] * 2)
    assert_array_equal(utils.shift_time_series(table, causality, axis=1), [expected] * 2)


def test_an_empty_series_shifts_to_an_empty_one():
    assert utils.shift_time_series(np.empty((0, 2))).shape == (0, 2)


@pytest.mark.parametrize(
    "call",
    [
        lambda: utils.nan_pad(np.ones(3), 1, "later"),
        lambda: utils.nan_pad(np.ones(3), -1),
        lambda: utils.nan_pad(np.ones(3), 1.5),
        lambda: utils.nan_pad(np.arange(3), 1),
        lambda: utils.nan_pad(np.ones(3), 1, axis=1),
        lambda: utils.nan_pad(np.ones(3), 1, axis=-1),
        lambda: utils.shift_time_series(np.ones(3), "acausal"),
        lambda: utils.shift_time_series(np.arange(3)),
    ],
)
def test_what_cannot_be_padded_or_shifted_is_refused(call):
    with pytest.raises(ValueError, match="Expected"):
        call()


def test_jax_in_jax_out():
    x = jnp.ones((3, 2))
    results = [
        utils.row_wise_kron(x, x), utils.nan_pad(x, 1), utils.shift_time_series(x),
        utils.one_over_x(x), utils.pynapple_concatenate_jax([x, x]),
    ]  # fmt: skip
    assert all(isinstance(result, jax.Array) for result in results)


@pytest.mark.parametrize("join", [utils.pynapple_concatenate_numpy, utils.pynapple_concatenate_jax])
def test_joined_columns_keep_their_time(join):
    joined = join([FRAME, np.ones((4, 1))], axis=1)
    assert isinstance(joined, nap.TsdFrame)
    assert_array_equal(joined.values, np.column_stack([FRAME.values, np.ones(4)]))
    assert_array_equal(joined.columns, [0, 1, 2])
    assert_array_equal(joined.t, T)


@pytest.mark.parametrize("join", [utils.pynapple_concatenate_numpy, utils.pynapple_concatenate_jax])
def test_joined_rows_are_an_array_and_other_times_are_refused(join):
    assert type(join([FRAME, FRAME])) is np.ndarray
    other = nap.TsdFrame(t=T + 1, d=np.ones((4, 2)))
    with pytest.raises(ValueError, match="times"):
        join([FRAME, other], axis=1)
    assert join([FRAME, other]).shape == (8, 2)
    assert_array_equal(join([np.ones((2, 1)), np.zeros((2, 1))], axis=1), [[1, 0], [1, 0]])


def test_flattening_is_that_of_jax_and_comes_back():
    tree = {"a": np.ones((2, 2)), "b": [np.zeros(3), np.array(5.0)]}
    flatten, unflatten = utils.get_flattener_unflattener(tree)
    assert_allclose(flatten(tree), jax.flatten_util.ravel_pytree(tree)[0])
    back = unflatten(2 * flatten(tree))
    assert jax.tree.structure(back) == jax.tree.structure(tree)
    jax.tree.map(lambda x, y: assert_array_equal(x, 2 * y), back, tree)
    again = unflatten(flatten(tree))  # the functions keep no state
    jax.tree.map(assert_array_equal, again, tree)


def test_checks_of_trees():
    tree = {"a": np.ones((2, 2)), "b": [np.ones((2, 3))]}
    assert utils.check_dimensionality(tree, 2)
    assert not utils.check_dimensionality(tree, 1)
    utils.validate_axis(tree, 1)
    utils.check_non_empty(tree, "X")
    for axis in (-1, 2, 1.0):
        with pytest.raises(ValueError, match="axis"):
            utils.validate_axis(tree, axis)
    with pytest.raises(ValueError, match="X is empty"):
        utils.check_non_empty({"a": np.ones((0, 2))}, "X")


def test_checks_of_functions():
    x = jnp.array([1.0, 2.0])
    utils.assert_has_attribute(x, "shape")
    utils.assert_is_callable(jnp.exp, "link")
    utils.assert_returns_ndarray(jnp.exp, [x], "link")
    utils.assert_preserve_shape(jnp.exp, [x], "link", 0)
    utils.assert_scalar_func(jnp.sum, [x], "loss")
    utils.assert_differentiable(jnp.exp, "link")
    for check, arguments, error in [
        (utils.assert_has_attribute, (x, "nothing"), AttributeError),
        (utils.assert_is_callable, (3, "link"), TypeError),
        (utils.assert_returns_ndarray, (lambda x: "text", [x], "link"), TypeError),
        (utils.assert_preserve_shape, (jnp.sum, [x], "link", 0), ValueError),
        (utils.assert_scalar_func, (jnp.exp, [x], "loss"), TypeError),
        (utils.assert_differentiable, (int, "link"), ValueError),
    ]:
        with pytest.raises(error, match="Expected"):
            check(*arguments)


def test_a_printed_estimator_shows_what_was_given():
    model = nmo.GLM("Gamma", nmo.observation_models.links.Exp(), feature_mask=np.ones(3))
    expected = "GLM(observation_model='Gamma', inverse_link_function=exp, fit_intercept=True)"
    assert utils.format_repr(model, use_name_keys=["inverse_link_function"]) == expected
    lines = utils.format_repr(model, ["observation_model"], multiline=True).splitlines()
    assert lines == [
        "GLM(", "    inverse_link_function=Exp(),", "    fit_intercept=True", ")",
    ]  # fmt: skip


def test_versions_are_those_installed():
    versions = utils.get_env_metadata()
    assert versions["numpy"] == np.__version__
    assert versions["jax"] == jax.__version__
