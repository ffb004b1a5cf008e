"""A weight says how often a row counts in a score, or a loss: two is twice, zero no row."""

from functools import cache, partial

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tests.catalogue import CANONICAL_CASES
from tests.glm.kinds import CLASSIFIERS, REGRESSORS, X

import spikeglm as nmo

RNG = np.random.default_rng(5)
T = len(X)
TIMES = RNG.integers(0, 4, T)  # how often each row comes
REPEATED = np.repeat(np.arange(T), TIMES)
OFFSET = RNG.normal(0, 0.5, T)
CLASS_OFFSET = RNG.normal(0, 0.5, (T, 3))
SCORES = ("log-likelihood", "pseudo-r2-McFadden", "pseudo-r2-Cohen")

of_all = pytest.mark.parametrize("kind", REGRESSORS + CLASSIFIERS, ids=str)
of_scores = pytest.mark.parametrize("score_type", SCORES)
of_cases = pytest.mark.parametrize("case", CANONICAL_CASES, ids=str)


@cache
def fitted_by_name():
    return {str(kind): kind.fitted() for kind in REGRESSORS + CLASSIFIERS}


def fitted(kind):
    return fitted_by_name()[str(kind)]


def offset_of(kind):
    if kind in REGRESSORS:
        return OFFSET
    many = kind.cls is nmo.ClassifierPopulationGLM
    return np.stack([CLASS_OFFSET, CLASS_OFFSET[::-1]], axis=1) if many else CLASS_OFFSET


def is_many(kind):
    return kind.cls in (nmo.PopulationGLM, nmo.ClassifierPopulationGLM)


@of_all
@of_scores
@pytest.mark.parametrize("with_offset", [False, True])
def test_a_weight_of_two_is_a_row_twice_and_of_zero_no_row(kind, score_type, with_offset):
    model, y = fitted(kind), kind.y
    all_of = {"offset": offset_of(kind)} if with_offset else {}
    repeated = {name: value[REPEATED] for name, value in all_of.items()}
    expected = model.score(X[REPEATED], y[REPEATED], score_type, **repeated)
    for factor in (1, 0.25):
        weight = factor * TIMES
        found = model.score(X, y, score_type, sample_weight=weight, **all_of)
        assert_allclose(found, expected, rtol=1e-9)
    assert abs(model.score(X, y, score_type, **all_of) - expected) > 1e-6


@of_cases
@of_scores
@pytest.mark.filterwarnings("ignore:McFadden")
def test_every_model_and_link_counts_rows_alike(case, score_type):
    table, y = case.data()
    model = case.population().fit(table, y)
    some = np.arange(len(y)) % 3
    rows = np.repeat(np.arange(len(y)), some)
    expected = model.score(table[rows], y[rows], score_type)
    assert_allclose(model.score(table, y, score_type, sample_weight=some), expected, rtol=1e-9)


@of_all
@of_scores
def test_what_does_not_count_may_be_missing(kind, score_type):
    model, y = fitted(kind), kind.y.copy()
    weight = np.where(np.arange(T) < 40, 0.0, 1.0)
    spoilt = X.copy()
    spoilt[:20] = np.nan
    y = y.astype(object) if y.dtype.kind == "U" else y
    y[15:40] = None if y.dtype == object else np.nan
    expected = model.score(X[40:], kind.y[40:], score_type)
    assert_allclose(model.score(spoilt, y, score_type, sample_weight=weight), expected, rtol=1e-12)


@pytest.mark.parametrize("kind", [REGRESSORS[1], CLASSIFIERS[1]], ids=str)
@of_scores
def test_weights_of_each_neuron(kind, score_type):
    model = fitted(kind)
    first, second = np.arange(T) < 90, np.arange(T) % 2 == 0
    y = kind.y.astype(object) if kind.y.dtype.kind == "U" else kind.y.copy()
    y[~first, 0] = None if y.dtype == object else np.nan
    weight = np.column_stack([first, 2 * second]).astype(float)
    each = model.score(X, y, score_type, partial(np.average, axis=0), sample_weight=weight)
    for n, rows in enumerate((first, second)):
        alone = model.score(X[rows], kind.y[rows], score_type, lambda s: s.mean(axis=0))
        assert_allclose(each[n], alone[n], rtol=1e-9)
    if score_type == "log-likelihood":  # of all that counts, whosever it is
        pooled = model.score(X, y, score_type, sample_weight=weight)
        assert_allclose(pooled, np.average(each, weights=weight.sum(axis=0)), rtol=1e-9)


@of_all
def test_a_sum_and_a_mean_per_neuron(kind):
    model, y = fitted(kind), kind.y
    found = model.score(
        X, y, "log-likelihood", lambda s, weights: (s * weights).sum(), sample_weight=TIMES
    )
    assert_allclose(found, model.score(X[REPEATED], y[REPEATED], "log-likelihood", np.sum))


