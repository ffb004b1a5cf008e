"""Inputs that name their rows must name the same rows: pandas, xarray, pynapple, everywhere."""

import warnings

import numpy as np
import pandas as pd
import pynapple as nap
import pytest
import xarray as xr
from tests.glm.kinds import CLASSIFIERS, REGRESSORS

import spikeglm as nmo
from spikeglm.inference import (
    bits_per_spike,
    time_rescaling,
    time_rescaling_bernoulli,
    time_rescaling_continuous,
)
from spikeglm.io.interop.row_labels import require_same_rows

T = 120
X = np.random.default_rng(0).normal(size=(T, 3))
SHUFFLED = np.random.default_rng(1).permutation(T)
disagree = pytest.raises(ValueError, match=r"rows of .+ and .+ do not agree.*What to do: .*\.loc")


def table(values, index):
    return pd.Series(values, index) if values.ndim == 1 else pd.DataFrame(values, index)


def in_xarray(values, index):
    return xr.DataArray(values, {"time": index}, ["time", "unit", "class"][: values.ndim])


def labelled(kind):
    """A model, X and y that name their rows 0 .. T-1, and those of y in another order."""
    y = table(kind.y, np.arange(T))
    return kind.cls(**kind.arguments), table(X, np.arange(T)), y, y.iloc[SHUFFLED]


of_all = pytest.mark.parametrize("kind", REGRESSORS + CLASSIFIERS, ids=str)


@of_all
def test_rows_of_y_in_another_order_are_refused_wherever_y_enters(kind):
    model, frame, y, shuffled = labelled(kind)
    with disagree:
        model.fit(frame, shuffled)
    model.fit(frame, y)
    params = model.coef_, model.intercept_
    state = model.initialize_optimizer_and_state(params, frame, y)
    for call in (
        lambda: model.score(frame, shuffled),
        lambda: model.standard_errors(frame, shuffled),
        lambda: model.covariance(frame, shuffled),
        lambda: model.compute_loss(params, frame, shuffled),
        lambda: model.initialize_params(frame, shuffled),
        lambda: model.initialize_optimizer_and_state(params, frame, shuffled),
        lambda: model.update(params, state, frame, shuffled),
    ):
        with disagree:
            call()


@of_all
def test_rows_of_weights_and_offsets_in_another_order_are_refused(kind):
    model, frame, y, _ = labelled(kind)
    model.fit(frame, y)
    weight = pd.Series(np.ones(T), np.arange(T))
    shape = (T, *np.shape(model.intercept_)) if kind in CLASSIFIERS else (T,)
    if len(shape) == 3:
        offset = in_xarray(np.zeros(shape), np.arange(T))
        moved = offset[SHUFFLED]
    else:
        offset = table(np.zeros(shape), np.arange(T))
        moved = offset.iloc[SHUFFLED]
    model.fit(frame, y, sample_weight=weight, offset=offset)
    model.predict(frame, offset=offset)
    for call in (
        lambda: model.fit(frame, y, sample_weight=weight.iloc[SHUFFLED]),
        lambda: model.fit(frame, y, offset=moved),
        lambda: model.fit(X, y, offset=moved),
        lambda: model.predict(frame, offset=moved),
        lambda: model.score(frame, y, offset=moved),
        lambda: model.score(X, y, offset=moved),
        lambda: model.simulate(0, frame, offset=moved),
        lambda: model.standard_errors(frame, y, sample_weight=weight.iloc[SHUFFLED]),
    ):
        with disagree:
            call()


Y = table(REGRESSORS[0].y, np.arange(T))
INDICES = {
    "shifted": (pd.RangeIndex(T), pd.RangeIndex(100, T + 100)),
    "dates": (pd.date_range("2020", periods=T), pd.date_range("2021", periods=T)),
    "dates and numbers": (pd.date_range("2020", periods=T), pd.RangeIndex(T)),
    "text": (pd.Index([f"a{i}" for i in range(T)]), pd.Index([f"b{i}" for i in range(T)])),
    "pairs": (pd.MultiIndex.from_product([range(2), range(60)]), pd.RangeIndex(T)),
    "times": (pd.Index(0.01 * np.arange(T)), pd.Index(0.01 * np.arange(1, T + 1))),
}


@pytest.mark.parametrize("name", INDICES)
@pytest.mark.parametrize("make", [table, in_xarray])
def test_labels_of_every_kind(name, make):
    if name == "pairs" and make is in_xarray:
        pytest.skip("xarray names the levels itself")
    first, other = INDICES[name]
    y = REGRESSORS[0].y
    nmo.GLM().fit(make(X, first), make(y, first))
    with disagree:
        nmo.GLM().fit(make(X, first), make(y, other))


def test_a_selection_that_is_shifted_against_another():
    frame = pd.DataFrame(X)
    with disagree:
        nmo.GLM().fit(frame.iloc[:-20], Y.iloc[20:])
    reset = frame.iloc[:-20].reset_index(drop=True), Y.iloc[20:].reset_index(drop=True)
    nmo.GLM().fit(*reset)


def test_other_lengths_name_what_to_do():
    with disagree:
        nmo.GLM().fit(pd.DataFrame(X), Y.iloc[20:])


@pytest.mark.parametrize("make", [np.asarray, list, lambda y: xr.DataArray(y, dims="time")])
def test_what_has_no_labels_pairs_by_position(make):
    expected = nmo.GLM().fit(X, Y.to_numpy()).coef_
    frame = pd.DataFrame(X, index=SHUFFLED)
    for data in ((frame, make(Y.to_numpy())), (X, Y)):
        np.testing.assert_allclose(nmo.GLM().fit(*data).coef_, expected, rtol=1e-12)


