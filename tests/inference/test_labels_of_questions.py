"""Whatever has names and is given beside a fit must call rows, neurons and features as it does."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import spikeglm as nmo
from spikeglm import inference

T = 120
RNG = np.random.default_rng(0)
X = pd.DataFrame(RNG.normal(size=(T, 2)), columns=["u", "v"], index=0.1 * np.arange(T))
RATES = np.exp(X.to_numpy() @ [[0.3, 0.1, -0.4], [0.2, -0.2, 0.5]] - [0.0, 0.3, 0.6])
Y = pd.DataFrame(RNG.poisson(RATES), columns=list("abc"), index=X.index)
OFFSET = pd.DataFrame(RNG.normal(size=(T, 3)) * [0.1, 0.5, 1.0], columns=Y.columns, index=X.index)
SESSIONS = pd.Series(np.arange(T) // 40, index=X.index)


@pytest.fixture(scope="module")
def model():
    return nmo.PopulationGLM().fit(X, Y)


def test_means_of_a_null_model_are_those_of_the_neurons_they_name(model):
    means = Y.mean()
    found = inference.goodness(model, X, Y, n_bootstrap=0, null_mean=means)
    expected = inference.goodness(model, X, Y, n_bootstrap=0, null_mean=means.to_numpy())
    assert_allclose(found.bits_per_spike, expected.bits_per_spike)
    by_row = pd.DataFrame(np.tile(means, (T, 1)), columns=Y.columns, index=X.index)
    for wrong in (means[::-1], by_row[["c", "b", "a"]], by_row[::-1]):
        with pytest.raises(ValueError, match=r"another order|do not agree"):
            inference.goodness(model, X, Y, n_bootstrap=0, null_mean=wrong)


def test_offsets_of_new_rows_are_those_of_the_rows_and_neurons_they_name(model):
    few = OFFSET.iloc[:5]
    found = inference.predicted_rates(model, X, Y, X.iloc[:5], new_offset=few)
    assert_allclose(found.mean, model.predict(X.iloc[:5], offset=few))
    for wrong in (few[["c", "b", "a"]], OFFSET.iloc[5:10]):
        with pytest.raises(ValueError, match=r"another order|do not agree"):
            inference.predicted_rates(model, X, Y, X.iloc[:5], new_offset=wrong)


def test_an_offset_for_the_rows_of_the_fit_is_not_forgotten(model):
    """It was, where no other features were given."""
    found = inference.predicted_rates(model, X, Y, new_offset=OFFSET)
    assert_allclose(found.mean, model.predict(X, offset=OFFSET))


def test_sessions_are_those_of_the_rows_they_name(model):
    how = {"null": "linear_shift", "max_shift": 5, "n_shifts": 4}
    with pytest.warns(UserWarning, match="no p value can be less"):
        inference.null_test(model, X, Y, sessions=SESSIONS, **how)
    with pytest.raises(ValueError, match="do not agree"):
        inference.null_test(model, X, Y, sessions=SESSIONS[::-1], **how)


def test_covariates_of_a_pseudosession_are_those_of_the_features_they_name(model):
    draws = [X.sample(frac=1, random_state=k).set_axis(X.index) for k in range(3)]
    for asked in ([d[["u"]] for d in draws], draws):
        inference.null_test(model, X, Y, term="u", null="pseudosession", covariates=asked)
    for wrong in ([d[["v"]] for d in draws], [d[["v", "u"]] for d in draws]):
        with pytest.raises(ValueError, match="columns of draw 0"):
            inference.null_test(model, X, Y, term="u", null="pseudosession", covariates=wrong)


def test_bounds_are_those_of_the_features_they_name():
    low = pd.Series([0.0, -np.inf], index=["u", "v"])
    nmo.GLM(regularizer=nmo.regularizer.Bounded((low, None))).fit(X, Y["a"])
    with pytest.raises(ValueError, match="columns of bounds come in another order"):
        nmo.GLM(regularizer=nmo.regularizer.Bounded((low[::-1], None))).fit(X, Y["a"])


MISSING = {
    "text": pd.Series(["p"] * 40 + ["q"] * 40 + [pd.NA] * 40, dtype="string"),
    "dates": pd.Series(pd.to_datetime(["2020-01-01"] * 40 + ["2020-01-02"] * 40 + [None] * 40)),
    "categories": pd.Series(["p"] * 40 + ["q"] * 40 + [None] * 40, dtype="category"),
    "numbers": pd.Series([1.0] * 40 + [2.0] * 40 + [np.nan] * 40),
}


@pytest.mark.parametrize("kind", MISSING)
def test_whatever_pandas_writes_for_a_missing_label_is_none(model, kind):
    labels = MISSING[kind].set_axis(X.index)
    folds = nmo.selection.fixed_folds(nmo.selection.TrialFolds(labels, n_folds=2), X)
    assert_array_equal(folds.tested_by, np.repeat([0, 1, -1], 40))
    with pytest.raises(ValueError, match="40 rows without one, the first row 80"):
        model.standard_errors(X, Y, cov_type="cluster", groups=labels)


@pytest.mark.parametrize("kind", MISSING)
def test_rows_without_a_group_that_follow_each_other_depend_on_each_other(model, kind):
    """They were independent of all others, so that errors were too small."""
    labels = MISSING[kind].set_axis(X.index)
    found = model.covariance(X, Y, cov_type="HAC", lags=5, groups=labels)
    named = np.repeat([0, 1, 2], 40)
    assert_allclose(found, model.covariance(X, Y, cov_type="HAC", lags=5, groups=named))


def test_a_table_of_draws_has_no_intercept_of_a_model_without_one():
    model = nmo.PopulationGLM(fit_intercept=False).fit(X, Y)
    found = inference.block_bootstrap(model, X, Y, block=10, n_draws=5).to_frame()
    assert found["feature"].tolist() == 3 * ["u", "v"]
    assert_allclose(found["estimate"], np.ravel(model.coef_.T))