@of_all
@pytest.mark.parametrize("aggregate", [np.sum, np.median, lambda s: s.mean(axis=0)])
def test_a_mean_without_weights_is_refused(kind, aggregate):
    with pytest.raises(TypeError, match=r"must take weights.*np\.average"):
        fitted(kind).score(X, kind.y, "log-likelihood", aggregate, sample_weight=TIMES)


@of_all
def test_the_training_mean_and_given_means_are_not_weighted(kind):
    model, y = fitted(kind), kind.y
    for null in ("training", np.array(1 / 3)):
        found = model.score(X, y, SCORES[2], null_mean=null, sample_weight=TIMES)
        expected = model.score(X[REPEATED], y[REPEATED], SCORES[2], null_mean=null)
        assert_allclose(found, expected, rtol=1e-9)


WRONG = {
    "negative": (lambda n: -np.ones(T), "must not be negative"),
    "short": (lambda n: np.ones(T - 1), "same number of samples"),
    "of other neurons": (lambda n: np.ones((T, n + 1)), "wrong shape"),
    "nothing": (lambda n: np.zeros(T), "nothing to score"),
    "missing": (lambda n: np.full(T, np.nan), "nothing to score"),
}


@of_all
@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_weights_that_cannot_be(kind, wrong):
    make, words = wrong
    with pytest.raises(ValueError, match=words):
        fitted(kind).score(X, kind.y, sample_weight=make(2 if is_many(kind) else 1))


def test_a_neuron_without_weight_is_named():
    kind, weight = REGRESSORS[1], np.ones((T, 2))
    weight[:, 1] = 0
    with pytest.raises(ValueError, match="of neuron 1"):
        fitted(kind).score(X, kind.y, sample_weight=weight)


@of_all
def test_weights_that_call_rows_otherwise(kind):
    pd = pytest.importorskip("pandas")
    model, table = fitted(kind), pd.DataFrame(X, index=np.arange(T))
    wrapped = pd.DataFrame if is_many(kind) else pd.Series
    weight = pd.Series(TIMES, index=np.arange(T)[::-1])
    with pytest.raises(ValueError, match="sample_weight"):
        model.score(table, wrapped(kind.y), sample_weight=weight)


def test_weights_that_call_neurons_otherwise():
    pd = pytest.importorskip("pandas")
    kind = REGRESSORS[1]
    y = pd.DataFrame(kind.y, columns=["a", "b"])
    model = kind.cls(**kind.arguments).fit(X, y)
    weight = pd.DataFrame(np.ones((T, 2)), columns=["b", "a"])
    for given in (y, kind.y):
        with pytest.raises(ValueError, match="sample_weight"):
            model.score(X, given, sample_weight=weight)


def test_a_row_whose_weight_is_missing_is_left_out_and_told():
    kind, weight = REGRESSORS[0], np.ones(T)
    weight[:30] = np.nan
    with pytest.warns(UserWarning, match="sample_weight"):
        found = fitted(kind).score(X, kind.y, sample_weight=weight)
    assert_allclose(found, fitted(kind).score(X[30:], kind.y[30:]), rtol=1e-12)


@of_all
def test_a_pipeline_passes_weights_on(kind):
    estimator = kind.cls(n_classes=3) if kind in CLASSIFIERS else kind.cls()
    model = make_pipeline(StandardScaler(), estimator).fit(X, kind.y)
    expected = model.score(X[REPEATED], kind.y[REPEATED])
    assert_allclose(model.score(X, kind.y, sample_weight=TIMES), expected, rtol=1e-9)


def test_a_model_of_ones_own():
    jnp = pytest.importorskip("jax.numpy")

    class Counts(nmo.observation_models.PoissonObservations):
        def log_likelihood(self, y, rate, scale=1.0, aggregate_sample_scores=jnp.mean):
            return aggregate_sample_scores(y * jnp.log(rate) - rate)

    y = REGRESSORS[0].y
    model = nmo.GLM(Counts()).fit(X, y)
    expected = model.score(X[REPEATED], y[REPEATED])  # in the float32 of JAX
    assert_allclose(model.score(X, y, sample_weight=TIMES), expected, rtol=1e-6)


@of_all
def test_a_loss_counts_rows_and_offsets_as_a_fit_does(kind):
    model, y = kind.cls(**(kind.arguments | {"regularizer_strength": 1e-9})), kind.y
    data = {"sample_weight": TIMES, "offset": offset_of(kind)}
    model.fit(X, y, **data)
    params = model.coef_, model.intercept_
    found = model.compute_loss(params, X, y, **data)
    again = {"offset": data["offset"][REPEATED]}
    assert_allclose(found, model.compute_loss(params, X[REPEATED], y[REPEATED], **again))
    assert_allclose(found, model.fit_report_.result.objective.sum(), rtol=1e-6)
    with pytest.raises(TypeError):
        model.compute_loss(params, X, y, weight=TIMES)
