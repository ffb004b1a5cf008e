"""Descriptions with hidden states: what they find is what Python finds, and folders read back."""

import dataclasses
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tests.descriptions.choices import choices
from tests.descriptions.running_rat import BIN_S, session

import spikeglm as nmo
from spikeglm.descriptions import Description, run_description
from spikeglm.descriptions.results import read_result
from spikeglm.descriptions.states.files import said
from spikeglm.descriptions.states.finding import FoundStates
from spikeglm.descriptions.states.reuse import predict_states, simulate_states
from spikeglm.recordings import Intervals, Recording, Series

CHOICES = choices(
    {"sound": "sound"},
    """
[states]
n_states = 2
sessions = "trials/day"
n_restarts = 3
tol = 1e-5
""",
)
COUNTS = """
[recording]
bin_s = 0.05
epochs = "epochs/session"
[[design.terms]]
kind = "tuning"
label = "speed"
signals = ["series/speed"]
basis = 4
[states]
n_states = 2
n_restarts = 2
tol = 1e-4
"""
N = 1200


def mouse(seed=0):
    """Choices that follow a sound on one day, and hardly on the next."""
    rng = np.random.default_rng(seed)
    sound, day = rng.normal(size=N), np.arange(N) // 200
    listens = np.arange(N) // 100 % 2 == 0
    choice = rng.random(N) < 1 / (1 + np.exp(-np.where(listens, 4 * sound, 1.5)))
    columns = {
        "trial": np.arange(N), "sound": sound, "choice": 1.0 * choice, "day": day,
        "right": (choice == (sound > 0)).astype(float), "reward": rng.normal(size=N),
    }  # fmt: skip
    start = np.arange(0.0, N)
    return Recording(trials=Intervals.of("trials", start, start + 0.5, columns))


def by_hand(recording, **more):
    """The same in Python, from the columns themselves."""
    trials = recording.trials
    starts = nmo.glm_hmm.session_starts(trials["day"])
    model = nmo.GLMHMM(2, n_restarts=3, tol=1e-5)
    X = trials["sound"][:, None]
    return model.fit(X, trials["choice"], session_starts=starts, **more), X, starts


def test_a_fit_is_that_of_python():
    recording = mouse()
    found = run_description(CHOICES, recording=recording)
    expected, *_ = by_hand(recording)
    np.testing.assert_allclose(found.coef_, expected.coef_, rtol=1e-8)
    np.testing.assert_allclose(found.transition_prob_, expected.transition_prob_, rtol=1e-8)
    assert found.fit_report_.n_sessions == 6 and found.observation_model == "Bernoulli"


def test_settings_inputs_and_what_was_right(tmp_path):
    recording = mouse()
    settings = [
        "states.transition_inputs=trials/reward",
        "states.correct=trials/right",
        "states.dirichlet_transition_proba=['sticky', 5]",
        "states.frozen_weights={sound = [nan, 0.5]}",
    ]
    found = run_description(CHOICES, settings, recording=recording, out=tmp_path / "out")
    assert found.dirichlet_transition_proba == ("sticky", 5)
    assert found.transition_coef_.shape == (1, 2, 2)
    assert found.coef_[0, 1] == 0.5 != found.coef_[0, 0]
    again = Description.read(tmp_path / "out" / "description.toml").states.of_model
    np.testing.assert_array_equal(again["frozen_weights"]["sound"], [np.nan, 0.5])
    table = pd.read_csv(tmp_path / "out" / "states.csv")
    assert table["correct"][2] == pytest.approx(recording.trials["right"].mean())
    assert (tmp_path / "out" / "transition_weights.csv").is_file()


def test_several_numbers_are_compared_and_read_back(tmp_path):
    recording, out = mouse(), tmp_path / "out"
    settings = ["states.n_states=[1, 2]", "states.folds=3", "states.n_restarts=2"]
    found = run_description(CHOICES, settings, recording=recording, out=out)
    _, X, starts = by_hand(recording)
    expected = nmo.glm_hmm.select_states(
        X, recording.trials["choice"], starts, n_states=[1, 2], folds=3, n_restarts=2, tol=1e-5
    )
    np.testing.assert_allclose(found.bits_per_trial, expected.bits_per_trial, rtol=1e-7)
    back = read_result(out)
    np.testing.assert_array_equal(back.choice.bits_per_trial, found.bits_per_trial)
    for field in dataclasses.fields(found.lapses.fit):
        was, now = (getattr(c.lapses.fit, field.name) for c in (found, back.choice))
        np.testing.assert_array_equal(now, was)
        assert type(now) is type(was)
    np.testing.assert_array_equal(back.choice.lapses.bits_per_trial, found.lapses.bits_per_trial)
    assert back.choice.lapses.statuses == found.lapses.statuses
    assert "a GLM with lapses, no states" in (out / "log.txt").read_text()
    assert back.choice.best.n_states == found.best.n_states == 2
    np.testing.assert_array_equal(back.model.coef_, found.best.coef_)
    assert (out / "report.html").is_file() and "held out" in (out / "log.txt").read_text()
    again = Description.read(out / "description.toml")
    assert again.states.numbers == (1, 2) and again.states.of_choice == {"folds": 3}


