"""Comparisons equal explicit fits of each model and fold; what cannot be compared is refused."""

import numpy as np
import pytest
from scipy import stats

from spikeglm import GLM, ClassifierGLM, PopulationGLM
from spikeglm.basis import BSplineEval, HistoryConv
from spikeglm.observation_models import NegativeBinomialObservations
from spikeglm.selection import InterleavedBlocks, compare, fixed_folds

RNG = np.random.default_rng(3)
T, N, K = 600, 3, 6
X = RNG.normal(size=(T, 4))
COUNTS = RNG.poisson(np.exp(X @ RNG.normal(0, 0.4, (4, N)) - 0.5))
NUMBERS = X @ RNG.normal(0, 0.4, (4, N)) + RNG.normal(size=(T, N))
FOLDS = fixed_folds(InterleavedBlocks(K, n_chunks=2), X)


def by_hand(make, X, y, score):
    """Loop over folds and neurons; (K, N)."""
    out = np.empty((K, y.shape[1]))
    for k, (train, test) in enumerate(FOLDS.split()):
        for n in range(y.shape[1]):
            model = make().fit(X[train], y[train, n])
            out[k, n] = score(model, X[test], y[test, n], y[train, n].mean())
    return out


def log_poisson(model, X, y, null):
    return stats.poisson.logpmf(y, model.predict(X)).mean()


def log_normal(model, X, y, null):
    return stats.norm.logpdf(y, model.predict(X), np.sqrt(model.scale_[0])).mean()


def bits(model, X, y, null):
    mean = model.predict(X)
    gain = stats.poisson.logpmf(y, mean) - stats.poisson.logpmf(y, null)
    return gain.sum() / y.sum() / np.log(2)


def explained(model, X, y, null):
    return 1 - np.square(y - model.predict(X)).sum() / np.square(y - null).sum()


RIDGE = {"regularizer": "Ridge", "regularizer_strength": 0.05}
CASES = {
    "log-likelihood of counts": ("Poisson", COUNTS, "log_likelihood", log_poisson),
    "log-likelihood of numbers": ("Gaussian", NUMBERS, "log_likelihood", log_normal),
    "bits per spike": ("Poisson", COUNTS, "bits_per_spike", bits),
    "variance explained": ("Gaussian", NUMBERS, "variance_explained", explained),
}


@pytest.mark.parametrize("case", CASES)
def test_scores_are_those_of_explicit_fits(case):
    name, y, measure, score = CASES[case]
    models = {
        "two": (PopulationGLM(name), X[:, :2]),
        "all": (PopulationGLM(name, **RIDGE), X),
    }
    found = compare(models, y=y, folds=FOLDS, measure=measure)
    two = by_hand(lambda: GLM(name), X[:, :2], y, score)
    every = by_hand(lambda: GLM(name, **RIDGE), X, y, score)
    np.testing.assert_allclose(found.fold_score, [two, every], rtol=1e-6, atol=1e-9)
    d = every - two
    t = d.mean(axis=0) / np.sqrt((1 / K + found.ratio) * d.var(axis=0, ddof=1))
    np.testing.assert_allclose(found.difference.t[1], t, rtol=1e-4)
    assert found.ratio == pytest.approx(1 / (K - 1), rel=1e-3)


def test_models_of_other_kinds_stand_side_by_side():
    overdispersed = np.random.default_rng(4).negative_binomial(1, 1 / (1 + np.exp(X[:, :1] - 0.5)))
    models = {
        "Poisson": PopulationGLM(),
        "softplus": PopulationGLM(inverse_link_function="softplus"),
        "negative binomial": PopulationGLM(NegativeBinomialObservations(scale="estimate")),
    }
    found = compare(models, X, overdispersed, folds=10)
    assert found.best.tolist() == ["negative binomial"]
    assert found.difference.rank_biserial[2, 0] > 0.5
    by_mean = compare(
        models | {"Gaussian": PopulationGLM("Gaussian")},
        X,
        overdispersed,
        measure="variance_explained",
    )
    assert np.isfinite(by_mean.fold_score).all()


def test_a_classifier_of_two_classes_is_the_logistic_model():
    y = (np.random.default_rng(4).uniform(size=T) < 1 / (1 + np.exp(-X[:, 0]))).astype(int)
    none = {"regularizer": "UnRegularized"}
    found = compare({"GLM": GLM("Bernoulli"), "classifier": ClassifierGLM(2, **none)}, X, y)
    np.testing.assert_allclose(found.fold_score[0], found.fold_score[1], rtol=1e-6)
    with pytest.raises(ValueError, match="Classifiers have no"):
        compare({"a": GLM("Bernoulli"), "b": ClassifierGLM(2)}, X, y, measure="bits_per_spike")


