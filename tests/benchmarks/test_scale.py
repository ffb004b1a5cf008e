"""The scripts for large fits at toy size: what they print, not how long it takes."""

import importlib
import os
import sys

import numpy as np
import pytest
from benchmarks.scale import columns, growth
from benchmarks.scale.measure import problem


@pytest.fixture
def printed(monkeypatch, capsys):
    """Run a script with arguments; return its lines."""

    def run(name, *arguments):
        paths = [os.getcwd(), *sys.path]
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))  # for the fresh processes
        monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
        importlib.import_module(f"benchmarks.scale.{name}").main()
        return capsys.readouterr().out.splitlines()

    return run


def cells(line):
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_exponents_are_those_of_powers():
    sizes = np.array([10.0, 100.0, 1000.0])
    assert growth.exponent(sizes, 3.0 * sizes) == pytest.approx(1.0)
    assert growth.exponent(sizes, np.sqrt(sizes)) == pytest.approx(0.5)


def test_growth_prints_a_line_per_fit_and_two_exponents(printed, tmp_path):
    out = printed(
        "growth", "--rows", 2000, 4000, "--rows-features", 4, "--rows-neurons", 2,
        "--neurons", 2, 3, "--neurons-rows", 2000, "--neurons-features", 4, "--folder", tmp_path,
    )  # fmt: skip
    fits = [dict(zip(growth.LINE, cells(line), strict=True)) for line in out[2:6]]
    assert [fit["status"] for fit in fits] == ["converged"] * 4
    assert [fit["rows"] for fit in fits] == ["2000", "4000", "2000", "2000"]
    assert [cells(line)[:2] for line in out[-2:]] == [
        ["rows", "2000 to 4000"], ["neurons", "2 to 3"],
    ]  # fmt: skip
    assert all(np.isfinite([float(cell) for cell in cells(line)[2:]]).all() for line in out[-2:])


def test_columns_agree_however_they_are_fitted(printed):
    out = printed(
        "columns", "--rows", 3000, "--features", 6, "--neurons", 3, "--strengths", 2, "--folds", 3,
        "--sets", 3, "--singles", 4,
    )  # fmt: skip
    lines = [dict(zip(columns.LINE, cells(line), strict=True)) for line in out[-6:]]
    assert [line["calls"] for line in lines] == ["1", "6", "18", "1", "3", "9"]
    assert [line["columns a call"] for line in lines] == ["18", "3", "1", "9", "3", "1"]
    assert all(float(line["differs"]) <= 1e-6 for line in lines)


def test_columns_that_disagree_are_an_error():
    X, y = problem(2000, 4, 2)
    request, groups = columns.strengths_and_folds(X, y, 2, 2)
    ways = [columns.measured(request.fit, [np.concatenate(groups)]) for _ in range(2)]
    ways[1]["coef"] = ways[1]["coef"] + 1e-3
    with pytest.raises(AssertionError, match="differ by"):
        columns.compared("neurons", ways)


def test_wide_tells_survey_passes_and_certificate(printed, tmp_path):
    out = printed(
        "wide", "--neurons", 4, "--functions", 3, "--fitted", 1, 3, "--bins", 3000,
        "--folder", tmp_path,
    )  # fmt: skip
    for line, n in zip(out[-2:], ("1", "3"), strict=True):
        found = dict(zip(cells(out[0]), cells(line), strict=True))
        assert found["neurons"] == n
        assert found["features"] == "12"
        assert found["status"] == "converged"
        assert float(found["certificate"]) < 1e-8
        assert 0 < float(found["survey (s)"]) < float(found["fit (s)"])


def test_coupled_and_streamed_converge(printed, tmp_path):
    out = printed("coupled", "--neurons", 3, "--functions", 2, "--bins", 3000, "--folder", tmp_path)
    assert cells(out[-1])[-1] == "converged"
    out = printed(
        "streamed", "--bins", 3000, "--features", 4, "--neurons", 2, "--kinds", "array", "memmap",
        "--folder", tmp_path,
    )  # fmt: skip
    assert [cells(line)[-1] for line in out[-2:]] == ["converged"] * 2


def test_dask_prints_the_ratio_and_its_size(printed):
    pytest.importorskip("distributed")
    out = printed("dask", "--rows", 3000, "--features", 4, "--neurons", 2, "--pairs", 1)
    assert out[-1].startswith("dask / threads: ")
    assert out[-1].endswith("for 3000 rows x 4 features x 2 neurons (at most 1.3 is wanted)")
