"""Whatever a user calls a seed."""

import subprocess
import sys

import jax
import numpy as np
import pytest

from spikeglm.io.interop.random_keys import as_generator


@pytest.mark.parametrize("make", [lambda: 5, lambda: np.int64(5), lambda: jax.random.key(5)])
def test_the_same_key_gives_the_same_numbers(make):
    assert as_generator(make()).random() == as_generator(make()).random()


def test_a_raw_and_a_typed_jax_key_of_one_seed_agree():
    raw, typed = jax.random.PRNGKey(5), jax.random.key(5)
    assert as_generator(raw).random() == as_generator(typed).random()
    assert as_generator(np.asarray(raw)).random() == as_generator(typed).random()


def test_different_keys_give_different_numbers():
    draws = {as_generator(key).random() for key in (1, 2, *jax.random.split(jax.random.key(1), 5))}
    assert len(draws) == 7


def test_a_generator_is_used_as_it_is_and_none_is_fresh():
    generator = np.random.default_rng(0)
    assert as_generator(generator) is generator
    assert as_generator(None).random() != as_generator(None).random()


@pytest.mark.parametrize("key", ["seed", -1, 1.5, np.arange(3.0), object()])
def test_anything_else_is_refused(key):
    with pytest.raises(TypeError, match="random_key=123"):
        as_generator(key)


def test_an_int_imports_no_jax():
    code = (
        "import sys; from spikeglm.io.interop.random_keys import as_generator;"
        "as_generator(3); assert 'jax' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
