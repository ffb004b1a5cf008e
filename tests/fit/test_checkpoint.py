"""A fit that is killed, however and whenever, ends where it would have ended."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest

import spikeglm as nmo
from spikeglm.engine.objective import Objective
from spikeglm.observation_models import NegativeBinomialObservations

RNG = np.random.default_rng(0)
X = RNG.normal(size=(4000, 12))
Y = RNG.poisson(np.exp(X @ RNG.normal(size=(12, 3)) * 0.2 - 1))
LABELS = RNG.integers(0, 3, 4000)
TIGHT = {"tol": 1e-11}
FITS = {
    "quasi-Newton": lambda: nmo.PopulationGLM(solver_name="LBFGS", solver_kwargs=TIGHT).fit(X, Y),
    "Newton": lambda: nmo.PopulationGLM(solver_name="Newton", solver_kwargs=TIGHT).fit(X, Y),
    "SciPy's": lambda: nmo.GLM(solver_name="BFGS").fit(X, Y[:, 0]),
    "Lasso": lambda: nmo.PopulationGLM(
        regularizer="Lasso", regularizer_strength=0.02, solver_kwargs={"tol": 1e-10}
    ).fit(X, Y),
    "scales": lambda: nmo.PopulationGLM(
        NegativeBinomialObservations("estimate"), solver_name="Newton", solver_kwargs=TIGHT
    ).fit(X, Y),
    "classifier": lambda: nmo.ClassifierGLM(
        3, regularizer="Ridge", regularizer_strength=0.1, solver_name="LBFGS", solver_kwargs=TIGHT
    ).fit(X, LABELS),
}  # fmt: skip
CHILD = """
import os, signal, sys, warnings
sys.path.insert(0, {folder!r})
import spikeglm as nmo, test_checkpoint
from spikeglm.engine.objective import Objective
warnings.simplefilter("always")
visit, n_visits = Objective.visit, 0
def counted(*args):
    global n_visits
    n_visits += 1
    if n_visits == {last}:
        os.kill(os.getpid(), signal.SIGKILL)
    {also}
    return visit(*args)
Objective.visit = counted
with nmo.config_context(checkpoint={path!r}, checkpoint_seconds=0):
    test_checkpoint.FITS["quasi-Newton"]()
