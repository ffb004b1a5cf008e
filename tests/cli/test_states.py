"""Hidden states from a file to results, as a user types it."""

import numpy as np
import pandas as pd
import pytest
from tests.cli.files import answered, run, said
from tests.descriptions.choices import RAT, choices

TEXT = choices(
    {"first sound": "s1", "last choice": "c"},
    """
[states]
n_states = 2
sessions = "trials/day"
n_restarts = 1
tol = 1e-3
""",
    path=RAT,
)


@pytest.fixture(scope="module")
def description(tmp_path_factory):
    file = tmp_path_factory.mktemp("lab") / "states.toml"
    file.write_text(TEXT)
    return file


@pytest.fixture(scope="module")
def fitted(description):
    out = description.parent / "results"
    return run("fit", description, "--out", out, "--json"), out


def test_fit_writes_what_it_says(fitted):
    outcome, out = fitted
    assert outcome.exit_code == 0, outcome.output
    facts = answered(outcome)
    assert facts["n_states"] == 2 and facts["n_sessions"] == 80 and facts["n_rows"] == 20000
    assert facts["status"] == "converged" and sum(facts["share_of_rows"]) == pytest.approx(1)
    assert set(facts["files"]) == {path.name for path in out.iterdir()}
    for name in ("report.html", "states.npz", "description.toml", "posterior.csv", "log.txt"):
        assert name in facts["files"]


def test_report_is_made_anew(fitted):
    _, out = fitted
    before = pd.read_csv(out / "weights.csv")
    (out / "report.html").unlink()
    outcome = run("report", out)
    assert outcome.exit_code == 0, outcome.output
    assert (out / "report.html").is_file()
    pd.testing.assert_frame_equal(pd.read_csv(out / "weights.csv"), before, rtol=1e-6)


def test_predict_tells_states_and_simulate_draws_them(fitted, tmp_path):
    _, out = fitted
    outcome = run("predict", out, RAT, "--out", tmp_path / "p.csv", "--json")
    assert outcome.exit_code == 0, outcome.output
    facts = answered(outcome)
    table = pd.read_csv(tmp_path / "p.csv")
    assert table.columns[0] == "trial"  # it was called time_s
    posterior = pd.read_csv(out / "posterior.csv")
    np.testing.assert_allclose(table["state_0"], posterior["state_0"], atol=1e-7)
    assert facts["share_of_rows"]["state_0"] == pytest.approx(table["state_0"].mean())
    assert 0.01 < facts["bits_per_response"] < 0.2
    drawn = run("simulate", out, "--out", tmp_path / "s.csv", "--seed", 1)
    assert drawn.exit_code == 0 and "20,000 rows" in drawn.stdout
    assert list(pd.read_csv(tmp_path / "s.csv")) == ["repeat", "trial", "state", "response"]


def test_an_older_result_is_replaced_and_nothing_else_is(fitted, description, tmp_path):
    outcome = run("fit", description, "states.n_states=1", "--out", fitted[1].parent / "again")
    assert outcome.exit_code == 0
    outcome = run("fit", description, "states.n_states=1", "--out", fitted[1].parent / "again")
    assert outcome.exit_code == 0 and "1 state" in outcome.stdout
    (tmp_path / "mine.txt").write_text("mine")
    outcome = run("fit", description, "--out", tmp_path)
    assert outcome.exit_code == 2 and "in use" in said(outcome)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("states.n_states=", "n_states = 3, or a list"),
        ("states.n_state=3", "did you mean"),
        ("states.sessions=trials/dya", "trials/day"),
        ("states.folds=5", "write a list, or leave them out"),
        ("states.regularizer_strength=auto", "cannot be found automatically"),
        ("recording.units=trials/s1", "observation_model"),
    ],
)
def test_errors_are_a_cause_and_a_remedy_and_leave_nothing(setting, words, description, tmp_path):
    outcome = run("fit", description, setting, "--out", tmp_path / "out")
    assert outcome.exit_code == 2
    text = said(outcome)
    assert words in text.replace("Did", "did"), text
    assert "Error:" in text and "What to do:" in text
    assert list(tmp_path.iterdir()) == []


def test_a_recording_that_is_gone_is_said_and_the_page_stays(fitted, tmp_path):
    _, out = fitted
    moved = tmp_path / "moved"
    moved.mkdir()
    for path in out.iterdir():
        (moved / path.name).write_bytes(path.read_bytes())
    text = (moved / "description.toml").read_text()
    gone = text.replace(RAT, str(tmp_path / "gone.nwb"))
    (moved / "description.toml").write_text(gone)
    page = (moved / "report.html").read_bytes()
    outcome = run("report", moved)
    assert outcome.exit_code == 2 and "gone.nwb" in said(outcome)
    assert (moved / "report.html").read_bytes() == page


@pytest.mark.filterwarnings("default")  # as on a command line
def test_strict_is_not_content_without_an_optimum(description, tmp_path):
    words = ("fit", description, "states.maxiter=2", "output.report=false")
    outcome = run(*words, "--out", tmp_path / "a", "--strict")
    assert outcome.exit_code == 1 and "iteration limit" in said(outcome)
    assert (tmp_path / "a" / "states.npz").is_file()
    assert run(*words, "--out", tmp_path / "b").exit_code == 0
