"""Functions that take arrays of any library: converted on entry, wrapped in time on leaving."""

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pynapple as nap
import pytest
from numpy.testing import assert_array_equal

from spikeglm import type_casting as casting

T = np.arange(3.0)
TSD = nap.Tsd(t=T, d=np.ones(3))
LATER = nap.Tsd(t=T + 1, d=np.ones(3))
FRAME = nap.TsdFrame(t=T, d=np.ones((3, 2)), columns=["left", "right"])
both = pytest.mark.parametrize("conv_type", ["jax", "numpy"])


@both
@pytest.mark.parametrize(
    ("shape", "kind"), [((3,), nap.Tsd), ((3, 2), nap.TsdFrame), ((3, 2, 2), nap.TsdTensor)]
)
def test_results_with_a_row_per_time_get_their_time_back(conv_type, shape, kind):
    seen = []

    @casting.support_pynapple(conv_type=conv_type)
    def function(x, *, other):
        seen.append((type(x), type(other["y"])))
        return {"same": np.ones(shape), "short": [x[:2]], "total": x.sum()}

    result = function(TSD, other={"y": jnp.ones(3)})
    expected = jax.Array if conv_type == "jax" else np.ndarray
    assert all(issubclass(part, expected) for part in seen[0])
    assert type(result["same"]) is kind
    assert_array_equal(result["same"].t, T)
    assert not casting.is_pynapple_tsd(result["short"][0])
    assert float(result["total"]) == 3.0


@both
def test_without_pynapple_the_function_is_called_as_it_is(conv_type):
    x = [1, 2]
    assert casting.support_pynapple(conv_type)(lambda x: x)(x) is x


@both
def test_other_times_are_refused(conv_type):
    add = casting.support_pynapple(conv_type)(lambda x, y: x + y)
    with pytest.raises(ValueError, match="times"):
        add(TSD, LATER)


def test_an_unknown_conversion_is_refused_when_it_is_needed():
    function = casting.support_pynapple(conv_type="torch")(lambda x: x)
    assert function(1) == 1
    with pytest.raises(NotImplementedError, match="conv_type"):
        function(TSD)


def test_a_decorated_function_keeps_its_name():
    def named(x):
        """Say what it does."""

    assert casting.support_pynapple()(named).__name__ == "named"
    assert casting.cast_to_jax(named).__doc__ == "Say what it does."


def test_arrays_become_jax_arrays():
    @casting.cast_to_jax
    def function(x, y=None):
        return x, y

    x, y = function({"a": np.arange(3), "b": FRAME}, y=[1, "text", None])
    assert isinstance(x["a"], jax.Array)
    assert jnp.issubdtype(x["a"].dtype, jnp.floating)
    assert x["b"].shape == (3, 2)
    assert y == [1, "text", None]
    keep = casting.cast_to_jax(dtype=None)(lambda x: x)
    assert jnp.issubdtype(keep(np.arange(3)).dtype, jnp.integer)
    with pytest.raises(TypeError, match="not numeric"):
        function(np.array(["a"]))


@pytest.mark.parametrize(
    ("x", "is_array", "has_rows"),
    [
        (np.ones(3), True, True), (np.array(1.0), True, False), (np.float64(1.0), True, False),
        (jnp.ones(3), True, True), (TSD, True, True), (pd.Series([1.0]), True, True),
        (pd.DataFrame({"a": [1.0]}), True, True), ([1.0], False, False), (1.0, False, False),
        (None, False, False), (nap.Ts(t=T), False, False),
    ],
)  # fmt: skip
def test_what_has_the_face_of_an_array(x, is_array, has_rows):
    assert casting.is_numpy_array_like(x)[1] == is_array
    assert casting.is_at_least_1d_numpy_array_like(x) == has_rows
    if has_rows:
        assert isinstance(casting.np_asarray_if(x), np.ndarray)
        assert isinstance(casting.jnp_asarray_if(x), jax.Array)
    else:
        assert casting.np_asarray_if(x) is casting.jnp_asarray_if(x) is x


def test_pandas_objects_are_unwrapped():
    assert_array_equal(casting.is_numpy_array_like(pd.DataFrame({"a": [1.0]}))[0], [[1.0]])


def test_conditions_and_types_of_conversions():
    never = lambda x: False  # noqa: E731
    assert casting.np_asarray_if(TSD, never) is TSD
    assert casting.jnp_asarray_if(np.arange(2), dtype=float).dtype.kind == "f"


def test_time_is_found_and_compared():
    assert casting.is_pynapple_tsd(FRAME)
    assert not casting.is_pynapple_tsd(nap.TsGroup({0: nap.Ts(t=T)}))
    assert casting.all_same_time_info({"a": TSD}, [1], other=FRAME)
    assert casting.all_same_time_info(1, 2)
    assert not casting.all_same_time_info(TSD, other=LATER)
    t, epochs = casting.get_time_info([1], {"a": FRAME}, LATER)
    assert_array_equal(t, T)
    assert epochs is FRAME.time_support
    with pytest.raises(ValueError, match="no pynapple object"):
        casting.get_time_info(1, np.ones(3))


def test_arrays_get_time_where_they_have_it():
    frame = casting.cast_to_pynapple(
        jnp.ones((3, 2)), T, TSD.time_support, columns=["a", "b"], metadata={"area": [1, 2]}
    )
    assert list(frame.columns) == ["a", "b"]
    assert list(frame.metadata["area"]) == [1, 2]
    for other in (np.ones((4, 2)), np.array(1.0)):
        assert casting.cast_to_pynapple(other, T, TSD.time_support) is other
