"""Pages of hidden states: numbers are those of the fit, warnings come first, data are checked."""

import copy
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tests.reporting.conftest import EVIL
from tests.reporting.test_report import Outline

import spikeglm as nmo
from spikeglm.reporting.states.methods import methods
from spikeglm.reporting.states.remarks import remarks
from spikeglm.reporting.states.subject import subject_of_states

pytestmark = pytest.mark.filterwarnings("ignore::spikeglm.errors.ConvergenceWarning")


def words_of(path):
    outline = Outline(path.read_text(encoding="utf-8"))
    assert outline.open == []
    return outline, " ".join(" ".join(outline.words).split())


def told(result, **data):
    subject = subject_of_states(result, title=None, **data)
    return remarks(subject), methods(subject).text


def titles(result, **data):
    return [(remark.title, remark.is_warning) for remark in told(result, **data)[0]]


@pytest.fixture(scope="module")
def rat():
    """Three thousand choices in six sessions: engaged, then biased; one feature is badly named."""
    rng = np.random.default_rng(3)
    X = pd.DataFrame({"stimulus": rng.normal(size=3000), EVIL: rng.normal(size=3000)})
    truth = nmo.GLMHMM(2)
    truth.coef_, truth.intercept_ = np.array([[4.0, 0.5], [0.0, 0.5]]), np.array([0.0, 2.0])
    truth.initial_prob_, truth.scale_ = np.array([0.6, 0.4]), np.ones(2)
    truth.transition_prob_ = np.array([[0.98, 0.02], [0.04, 0.96]])
    starts = np.arange(0, 3000, 500)
    y = np.asarray(truth.simulate(1, X.to_numpy(), session_starts=starts).y, dtype=float)
    return {"X": X, "y": y, "session_starts": starts}


@pytest.fixture(scope="module")
def model(rat):
    model = nmo.GLMHMM(2, n_restarts=3, tol=1e-6)
    return model.fit(rat["X"], rat["y"], session_starts=rat["session_starts"])


@pytest.fixture(scope="module")
def chosen(rat):
    return nmo.glm_hmm.select_states(
        rat["X"], rat["y"], rat["session_starts"], n_states=[1, 2, 3], n_restarts=2, folds=3,
        tol=1e-4,
    )  # fmt: skip


def test_the_page_says_what_a_choice_of_one_is(chosen, rat, tmp_path):
    chosen = copy.deepcopy(chosen)
    chosen.best.one_ = "right"
    page = nmo.report(chosen, tmp_path, **rat)
    _, words = words_of(page)
    assert "P(choice = right) over" in words
    assert "1 is 'right', 0 any other" in words
    assert "log-odds of 'right' per unit" in words
    assert "are 'right', and of" in words  # lapses
    assert "the log-odds of the choice 'right' was a baseline" in words
    counts = nmo.GLMHMM(1, observation_model="Poisson").fit(rat["X"], rat["y"])
    counts.one_ = "right"
    with pytest.raises(ValueError, match=r"Only of choices.*What to do: del model\.one_"):
        nmo.report(counts, tmp_path, X=rat["X"], y=rat["y"])


