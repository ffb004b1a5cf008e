"""What is asked wrongly is told, with what to do; what is asked in several ways is one thing."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import spikeglm as nmo
from spikeglm.inference.covariances import Requested, RowsInTime
from spikeglm.rows import ArrayRows

T = 60
X = np.random.default_rng(0).normal(size=(T, 2))
Y = np.random.default_rng(1).poisson(1.0, T)
FIT = nmo.GLM().fit(X, Y)
WRONG = {
    "an unknown kind": ({"cov_type": "HC4"}, "Unknown cov_type.*HC3"),
    "a kind of statsmodels": ({"cov_type": "nonrobust"}, "mean 'model'"),
    "groups for independent rows": (
        {"cov_type": "HC1", "groups": np.zeros(T)},
        "groups is not used",
    ),
    "lags for groups": ({"cov_type": "cluster", "lags": 3}, "lags is not used"),
    "no groups": ({"cov_type": "cluster"}, "There are no groups.*trial_of_each_row"),
    "too few labels": ({"cov_type": "cluster", "groups": [1, 2]}, r"one label per row.*\(2,\)"),
    "a row in no group": (
        {"cov_type": "cluster", "groups": np.r_[np.nan, np.zeros(T - 1)]},
        "in no group.*the first row 0",
    ),
    "seconds of unknown bins": (
        {"cov_type": "HAC", "lags": "200 ms"},
        "bins that have a length",
    ),
    "float seconds of unknown bins": ({"cov_type": "HAC", "lags": 0.2}, "that have a length"),
    "negative lags": ({"cov_type": "HAC", "lags": -1}, "cannot be negative"),
    "an unknown choice": ({"cov_type": "HAC", "lags": "auto"}, "Unknown choice of lags"),
    "a factor of groups for rows": (
        {"cov_type": "HC1", "small_sample": "G/(G-1)"},
        "Unknown small_sample",
    ),
    "a factor for the model": ({"small_sample": "none"}, "small_sample is not used"),
    "an unknown meaning": ({"weights": "precision"}, "Unknown meaning of weights"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_cannot_be_used_is_told(what):
    asked, message = WRONG[what]
    with pytest.raises(ValueError, match=message):
        FIT.standard_errors(X, Y, **asked)


@pytest.mark.parametrize("lags", [[1, 2], True])
def test_lags_are_a_number(lags):
    with pytest.raises(TypeError, match="lags cannot be read"):
        FIT.covariance(X, Y, cov_type="HAC", lags=lags)


def test_weights_are_not_what_they_mean():
    with pytest.raises(TypeError, match="as sample_weight"):
        FIT.covariance(X, Y, cov_type="HC1", weights=np.ones(T))


def test_labels_may_be_of_any_kind():
    pd = pytest.importorskip("pandas")
    number = np.arange(T) // 10
    text = np.array([f"trial {k}" for k in number])
    same = [number, number.tolist(), text, text.astype(object), pd.Series(text, dtype="category")]
    data = RowsInTime(ArrayRows(X), np.ones(T, dtype=bool))
    for groups in same:
        assert_array_equal(data.codes(groups), number)
    with pytest.raises(TypeError, match="cannot be compared"):
        data.codes(np.array([1, "two"] * (T // 2), dtype=object))


def test_rows_that_take_no_part_need_no_group():
    y, groups = np.where(np.arange(T) < 2, np.nan, Y), np.where(np.arange(T) < 2, np.nan, 1.0)
    groups[30:] = 2.0
    fit = nmo.GLM().fit(X, y)
    assert np.isfinite(fit.covariance(X, y, cov_type="cluster", groups=groups)).all()


def test_groups_that_name_other_rows_are_an_error():
    pd = pytest.importorskip("pandas")
    table, groups = pd.DataFrame(X), pd.Series(np.arange(T) // 10, index=np.arange(T)[::-1])
    fit = nmo.GLM().fit(table, Y)
    with pytest.raises(ValueError, match="rows of X and groups do not agree"):
        fit.covariance(table, Y, cov_type="cluster", groups=groups)


def test_epochs_need_times():
    nap = pytest.importorskip("pynapple")
    with pytest.raises(ValueError, match="Epochs need rows that have times"):
        FIT.covariance(X, Y, cov_type="cluster", groups=nap.IntervalSet([0, 10], [5, 60]))


def test_a_request_is_shown_in_words():
    assert "cov_type='HC1'" in repr(Requested("HC1"))
