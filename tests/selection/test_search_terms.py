"""Laws of searches for terms: against explicit refits, exhaustive ones, other orders."""

import numpy as np
import pytest
from scipy import stats
from tests.reference import numpy_glm

from spikeglm import GLM, PopulationGLM
from spikeglm.inference import information_criteria
from spikeglm.selection import InterleavedBlocks, fixed_folds, search_terms

RNG = np.random.default_rng(11)
T, J, N = 1200, 4, 5
X = np.linalg.qr(RNG.normal(size=(T, J)))[0] * np.sqrt(T)  # terms that are orthogonal
TRUE = np.array([[1, 0, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 0, 0], [1, 1, 1, 0]], bool).T
NUMBERS = X @ (TRUE * 0.5) + RNG.normal(size=(T, N))
COUNTS = RNG.poisson(np.exp(X @ (TRUE * 0.4) - 0.7))
FOLDS = fixed_folds(InterleavedBlocks(10, n_chunks=5), X)
LABELS = ["x0", "x1", "x2", "x3"]


def gains_by_hand(y, features):
    """Return the gain over the mean of the training rows in bits per spike, by fold."""
    out = []
    for train, test in FOLDS.split():
        null, dense = y[train].mean(), numpy_glm.fit(X[train][:, features], y[train])
        mean = np.exp(X[test][:, features] @ dense.coef + dense.intercept)
        gain = stats.poisson.logpmf(y[test], mean) - stats.poisson.logpmf(y[test], null)
        out.append(gain.sum() / y[test].sum() / np.log(2))
    return np.array(out)


def hardcastle_by_hand(y, alpha=0.05):
    """Return the terms that the rule of the paper selects, and the sets it tried, by loops."""

    def better(a, b):
        d = a - b
        return (d != 0).any() and stats.wilcoxon(d, alternative="greater").pvalue < alpha

    current, score, tried = [], None, []
    while len(current) < J:
        sets = [[*current, j] for j in range(J) if j not in current]
        scores = [gains_by_hand(y, sorted(each)) for each in sets]
        tried += [tuple(sorted(each)) for each in sets]
        best = int(np.argmax([each.mean() for each in scores]))
        if current and not better(scores[best], score):
            break
        current, score = sets[best], scores[best]
    return (sorted(current) if better(score, np.zeros(10)) else []), tried


def test_the_rule_of_the_paper_by_loops():
    found = search_terms(PopulationGLM(), X, COUNTS, folds=FOLDS)
    frame = found.steps_frame()
    for n in range(N):
        terms, tried = hardcastle_by_hand(COUNTS[:, n])
        assert np.flatnonzero(found.selected[:, n]).tolist() == terms
        mine = frame[frame["neuron"] == n]
        names = {" + ".join(LABELS[j] for j in each) for each in tried}
        assert set(mine["to"]) == names and len(mine) == len(tried)
    first = frame[(frame["neuron"] == 0) & (frame["step"] == 1)].set_index("to")
    by_hand = gains_by_hand(COUNTS[:, 0], [1])
    np.testing.assert_allclose(first.loc["x1", "score"], by_hand.mean(), rtol=1e-6)
    assert (
        found.p_value[0]
        == stats.wilcoxon(gains_by_hand(COUNTS[:, 0], [0]), alternative="greater").pvalue
    )
    np.testing.assert_array_equal(found.selected, TRUE)


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        ("hardcastle", "Poisson"),
        ("score", "Poisson"),
        ("one_se", "Gaussian"),
        ("aic", "Gaussian"),
        ("bic", "Poisson"),
    ],
)
def test_of_orthogonal_terms_all_ways_find_the_same(rule, name):
    y = NUMBERS if name == "Gaussian" else COUNTS
    found = {
        how: search_terms(PopulationGLM(name), X, y, folds=FOLDS, how=how, rule=rule)
        for how in ("forward", "backward", "all")
    }
    np.testing.assert_array_equal(found["forward"].selected, found["all"].selected)
    np.testing.assert_array_equal(found["backward"].selected, found["all"].selected)
    assert found["forward"].n_fits <= found["all"].n_fits == N * 2**J
    if rule in ("hardcastle", "one_se", "bic"):
        np.testing.assert_array_equal(found["all"].selected, TRUE)


