"""From a file to results, as a user types it: the way that works, and every way that does not."""

import json
import shutil

import h5py
import numpy as np
import pandas as pd
import pytest
from tests.cli.files import answered, run, said
from tests.nwb_fixture import session, write_nwb

import spikeglm as nmo
from spikeglm.cli import fit_commands
from spikeglm.cli.failures import in_words

SMALL = (
    "recording.bin_s=0.05",
    "recording.neurons=[0, 1, 2]",
    "design.terms.position.basis=[5, 5]",
    "analysis.folds={n_folds = 5, n_chunks = 2}",
    "analysis.rule=score",
    "analysis.strengths=",
    'analysis.model={regularizer = "Ridge", regularizer_strength = 1e-3}',
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a recording, its first description, and results."""
    place = tmp_path_factory.mktemp("lab")
    write_nwb(place / "session.nwb", session(n_units=6, n_trials=30))
    return place


@pytest.fixture(scope="module")
def described(folder):
    file = folder / "first.toml"
    return run("describe", folder / "session.nwb", "--template", file), file


@pytest.fixture(scope="module")
def fitted(folder, described):
    out, copy = folder / "results", f"output.nwb={folder}/encoded.nwb"
    return run("fit", described[1], *SMALL, copy, "--out", out, "--json"), out


def test_describe_prints_names_that_the_template_uses(described):
    outcome, file = described
    assert outcome.exit_code == 0, outcome.output
    names = outcome.stdout.split()
    text = file.read_text()
    for name in ("series/position/x", "units", "trials", "epochs/session"):
        assert name in names and f'"{name}"' in text
    for label in ("position (cm)", "speed (cm/s)", "cue", "reward", "history"):
        assert f'label = "{label}"' in text
    assert f"spikeglm fit {file}" in " ".join(names)


def test_describe_for_machines(folder):
    facts = answered(run("describe", folder / "session.nwb", "--json"))
    kinds = {entry["name"]: entry["kind"] for entry in facts["names"]}
    assert kinds["units"] == "units" and kinds["trials/choice"] == "labels"


def test_a_description_that_is_there_is_kept(described, folder):
    _, file = described
    text = file.read_text()
    outcome = run("describe", folder / "session.nwb", "--template", file)
    assert outcome.exit_code == 2 and "already" in said(outcome)
    assert file.read_text() == text


def test_fit_writes_what_it_says(fitted):
    outcome, out = fitted
    assert outcome.exit_code == 0, outcome.output
    facts = answered(outcome)
    assert facts["n_neurons"] == 3 and facts["without_answer"] == []
    for name in ("report.html", "encoding.npz", "description.toml", "terms.csv", "log.txt"):
        assert name in facts["files"] and (out / name).is_file()
    assert set(facts["files"]) == {path.name for path in out.iterdir()}
    assert not out.with_name("results.partial").exists()


def test_results_are_in_a_copy_of_the_recording(fitted, folder):
    facts = answered(fitted[0])
    assert facts["nwb"] == str(folder / "encoded.nwb")
    with h5py.File(facts["nwb"]) as copy, h5py.File(folder / "session.nwb") as before:
        tables = copy["processing/misc"]
        assert tables["spikeglm_neurons/neuron"][:].tolist() == [0, 1, 2]
        assert tables["spikeglm_neurons/unit"][:].tolist() == [0, 1, 2]  # rows of units
        terms = pd.read_csv(fitted[1] / "terms.csv")
        np.testing.assert_allclose(tables["spikeglm_terms/unique"][:], terms["unique"], rtol=1e-8)
        assert (copy["units/spike_times"][:] == before["units/spike_times"][:]).all()
        assert "spikeglm_neurons" not in before["processing"].get("misc", ())
    assert f'nwb = "{folder}/encoded.nwb"' in (fitted[1] / "description.toml").read_text()


def test_rows_go_to_a_cluster_and_the_answer_is_the_same(folder, described, tmp_path):
    distributed = pytest.importorskip("distributed")
    few = [f"design.terms.{label}=" for label in ("position", "reward", "history")]
    few += [*SMALL[3:], "recording.bin_s=0.1", "recording.neurons=[1]", "analysis.always="]
    few += ["analysis.how=unique", "output.report=false", f"recording.path={folder}/session.nwb"]
    options = {"n_workers": 1, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.LocalCluster(processes=False, **options) as cluster:
        place = ["--out", tmp_path / "there", "--dask", cluster.scheduler_address]
        there = run("fit", described[1], *few, *place, "--json")
    assert there.exit_code == 0, there.output
    here = nmo.run_description(described[1], few)
    loaded = nmo.load_encoding(tmp_path / "there" / "encoding.npz")
    assert loaded.model.fit_report_.result.plan.startswith("dask")
    pd.testing.assert_frame_equal(loaded.table(), here.table(), check_dtype=False, rtol=1e-5)


def test_what_was_simulated_is_found(fitted):
    """Neuron 0 fires in a place, neuron 1 after cues of trials that go left."""
    sets = answered(fitted[0])["sets"]
    assert "position" in sets["0"] and "cue" in sets["1"] and "cue" not in sets["0"]
    table = pd.read_csv(fitted[1] / "terms.csv").set_index(["neuron", "term"])
    place = "position (cm)"
    assert table.loc[(0, place), "unique"] > 0.1 > table.loc[(1, place), "unique"]
    assert table.loc[(1, "cue"), "unique"] > 0.02


def test_it_is_the_call_in_python(fitted, described):
    found = nmo.run_description(described[1], SMALL)
    loaded = nmo.load_encoding(fitted[1] / "encoding.npz")
    pd.testing.assert_frame_equal(found.table(), loaded.table(), check_dtype=False)


def test_progress_is_told_on_stderr_alone(fitted):
    stderr = said(fitted[0])
    for stage in ("reading", "design of", "contributions", "search", "goodness", "writing"):
        assert stage in stderr
    assert fitted[0].stdout.lstrip().startswith("{")


def test_the_description_that_was_kept_does_the_same_again(fitted, tmp_path):
    again = run("fit", fitted[1] / "description.toml", "--out", tmp_path / "again", "--json")
    assert answered(again)["sets"] == answered(fitted[0])["sets"]


def test_the_page_is_made_anew(fitted):
    page = fitted[1] / "report.html"
    before = page.read_text()
    page.unlink()
    outcome = run("report", fitted[1])
    assert outcome.exit_code == 0 and str(page) in "".join(outcome.stdout.split())
    assert len(page.read_text()) == len(before)


def test_predict_and_simulate(fitted, folder, tmp_path):
    rates, drawn = tmp_path / "rates.csv", tmp_path / "drawn.parquet"
    facts = answered(run("predict", fitted[1], folder / "session.nwb", "--out", rates, "--json"))
    table = pd.read_csv(rates).set_index("time_s")
    assert list(table) == ["0", "1", "2"] and facts["bits_per_spike"]["0"] > 0.1
    assert facts["mean_rate_hz"]["1"] == pytest.approx(table["1"].mean())
    facts = answered(run("simulate", fitted[1], "--repeats", 2, "--out", drawn, "--json"))
    counts = pd.read_parquet(drawn)
    assert counts.groupby("repeat").size().tolist() == [facts["n_rows"]] * 2
    assert np.nansum(counts[["0", "1", "2"]]) == facts["n_spikes"] > 0
    outcome = run("predict", fitted[1], folder / "session.nwb", "--out", rates)
    assert "bits per spike" in outcome.stdout


def lost(name):
    return {"without_answer": list("abc"[:name]), "n_neurons": 3, "folder": "out"}


def test_exit_codes_of_neurons_without_an_answer():
    """A silent unit stops no pipeline, unless that is asked for; none at all is a failure."""
    fit_commands._check_answers(lost(0), strict=True)
    fit_commands._check_answers(lost(2), strict=False)
    for n, strict in ((1, True), (3, False)):
        with pytest.raises(fit_commands.FailedError) as caught:
            fit_commands._check_answers(lost(n), strict=strict)
        assert in_words(caught.value)[2] == 1


@pytest.fixture
def bench(folder, described, tmp_path):
    """A folder of one's own with the recording and its description."""
    text = (
        described[1].read_text().replace('path = "session.nwb"', f'path = "{folder}/session.nwb"')
    )
    (tmp_path / "first.toml").write_text(text)
    return tmp_path


def broken(bench, what):
    """Return the words of a command that cannot work, and what has to be said."""
    description = bench / "first.toml"
    fit = ["fit", description, "--out", bench / "out"]
    if what == "missing file":
        return [*fit, f"recording.path={bench}/sesion.nwb"], "sesion.nwb"
    if what == "missing description":
        return ["fit", bench / "none.toml", "--out", bench / "out"], "No such file"
    if what == "wrong field":
        return [*fit, "design.terms.position.signals=['series/positon/x', 'units']"], "positon"
    if what == "wrong column":
        return [*fit, "design.terms.cue.by=chioce"], "choice"
    if what == "empty unit":
        return [*fit, "recording.epochs=epochs/none", "recording.neurons=[0]"], "epochs/"
    if what == "unknown key":
        return [*fit, "analysis.fold=5"], "Did you mean 'folds'"
    if what == "unknown section":
        return [*fit, "analyses.folds=5"], "Did you mean 'analysis'"
    if what == "unknown rule":
        return [*fit, "analysis.rule=hardcastel"], "Did you mean 'hardcastle'"
    if what == "no setting":
        return [*fit, "backward"], "section.key=value"
    if what == "no TOML":
        description.write_text("[recording\npath = ")
        return fit, "no TOML"
    if what == "a recording for a description":
        return ["fit", bench / "session.nwb"], "--template"
    if what == "unwritable folder":
        (bench / "taken").write_text("")
        return [*fit[:2], "--out", bench / "taken" / "out"], "--out"
    if what == "a folder of other things":
        return [*fit[:2], "--out", bench], "in use"
    if what == "no scheduler":
        return [*fit, "--dask", "nowhere"], "does not answer"
    if what == "a copy over the recording":
        return [*fit, f"output.nwb={bench}/first.toml"], "would replace another file"
    if what == "a copy in no folder":
        return [*fit, f"output.nwb={bench}/none/out.nwb"], "no folder for the copy"
    if what == "a copy of no file":
        return [*fit, "recording.path=datasets://stn", "output.nwb=a.nwb"], "datasets://"
    if what == "no such recording that comes along":
        return [*fit, "recording.path=datasets://placecell"], "Did you mean 'place_cell'"
    if what == "no results":
        return ["report", bench], "spikeglm fit"
    if what == "unknown table":
        return ["predict", bench, "a.nwb", "--out", bench / "rates.xlsx"], ".parquet"
    raise AssertionError(what)


WRONG = (
    "missing file", "missing description", "wrong field", "wrong column", "empty unit",
    "unknown key", "unknown section", "unknown rule", "no setting", "no TOML",
    "a recording for a description", "unwritable folder", "a folder of other things",
    "no scheduler", "no results", "unknown table", "a copy over the recording",
    "a copy in no folder", "a copy of no file", "no such recording that comes along",
)  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_bad_input_is_a_cause_and_a_remedy(bench, what):
    words, told = broken(bench, what)
    before = {path: path.stat().st_size for path in bench.rglob("*")}
    outcome = run(*words)
    assert outcome.exit_code == 2, outcome.output
    progress = ("spikeglm:", "Warning:")
    problems = [line for line in outcome.stderr.splitlines() if not line.startswith(progress)]
    assert [line.partition(":")[0] for line in problems] == ["Error", "What to do"]
    assert told in outcome.stderr and outcome.stdout == ""
    assert "Traceback" not in outcome.output
    assert {path: path.stat().st_size for path in bench.rglob("*")} == before


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["first.tml"], "did you mean '{bench}/first.toml'?"),
        (["first.toml", "bin_s=0.01"], "did you mean recording.bin_s=0.01?"),
    ],
)
def test_what_is_spelled_like_something_there_is_told(bench, words, told):
    outcome = run("fit", bench / words[0], *words[1:])
    assert outcome.exit_code == 2 and told.format(bench=bench) in outcome.stderr