"""
needs_posix = pytest.mark.skipif(os.name != "posix", reason="signals and limits of POSIX")


def run_child(path, *, last, also="pass"):
    """Fit in another process that kills itself in its visit number ``last`` of the rows."""
    code = CHILD.format(folder=os.path.dirname(__file__), last=last, also=also, path=str(path))
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def interrupt_of(visit, *, at):
    """Return a visit of the rows that is interrupted when its turn comes."""
    n_visits = 0

    def counted(*args):
        nonlocal n_visits
        n_visits += 1
        if n_visits == at:
            raise KeyboardInterrupt
        return visit(*args)

    return counted


def interrupted(monkeypatch, fit, *, at):
    """Fit until a visit of the rows, and no further; return whether it was interrupted."""
    with monkeypatch.context() as patch:
        patch.setattr(Objective, "visit", interrupt_of(Objective.visit, at=at))
        try:
            fit()
        except KeyboardInterrupt:
            return True
        return False


@needs_posix
def test_killed_at_random_and_resumed(tmp_path):
    path, expected = tmp_path / "fit.npz", FITS["quasi-Newton"]()
    for last in np.random.default_rng().integers(2, 9, size=4):
        child = run_child(path, last=int(last))
        was_killed = child.returncode == -signal.SIGKILL  # or it came to the end before
        assert was_killed or child.returncode == 0, child.stderr
        assert path.exists() == was_killed
        assert {name for name in os.listdir(tmp_path) if name[0] != "."} <= {"fit.npz"}
    with nmo.config_context(checkpoint=path):
        resumed = FITS["quasi-Newton"]()
    np.testing.assert_allclose(resumed.coef_, expected.coef_, atol=1e-9)
    np.testing.assert_allclose(resumed.intercept_, expected.intercept_, atol=1e-9)
    assert not path.exists()


@needs_posix
def test_killed_while_a_checkpoint_is_written(tmp_path):
    """The one before is whole."""
    path = tmp_path / "fit.npz"
    dies = "os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL) if n_visits > 3 else None"
    also = f"if n_visits == 4: {dies}"
    assert run_child(path, last=100, also=also).returncode == -signal.SIGKILL
    with nmo.config_context(checkpoint=path):
        resumed = FITS["quasi-Newton"]()
    np.testing.assert_allclose(resumed.coef_, FITS["quasi-Newton"]().coef_, atol=1e-9)


@needs_posix
def test_a_full_disk_loses_nothing(tmp_path):
    """A limit on the size of files stands for the disk; the fit goes on and says so, once."""
    path = tmp_path / "fit.npz"
    full = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))"
    child = run_child(path, last=7, also=f"if n_visits == 4: {full}")
    assert child.returncode == -signal.SIGKILL
    assert child.stderr.count("could not be written") == 1
    assert "still there" in child.stderr
    assert os.listdir(tmp_path) == ["fit.npz"]
    with nmo.config_context(checkpoint=path):
        resumed = FITS["quasi-Newton"]()
    np.testing.assert_allclose(resumed.coef_, FITS["quasi-Newton"]().coef_, atol=1e-9)


def test_a_checkpoint_that_cannot_be_written_is_a_warning_at_the_line_that_fits(
    tmp_path, monkeypatch
):
    def is_full(*args):
        raise OSError("no space")

    monkeypatch.setattr("spikeglm.io.files.saved.write", is_full)
    with (
        pytest.warns(RuntimeWarning, match=r"no space.*goes on.*make room") as seen,
        nmo.config_context(checkpoint=tmp_path / "fit.npz", checkpoint_seconds=0),
    ):
        FITS["quasi-Newton"]()
    assert [warning.filename for warning in seen] == [__file__]


@pytest.mark.parametrize("at", [1, 2, 4, 6])
@pytest.mark.parametrize("name", FITS)
def test_every_solver_goes_on(name, at, tmp_path, monkeypatch):
    expected = FITS[name]()
    with nmo.config_context(checkpoint=tmp_path / "fit", checkpoint_seconds=0):
        was_interrupted = interrupted(monkeypatch, FITS[name], at=at)
        assert was_interrupted == (tmp_path / "fit.npz").exists()
        resumed = FITS[name]()
    tolerance = 1e-6 if name == "SciPy's" else 1e-8
    np.testing.assert_allclose(resumed.coef_, expected.coef_, atol=tolerance)
    assert (resumed.coef_ == 0).sum() == (expected.coef_ == 0).sum()
    assert os.listdir(tmp_path) == []


def test_who_interrupts_is_told_where_the_fit_stands_and_who_resumes_that_it_goes_on(
    tmp_path, monkeypatch, capsys
):
    path = tmp_path / "fit.npz"
    with nmo.config_context(checkpoint=path, progress=True):
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt) as interrupt:
            patch.setattr(Objective, "visit", interrupt_of(Objective.visit, at=4))
            FITS["quasi-Newton"]()
        assert capsys.readouterr().err == ""  # nothing to go on from
        FITS["quasi-Newton"]()
    (note,) = interrupt.value.__notes__
    assert f"go on from {path}: run the same fit again" in note
    assert "of 3 of 3 column(s)" in note
    assert capsys.readouterr().err == f"spikeglm: going on from the checkpoint {path}\n"


def test_what_was_done_is_not_done_again(tmp_path, monkeypatch):
    whole = FITS["quasi-Newton"]().fit_report_.result.n_passes
    with nmo.config_context(checkpoint=tmp_path / "fit", checkpoint_seconds=0):
        assert interrupted(monkeypatch, FITS["quasi-Newton"], at=whole - 3)
        assert FITS["quasi-Newton"]().fit_report_.result.n_passes < whole


OTHERS = {
    "a response": lambda: nmo.PopulationGLM().fit(X, np.roll(Y, 1, axis=0)),
    "features": lambda: nmo.PopulationGLM().fit(X * [1.001] + 0.01, Y),
    "rows": lambda: nmo.PopulationGLM().fit(X[:-1], Y[:-1]),
    "a row weight": lambda: nmo.PopulationGLM().fit(X, Y, sample_weight=np.arange(4000) % 5),
    "an offset": lambda: nmo.PopulationGLM().fit(X, Y, offset=X[:, 0]),
    "a model": lambda: nmo.PopulationGLM("Gaussian").fit(X, Y),
    "a link": lambda: nmo.PopulationGLM(inverse_link_function="softplus").fit(X, Y),
    "a penalty": lambda: nmo.PopulationGLM(regularizer="Ridge").fit(X, Y),
    "a mask": lambda: nmo.PopulationGLM(feature_mask=np.tri(12, 3)).fit(X, Y),
}


@pytest.mark.parametrize("name", OTHERS)
def test_the_checkpoint_of_another_problem_is_refused(name, tmp_path, monkeypatch):
    with nmo.config_context(checkpoint=tmp_path / "fit", checkpoint_seconds=0):
        assert interrupted(monkeypatch, FITS["quasi-Newton"], at=4)
        before = (tmp_path / "fit.npz").read_bytes()
        with pytest.raises(ValueError, match=r"another problem.*differs in.*What to do"):
            OTHERS[name]()
    assert (tmp_path / "fit.npz").read_bytes() == before


def test_how_it_is_computed_may_change(tmp_path, monkeypatch):
    """Threads, memory and solver are no part of the problem."""
    with nmo.config_context(checkpoint=tmp_path / "fit", checkpoint_seconds=0):
        with nmo.config_context(n_threads=1):
            assert interrupted(monkeypatch, FITS["quasi-Newton"], at=4)
        with nmo.config_context(n_threads=2, memory="1MB"):
            resumed = FITS["Newton"]()
    np.testing.assert_allclose(resumed.coef_, FITS["Newton"]().coef_, atol=1e-9)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", b"\x00" * 1000])
def test_a_file_that_is_no_checkpoint_is_refused_and_kept(content, tmp_path):
    path = tmp_path / "fit.npz"
    path.write_bytes(content)
    with nmo.config_context(checkpoint=path), pytest.raises(ValueError, match="no checkpoint"):
        nmo.GLM().fit(X, Y[:, 0])
    assert path.read_bytes() == content


def test_a_saved_model_is_no_checkpoint(tmp_path):
    nmo.GLM().fit(X, Y[:, 0]).save_params(tmp_path / "model.npz")
    with (
        nmo.config_context(checkpoint=tmp_path / "model.npz"),
        pytest.raises(ValueError, match="no checkpoint"),
    ):
        nmo.GLM().fit(X, Y[:, 0])


def test_a_checkpoint_is_no_saved_model(tmp_path, monkeypatch):
    with nmo.config_context(checkpoint=tmp_path / "fit", checkpoint_seconds=0):
        assert interrupted(monkeypatch, FITS["Newton"], at=3)
    with pytest.raises(ValueError, match=r"fit\.npz"):
        nmo.load_model(tmp_path / "fit.npz")


@pytest.mark.parametrize("wrong", [{"checkpoint": 3}, {"checkpoint_seconds": -1.0}])
def test_settings_are_checked(wrong):
    with pytest.raises(ValueError, match=r"Given.*Expected"), nmo.config_context(**wrong):
        pass


def test_an_interrupt_without_a_checkpoint_says_that_nothing_was_kept(monkeypatch):
    monkeypatch.setattr(Objective, "visit", interrupt_of(Objective.visit, at=3))
    with pytest.raises(KeyboardInterrupt) as interrupt:
        FITS["quasi-Newton"]()
    (note,) = interrupt.value.__notes__
    assert "checkpoint=PATH" in note
