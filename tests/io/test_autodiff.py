"""JAX behind the edge: what counts as the same function, and what stays untouched."""

import sys
import threading
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose

from spikeglm.io.interop.autodiff import Elementwise, Fingerprint, in_double, outline, traceable
from spikeglm.io.interop.random_keys import as_jax_key


class Part:
    def __init__(self, **members):
        vars(self).update(members)


class Gain:
    def __init__(self, gain):
        self.gain = gain

    def times(self, x):
        return self.gain * x


def double(x):
    return 2 * x


# --- fingerprints ---


def test_equal_state_is_the_same_and_other_state_is_not():
    array = np.arange(3.0)
    assert Fingerprint(Part(a=1, b=array)) == Fingerprint(Part(a=1, b=array.copy()))
    assert hash(Fingerprint(Part(a=1))) == hash(Fingerprint(Part(a=1)))
    assert Fingerprint(Part(a=1)) != Fingerprint(Part(a=2))
    assert Fingerprint(Part(b=array)) != Fingerprint(Part(b=array + 1))
    assert Fingerprint(Part(inner=Part(a=1))) != Fingerprint(Part(inner=Part(a=2)))


def test_code_is_the_same_only_if_it_is_the_same_object():
    again = lambda x: 2 * x  # noqa: E731
    twin = lambda x: 2 * x  # noqa: E731
    assert Fingerprint(again) == Fingerprint(again)
    assert Fingerprint(again) != Fingerprint(twin)
    assert Fingerprint(Part(f=again)) != Fingerprint(Part(f=twin))
    other = type("Part", (), {})
    assert Fingerprint(other()) != Fingerprint(Part())


@pytest.mark.parametrize(
    "function",
    [
        double,
        jax.jit(double),
        partial(double, x=1),
        jax.nn.relu,
        jax.nn.elu,
        jnp.exp,
        np.exp,
        Part(),
    ],
)
def test_the_same_object_is_the_same(function):
    assert Fingerprint(function) == Fingerprint(function)


def test_a_method_belongs_to_its_object():
    part = Gain(2.0)
    before = Fingerprint(part.times)
    assert before == Fingerprint(part.times)
    part.gain = 3.0
    assert before != Fingerprint(part.times)


def test_a_changed_object_is_another_one():
    part = Part(a=[1, 2])
    before = Fingerprint(part)
    part.a.append(3)
    assert Fingerprint(part) != before


def test_a_function_that_was_replaced_is_never_taken_for_its_successor():
    seen = set()
    for k in range(50):  # the memory of one may be given to the next
        fingerprint = Fingerprint(Part(f=eval(f"lambda x: {k} * x")))
        assert fingerprint not in seen
        seen.add(fingerprint)


def test_what_cannot_be_compared_equals_only_itself():
    part = Part(lock=threading.Lock())
    fingerprint = Fingerprint(part)
    assert fingerprint == fingerprint
    assert fingerprint != Fingerprint(part)


# --- derivatives ---


@pytest.mark.parametrize(
    ("function", "slope", "curvature"),
    [
        (lambda x: x**3, lambda x: 3 * x**2, lambda x: 6 * x),
        (np.tanh, lambda x: 1 - np.tanh(x) ** 2, None),
        (lambda x: np.where(x > 0, x**2, 0.0), lambda x: 2 * x * (x > 0), lambda x: 2.0 * (x > 0)),
        (lambda x: np.clip(x, -1, 1) ** 2, lambda x: 2 * x * (np.abs(x) < 1), None),
        (lambda x: np.select([x > 1], [x], x**2), lambda x: np.where(x > 1, 1, 2 * x), None),
        (abs, np.sign, lambda x: 0 * x),
        (lambda x: 1 / (1 + x * x), lambda x: -2 * x / (1 + x * x) ** 2, None),
    ],
)  # fmt: skip
def test_derivatives_of_plain_python_and_numpy(function, slope, curvature):
    x = np.array([-2.3, -0.4, 0.6, 1.7])
    at = Elementwise(traceable(function))(x)
    assert_allclose(at.value, function(x))
    assert_allclose(at.slope, slope(x), atol=1e-12)
    if curvature is not None:
        assert_allclose(at.curvature, curvature(x), atol=1e-12)


def test_functions_without_a_forward_mode():
    @jax.custom_vjp
    def cube(x):
        return x**3

    cube.defvjp(lambda x: (x**3, x), lambda x, g: (3 * x**2 * g,))
    assert_allclose(Elementwise(traceable(cube))(np.array([2.0])), [[8.0], [12.0], [12.0]])


def test_threads_share_a_kernel():
    function, results = Elementwise(jnp.sinh), {}
    x = np.linspace(-1, 1, 5000)

    def work(k):
        results[k] = function(x + k).slope

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    for k in range(4):
        assert_allclose(results[k], np.cosh(x + k), rtol=1e-14)


# --- float64, here only ---


def test_float64_whatever_the_flags():
    third = in_double(lambda x, n: x / n, np.ones(1, dtype=np.float32), 3)
    assert third.dtype == np.float64
    assert third[0] == 1 / 3
    assert not jax.config.jax_enable_x64


def test_an_outline_computes_nothing_where_it_can():
    assert outline(lambda x: jnp.stack([x, x]), np.ones(3)).shape == (2, 3)
    assert_allclose(outline(lambda x: np.asarray(x) + 1, np.ones(3)), 2.0)
    with pytest.raises(ZeroDivisionError):
        outline(lambda x: 1 / 0, np.ones(3))


def test_without_jax_the_error_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(ImportError, match=r"spikeglm\[jax\]"):
        Elementwise(double)(np.ones(1))


# --- keys ---


def test_keys_for_jax():
    raw, typed = jax.random.PRNGKey(3), jax.random.key(3)
    assert as_jax_key(raw) is raw
    assert as_jax_key(typed) is typed
    draws = [float(jax.random.uniform(as_jax_key(key))) for key in (7, 7, 8)]
    assert draws[0] == draws[1] != draws[2]
    generators = [np.random.default_rng(1), np.random.default_rng(1)]
    assert (as_jax_key(generators[0]) == as_jax_key(generators[1])).all()
    for wrong in ("today", 1.5, [1], jnp.ones(2)):
        with pytest.raises(TypeError, match="random key"):
            as_jax_key(wrong)