@pytest.mark.parametrize("rule", ["hardcastle", "one_se", "bic"])
def test_the_order_of_terms_and_neurons_changes_nothing(rule):
    found = search_terms(PopulationGLM(), X, COUNTS, folds=FOLDS, rule=rule)
    terms, neurons = [2, 0, 3, 1], [4, 2, 0, 1, 3]
    other = search_terms(
        PopulationGLM(),
        X,
        COUNTS[:, neurons],
        folds=FOLDS,
        rule=rule,
        terms=[LABELS[j] for j in terms],
    )
    np.testing.assert_array_equal(other.selected, found.selected[terms][:, neurons])
    assert other.terms == tuple(LABELS[j] for j in terms)
    np.testing.assert_allclose(other.score, found.score[:, neurons], rtol=1e-7, atol=1e-12)
    assert [step.sets.shape[1] for step in other.steps] == [J] * len(other.steps)


def test_neurons_alone_get_what_they_get_together():
    found = search_terms(PopulationGLM(), X, COUNTS, folds=FOLDS)
    for n in (1, 3):
        alone = search_terms(GLM(), X, COUNTS[:, n], folds=FOLDS)
        np.testing.assert_array_equal(alone.selected[:, 0], found.selected[:, n])
        np.testing.assert_allclose(alone.score[:, 0], found.score[:, n], rtol=1e-6, atol=1e-12)


def test_each_neuron_is_fitted_to_its_own_sets_only():
    found = search_terms(PopulationGLM(), X, COUNTS, folds=FOLDS)
    asked = sum(int(step.is_candidate.sum()) for step in found.steps)
    assert found.n_fits == asked + N  # and the model without any term
    assert found.n_fits < N * 2**J


def test_criteria_are_those_of_explicit_fits():
    for criterion in ("aic", "bic"):
        found = search_terms(PopulationGLM("Gaussian"), X, NUMBERS, rule=criterion, how="all")
        frame = found.steps_frame().set_index(["neuron", "to"])
        few = X[:, [0, 2]]
        expected = information_criteria(PopulationGLM("Gaussian").fit(few, NUMBERS), few, NUMBERS)
        for n in range(N):
            score = frame.loc[(n, "x0 + x2"), "score"]
            assert score == pytest.approx(-getattr(expected, criterion)[n], rel=1e-9)


def test_criteria_of_penalised_fits_count_effective_parameters():
    ridge = {"regularizer": "Ridge", "regularizer_strength": 0.2}
    found = search_terms(PopulationGLM(**ridge), X, COUNTS, rule="aic", how="all")
    few = X[:, [1, 3]]
    expected = information_criteria(PopulationGLM(**ridge).fit(few, COUNTS), few, COUNTS).aic
    frame = found.steps_frame().set_index(["neuron", "to"])
    for n in range(N):
        assert frame.loc[(n, "x1 + x3"), "score"] == pytest.approx(-expected[n], rel=1e-7)


def test_named_groups_and_terms_that_all_models_have():
    groups = {"first": ["x0", "x1"], "third": ["x2"]}
    found = search_terms(PopulationGLM(), X, COUNTS, folds=FOLDS, terms=groups, always="x3")
    assert found.terms == ("first", "third")
    np.testing.assert_array_equal(found.selected, [[1, 1, 0, 0, 1], [0, 0, 1, 0, 1]])
    with_x3 = gains_by_hand(COUNTS[:, 0], [3])
    np.testing.assert_allclose(found.base_score[:, 0], with_x3, rtol=1e-6, atol=1e-9)
    for wrong in (["x9"], LABELS):
        with pytest.raises(ValueError, match="term"):
            search_terms(PopulationGLM(), X, COUNTS, folds=FOLDS, always=wrong)
    with pytest.raises(ValueError, match="neither searched nor"):
        search_terms(PopulationGLM(), X, COUNTS, folds=FOLDS, terms=["x0", "x1"])


def test_a_copy_of_a_term_adds_nothing_and_the_first_by_name_is_taken():
    twice = np.column_stack([X[:, :2], X[:, 0]])
    names = {"b": [0], "other": [1], "a": [2]}
    found = search_terms(
        PopulationGLM(),
        twice,
        COUNTS[:, :1],
        folds=FOLDS,
        terms={label: slice(j[0], j[0] + 1) for label, j in names.items()},
    )
    assert found.sets == ("a",)


def test_few_folds_are_refused_or_warned_of():
    with pytest.raises(ValueError, match=r"0\.0625"):
        search_terms(PopulationGLM(), X, COUNTS, folds=4)
    with pytest.warns(UserWarning, match="every single one"):
        search_terms(PopulationGLM(), X, COUNTS, folds=5)
    search_terms(PopulationGLM(), X, COUNTS, folds=4, rule="one_se")
    with pytest.raises(ValueError, match="at least 7 folds"):
        search_terms(PopulationGLM(), X, COUNTS, folds=6, alpha=0.01)