def test_counts_of_neurons_in_bins(tmp_path):
    found = run_description(
        COUNTS, ["output.tables=['parquet']"], recording=session(), out=tmp_path / "out"
    )
    assert found.observation_model == "Poisson" and found.coef_.shape[1:] == (2, 2)
    table = pd.read_parquet(tmp_path / "out" / "posterior.parquet")
    assert len(table) == len(session().series["speed"].read()[0])
    text = (tmp_path / "out" / "report.html").read_text()
    assert "bins of 50 ms" in text and BIN_S == 0.05


def test_states_of_another_recording_and_sessions_that_are_drawn(tmp_path, monkeypatch):
    recording, other = mouse(), mouse(seed=1)
    run_description(CHOICES, ["output.report=false"], recording=recording, out=tmp_path / "out")
    assert not (tmp_path / "out" / "report.html").exists()
    assert (tmp_path / "out" / "posterior.csv").is_file()
    result = read_result(tmp_path / "out")
    where = "spikeglm.descriptions.states.reuse.open_recording"
    monkeypatch.setattr(where, lambda path: other)
    model, X, starts = by_hand(recording)
    y = other.trials["choice"]
    X = other.trials["sound"][:, None]
    found = predict_states(result, "other.csv")
    np.testing.assert_allclose(found.table["predicted"], model.predict(X, y, starts), rtol=1e-6)
    np.testing.assert_allclose(
        found.table[["state_0", "state_1"]], model.smooth_proba(X, y, starts), atol=1e-7
    )
    p = y.mean()
    null = np.mean(y * np.log2(p) + (1 - y) * np.log2(1 - p))
    expected = model.score(X, y, starts) / N / np.log(2) - null
    assert found.bits_per_response == pytest.approx(expected, rel=1e-6)
    drawn = simulate_states(result, "other.csv", n_repeats=2, seed=1)
    assert len(drawn) == 2 * N and set(drawn["response"]) == {0.0, 1.0}
    assert set(drawn["state"]) == {0, 1}
    pd.testing.assert_frame_equal(drawn, simulate_states(result, "o", n_repeats=2, seed=1))
    sound = np.tile(other.trials["sound"], 2)
    engaged = int(np.argmax(model.coef_[0]))
    here = drawn["state"] == engaged
    assert np.corrcoef(sound[here], drawn["response"][here])[0, 1] > 0.6


def test_features_of_another_recording_are_made_as_in_the_fit(tmp_path, monkeypatch):
    """Ranges of splines are those of the fit, though the other animal is slower."""
    run_description(COUNTS, recording=session(), out=tmp_path / "out")
    result, fast = read_result(tmp_path / "out"), session(1)
    t, speed = fast.series["speed"].read()
    slow = replace(fast, series={**fast.series, "speed": Series("speed", t, 0.5 * speed)})
    monkeypatch.setattr("spikeglm.descriptions.states.reuse.open_recording", lambda path: slow)
    model, plan = result.model, result.description.design
    X, fresh = model.basis_.design(slow.data(plan)), plan.design(slow.data(plan))
    assert np.abs(X[:100] - fresh[:100]).max() > 0.1
    expected = model.smooth_proba(X, X.counts(slow["units"]))
    found = predict_states(result, "slow.nwb").table
    np.testing.assert_allclose(found[["state_0", "state_1"]], np.asarray(expected), atol=1e-9)
    assert list(found)[:2] == ["place", "fast"]


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("states.n_state=3", "n_states"),
        ("states.n_states=", "n_states = 3, or a list"),
        ("states.n_states=0", "too small"),
        ("states.n_states=[]", "no number"),
        ("states.folds=3", "a list, such as"),
        ("states.sessions=3", "a name in the recording"),
        ("states.observation_model=Poison", "Poisson"),
        ("states.observation_model=QuasiPoisson", "told apart"),
        ("states.tol=-1", "tol must be positive"),
        ("states.regularizer=Rigde", "Ridge"),
        ("analysis.search=forward", "one of them"),
        ("output.nwb=a.nwb", "leave output.nwb out"),
    ],
)
def test_what_cannot_be_meant_is_told_before_anything_is_read(setting, said):
    with pytest.raises((ValueError, TypeError), match=said):
        Description.read(CHOICES, [setting])


