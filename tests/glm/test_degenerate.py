"""Data at the ends of what numbers can be: an answer or a clear error, in every public method."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.catalogue import CANONICAL, MODELS, WITH_POLE, drawn
from tests.glm.kinds import CLASSIFIERS, REGRESSORS
from tests.glm.kinds import X as OF_KINDS
from tests.models import ROWS, WITH_DISPERSION
from tests.reference.numpy_glm import LINKS

import spikeglm as nmo
from spikeglm.errors import ConvergenceWarning
from spikeglm.observation_models.named import model_named

T = 20
X = np.random.default_rng(0).normal(size=(T, 2))
models = pytest.mark.parametrize(("model", "link"), CANONICAL)
WITH_SPREAD = (
    *(pair for pair in CANONICAL if pair[0] in WITH_DISPERSION),
    *((row.name, "exp") for row in ROWS if row.kind == "positive"),
)


def response(model, link):
    return drawn(model, LINKS[link][0](np.full(T, 0.6)), np.random.default_rng(1))


def fitted(model, link, X, y, **more):
    cls = nmo.GLM if y.ndim == 1 else nmo.PopulationGLM
    estimator = cls(MODELS[model], inverse_link_function=link)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", UserWarning)  # a saturated fit says that it is one
        return estimator.fit(X, y, **more)


def used_in_every_way(estimator, X, y, **more):
    """Call all that can be asked of a fit; no NumPy warning may come out, nor another error."""
    offset = {name: value for name, value in more.items() if name == "offset"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        assert np.isfinite(estimator.coef_).all()
        for score_type in ("log-likelihood", "pseudo-r2-McFadden", "pseudo-r2-Cohen"):
            estimator.score(X, y, score_type, **offset)
        estimator.covariance(X, y, **more)
        estimator.standard_errors(X, y, **more)
        estimator.compute_loss((estimator.coef_, estimator.intercept_), X, y)
        estimator.simulate(0, X, **offset)
        str(estimator.fit_report_)
        return estimator.predict(X, **offset)


@models
@pytest.mark.parametrize("n_features", [0, 1, 2])
@pytest.mark.parametrize("n_neurons", [None, 2])
def test_one_row(model, link, n_features, n_neurons):
    y = np.ones(1 if n_neurons is None else (1, n_neurons))
    used_in_every_way(fitted(model, link, X[:1, :n_features], y), X[:1, :n_features], y)


@models
def test_all_weight_on_one_row(model, link):
    y, weights = response(model, link), (np.arange(T) == 3).astype(float)
    y[3] = 1.0
    used_in_every_way(fitted(model, link, X, y, sample_weight=weights), X, y, sample_weight=weights)


@pytest.mark.parametrize(("model", "link"), WITH_SPREAD)
@pytest.mark.parametrize("value", [1.0, 3.0, 0.1])
@pytest.mark.parametrize("n_features", [0, 2])
def test_a_response_that_never_changes_is_certain(model, link, value, n_features):
    y, features = np.full(T, value), X[:, :n_features]
    estimator = fitted(model, link, features, y)
    used_in_every_way(estimator, features, y)
    assert_allclose(estimator.predict(features), value)
    assert_allclose(estimator.scale_, 0, atol=1e-15)  # the square of rounding, of a fit to 1e-8
    samples, _ = estimator.simulate(0, features)
    assert_allclose(samples, value, rtol=1e-6)
    assert estimator.score(features, y) > 10  # a density without spread, up to rounding


@pytest.mark.parametrize("name", WITH_DISPERSION)
def test_without_a_dispersion_all_probability_is_at_the_mean(name):
    model = model_named(name)
    y, mean = np.array([3.0, 3.0]), np.array([3.0, 3.1])
    assert_allclose(model.log_likelihood(y, mean, 0.0, np.asarray), [np.inf, -np.inf])
    assert_allclose(model.deviance(y, mean, 0.0), [0, np.inf])
    assert_allclose(model.sample_generator(0, mean, 0.0), mean)
    assert np.isnan(model.pseudo_r2(y, y, "pseudo-r2-Cohen"))  # nothing to gain


IMPOSSIBLE = {  # model: link, intercept, coefficient: means on the wrong side for x < 0
    row.name: ("identity", *((0.5, 1.0) if row.kind == "choice" else (1.0, 2.0)))
    for row in ROWS
    if row.kind != "number"
} | {name: (link, 1.0, 2.0) for name, link in CANONICAL if link in WITH_POLE}


@pytest.mark.parametrize("model", list(IMPOSSIBLE))
def test_means_that_a_model_cannot_have_are_told(model):
    link, intercept, coef = IMPOSSIBLE[model]
    estimator = nmo.GLM(MODELS[model], inverse_link_function=link)
    estimator.coef_, estimator.intercept_ = np.array([coef]), np.array([intercept])
    estimator.scale_ = np.ones(1) * getattr(MODELS[model], "scale", 1.0)
    inside, outside = np.array([[0.1], [0.2]]), np.array([[0.1], [-2.0], [np.nan]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        estimator.predict(inside), estimator.simulate(0, inside)
    with pytest.warns(UserWarning, match=r"1 of 3 rows .* default") as caught:
        mean = estimator.predict(outside)
    assert caught[0].filename == __file__
    assert_allclose(mean[1], LINKS[link][0](intercept - 2 * coef))
    with pytest.warns(UserWarning, match="1 of 3 rows"):
        samples, _ = estimator.simulate(0, outside)
    assert list(np.isnan(samples)) == [False, True, True]
    with pytest.warns(UserWarning, match="1 of 3 rows"):
        assert np.isfinite(estimator.score(outside, np.ones(3)))


def test_a_rate_beyond_all_numbers_is_told():
    estimator = nmo.GLM()
    estimator.coef_, estimator.intercept_ = np.array([1.0]), np.array([0.0])
    with pytest.warns(UserWarning, match="1 of 2 rows"):
        assert estimator.predict([[0.0], [800.0]])[1] == np.inf
    samples, _ = estimator.simulate(0, [[0.0], [50.0]])  # more than 64 bits hold
    assert list(np.isnan(samples)) == [False, True]


@models
@pytest.mark.parametrize("weight", [1e-308, 1e-150, 1e150, 1e308])
@pytest.mark.parametrize("where", [slice(None), slice(0, 1)])
def test_weights_that_cannot_be_added_up_are_refused(model, link, weight, where):
    weights = np.ones(T)
    weights[where] = weight
    y = response(model, link)
    if weight < 1 and where != slice(None):  # next to others it is no weight at all
        with_it = fitted(model, link, X, y, sample_weight=weights)
        without = fitted(model, link, X, y, sample_weight=np.where(weights < 1, 0, 1))
        assert_allclose(with_it.coef_, without.coef_, rtol=1e-6, atol=1e-8)
        return
    with pytest.raises(ValueError, match=r"sample_weight is too (large|small)"):
        fitted(model, link, X, y, sample_weight=weights)
    each = np.column_stack([np.ones(T), weights])
    with pytest.raises(ValueError, match=r"sample_weight is too (large|small)"):
        fitted(model, link, X, np.column_stack([y, y]), sample_weight=each)


@models
@pytest.mark.parametrize("weight", [1e-90, 1e90])
def test_weights_that_can_be_added_up_change_no_coefficient(model, link, weight):
    y = response(model, link)
    scaled = fitted(model, link, X, y, sample_weight=np.full(T, weight))
    assert_allclose(scaled.coef_, fitted(model, link, X, y).coef_, rtol=1e-6, atol=1e-8)
    used_in_every_way(scaled, X, y, sample_weight=np.full(T, weight))


@models
def test_responses_that_cannot_be_squared_are_refused(model, link):
    if model == "Bernoulli":
        return
    y = response(model, link)
    y[3] = 1e300
    with pytest.raises(ValueError, match="y is too large"):
        fitted(model, link, X, y)


@pytest.mark.parametrize(("model", "link"), WITH_SPREAD)
def test_responses_whose_squares_vanish_are_refused(model, link):
    with pytest.raises(ValueError, match="y is too small"):
        fitted(model, link, X, 1e-300 * response(model, link))


@pytest.mark.parametrize("size", [1e-90, 1e90])
def test_a_gaussian_response_in_an_absurd_unit(size):
    y = response("Gaussian", "identity")
    estimator = fitted("Gaussian", "identity", X, size * y)
    assert_allclose(estimator.coef_ / size, fitted("Gaussian", "identity", X, y).coef_, rtol=1e-6)
    used_in_every_way(estimator, X, size * y)


@models
def test_a_feature_that_cannot_be_squared_is_refused_by_name(model, link):
    with pytest.raises(ValueError, match=r"1 feature.* too large .* x1"):
        fitted(model, link, X * [1.0, 1e200], response(model, link))


def test_a_feature_that_cannot_be_squared_is_refused_on_a_path_and_by_a_classifier():
    far = X * [1.0, 1e200]
    with pytest.raises(ValueError, match="too large"):
        nmo.selection.regularization_path(nmo.GLM(regularizer="Lasso"), far, np.arange(T))
    with pytest.raises(ValueError, match="too large"):
        nmo.ClassifierGLM(n_classes=2).fit(far, np.arange(T) % 2)


@models
def test_an_offset_that_cannot_be_squared_is_refused(model, link):
    with pytest.raises(ValueError, match="offset is too large"):
        fitted(model, link, X, response(model, link), offset=np.full(T, 1e300))


@pytest.mark.parametrize("regularizer", ["Lasso", "ElasticNet"])
def test_nothing_is_left_of_a_model_without_an_intercept(regularizer):
    y = response("Gaussian", "identity")
    estimator = nmo.GLM(
        "Gaussian", regularizer=regularizer, regularizer_strength=1e6, fit_intercept=False
    ).fit(X, y)
    assert (estimator.coef_ == 0).all()
    assert_allclose(estimator.scale_, np.mean(y**2))
    used_in_every_way(estimator, X, y)


@models
def test_a_neuron_without_any_response_costs_no_standard_errors(model, link):
    y = np.column_stack([response(model, link), np.full(T, np.nan)])
    estimator = fitted(model, link, X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        errors, _ = estimator.standard_errors(X, y)
    assert list(np.isnan(errors[0])) == [False, True]


def test_labels_of_which_one_neuron_has_none_where_rows_count():
    labels = np.column_stack([np.arange(T) % 2, np.where(np.arange(T) < 5, 1.0, np.nan)])
    weights = np.column_stack([np.ones(T), np.arange(T) >= 5])
    more = {"sample_weight": weights}
    estimator = nmo.ClassifierPopulationGLM(2, regularizer="UnRegularized")
    with pytest.warns(nmo.exceptions.NothingToFitWarning, match="no valid rows"):
        estimator.fit(X, labels, **more)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        errors, _ = estimator.standard_errors(X, labels, **more)
    assert np.isfinite(errors[:, 0]).all()
    assert np.isnan(errors[:, 1]).all()


def test_a_separated_neuron_whose_every_parameter_has_a_penalty():
    estimator = nmo.GLM(
        "Bernoulli", regularizer="Ridge", regularizer_strength=1e-12, fit_intercept=False
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        estimator.fit(X, (X[:, 0] > 0).astype(float))
    assert estimator.fit_report_.status == ("separated",)
    estimator.standard_errors(X, (X[:, 0] > 0).astype(float))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32, bool])
@models
def test_no_features_of_any_type(model, link, dtype):
    y = response(model, link)
    estimator = fitted(model, link, X[:, :0].astype(dtype), y)
    assert_allclose(estimator.predict(X[:, :0]), y.mean(), rtol=1e-6)


@pytest.mark.parametrize("kind", REGRESSORS + CLASSIFIERS, ids=str)
def test_predictions_of_no_rows_are_none(kind):
    """Looking for means that are impossible failed on an empty array."""
    model = kind.cls(**kind.arguments).fit(OF_KINDS, kind.y)
    none = OF_KINDS[:0]
    assert model.predict(none).shape == (0, *np.shape(kind.y)[1:])
    for part in model.simulate(0, none):
        assert len(part) == 0