def test_the_page_of_a_fit_has_its_numbers(model, rat, tmp_path):
    right = ((rat["X"]["stimulus"] > 0) == (rat["y"] > 0)).to_numpy()
    page = nmo.report(model, tmp_path, **rat, correct=right)
    _, words = words_of(page)
    html = page.read_text(encoding="utf-8")
    assert EVIL not in html and EVIL in words
    assert not re.search(r">\s*(nan|None|inf)\s*<", html)
    sure = model.standard_errors(rat["X"], rat["y"], rat["session_starts"])
    for k in range(2):
        said = f"{model.coef_[0, k]:.2f} ± {sure.coef[0, k]:.2f}".replace("-", "−")
        assert said in words
        stay = f"{model.transition_prob_[k, k]:.3f} ± {sure.transition_prob[k, k]:.3f}"
        assert stay in words
    accuracy = nmo.glm_hmm.state_accuracy(
        model, rat["X"], rat["y"], rat["session_starts"], correct=right
    )
    assert f"{accuracy.correct[0]:.2f} ± " in words
    table = pd.read_csv(tmp_path / "states.csv")
    visits = nmo.glm_hmm.state_visits(model, rat["X"], rat["y"], rat["session_starts"]).to_frame()
    for column in ("occupancy", "n_ended", "mean_dwell", "mean_dwell_chain"):
        np.testing.assert_allclose(table[column][:2], visits[column], rtol=1e-8)
    np.testing.assert_allclose(table["correct"], accuracy.correct, rtol=1e-8)
    posterior = pd.read_csv(tmp_path / "posterior.csv")
    expected = model.smooth_proba(rat["X"], rat["y"], rat["session_starts"])
    np.testing.assert_allclose(posterior[["state_0", "state_1"]], expected, atol=1e-8)
    assert posterior["session"].tolist() == (np.arange(3000) // 500).tolist()
    assert html.count("<img ") == 7


def test_it_needs_nothing_but_itself_and_links_lead_somewhere(model, rat, tmp_path):
    page = nmo.report(model, tmp_path, **rat)
    outline, _ = words_of(page)
    sources = [value for _, name, value in outline.attributes if name == "src"]
    assert sources and all(value.startswith("data:") for value in sources)
    targets = [value for _, name, value in outline.attributes if name == "href"]
    ids = {value for _, name, value in outline.attributes if name == "id"}
    assert {t[1:] for t in targets if t.startswith("#")} <= ids
    files = {t[2:] for t in targets if t.startswith("./")}
    assert files == {path.name for path in tmp_path.iterdir()} - {page.name}


def test_the_page_of_a_choice_tells_all_numbers_of_states(chosen, rat, tmp_path):
    _, words = words_of(nmo.report(chosen, tmp_path, **rat))
    assert chosen.best.n_states == 2
    assert "2 hidden states" in words and "How many states" in words
    table = pd.read_csv(tmp_path / "numbers_of_states.csv")
    np.testing.assert_allclose(table["bits_per_trial"], chosen.mean, rtol=1e-8)
    folds = pd.read_csv(tmp_path / "folds.csv")
    means = folds.groupby("n_states")["bits_per_trial"].mean()
    np.testing.assert_allclose(means, chosen.mean, rtol=1e-8)
    assert "Ashwood et al., 2022" in words and "Hastie et al., 2009" in words


def test_lapses_stand_beside_the_numbers_of_states(chosen, rat, tmp_path):
    page = nmo.report(chosen, tmp_path, **rat)
    _, words = words_of(page)
    fit, bits = chosen.lapses.fit, chosen.lapses.bits_per_trial
    error = bits.std(ddof=1) / np.sqrt(3)
    assert "none, lapses" in words and f"{bits.mean():.4f} ± {error:.4f}" in words
    assert "Wichmann" in words and "two lapse rates" in words
    assert "Lapses would do as well" not in words  # states last, lapses do not
    table = pd.read_csv(tmp_path / "lapses.csv").set_index("parameter")["estimate"]
    np.testing.assert_allclose(table["lapse_to_one"], fit.lapse_to_one, rtol=1e-8)
    folds = pd.read_csv(tmp_path / "folds.csv")
    np.testing.assert_allclose(folds["lapses"], np.tile(bits, 3), rtol=1e-8)


def test_a_page_warns_where_lapses_would_do_as_well():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(2000, 1))
    listens, heard = rng.random(2000) < 0.7, x[:, 0] > rng.logistic(size=2000) / 4
    y = np.where(listens, heard, rng.random(2000) < 0.5).astype(float)
    starts = np.arange(0, 2000, 100)
    found = nmo.glm_hmm.select_states(x, y, starts, n_states=[2], n_restarts=3, folds=2, tol=1e-4)
    assert ("Lapses would do as well", True) in titles(found, X=x, y=y, session_starts=starts)


def test_given_weights_are_told_and_have_no_error(rat, tmp_path):
    frozen = {"stimulus": [np.nan, 0.25]}
    model = nmo.GLMHMM(2, n_restarts=2, tol=1e-4, frozen_weights=frozen)
    model.fit(rat["X"], rat["y"], session_starts=rat["session_starts"])
    page = nmo.report(model, tmp_path, **rat)
    html = page.read_text(encoding="utf-8")
    _, words = words_of(page)
    assert (
        "0.25 " in words and "0.25 ±" not in words and "given, and not learned (stimulus)" in words
    )
    assert not re.search(r">\s*(nan|None|inf)\s*<", html)


def test_the_paragraph_says_what_was_done_and_no_more(model, chosen, rat):
    _, text = told(model, **rat)
    for part in (
        "Choices in 3,000 trials of 6 sessions", "one of 2 (GLM-HMM)", "Bernoulli", "variance 1 ",
        "from 3 starts", "states summed out", "forward-backward",
    ):  # fmt: skip
        assert part in text, part
    for part in ("held out", "Dirichlet", "multinomial", "neurons", "[@"):
        assert part not in text, part
    assert text.endswith(".") and ".." not in text and "  " not in text
    _, of_choice = told(chosen, **rat)
    assert "models of 1, 2 and 3 hidden states were compared" in of_choice.lower()
    sticky = nmo.GLMHMM(
        2, n_restarts=1, dirichlet_transition_proba="sticky", regularizer_strength=0.25, tol=1e-4
    ).fit(rat["X"], rat["y"], session_starts=rat["session_starts"])
    _, other = told(sticky, **rat)
    assert "variance 4 " in other and "Dirichlet priors (sticky)" in other
    assert "from one start" in other


