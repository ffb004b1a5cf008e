"""A process forked after JAX or Dask have started computes, or says why not: none waits for ever.

All in one other process: what has once started cannot be taken back.
"""

import json
import multiprocessing
import subprocess
import sys

import pytest

pytest.importorskip("jax")
pytest.importorskip("distributed")
pytestmark = pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="no fork here"
)

SCRIPT = """
import functools, json, os, signal, threading, time, warnings
import distributed, jax
import numpy as np
import spikeglm as nmo
from spikeglm import type_casting

warnings.simplefilter("ignore")
rng = np.random.default_rng(0)
X, y = rng.normal(size=(300, 2)), rng.poisson(1, 300)


def own(x):
    return jax.numpy.exp(x) + 0.1


def fit(X=X, y=y, model=nmo.GLM, link=None, **settings):
    with nmo.config_context(n_threads=2, **settings):
        return model(inverse_link_function=link).fit(X, y)


def answer_in_child(call, **names):
    there, here = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            call(**names)
            text = "computed"
        except BaseException as error:
            text = f"{type(error).__name__}: {error}"
        os.write(here, text.encode())
        os._exit(0)
    end = time.monotonic() + 10
    while os.waitpid(child, os.WNOHANG)[0] == 0:
        if time.monotonic() > end:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return "it waited for ever"
        time.sleep(0.01)
    return os.read(there, 10_000).decode()


def with_a_child_of_its_own():
    raise RuntimeError(answer_in_child(fit, runner="jax"))


answers = {}
answers["JAX was imported, but had not started"] = answer_in_child(fit, runner="jax")
fit(runner="jax")
fit(link=own)
in_jax = jax.numpy.asarray(X)
answers |= {
    "the JAX runner": answer_in_child(fit, runner="jax"),
    "a link of one's own": answer_in_child(fit, link=own),
    "another link of one's own": answer_in_child(fit, link=lambda x: jax.numpy.exp(x) + 0.2),
    "a conversion to JAX": answer_in_child(type_casting.jnp_asarray_if, x=X),
    "a child of a child": answer_in_child(with_a_child_of_its_own),
    "the default": answer_in_child(fit),
    "a large fit by default": answer_in_child(
        fit, X=np.ones((100, 1)) @ X[:1], y=np.ones((100, 3)), model=nmo.PopulationGLM
    ),
    "arrays of JAX": answer_in_child(fit, X=in_jax),
    "a link of JAX": answer_in_child(fit, link=jax.nn.softplus),
}
fit(runner="dask")
answers["Dask's threads"] = answer_in_child(fit, runner="dask")
import dask.array, dask.config, dask.threaded, dask.tokenize
there = dask.array.from_array(y, chunks=100)
there.compute()
answers["a dask array as y"] = answer_in_child(fit, y=there)

running = threading.Event()
def fits():
    while not running.wait(0.001):
        fit()
        fit(runner="dask")
at_work = threading.Thread(target=fits)
at_work.start()
answers["others fit meanwhile"] = answer_in_child(fit)
answers["others fit with Dask meanwhile"] = answer_in_child(fit, runner="dask")
running.set()
at_work.join()

class Slow:
    @functools.cached_property
    def value(self):
        inside.set()
        done.wait()


def in_the_middle_of(hold):
    inside.clear(), done.clear()
    busy = threading.Thread(target=hold)
    busy.start()
    inside.wait()
    answer = answer_in_child(uses)
    done.set()
    busy.join()
    return answer


def uses():
    vars(Slow)["value"].func = lambda self: 3
    Slow().value
    fit(runner="dask")


def locks_of_dask():
    with dask.config.config_lock, dask.threaded.pools_lock, dask.tokenize.tokenize_lock:
        inside.set()
        done.wait()


inside, done = threading.Event(), threading.Event()
answers["another thread is in a property"] = in_the_middle_of(lambda: Slow().value)
answers["another thread has Dask's locks"] = in_the_middle_of(locks_of_dask)

with distributed.Client(processes=False, n_workers=1, dashboard_address=None):
    answers["a Dask client"] = answer_in_child(fit, runner="dask")
    answers["beside a Dask client"] = answer_in_child(fit)
print(json.dumps(answers), flush=True)
os._exit(0)
"""
REFUSED = {
    "the JAX runner": "JAX cannot compute",
    "a link of one's own": "JAX cannot compute",
    "another link of one's own": "JAX cannot compute",
    "a conversion to JAX": "JAX cannot compute",
    "a child of a child": "JAX cannot compute",
    "a Dask client": "Dask client does not work",
}
COMPUTED = [
    "JAX was imported, but had not started",
    "the default",
    "a large fit by default",
    "arrays of JAX",
    "a link of JAX",
    "Dask's threads",
    "a dask array as y",
    "others fit meanwhile",
    "others fit with Dask meanwhile",
    "another thread is in a property",
    "another thread has Dask's locks",
    "beside a Dask client",
]


@pytest.fixture(scope="module")
def answers():
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT],
        capture_output=True, text=True, check=False, timeout=200,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("case", REFUSED)
def test_what_would_wait_for_ever_is_an_error_that_says_what_to_do(case, answers):
    assert answers[case].startswith("RuntimeError: "), answers[case]
    for part in (REFUSED[case], "forked", "What to do", "get_context('spawn')"):
        assert part in answers[case]


@pytest.mark.parametrize("case", COMPUTED)
def test_everything_else_computes(case, answers):
    assert answers[case] == "computed"
