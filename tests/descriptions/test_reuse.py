"""Results at work: predictions and simulations against those of the model by hand."""

import numpy as np
import pandas as pd
import pytest
from tests.descriptions.choices import RAT, choices
from tests.descriptions.running_rat import BIN_S, TEXT, session

import spikeglm as nmo
from spikeglm.cli.model_commands import _of_simulation
from spikeglm.descriptions import reuse
from spikeglm.descriptions.session import with_units
from spikeglm.recordings import Intervals

HISTORY = """
[[design.terms]]
kind = "history"
label = "history"
spikes = "units"
window = 0.2
basis = 3
neurons = "own"
"""


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    """Results of a design with a history; "recordings" are handed out by name."""
    out = tmp_path_factory.mktemp("reuse") / "results"
    text = TEXT.replace("[analysis]", HISTORY + "\n[analysis]")
    nmo.run_description(
        text, ["recording.path=first", "output.report=false"], recording=session(), out=out
    )
    return reuse.Result.read(out)


@pytest.fixture(autouse=True)
def _files(monkeypatch):
    sessions = {"first": session(), "second": session(seed=1)}
    no_units = with_units(session(seed=1), _section(["fast"]))
    monkeypatch.setattr(
        reuse,
        "open_recording",
        lambda path: (sessions | {"fewer": no_units})[str(path).rpartition("/")[2]],
    )


def _section(neurons):
    from spikeglm.descriptions.sections import RecordingSection

    return RecordingSection(neurons=neurons)


def test_rates_are_those_of_the_model(result):
    found = reuse.predict(result, "second")
    model = result.encoding.model
    X = model.basis_.design(session(seed=1).data(result.description.design))
    expected = np.asarray(model.predict(X)) / BIN_S
    np.testing.assert_allclose(found.rate_hz.to_numpy(), expected)
    assert list(found.rate_hz) == ["place", "fast"]
    np.testing.assert_allclose(found.rate_hz.index[:2], [BIN_S / 2, 3 * BIN_S / 2])


def test_another_session_is_predicted_better_than_by_the_mean(result):
    found = reuse.predict(result, "second")
    y = np.asarray(result.encoding.model.basis_.design(
        session(seed=1).data(result.description.design)).counts(session(seed=1).units))  # fmt: skip
    mean = result.encoding.model.fit_report_.result.mean_response
    mu = found.rate_hz.to_numpy() * BIN_S
    known = np.isfinite(mu).all(axis=1)
    gain = (y * np.log(mu / mean) - mu + mean)[known].sum(axis=0) / y[known].sum(axis=0)
    np.testing.assert_allclose(found.bits_per_spike, gain / np.log(2), rtol=1e-8)
    assert (found.bits_per_spike > [0.5, 0.02]).all()


def test_simulated_sessions_fire_as_the_recorded_one(result):
    drawn = reuse.simulate(result, n_repeats=3, seed=1)
    assert list(drawn) == ["repeat", "time_s", "place", "fast"]
    assert drawn.groupby("repeat").size().tolist() == [6000] * 3
    per_session = drawn.groupby("repeat")[["place", "fast"]].sum().mean()
    recorded = dict(zip(session().units.names, session().units.n_spikes, strict=True))
    for name, n in recorded.items():
        assert abs(per_session[name] - n) < 5 * np.sqrt(n)
    pd.testing.assert_frame_equal(drawn, reuse.simulate(result, n_repeats=3, seed=1))


def test_tables_are_written_whole(tmp_path, monkeypatch):
    table = pd.DataFrame({3: [1.0, 2.0]}, index=pd.Index([0.1, 0.2], name="time_s"))
    for form in ("csv", "parquet"):
        reuse.write_table(table, tmp_path / f"rates.{form}")
    assert pd.read_csv(tmp_path / "rates.csv").columns.tolist() == ["time_s", "3"]
    assert pd.read_parquet(tmp_path / "rates.parquet")["3"].tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match=r"\.csv"):
        reuse.write_table(table, tmp_path / "rates.xlsx")
    monkeypatch.setattr(pd.DataFrame, "to_csv", _full)
    with pytest.raises(OSError, match="No space"):
        reuse.write_table(table, tmp_path / "rates.csv")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rates.csv", "rates.parquet"]
    assert pd.read_csv(tmp_path / "rates.csv").shape == (2, 2)


def _full(self, path, **options):
    path.write_text("half")
    raise OSError(28, "No space left on device")


def test_a_folder_of_something_else_is_told(tmp_path):
    with pytest.raises(ValueError, match="spikeglm fit"):
        reuse.Result.read(tmp_path)


CHOICES = choices(
    {"second sound": "s2"},
    """
[analysis]
observation_model = "Bernoulli"
folds = 5
[output]
report = false
""",
    path=RAT,
)


def test_choices_are_predicted_in_bits_of_their_own_likelihood(tmp_path, monkeypatch):
    monkeypatch.undo()
    out = tmp_path / "choices"
    nmo.run_description(CHOICES, out=out)
    result = reuse.Result.read(out)
    assert (result.encoding.event, result.encoding.is_count) == ("event", True)
    bits = reuse.predict(result, RAT).bits_per_spike
    held_out = result.encoding.neurons()["held_out"].iloc[0]
    np.testing.assert_allclose(bits[0], held_out, rtol=0.05)


def test_rows_that_are_trials_are_called_so_and_their_means_are_no_rates(tmp_path, monkeypatch):
    """They were a column time_s, and of every second trial probabilities were halved."""
    monkeypatch.undo()
    rng = np.random.default_rng(0)
    sound = rng.normal(size=400)
    told = {"sound": sound, "choice": (rng.random(400) < 1 / (1 + np.exp(-sound))) * 1.0}
    told["number"] = 2.0 * np.arange(400)
    table = Intervals.of("trials", np.arange(400.0), np.arange(400.0) + 0.5, told)
    recording = nmo.recordings.Recording(trials=table)
    text = CHOICES.replace("trials/trial", "trials/number").replace("trials/s2", "trials/sound")
    text = text.replace('path = "datasets://rat_choices"', "")
    nmo.run_description(text, out=tmp_path / "out", recording=recording)
    monkeypatch.setattr(reuse, "open_recording", lambda path: recording)
    result = reuse.Result.read(tmp_path / "out")
    found = reuse.predict(result, "any.nwb").rate_hz
    assert found.index.name == "number"
    assert found.iloc[:, 0].mean() == pytest.approx(told["choice"].mean(), rel=1e-6)
    drawn = reuse.simulate(result, "any.nwb")
    assert list(drawn)[:2] == ["repeat", "number"]
    facts = _of_simulation(result, drawn, tmp_path)
    assert facts["mean_response"][str(result.neurons[0])] == pytest.approx(0.5, abs=0.1)