def test_warnings_say_what_is_wrong(model, chosen, rat):
    assert titles(model, **rat) == []
    lost = nmo.GLMHMM(2, n_restarts=1, maxiter=2).fit(
        rat["X"], rat["y"], session_starts=rat["session_starts"]
    )
    found = titles(lost, **rat)
    assert ("No fit to believe (iteration limit)", True) in found
    assert ("There was one start", True) in found
    alone = nmo.glm_hmm.order_states(model, [0, 1])
    alone.fit_report_ = replace(model.fit_report_, optimum=np.array([0, 1, 2]), run=0)
    assert ("One start alone found this optimum", True) in titles(alone, **rat)
    largest = replace(chosen, chosen=2)
    assert ("The largest number of states was chosen", True) in titles(largest, **rat)


def test_a_mixture_within_trials_is_told_from_states():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2000, 1))
    state = rng.integers(2, size=2000)
    y = rng.poisson(np.where(state, 8.0, 0.3) * np.exp(0.3 * X[:, 0]))
    model = nmo.GLMHMM(2, "Poisson", n_restarts=2).fit(X, y)
    assert ("States that do not stay", True) in titles(model, X=X, y=y)
    assert ("All trials were taken as one session", False) in titles(model, X=X, y=y)


def test_counts_in_bins_of_several_neurons(tmp_path):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"speed": rng.normal(size=1200)})
    up = np.arange(1200) // 100 % 2
    rates = np.exp(0.5 * up[:, None] * [2.0, -2.0] + 0.3 * X["speed"].to_numpy()[:, None])
    y = pd.DataFrame(rng.poisson(rates), columns=["a", "b"])
    model = nmo.GLMHMM(2, "Poisson", n_restarts=2).fit(X, y)
    _, words = words_of(nmo.report(model, tmp_path, X=X, y=y, bin_s=0.02, title="Up & down"))
    assert "Up & down" in words and "1,200 bins (24 s)" in words
    assert "Responses of 2 neurons in 1,200 bins of 20 ms of one session" in words
    assert "as the model expected" not in words
    weights = pd.read_csv(tmp_path / "weights.csv")
    assert weights["neuron"].unique().tolist() == ["a", "b"]
    with pytest.raises(ValueError, match="Only choices can be right"):
        nmo.report(model, tmp_path, X=X, y=y, correct=np.ones(1200))


def test_labels_of_several_classes(tmp_path):
    rng = np.random.default_rng(0)
    X, listens = rng.normal(size=(600, 1)), np.arange(600) // 100 % 2 == 0
    by_ear = np.where(X[:, 0] > 0.5, "right", np.where(X[:, 0] < -0.5, "left", "wait"))
    y = np.where(listens, by_ear, rng.choice(["left", "right", "wait"], 600))
    model = nmo.ClassifierGLMHMM(2, n_restarts=2, tol=1e-5).fit(X, y)
    _, words = words_of(nmo.report(model, tmp_path, X=X, y=y))
    assert "multinomial logistic regression" in words and "left, right and wait" in words
    assert "neurons" not in words


def test_missing_trials_and_moves_that_follow_inputs(rat, tmp_path):
    y = rat["y"].copy()
    y[100:400] = np.nan
    inputs = np.random.default_rng(5).normal(size=(3000, 1))
    data = {**rat, "y": y, "transition_inputs": inputs}
    model = nmo.GLMHMM(2, n_restarts=2, tol=1e-5)
    model.fit(rat["X"], y, session_starts=rat["session_starts"], transition_inputs=inputs)
    _, words = words_of(nmo.report(model, tmp_path, **data))
    assert "10 % of the trials are missing" in words and "where inputs are zero" in words
    assert "a multinomial logit of one input" in words
    table = pd.read_csv(tmp_path / "transition_weights.csv")
    np.testing.assert_allclose(
        table["weight"], [model.transition_coef_[0, 0, 1], model.transition_coef_[0, 1, 0]]
    )


def test_one_state_is_a_page_too(rat, tmp_path):
    model = nmo.GLMHMM(1).fit(rat["X"], rat["y"], session_starts=rat["session_starts"])
    _, words = words_of(nmo.report(model, tmp_path, **rat))
    assert "One state" in words and "Transitions" not in words and "forward-backward" not in words


def test_what_is_missing_or_wrong_is_said_and_nothing_is_written(model, rat, tmp_path):
    with pytest.raises(ValueError, match="X=X, y=y, session_starts=session_starts"):
        nmo.report(model, tmp_path)
    with pytest.raises(ValueError, match="not the data of the fit"):
        nmo.report(model, tmp_path, X=rat["X"], y=rat["y"])  # sessions forgotten
    with pytest.raises(ValueError, match="not fitted"):
        nmo.report(nmo.GLMHMM(2), tmp_path, **rat)
    with pytest.raises(ValueError, match="no offset"):
        nmo.report(model, tmp_path, **rat, offset=np.zeros(3000))
    with pytest.raises(ValueError, match="Only hidden states have sessions"):
        nmo.report(nmo.GLM("Bernoulli").fit(rat["X"], rat["y"]), tmp_path, **rat)
    assert list(tmp_path.iterdir()) == []