def test_what_has_no_common_measure_is_refused():
    pair = {"counts": PopulationGLM(), "numbers": PopulationGLM("Gaussian")}
    with pytest.raises(ValueError, match="densities"):
        compare(pair, X, COUNTS)
    with pytest.raises(ValueError, match="quasi"):
        compare({"a": PopulationGLM(), "b": PopulationGLM("QuasiPoisson")}, X, COUNTS)
    with pytest.raises(ValueError, match="measure"):
        compare(pair, X, COUNTS, measure="r2")


def test_arguments_that_cannot_be_used():
    two = {"a": PopulationGLM(), "b": PopulationGLM()}
    with pytest.raises(ValueError, match="names"):
        compare({"a": PopulationGLM()}, X, COUNTS)
    with pytest.raises(ValueError, match="no features"):
        compare(two, y=COUNTS)
    with pytest.raises(ValueError, match="predict"):
        compare(two, X)
    with pytest.raises(TypeError, match="no model"):
        compare(two | {"c": "GLM"}, X, COUNTS)
    with pytest.raises(ValueError, match="same rows"):
        compare(two | {"c": (PopulationGLM(), X[:-1])}, X, COUNTS)
    with pytest.raises(ValueError, match="model"):
        compare(two, X, COUNTS, reference="c")


def test_all_models_see_the_rows_that_the_longest_kernel_leaves():
    speed = np.random.default_rng(4).normal(size=T)
    long = (BSplineEval(5, label="speed") + HistoryConv(30, label="past")).design(
        speed, COUNTS[:, 0]
    )
    short = BSplineEval(5, label="speed").design(speed)
    found = compare({"short": (GLM(), short), "long": (GLM(), long)}, y=COUNTS[:, 0])
    assert found.n_left_out.tolist() == [30, 0]
    assert "30 of 'short'" in repr(found)
    gap = found.folds.to_frame()["n_left_out"]
    assert gap.tolist() == [30, 60, 60, 60, 30]
    alone = compare(
        {"a": (GLM(), short[30:]), "b": (GLM(), short[30:])},
        y=COUNTS[30:, 0],
        folds=[
            (np.flatnonzero(train[30:]), np.flatnonzero(found.folds.tested_by[30:] == k))
            for k, train in enumerate(found.folds.training.T)
        ],
    )
    np.testing.assert_allclose(alone.fold_score[0], found.fold_score[0], rtol=1e-8)


def test_a_silent_fold_and_a_silent_neuron_get_a_reason_and_harm_nobody():
    y = COUNTS.copy()
    y[:, 1] = 0
    y[: T // 2, 2] = 0
    models = {"two": (PopulationGLM(), X[:, :2]), "all": (PopulationGLM(), X)}
    with pytest.warns(UserWarning, match="fewer folds"):
        found = compare(models, y=y, folds=2)
    whole = compare(models, y=COUNTS, folds=2)
    np.testing.assert_allclose(found.fold_score[:, :, 0], whole.fold_score[:, :, 0], rtol=1e-9)
    assert np.isnan(found.fold_score[:, :, 1]).all() and found.best[1] is None
    assert found.reasons()[0] == ["", *found.reasons()[0][1:]]
    assert found.reasons()[0][1] == "2 of 2 folds without a score (silent)"
    assert found.difference.n_folds[1].tolist() == [2, 0, 1]


def test_permuting_neurons_and_models_permutes_results():
    models = {"two": (PopulationGLM(), X[:, :2]), "all": (PopulationGLM(), X)}
    found = compare(models, y=COUNTS, folds=FOLDS)
    order = [2, 0, 1]
    other = compare(dict(reversed(models.items())), y=COUNTS[:, order], folds=FOLDS)
    np.testing.assert_allclose(other.fold_score, found.fold_score[::-1][:, :, order], rtol=1e-9)
    d, e = found.against("all").difference, other.difference
    np.testing.assert_allclose(e.mean[1], d.mean[0][order], rtol=1e-6)


def test_one_table_three_ways():
    models = {"a_b": (PopulationGLM(), X[:, :2]), "all": (PopulationGLM(), X)}
    found = compare(models, y=COUNTS, folds=FOLDS)
    frame = found.to_frame()
    assert len(frame) == 2 * N and frame["difference"].isna().tolist() == [True, False] * N
    np.testing.assert_allclose(
        frame[[f"fold_{k}" for k in range(K)]].to_numpy(),
        found.fold_score.transpose(2, 0, 1).reshape(-1, K),
    )
    text, latex, html = repr(found), found.to_latex(label="tab:x"), found.to_html()
    assert "reference" in text and r"a\_b" in latex and r"\label{tab:x}" in latex
    assert latex.count(r"\\") == 3 and "<td>a_b</td>" in html
    one = found.to_latex(1)
    assert "neuron 1" in one and r"$\pm$" in one
    over = found.over_neurons()
    assert over.p_signed_rank[1] == stats.wilcoxon(found.difference.mean[1]).pvalue
    assert over.median[1] == np.median(found.difference.mean[1])
