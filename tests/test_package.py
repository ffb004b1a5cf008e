"""The front door: what is there, and what looking at it does not import."""

import random
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

import spikeglm as nmo

HEAVY = (
    "jax",
    "pynapple",
    "pandas",
    "matplotlib",
    "scipy.stats",
    "scipy.signal",
    "sklearn.linear_model",
)


@cache
def imported_after(code):
    """Names of the heavy packages that a fresh interpreter has loaded after some code."""
    script = f"{code}\nimport sys\nprint(' '.join(m for m in {HEAVY!r} if m in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


FIT = """
import numpy as np, spikeglm as nmo
X = np.random.default_rng(0).normal(size=(100, 2))
y = np.random.default_rng(1).poisson(1.0, 100)
model = nmo.GLM(regularizer='Ridge').fit(X, y)
model.predict(X), model.score(X, y), model.simulate(0, X), str(model.fit_report_)
nmo.PopulationGLM('Gamma').fit(X, y[:, None] + 1.0)
"""


@pytest.mark.parametrize("code", ["import spikeglm.glm", FIT], ids=["glm", "fit"])
def test_light_imports(code):
    """Nothing heavy is loaded that scikit-learn's base class does not load itself."""
    assert imported_after(code) <= imported_after("import sklearn.base")


def test_a_plain_fit_needs_neither_scipy_nor_bases():
    """A first fit is as fast as its imports: SciPy alone takes longer than the fit."""
    fit = FIT.replace("model.simulate(0, X), ", "").partition("model.predict")[0]
    script = f"import sys\nimport numpy\nbefore = set(sys.modules)\n{fit}\n" + (
        "new = {m for m in set(sys.modules) - before}\n"
        "own = [m for m in new if m.partition('.')[0] not in sys.stdlib_module_names]\n"
        "print(len(own), *sorted(m for m in new if m in ('scipy', 'spikeglm.basis')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    n_modules, *unwanted = done.stdout.split()
    assert not unwanted
    assert int(n_modules) < 360


def test_the_front_door_loads_nothing_heavy():
    assert imported_after("import spikeglm") == set()


def test_importing_the_package_imports_none_of_its_parts():
    code = "import spikeglm, sys; print([m for m in sys.modules if m.startswith('spikeglm.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert "numpy" not in subprocess.run(
        [sys.executable, "-c", "import spikeglm, sys; print(*sys.modules)"],
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip


def test_every_name_on_the_door_opens():
    for name in dir(nmo):
        assert getattr(nmo, name) is not None, name


def test_names_that_are_not_there():
    with pytest.raises(AttributeError, match="nothing_here"):
        nmo.nothing_here  # noqa: B018  (the access is the test)


def test_short_names_are_the_long_ones():
    assert nmo.GLM is nmo.glm.GLM
    assert nmo.PopulationGLM is nmo.glm.PopulationGLM
    assert nmo.load_model is nmo.glm.load_model
    assert isinstance(nmo.__version__, str)


def test_errors_are_pythons():
    assert issubclass(nmo.exceptions.NotFittedError, ValueError)
    assert issubclass(nmo.exceptions.NotFittedError, AttributeError)


def test_a_stray_runtime_warning_fails_a_test_in_whatever_folder(pytestconfig):
    assert "error::RuntimeWarning" in pytestconfig.getini("filterwarnings")
    with pytest.raises(RuntimeWarning, match="divide by zero"):
        np.ones(1) / np.zeros(1)


def test_fresh_examples_are_new_and_a_seed_repeats_them():
    fresh = settings.get_profile("fresh")
    assert not fresh.derandomize  # it would take the place of a seed
    assert fresh.database is None  # what failed before would be drawn first
    pinned = [
        path.name
        for path in Path(__file__).parent.rglob("test_*.py")
        if f"derandom{'ize='}" in path.read_text()
    ]
    assert pinned == []


def test_a_fit_imports_no_scikit_learn_pandas_pynapple_or_jax():
    code = (
        "import sys, numpy as np, spikeglm as nmo\n"
        "X = np.random.default_rng(0).normal(size=(50, 2))\n"
        "nmo.PopulationGLM().fit(X, np.ones((50, 3))).predict(X)\n"
        "heavy = {'sklearn', 'pandas', 'pynapple', 'jax', 'matplotlib', 'scipy.stats'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_fit_leaves_global_state_alone():
    before = np.geterr(), np.get_printoptions(), random.getstate()
    X = np.random.default_rng(0).normal(size=(50, 2))
    model = nmo.GLM().fit(X, np.random.default_rng(1).poisson(1.0, 50))
    model.simulate(0, X)
    assert (np.geterr(), np.get_printoptions(), random.getstate()) == before
