"""What a student writes at night: each mistake is told before anything is fitted."""

from dataclasses import replace

import numpy as np
import pytest
from tests.descriptions.running_rat import TEXT, session

from spikeglm import errors
from spikeglm.descriptions import Description
from spikeglm.descriptions.session import read_session
from spikeglm.recordings import Intervals

EVENTS = """
[[design.terms]]
kind = "events"
label = "cue"
times = "trials/cue_time"
window = [-0.5, 1.0]
"""
HISTORY = """
[[design.terms]]
kind = "history"
label = "past"
spikes = "units"
window = 0.2
basis = { name = "RaisedCosineLogEval", n_basis_funcs = 3 }
"""
TEXT = TEXT.replace("[analysis]", EVENTS + HISTORY + "[analysis]")


def told(*changes):
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    with pytest.raises((ValueError, TypeError)) as caught:
        read_session(Description.read(text), session())
    message = str(caught.value)
    assert " Given: " in message and " Expected: " in message
    return message


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        # other data than a term takes
        ('"trials/cue_time"', '"trials/side"', "which is labels"),
        ('"epochs/session"', '"series/speed"', "'trials', 'epochs/session'"),
        ('spikes = "units"', 'spikes = "trials"', "or counts: 'units'"),
        ("[recording]", '[recording]\nunits = "trials/side"', "a column of 0 and 1"),
        ('["series/speed"]', '["epochs/session"]', "which is intervals"),
        # milliseconds
        ("[-0.5, 1.0]", "[-500, 1000]", "longer than the recording"),
        ("window = 0.2", "window = 500", "0.02 is 20 ms"),
        ("bin_s = 0.05", "bin_s = 0", "above zero"),
        ("bin_s = 0.05", "bin_s = -0.05", "above zero"),
        ("bin_s = 0.05", 'bin_s = "50 ms"', "0.02 for 20 ms"),
        ("bin_s = 0.05", "", "write bin_s = 0.02 below"),
        # words of bases
        ("RaisedCosineLogEval", "RaisedCosineLog", "Did you mean 'RaisedCosineLogEval'"),
        ("RaisedCosineLogEval", "RaisedCosineLogConv", "write 'RaisedCosineLogEval'"),
        ("n_basis_funcs", "n_basis", "Did you mean 'n_basis_funcs'"),
        (", n_basis_funcs = 3", "", "also n_basis_funcs"),
        # words of terms and of the analysis
        ('kind = "history"', "", "kind = one of"),
        ('"Ridge"', '"ridge"', "Did you mean 'Ridge'"),
        ('"Ridge"', '"Ridge", observation_model = "Poison"', "Did you mean 'Poisson'"),
        ('"Ridge"', '"Ridge", solver_name = "LBFG"', "Did you mean 'LBFGS'"),
        ("[analysis]", '[analysis]\nstrengths = "atuo"', "'auto'"),
        ("[analysis]", '[analysis]\nseed = "x"', "a whole number"),
        ("[analysis]", '[analysis]\nobservation_model = "Bernouli"', "'Bernoulli'"),
        ("{ n_folds = 5, n_chunks = 3 }", '"ten"', "ContiguousBlocks"),
        # TOML
        ('rule = "score"', "rule = score", 'put text in quotes: rule = "score"'),
        ('rule = "score"', "[output]\nreport = True", "report = true"),
        ("bin_s = 0.05", 'path = "C:\\lab\\a.nwb"', "write paths with /"),
        ("bin_s = 0.05", "bin_s = 0.05\nbin_s = 0.1", "say it once"),
        ("[[design.terms]]", "[design.terms]", "two brackets"),
    ],
)
def test_a_mistake_is_told_with_its_remedy(old, new, words):
    assert words in told((old, new))


def test_one_term_in_single_brackets_is_told():
    with pytest.raises(TypeError, match=r"\[\[design.terms\]\]"):
        Description.read('[design.terms]\nkind = "boxcar"\n')


def test_without_terms_there_is_nothing_to_do():
    with pytest.raises(ValueError, match="the design has none"):
        Description.read('[analysis]\nalways = ["history"]\n')
    with pytest.raises(ValueError, match="--template"):
        read_session(Description.read("[recording]\nbin_s = 0.1\n"), session())


def test_long_bins_are_doubted():
    text = TEXT.replace("bin_s = 0.05", "bin_s = 2").replace("0.2\n", "4.0\n")
    text = text.replace("[-0.5, 1.0]", "[0, 4]")
    with pytest.warns(UserWarning, match="Bins are 2 s long"):
        read_session(Description.read(text), session())


def test_long_lists_of_names_are_cut_short():
    message = str(errors.unknown_name("name", "unit_1999", [f"unit_{i}" for i in range(200)]))
    assert "'unit_39' and 160 more" in message and "Did you mean 'unit_199'" in message


@pytest.mark.parametrize("column", ["contrast", "choice", "reaction_s"])
@pytest.mark.parametrize("prefix", ["trials/", ""])
def test_numbers_that_are_no_times_are_refused_as_events(column, prefix):
    """A kernel around a contrast of 0.5 was one around half a second into the recording."""
    trials = session().trials
    n = len(trials)
    rng = np.random.default_rng(0)
    columns = {
        "contrast": rng.choice([0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0], n),
        "choice": rng.choice([-1.0, 1.0], n),
        "reaction_s": rng.uniform(0.2, 0.9, n),
        "go": trials["start"] + rng.uniform(0.2, 0.9, n),
    }
    trials = Intervals.of("trials", trials["start"], trials["end"], columns)
    recording = replace(session(), trials=trials)
    text = TEXT.replace("[design]\n", "").replace(
        "[recording]", '[design]\ntrials = "trials"\n[recording]'
    )
    wrong = text.replace('"trials/cue_time"', f'"{prefix}{column}"')
    with pytest.raises(ValueError, match=rf"'cue' takes times.*trials/{column}") as caught:
        read_session(Description.read(wrong), recording)
    assert ("since the start" in str(caught.value)) is (column == "reaction_s")
    assert "values = " in str(caught.value)
    read_session(Description.read(text.replace('"trials/cue_time"', f'"{prefix}go"')), recording)
