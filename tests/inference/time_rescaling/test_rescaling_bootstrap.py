"""A model that is tested on the rows of its fit: its simulated recordings say what to expect."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.stats import binom

import spikeglm as nmo

bootstrap = nmo.inference.time_rescaling_bootstrap

T, P = 250, 8
RNG = np.random.default_rng(0)
X = RNG.normal(size=(T, P))
RATE = np.exp(X @ RNG.normal(0, 0.4, P) - 0.7)


def p_values(counts_of, n, **arguments):
    known, repeated = [], []
    for seed in range(n):
        counts = counts_of(np.random.default_rng(seed))
        model = nmo.GLM(**arguments).fit(X, counts)
        plain = nmo.inference.time_rescaling(counts, model.predict(X), seed=seed, n_draws=5)
        known.append(plain.p_value)
        test = nmo.inference.time_rescaling_bootstrap(
            model, X, counts, n_bootstrap=19, seed=seed, n_draws=5
        )
        assert_allclose(test.n_bootstrap, 19)
        repeated.append(test.p_value)
    return np.array(known), np.array(repeated)


def test_a_right_model_is_rejected_as_often_as_the_level_says():
    n = 60
    known, repeated = p_values(lambda rng: rng.poisson(RATE), n)
    assert (known <= 0.2).sum() < binom.ppf(0.001, n, 0.2)  # what the theory of known rates does
    low, high = binom.ppf([0.001, 0.999], n, 0.2)
    assert low <= (repeated <= 0.2).sum() <= high


def test_a_wrong_model_is_rejected():
    slow = np.exp(1.2 * np.sin(np.arange(T) / 20))  # that no feature knows
    _, repeated = p_values(lambda rng: rng.poisson(slow * RATE), 5)
    assert (repeated <= 0.05).all()


def test_refits_are_the_fits_of_each_response():
    y = RNG.poisson(RATE[:, None], (T, 3)).astype(float)
    y[7] = np.nan
    offset, weights = RNG.normal(0, 0.1, T), RNG.uniform(0.5, 2, T)
    model = nmo.GLM(regularizer="Ridge", regularizer_strength=0.05)
    means = model.predict_refitted(X, y, sample_weight=weights, offset=offset)
    for b in range(3):
        alone = nmo.GLM(regularizer="Ridge", regularizer_strength=0.05)
        alone.fit(X, y[:, b], sample_weight=weights, offset=offset)
        assert_allclose(means[:, b], alone.predict(X, offset=offset), rtol=1e-5)
    assert not hasattr(model, "coef_")


def test_choices_and_gaps():
    features = X.copy()
    features[:5] = np.nan
    y = (RNG.random(T) < RATE / (1 + RATE)).astype(float)
    y[20] = np.nan
    model = nmo.GLM("Bernoulli").fit(features, y)
    predicted = model.predict(features)
    predicted[20] = np.nan
    plain = nmo.inference.time_rescaling_bernoulli(np.nan_to_num(y), predicted, seed=3)
    y_known = np.where(np.isnan(y), 0, y)
    assert plain.n_spikes == y_known[5:].sum()
    test = nmo.inference.time_rescaling_bootstrap(model, features, y, n_bootstrap=29)
    assert 0 < test.p_value <= 1
    assert test.band_95 < plain.band_95  # an estimated rate comes nearer to its spikes


def test_what_cannot_be_repeated_is_refused():
    y = RNG.poisson(RATE)
    model, both = nmo.GLM().fit(X, y), np.column_stack([y, y])
    for few in (5, 99.5, "many"):
        with pytest.raises(ValueError, match="too few simulated recordings"):
            bootstrap(model, X, y, n_bootstrap=few)
    for population in (both, both[:, :0]):
        with pytest.raises(ValueError, match="Refits are of one neuron"):
            nmo.PopulationGLM().predict_refitted(X, population)
    with pytest.raises(ValueError, match="another kind"):
        bootstrap(nmo.PopulationGLM().fit(X, both), X, both)
    with pytest.raises(ValueError, match="of Gamma responses"):
        bootstrap(nmo.GLM("Gamma").fit(X, y + 1), X, y + 1)
    with pytest.raises(TypeError, match="not there for classifiers"):
        bootstrap(nmo.ClassifierGLM(2).fit(X, y > 0), X, y > 0)
    with pytest.raises(TypeError, match="not there for classifiers"):
        nmo.ClassifierGLM(2).fit(X, y > 0).predict_refitted(X, both > 0)


def test_a_bootstrap_is_of_the_data_of_the_fit():
    """It took any counts, weights and offset, and tested another fit than the model's."""
    y, offset, weights = RNG.poisson(RATE), RNG.normal(0, 0.5, T), RNG.integers(0, 3, T)
    model = nmo.GLM().fit(X, y, offset=offset, sample_weight=weights)
    data = {"offset": offset, "sample_weight": weights, "n_bootstrap": 19}
    bootstrap(model, X, y, **data)
    for change in ({"offset": None}, {"sample_weight": None}, {"offset": offset[::-1]}):
        with pytest.raises(ValueError, match="not the data of the fit"):
            bootstrap(model, X, y, **data | change)
    for features, counts in ((X, y[::-1]), (X[::-1], y)):
        with pytest.raises(ValueError, match="not the data of the fit"):
            bootstrap(model, features, counts, **data)
    model.coef_ = 2 * model.coef_
    with pytest.raises(ValueError, match="estimates are of no fit"):
        bootstrap(model, X, y, **data)


def test_every_response_of_refits_is_looked_at():
    """Only the first was: counts below zero, other gaps and other rows were fitted to anything."""
    y = RNG.poisson(RATE).astype(float)
    gap = y.copy()
    gap[3] = np.nan
    for other, match in ((-y, "cannot produce"), (gap, "gaps in different rows")):
        with pytest.raises(ValueError, match=match):
            nmo.GLM().predict_refitted(X, np.column_stack([y, other]))
    table = pd.DataFrame(np.column_stack([y, y]))
    with pytest.raises(ValueError, match="rows of X and responses do not agree"):
        nmo.GLM().predict_refitted(pd.DataFrame(X), table[::-1])
    short = nmo.GLM(solver_name="GradientDescent", solver_kwargs={"maxiter": 1})
    with pytest.warns(UserWarning, match="2 of 2 refits did not reach their optimum"):
        short.predict_refitted(X, table)