MOMENTS = pd.date_range("2020", periods=T, tz="UTC")
SAME = {
    "nullable": (pd.RangeIndex(T), pd.Index(pd.array(range(T), dtype="Int64"))),
    "arrow": (pd.RangeIndex(T), pd.Index(pd.array(range(T), dtype="int64[pyarrow]"))),
    "other time zone": (MOMENTS, MOMENTS.tz_convert("Europe/Berlin")),
    "other unit": (MOMENTS.as_unit("ns"), MOMENTS.as_unit("us")),
}


@pytest.mark.parametrize("name", SAME)
def test_equal_labels_of_two_kinds_are_one_label(name):
    """They were refused, with the same labels on both sides of the message."""
    first, other = SAME[name]
    nmo.GLM().fit(table(X, first), table(Y.to_numpy(), other))
    with disagree:
        nmo.GLM().fit(table(X, first), table(Y.to_numpy(), other[::-1]))


def test_times_that_differ_by_rounding_are_one_time():
    first = pd.Index(0.1 * np.arange(T))
    other = pd.Index(np.cumsum(np.full(T, 0.1)) - 0.1)
    assert not first.equals(other)
    nmo.GLM().fit(table(X, first), table(Y.to_numpy(), other))


def test_times_of_pynapple_and_an_index_are_compared():
    times = 0.01 * np.arange(T)
    frame = nap.TsdFrame(t=times, d=X)
    nmo.GLM().fit(frame, pd.Series(Y.to_numpy(), frame.as_dataframe().index))
    with pytest.raises(ValueError, match=r"do not agree.*times"):
        nmo.GLM().fit(frame, Y)


def test_the_leaves_of_a_tree_and_the_inputs_of_a_basis_agree():
    left, right = pd.DataFrame(X[:, :1]), pd.DataFrame(X[:, 1:])
    with disagree:
        nmo.GLM().fit({"a": left, "b": right.iloc[SHUFFLED]}, Y)
    with disagree:
        nmo.GLM().fit({"a": left, "b": right}, Y.iloc[SHUFFLED])
    basis = nmo.basis.IdentityEval(label="a") + nmo.basis.IdentityEval(label="b")
    with disagree:
        basis.compute_features(left[0], right[1].iloc[SHUFFLED])
    design = basis.design(left[0], right[1])
    with disagree:
        nmo.GLM().fit(design, Y.iloc[SHUFFLED])
    with disagree:
        design.at(left[0], right[1].iloc[SHUFFLED])
    moved = design.at(left[0].iloc[SHUFFLED], right[1].iloc[SHUFFLED])
    model = nmo.GLM().fit(design, Y)
    with disagree:
        model.score(moved, Y)
    np.testing.assert_allclose(model.score(moved, Y.iloc[SHUFFLED]), model.score(design, Y))


def test_folds_and_paths():
    frame, folds = pd.DataFrame(X), Y * 0 + np.arange(T) // 60
    nmo.selection.cross_validated(nmo.GLM(), frame, Y, folds)
    with disagree:
        nmo.selection.cross_validated(nmo.GLM(), frame, Y, folds.iloc[::-1])
    with disagree:
        nmo.selection.cross_validated(nmo.GLM(), X, Y, folds.iloc[::-1])
    with disagree:
        nmo.selection.cross_validated(nmo.GLM(), frame, Y.iloc[::-1], folds.to_numpy())
    with disagree:
        sparse = nmo.GLM(regularizer="Lasso")
        nmo.selection.regularization_path(sparse, frame, Y.iloc[::-1], strengths=3)


def test_inference_on_predictions():
    counts, rate = pd.Series(Y.to_numpy() + 1.0), pd.Series(np.full(T, 1.5))
    calls = (
        time_rescaling,
        time_rescaling_continuous,
        lambda y, mu: time_rescaling_bernoulli(y > 2, mu / 2),
        lambda y, mu: bits_per_spike(y, mu, null_mean=1.0),
        lambda y, mu: bits_per_spike(y, 1.5 + 0 * y, null_mean=mu),
    )
    for call in calls:
        call(counts, rate)
        with disagree:
            call(counts, rate.iloc[::-1])


def test_a_bootstrap_of_rescaled_time():
    frame = pd.DataFrame(X)
    model = nmo.GLM().fit(frame, Y)
    for rows in (frame, nmo.basis.IdentityEval().design(frame)):
        with disagree:
            nmo.inference.time_rescaling_bootstrap(model, rows, Y.iloc[::-1])


def test_simulated_responses():
    with disagree:
        nmo.simulation.simulate_responses(
            pd.DataFrame(X), np.zeros(3), random_key=0, offset=pd.Series(np.zeros(T)).iloc[::-1]
        )


def test_a_transformer_looks_at_the_rows_of_y():
    with disagree:
        nmo.basis.IdentityEval().to_transformer().fit(pd.DataFrame(X[:, :1]), Y.iloc[::-1])


def test_equal_labels_cost_no_comparison_where_they_are_one_object(monkeypatch):
    index = pd.Index(np.arange(T) * 1.0)
    monkeypatch.setattr(pd.Index, "equals", lambda *_: pytest.fail("compared"))
    monkeypatch.setattr(np, "abs", lambda *_: pytest.fail("compared"))
    require_same_rows(X=table(X, index), y=table(Y.to_numpy(), index))


def test_labels_give_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nmo.GLM().fit(pd.DataFrame(X), Y)
