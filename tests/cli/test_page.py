"""The page about the command line: its commands run as they are printed, in their order."""

import re
import shlex
from pathlib import Path

import pytest
from tests.cli.files import run
from tests.nwb_fixture import session, write_nwb

from spikeglm.cli.app import app
from spikeglm.cli.options import settings_that_begin
from spikeglm.descriptions import Description
from spikeglm.descriptions.session import read_session

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "command_line.md").read_text()
NAMES = ("describe", "fit", "report", "predict", "simulate", "demo")


def commands(text):
    """Yield the words of each command in the blocks of shell."""
    for block in re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL):
        for line in block.splitlines():
            words = shlex.split(line, comments=True)
            if words and words[0] == "spikeglm":
                yield words[1:]


def test_every_command_of_the_page_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_nwb("session.nwb", session(n_units=2, n_trials=15))
    seen = []
    for words in commands(TEXT):
        outcome = run(*words)
        assert outcome.exit_code == 0, (words, outcome.output)
        seen.append(words[0])
        if "--template" in words:
            _make_small(Path(words[-1]))
    assert {*seen} == {"describe", "fit", "report", "predict", "simulate"}
    assert (tmp_path / "session" / "report.html").is_file()
    assert (tmp_path / "rates.csv").is_file() and (tmp_path / "drawn.csv").is_file()


def _make_small(path):
    """Wider bins, and fewer functions over them: a test has seconds."""
    text = path.read_text().replace("bin_s = 0.02", "bin_s = 0.1").replace("[8, 8]", "[4, 4]")
    text = text.replace("n_basis_funcs = 5", "n_basis_funcs = 2")
    quick = ['rule = "score"', "folds = { n_folds = 5, n_chunks = 2 }"]
    quick += ['model = { regularizer = "Ridge", regularizer_strength = 0.01 }']
    path.write_text(text.replace("seed = 0", "\n".join(quick)))


def test_the_descriptions_on_the_page_are_some():
    texts = re.findall(r"```toml\n(.*?)```", TEXT, flags=re.DOTALL)
    whole, derived, choices, states = map(Description.read, texts)
    assert [term.label for term in whole.design.terms] == ["position", "speed", "history"]
    assert list(derived.recording.derived_epochs) == ["forward", "planning", "around"]
    assert read_session(choices).X.shape == (20_000, 1)
    assert read_session(states).X.shape == (20_000, 2)
    assert states.states.numbers == (1, 2, 3, 4, 5)


def test_the_page_knows_every_command():
    registered = {command.callback.__name__ for command in app.registered_commands}
    assert registered == {*NAMES}
    for name in NAMES:
        assert f"| `{name}" in TEXT


@pytest.mark.parametrize("name", NAMES)
def test_help_has_examples_that_are_commands(name):
    outcome = run(name, "--help")
    assert outcome.exit_code == 0
    shown = [line.strip() for line in outcome.stdout.splitlines() if "spikeglm " in line]
    examples = [line for line in shown if line.startswith(f"spikeglm {name}")]
    assert examples
    for line in examples:
        words = shlex.split(line)[1:]
        known = run(words[0], "--help").stdout
        assert all(word in known for word in words if word.startswith("--"))


def test_settings_are_completed():
    assert settings_that_begin("analysis.sea") == ["analysis.search="]
    assert "recording.path=" in settings_that_begin("") and settings_that_begin("x") == []