def labelled(values):
    """The mouse with labels in place of choices."""
    trials = mouse().trials
    columns = {name: trials[name] for name in ("trial", "sound", "day")} | {"choice": values}
    start = np.arange(0.0, N)
    return Recording(trials=Intervals.of("trials", start, start + 0.5, columns))


def sides(choice, sound, gap):
    """Left, right, and none where the sound is soft; empty in the file where it is missing."""
    of = np.where(choice == 1, "right", np.where(np.abs(sound) < 0.3, "none", "left"))
    return np.where(np.arange(N) % 50 == 3, gap, of)


def test_labels_are_choices_among_several(tmp_path):
    trials = mouse().trials
    values = sides(trials["choice"], trials["sound"], "")
    out = tmp_path / "out"
    found = run_description(CHOICES, recording=labelled(values), out=out)
    known = np.where(values == "", None, values)
    starts = nmo.glm_hmm.session_starts(trials["day"])
    expected = nmo.ClassifierGLMHMM(2, n_restarts=3, tol=1e-5)
    expected.fit(trials["sound"][:, None], known, session_starts=starts)
    assert found.classes_.tolist() == ["left", "none", "right"]
    np.testing.assert_allclose(found.coef_, expected.coef_, rtol=1e-8)
    assert found.fit_report_.n_seen == N - N // 50
    back = read_result(out)
    assert back.model.classes_.tolist() == ["left", "none", "right"]
    np.testing.assert_array_equal(back.model.coef_, found.coef_)
    weights = pd.read_csv(out / "weights.csv")
    assert {"left", "none", "right"} <= set(weights.astype(str).to_numpy().ravel())


def test_labels_of_another_recording_are_told_and_drawn(tmp_path, monkeypatch):
    trials = mouse().trials
    values = sides(trials["choice"], trials["sound"], "nan")
    run_description(CHOICES, recording=labelled(values), out=tmp_path / "out")
    result = read_result(tmp_path / "out")
    recording = labelled(values)
    monkeypatch.setattr("spikeglm.descriptions.states.reuse.open_recording", lambda _: recording)
    table = predict_states(result, "another").table
    shares = table[["p_left", "p_none", "p_right"]].to_numpy()
    np.testing.assert_allclose(shares.sum(axis=1), 1.0)
    best = np.array(["left", "none", "right"])[shares.argmax(axis=1)]
    assert (table["predicted"] == best).all() and (best == values).mean() > 0.6
    drawn = simulate_states(result, "another", n_repeats=2)
    assert set(drawn["response"]) == {"left", "none", "right"} and len(drawn) == 2 * N


@pytest.mark.parametrize("values", ["text", "truth", "numbers"])
def test_one_label_of_two_is_a_choice(values):
    trials = mouse().trials
    right = trials["choice"] == 1
    given, setting = {
        "text": (np.where(right, "right", "left"), ["states.one=right"]),
        "truth": (right, []),
        "numbers": (np.where(right, 1.0, -1.0), ["states.one=1"]),
    }[values]
    found = run_description(CHOICES, setting, recording=labelled(given))
    expected, *_ = by_hand(mouse())
    assert found.observation_model == "Bernoulli"
    np.testing.assert_allclose(found.coef_, expected.coef_, rtol=1e-8)


def test_models_tables_and_figures_know_what_is_one(tmp_path):
    given = np.where(mouse().trials["choice"] == 1, "<right>", "left")
    settings = ["states.one=<right>", "states.n_states=[1, 2]", "states.folds=2"]
    out = tmp_path / "out"
    chosen = run_description(CHOICES, settings, recording=labelled(given), out=out)
    assert [model.one_ for model in chosen.models] == ["<right>"] * 2
    result = read_result(out)
    model = result.model
    assert model.one_ == "<right>" and result.choice.best.one_ == "<right>"
    assert nmo.glm_hmm.order_states(model, list(range(model.n_states))).one_ == "<right>"
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "P(choice = &lt;right&gt;) over sound" in page and "<right>" not in page
    for name in ("weights", "lapses"):
        assert set(pd.read_csv(out / f"{name}.csv")["choice"]) == {"<right>"}
    assert "responses of 1 are '<right>'" in said(FoundStates(model, None, {}))
    X, y = mouse().trials["sound"][:, None], np.where(given == "<right>", 1.0, 0.0)
    assert nmo.plotting.plot_state_weights(model).get_ylabel() == "Weight (towards <right>)"
    assert nmo.plotting.plot_psychometric(model, X, y).get_ylabel() == "P(choice = <right>)"
    model.fit(X, y)  # of other data, for all that it knows
    assert nmo.plotting.plot_psychometric(model, X, y).get_ylabel() == "Mean response"


