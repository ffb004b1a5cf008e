"""The line of a long fit, for those who asked for one."""

import numpy as np
import pytest

import spikeglm as nmo
from spikeglm.glm import progress

X = np.random.default_rng(0).normal(size=(500, 3))
Y = np.random.default_rng(1).poisson(0.5, size=(500, 2))


@pytest.mark.parametrize("kwargs", [{}, {"regularizer": "Lasso", "regularizer_strength": 0.01}])
def test_a_long_fit_shows_passes_rate_and_certificate(kwargs, monkeypatch, capsys):
    monkeypatch.setattr(progress, "_QUIET_SECONDS", 0.0)
    with nmo.config_context(progress=True):
        nmo.PopulationGLM(**kwargs).fit(X, Y)
    shown = capsys.readouterr().err
    assert shown.endswith("\n")
    for part in ("pass ", "rows/s", "left", "worst certificate"):
        assert part in shown


def test_silence_unless_asked_and_for_a_second(capsys, monkeypatch):
    with nmo.config_context(progress=True):
        nmo.PopulationGLM().fit(X, Y)
    monkeypatch.setattr(progress, "_QUIET_SECONDS", 0.0)
    nmo.PopulationGLM().fit(X, Y)
    assert capsys.readouterr().err == ""


def test_the_rate_is_rows_times_passes_over_seconds():
    line = progress.progress_line(4, 1, 1e-3, n_rows=1000, seconds=2.0)
    assert "2.0e+03 rows/s" in line