def test_an_address_is_told_as_it_was_typed():
    outcome = run("fit", "datasets://stn")
    assert "spikeglm describe datasets://stn --template" in outcome.stderr


@pytest.mark.parametrize("damage", ["cut short", "other bytes", "an empty file"])
def test_a_damaged_file_is_told(folder, tmp_path, damage):
    path = tmp_path / "session.nwb"
    shutil.copy(folder / "session.nwb", path)
    content = path.read_bytes()
    path.write_bytes({"cut short": content[:5000], "other bytes": b"\0" * 99}.get(damage, b""))
    outcome = run("describe", path, "--template", tmp_path / "a.toml", "--json")
    assert outcome.exit_code == 2, outcome.output
    facts = answered(outcome)
    assert facts["exit_code"] == 2 and facts["error"] and facts["todo"]
    assert not (tmp_path / "a.toml").exists() and "Traceback" not in outcome.output


def test_an_empty_unit_that_was_asked_for_is_told(folder, described, tmp_path):
    mute = session(n_units=6, n_trials=30)
    mute.spikes[4] = np.empty(0)
    write_nwb(tmp_path / "mute.nwb", mute)
    place = f"recording.path={tmp_path}/mute.nwb"
    out = ["--out", tmp_path / "out"]
    outcome = run("fit", described[1], place, "recording.neurons=[1, 4]", *out)
    assert outcome.exit_code == 2 and "without a spike" in said(outcome)
    assert "recording.neurons" in said(outcome)
    assert [path.name for path in tmp_path.iterdir()] == ["mute.nwb"]


def test_what_is_no_fault_of_the_user_is_told_as_that(folder, monkeypatch):
    def breaks(path):
        raise KeyError("x")

    monkeypatch.setattr(fit_commands, "open_recording", breaks)
    outcome = run("describe", folder / "session.nwb")
    assert outcome.exit_code == 1 and "--debug" in said(outcome)
    assert "Traceback" not in outcome.output
    outcome = run("describe", folder / "session.nwb", "--debug")
    assert isinstance(outcome.exception, KeyError)


def test_a_stop_says_how_to_go_on(folder, monkeypatch):
    def stops(path):
        raise KeyboardInterrupt

    monkeypatch.setattr(fit_commands, "open_recording", stops)
    outcome = run("describe", folder / "session.nwb", "--json")
    assert outcome.exit_code == 1 and "same command" in json.loads(outcome.stdout)["todo"]