def test_an_interrupted_comparison_goes_on(tmp_path, monkeypatch):
    recording, out = mouse(), tmp_path / "out"
    settings = ["states.n_states=[1, 2]", "states.folds=2"]
    fit, made = nmo.glm_hmm.choosing.fit, []

    def stops(model, *others):
        made.append(model.n_states)
        if len(made) == 3:
            raise KeyboardInterrupt
        return fit(model, *others)

    monkeypatch.setattr("spikeglm.glm_hmm.choosing.fit", stops)
    with pytest.raises(KeyboardInterrupt):
        run_description(CHOICES, settings, recording=recording, out=out)
    found = run_description(CHOICES, settings, recording=recording, out=out)
    assert made == [1, 1, 2, 2, 2]
    expected = run_description(CHOICES, settings, recording=recording)
    np.testing.assert_array_equal(found.bits_per_trial, expected.bits_per_trial)
    assert (out / "report.html").is_file() and not list(tmp_path.glob("*.partial"))


def test_numbers_are_labels_if_it_is_said_and_compared_as_such():
    trials = mouse().trials
    values = np.where(
        trials["choice"] == 1, 1.0, np.where(np.abs(trials["sound"]) < 0.3, 0.0, -1.0)
    )
    settings = ["states.observation_model=Categorical", "states.n_states=[1, 2]", "states.folds=3"]
    chosen = run_description(CHOICES, settings, recording=labelled(values))
    assert chosen.best.classes_.tolist() == [-1.0, 0.0, 1.0]
    assert chosen.bits_per_trial.shape == (2, 3) and chosen.lapses is None


@pytest.mark.parametrize(
    ("values", "settings", "said"),
    [
        (["left", "right", "none"], ["states.one=up"], "Unknown label.*'left', 'none', 'right'"),
        (["left", "right", "none"], ["states.shared_features=['intercept']"], 'one = "right"'),
        (["left", "right", "none"], ["states.observation_model=Bernoulli"], 'one = "right"'),
        (["left", "left", "left"], [], "1 distinct label"),
        ([0.0, 1.0, 2.0], [], 'observation_model = "Categorical"'),
    ],
)
def test_labels_that_cannot_be_meant_are_refused_with_what_to_do(values, settings, said):
    recording = labelled(np.array(values)[np.arange(N) % 3])
    with pytest.raises((ValueError, TypeError), match=said):
        run_description(CHOICES, settings, recording=recording)


def test_the_page_of_labels_says_which_is_one(tmp_path):
    right = mouse().trials["choice"] == 1
    recording = labelled(np.where(right, "right", "left"))
    run_description(CHOICES, ["states.one=right"], recording=recording, out=tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "1 is &#x27;right&#x27;" in page or "1 is 'right'" in page


def test_labels_as_inputs_are_categories():
    last = np.where(np.arange(N) % 3 == 0, "left", "right")
    trials = mouse().trials
    columns = {name: trials[name] for name in ("trial", "choice", "day")} | {"last": last}
    start = np.arange(0.0, N)
    recording = Recording(trials=Intervals.of("trials", start, start + 0.5, columns))
    one = CHOICES.replace('signal = "trials/sound"', 'signal = "trials/last"')
    with pytest.raises(ValueError, match=r"name = .Category., categories ="):
        run_description(one, recording=recording)
    kinds = 'signals = ["trials/last"]\nbasis = { name = "Category", categories = ["right"] }'
    many = one.replace('kind = "signal"', 'kind = "tuning"').replace(
        'signal = "trials/last"', kinds
    )
    found = run_description(many, recording=recording)
    expected = nmo.GLMHMM(2, n_restarts=3, tol=1e-5)
    starts = nmo.glm_hmm.session_starts(trials["day"])
    expected.fit(1.0 * (last == "right")[:, None], trials["choice"], session_starts=starts)
    np.testing.assert_allclose(found.coef_, expected.coef_, rtol=1e-6)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("states.sessions=trials/dya", "trials/day"),
        ("recording.units=trials/sound", "observation_model = "),
        ("states.n_states=[1, 2]", "session"),
    ],
)
def test_what_the_recording_has_not_is_told_and_nothing_is_left(setting, said, tmp_path):
    settings = [setting]
    if "n_states" in setting:
        settings += ["states.sessions=", "states.folds=2"]  # all trials are one session
    with pytest.raises((ValueError, TypeError), match=said):
        run_description(CHOICES, settings, recording=mouse(), out=tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
