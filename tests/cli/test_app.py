"""The command line: what it writes, what it says, and how it fails."""

import csv
import subprocess
import sys

import matplotlib.image
import numpy as np
import pytest
from typer.testing import CliRunner

import spikeglm
from spikeglm.cli.app import app
from spikeglm.cli.demo_analysis import demo_data
from spikeglm.cli.main import main
from spikeglm.datasets import load_grasshopper

FIGURES = ("overview", "scores", "filters", "predicted_rate", "time_rescaling")
TABLES = ("scores.csv", "filters.csv")


def run(*arguments):
    return CliRunner(env={"COLUMNS": "100"}).invoke(app, [str(word) for word in arguments])


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The demo of recording 2, run once, in a folder whose name looks like markup."""
    folder = tmp_path_factory.mktemp("demo") / "new" / "[bold] results"
    return run("demo", "--out", folder, "--recording", 2), folder


def rows_of(path):
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_demo_names_every_file_it_wrote(finished):
    outcome, folder = finished
    assert outcome.exit_code == 0, outcome.output
    expected = {f"{name}{suffix}" for name in FIGURES for suffix in (".png", ".pdf")}
    expected |= {*TABLES, "model.npz"}
    assert {path.name for path in folder.iterdir()} == expected | {"report"}
    for name in expected:
        assert name in outcome.output
    page = (folder / "report" / "report.html").read_text()
    assert "grasshopper" in page and "stimulus" in page
    assert "report/report.html" in outcome.output
    assert str(folder.resolve()) in outcome.output


def test_demo_prints_the_table_and_says_what_it_assumed(finished):
    output = finished[0].output
    for words in ("bits/spike", "stimulus + history", "868 spikes", "ridge", "Rokem", "7 ms"):
        assert words in " ".join(output.split())


def test_scores_table_holds_the_numbers_shown(finished):
    outcome, folder = finished
    rows = rows_of(folder / "scores.csv")
    assert [row["model"] for row in rows] == ["stimulus", "history", "stimulus + history"]
    for row in rows:
        assert f"{float(row['bits_per_spike']):.2f}" in outcome.output
        assert all(np.isfinite(float(value)) for key, value in row.items() if key != "model")


def test_filters_table_has_every_lag_with_its_band(finished):
    rows = rows_of(finished[1] / "filters.csv")
    lags = {
        part: [r["lag_ms"] for r in rows if r["input"] == part] for part in ("stimulus", "history")
    }
    assert (len(lags["stimulus"]), len(lags["history"])) == (60, 80)
    assert lags["stimulus"][:3] == ["0.5", "1", "1.5"]
    for row in rows:
        assert (
            float(row["log_gain_low_95"])
            <= float(row["log_gain"])
            <= float(row["log_gain_high_95"])
        )
        assert float(row["rate_gain"]) == pytest.approx(np.exp(float(row["log_gain"])), rel=1e-4)


def test_saved_model_predicts_the_mean_of_its_counts(finished):
    model = spikeglm.load_model(finished[1] / "model.npz")
    data = demo_data(load_grasshopper(2))
    predicted, kept = model.predict(data.features), data.features.valid_rows()
    # The intercept is not penalised, so at the optimum predicted and observed counts agree.
    assert predicted[kept].sum() == pytest.approx(data.counts[kept].sum(), rel=1e-4)


def test_saved_model_predicts_another_recording_from_its_signals(finished):
    """Nothing of the demo's code is at hand: the file knows its features."""
    model = spikeglm.load_model(finished[1] / "model.npz")
    other = load_grasshopper(1)
    level_db = other.stimulus_db - other.stimulus_db.mean()
    rate = model.predict(model.basis_.design(level_db, other.counts))
    expected = model.predict(demo_data(other).features)
    np.testing.assert_array_equal(rate, expected)
    assert np.corrcoef(rate[80:], other.counts[80:])[0, 1] > 0.1


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_pictures_of_journal_size(finished, name):
    folder = finished[1]
    pixels = matplotlib.image.imread(folder / f"{name}.png")
    width_mm = 25.4 * pixels.shape[1] / 400
    assert round(width_mm) in (89, 183)
    assert 0.01 < np.mean(pixels[..., :3].min(axis=2) < 0.9) < 0.5  # drawn, and mostly white
    assert (folder / f"{name}.pdf").read_bytes().startswith(b"%PDF")


def test_version():
    outcome = run("--version")
    assert outcome.exit_code == 0
    assert outcome.output.strip() == f"spikeglm {spikeglm.__version__}"


def test_python_runs_the_command_line_where_the_command_is_not_found():
    asked = [sys.executable, "-m", "spikeglm", "--version"]
    ran = subprocess.run(asked, capture_output=True, text=True, check=True)
    assert ran.stdout == CliRunner().invoke(app, ["--version"]).stdout


def test_help_is_shown_without_a_command():
    assert "demo" in run().output


def test_unknown_recording_is_refused(tmp_path):
    outcome = run("demo", "--out", tmp_path, "--recording", 3)
    assert outcome.exit_code == 2
    assert "--recording" in outcome.output


def test_a_file_in_the_way_of_the_folder_is_explained(tmp_path):
    (tmp_path / "taken").write_text("")
    outcome = run("demo", "--out", tmp_path / "taken")
    assert outcome.exit_code == 2
    assert "choose another one with --out" in " ".join(outcome.output.split())
    assert "Traceback" not in outcome.output


def test_missing_matplotlib_is_explained_before_any_work(tmp_path, monkeypatch):
    import importlib.util

    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *a: None if name == "matplotlib" else found(name, *a),
    )
    outcome = run("demo", "--out", tmp_path)
    assert outcome.exit_code == 2
    assert 'pip install "spikeglm[demo]"' in " ".join(outcome.output.split())
    assert not list(tmp_path.iterdir())


def forget_the_commands(monkeypatch):
    """Have every file of the command line imported anew, but for the one that starts it."""
    for name in [name for name in sys.modules if name.startswith("spikeglm.cli.")]:
        if name != "spikeglm.cli.main":
            monkeypatch.delitem(sys.modules, name)


@pytest.mark.parametrize("package", ["typer", "rich"])
def test_missing_packages_of_the_command_line_are_explained(package, monkeypatch):
    forget_the_commands(monkeypatch)
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(SystemExit, match=r"spikeglm\[demo\]"):
        main()


def test_other_missing_modules_are_not_hidden(monkeypatch):
    forget_the_commands(monkeypatch)
    monkeypatch.setitem(sys.modules, "spikeglm.cli.demo_files", None)
    with pytest.raises(ModuleNotFoundError, match="demo_files"):
        main()