def test_trouble_is_a_status_and_harms_nobody():
    y = COUNTS.copy()
    y[:, 3] = 0
    y[: T // 5, 4] = 0  # two folds of runs without spikes
    y[120:, 2] = 0  # spikes in a single fold
    with pytest.warns(UserWarning, match="2 neurons without an answer: 2: 0 of 10 folds"):
        found = search_terms(PopulationGLM(), X, y, folds=10)
    assert found.is_known.tolist() == [True, True, False, False, True]
    assert "silent" in found.reason[3] and "0 of 10 folds" in found.reason[3]
    assert found.reason[4] == "8 of 10 folds count"
    assert found.sets[2:4] == ("?", "?") and found.sets[4] == "x0 + x1 + x2"
    whole = search_terms(PopulationGLM(), X, COUNTS, folds=10)
    np.testing.assert_array_equal(found.selected[:, :2], whole.selected[:, :2])


def test_where_a_candidate_has_no_fit_nobody_knows_the_answer():
    """A place without spikes separates: "none" would be wrong, as it might have been the best."""
    place = np.eye(4)[np.arange(T) % 4][:, :3]
    y = np.random.default_rng(0).poisson(0.3, (T, 2))
    y[::4, 0] = 0
    terms = {"place": [0, 1, 2], "other": [3]}
    for how in ("forward", "backward", "all"):
        with pytest.warns(UserWarning, match="without an answer"):
            found = search_terms(
                PopulationGLM(), np.column_stack([place, X[:, 0]]), y, terms=terms, how=how
            )
        assert found.sets == ("?", "none")
        assert found.reason == ("sets of terms without a fit (separated)", "")
    ridge = PopulationGLM(regularizer="Ridge", regularizer_strength=1e-3)
    with_penalty = search_terms(ridge, np.column_stack([place, X[:, 0]]), y, terms=terms)
    assert with_penalty.sets == ("place", "none")


def test_missing_responses_and_a_term_that_is_constant_in_a_fold():
    y = COUNTS.astype(float)
    y[RNG.uniform(size=T) < 0.1, 1] = np.nan
    y[100:130] = np.nan
    features = np.column_stack([X, np.zeros(T)])
    features[:100, 4] = RNG.normal(size=100)  # only in the first of ten runs
    found = search_terms(PopulationGLM(), features, y, folds=10)
    np.testing.assert_array_equal(found.selected[:4], TRUE)
    assert not found.selected[4].any() and found.is_known.all()


def test_arguments_that_cannot_be_used():
    for wrong in ({"how": "sideways"}, {"rule": "best"}, {"alpha": 2.0}, {"measure": "r2"}):
        with pytest.raises(ValueError, match=r"search|rule|alpha|measure"):
            search_terms(PopulationGLM(), X, COUNTS, folds=FOLDS, **wrong)
    with pytest.raises(ValueError, match="quasi-likelihood"):
        search_terms(PopulationGLM("QuasiPoisson"), X, COUNTS, rule="aic")
    many = RNG.normal(size=(100, 13))
    with pytest.raises(ValueError, match="too many sets"):
        search_terms(GLM(), many, COUNTS[:100, 0], how="all")


def test_a_term_that_is_called_none_is_not_taken_for_no_term():
    found = search_terms(
        GLM(), X, COUNTS[:, 0], rule="aic", terms={"none": "x0", "?": "x1"}, always=LABELS[2:]
    )
    words = [found.name_of(np.array(has)) for has in ([0, 0], [1, 0], [0, 1], [1, 1])]
    assert words == ["none", "'none'", "'?'", "none + ?"]


def test_tables_and_words():
    found = search_terms(PopulationGLM(), X, COUNTS, folds=FOLDS)
    frame = found.to_frame()
    assert len(frame) == N * J
    assert frame["is_encoded"].to_numpy().reshape(N, J).T.tolist() == found.selected.tolist()
    assert (frame["step"][frame["is_encoded"]] > 0).all()
    np.testing.assert_allclose(found.share, TRUE.mean(axis=1))
    assert found.counts()["none"] == 1
    assert "10 allow 0.00098" in repr(found) and "= x0 + x1" in found.to_html()
    assert r"\toprule" in found.to_latex()
