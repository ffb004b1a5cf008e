"""The lines of a long fit, for those who asked for them."""

import io
import sys
import time
from contextlib import redirect_stderr

import numpy as np
import pytest

import spikeglm as nmo
from spikeglm.fit import prepared, progress

X = np.random.default_rng(0).normal(size=(500, 3))
Y = np.random.default_rng(1).poisson(0.5, size=(500, 2))
LASSO = {"regularizer": "Lasso", "regularizer_strength": 0.01}


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(progress, "_QUIET_SECONDS", 0.0)
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)


def shown_on(stream, fit):
    """Return what a fit shows."""
    with redirect_stderr(stream), nmo.config_context(progress=True):
        fit()
    return stream.getvalue()


@pytest.mark.parametrize("kwargs", [{}, LASSO])
def test_a_long_fit_shows_passes_rate_and_certificate(kwargs):
    shown = shown_on(Terminal(), lambda: nmo.PopulationGLM(**kwargs).fit(X, Y))
    for part in ("\rspikeglm: pass ", "rows/s", "left", "worst certificate"):
        assert part in shown
    assert shown.rstrip(" \n").endswith("solver done, 0 s")
    assert shown.endswith("\n")


FITS = {
    "numbers": lambda: nmo.PopulationGLM().fit(X, Y),
    "classes": lambda: nmo.glm.ClassifierPopulationGLM(2).fit(X, Y > 0),
    "path": lambda: nmo.selection.regularization_path(nmo.PopulationGLM(**LASSO), X, Y),
}


@pytest.mark.parametrize("kind", FITS)
def test_a_survey_that_takes_long_is_announced(kind, monkeypatch):
    survey = prepared.survey_features

    def slowly(*args):
        time.sleep(0.1)
        return survey(*args)

    monkeypatch.setattr(prepared, "survey_features", slowly)
    shown = shown_on(Terminal(), FITS[kind])
    assert "looking at 500 rows of 3 features ..." in shown
    assert shown.index("3 features looked at") < shown.index("pass ")


def test_a_survey_that_takes_long_counts_the_seconds(monkeypatch):
    monkeypatch.setattr(progress, "_TICK_SECONDS", 0.01)
    now = iter(range(10**6))
    monkeypatch.setattr(progress.time, "monotonic", lambda: float(next(now)))

    def stage():
        with progress.stage_report("looking at rows", "rows looked at"):
            time.sleep(0.2)

    shown = shown_on(Terminal(), stage)
    assert shown.count("looking at rows ... ") > 2
    assert len(set(shown.split("\r"))) > 2
    assert "rows looked at" in shown.rpartition("\r")[2]


def test_a_stage_that_fails_ends_its_line_and_is_not_done():
    def stage():
        with pytest.raises(ValueError), progress.stage_report("looking", "looked"):
            time.sleep(0.05)
            raise ValueError

    shown = shown_on(Terminal(), stage)
    assert "looking ..." in shown
    assert "looked" not in shown
    assert shown.endswith("\n")


def test_a_log_has_lines_and_not_many():
    shown = shown_on(io.StringIO(), lambda: nmo.PopulationGLM(**LASSO).fit(X, Y))
    assert "\r" not in shown
    assert sum("pass " in line for line in shown.splitlines()) == 1  # within ten seconds
    assert shown.splitlines()[-1].startswith("spikeglm: solver done")


def test_a_fit_that_is_interrupted_ends_its_line_and_is_not_done():
    def interrupted():
        with pytest.raises(KeyboardInterrupt), progress.pass_report(1000) as report:
            report(3, 2, 1e-3)
            raise KeyboardInterrupt

    shown = shown_on(Terminal(), interrupted)
    assert "pass 3" in shown
    assert shown.endswith("\n")
    assert "done" not in shown


def test_silence_unless_asked_and_for_a_second(monkeypatch):
    shown = io.StringIO()
    with redirect_stderr(shown):
        nmo.PopulationGLM().fit(X, Y)
    monkeypatch.setattr(progress, "_QUIET_SECONDS", 1.0)
    assert shown_on(shown, lambda: nmo.PopulationGLM().fit(X, Y)) == ""


def test_a_program_without_a_console_fits_in_silence():
    with redirect_stderr(None), nmo.config_context(progress=True):
        assert nmo.PopulationGLM().fit(X, Y).fit_report_.converged


def test_the_rate_is_rows_times_passes_over_seconds():
    line = progress.progress_line(4, 1, 1e-3, n_rows=1000, seconds=2.0)
    assert "2.0e+03 rows/s" in line
