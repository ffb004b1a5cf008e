"""Rows that take no part are announced: how many, because of what; edges of windows are not."""

import warnings
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pynapple as nap
import pytest
from tests.glm.kinds import CLASSIFIERS, REGRESSORS

import spikeglm as nmo
from spikeglm.rows.arrays import finite_rows

B = nmo.basis
T = 400
RNG = np.random.default_rng(0)
X = RNG.normal(size=(T, 3))
Y = RNG.poisson(1.0, T)
GAPPY = X.copy()
GAPPY[1::4, 1] = np.nan
OUT = RNG.normal(size=T)  # a third of it outside of (-1, 1)
N_OUT = int((abs(OUT) > 1).sum())


def announced(*words):
    return pytest.warns(UserWarning, match=".*".join([r"rows \(\d+%\)", *words]))


@contextmanager
def silent():
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        yield


def fit(X=X, y=Y, **more):
    return nmo.GLM(regularizer="Ridge").fit(X, y, **more)


def test_the_warning_and_the_report_count_rows_and_name_the_feature():
    frame = pd.DataFrame(GAPPY, columns=["speed", "angle", "light"])
    with announced("took no part", "'angle' NaN or inf \\(100 rows\\)", "What to do") as caught:
        model = fit(frame)
    assert caught[0].filename == __file__
    assert "100 of 400 rows (25%)" in str(model.fit_report_)


def test_bounds_that_leave_rows_out_are_named_with_the_range_seen():
    design = B.BSplineEval(5, bounds=(-1, 1), label="x").design(OUT)
    seen = rf"'x' outside of \[-1, 1\], seen from {OUT.min():.4g} to {OUT.max():.4g} \({N_OUT} rows"
    with announced(seen):
        model = fit(design)
    with announced("have no prediction", seen):
        model.predict(design)
    with announced("take no part in the score", seen):
        model.score(design, Y)
    with announced("have no prediction", seen):
        model.simulate(0, design)
    with announced(seen):
        model.compute_loss((model.coef_, model.intercept_), design, Y)
    with announced(seen):
        nmo.selection.cross_validated(model, design, Y, np.arange(T) % 2)
    with announced(seen):
        sparse = nmo.GLM(regularizer="Lasso")
        nmo.selection.regularization_path(sparse, design, Y, strengths=2)


def test_test_rows_out_of_the_range_of_the_fit():
    design = B.BSplineEval(5, label="x").design(np.linspace(0, 1, T))
    model = fit(design)
    moved = design.at(np.linspace(0.5, 1.5, T))
    with announced(r"'x' outside of \[0, 1\], seen from 0.5 to 1.5 \(200 rows"):
        model.score(moved, Y)
    gone = design.at(np.linspace(5, 6, T))
    with pytest.raises(ValueError, match=r"none of them complete.*'x'.*seen from 5 to 6.*range"):
        model.score(gone, Y)
    with pytest.raises(ValueError, match=r"none of them complete.*'x'.*seen from 5 to 6"):
        fit(gone)


def test_the_part_of_a_product_and_of_a_tree_that_loses_rows():
    product = B.BSplineEval(4, bounds=(-1, 1), label="x") * B.IdentityEval(label="y")
    design = (product + B.HistoryConv(3, label="h")).design(OUT, X[:, 0], Y)
    with announced(r"'\(x \* y\)' outside of"):
        fit(design)
    with announced(r"'\(x \* y\)' of X\['a'\] outside of"):
        fit({"a": design, "b": X})
    with announced(r"'x1' of X\['b'\] NaN"):
        fit({"a": B.HistoryConv(3).design(Y), "b": GAPPY})


@pytest.mark.parametrize("kind", REGRESSORS + CLASSIFIERS, ids=str)
def test_all_models_announce(kind):
    model = kind.cls(**kind.arguments)
    features = X[:120].copy()
    features[1::5, 2] = np.nan
    for call in (model.fit, model.score):
        with announced("'x2' NaN or inf \\(24 rows\\)"):
            call(features, kind.y)
    with announced("'x2' NaN or inf"):
        model.predict(features)


@pytest.mark.parametrize("name", ["y", "sample_weight", "offset"])
def test_other_inputs_that_lose_rows(name):
    values = np.where(np.arange(T) % 4 == 0, np.nan, 1.0)
    with announced(rf"{name} NaN, inf or missing \(100 rows\)"):
        fit(**{name: values})
    if name == "offset":
        with announced("no prediction"):
            fit().predict(X, offset=values)


def test_two_percent_of_the_rows_are_announced():
    few = X.copy()
    few[25::50, 0] = np.nan
    with announced("took no part", r"'x0' NaN or inf \(8 rows\)"):
        fit(few)


def test_few_rows_and_weights_of_zero_are_told_in_the_report_alone():
    few = X.copy()
    few[25::200, 0] = np.nan
    with silent():
        model = fit(few)
        model.score(few, Y)
        weighted = fit(sample_weight=np.arange(T) % 4 == 0)
        whole = fit()
    assert "398 of 400 rows took part; not: 'x0' NaN or inf (2 rows)" in str(model.fit_report_)
    told = "100 of 400 rows took part; not: sample_weight of zero (300 rows)"
    assert told in str(weighted.fit_report_)
    assert "took" not in str(whole.fit_report_)


def test_edges_of_windows_are_told_in_the_report_and_cost_no_look(monkeypatch):
    monkeypatch.setattr(
        "spikeglm.glm.reading.lost_rows.losses_of", lambda *_: pytest.fail("looked")
    )
    with silent():
        model = fit(B.HistoryConv(5, label="past").design(Y))
    told = "395 of 400 rows took part; not: windows that leave their epoch (5 rows)"
    assert told in str(model.fit_report_)


def test_features_without_gaps_are_looked_through_once(monkeypatch):
    looks, of_rows = [], finite_rows
    monkeypatch.setattr(
        "spikeglm.rows.arrays.finite_rows", lambda values: looks.append(1) or of_rows(values)
    )
    model = nmo.PopulationGLM().fit(X, RNG.poisson(1.0, (T, 2)))
    assert "took part" not in str(model.fit_report_)
    assert len(looks) == 1


@pytest.mark.parametrize("is_design", [True, False])
def test_edges_of_windows_are_no_news(is_design):
    times = np.concatenate([100.0 * k + np.arange(40.0) for k in range(10)])
    epochs = nap.IntervalSet(100.0 * np.arange(10), 100.0 * np.arange(10) + 40)
    counts = nap.Tsd(t=times, d=Y, time_support=epochs)
    basis = B.RaisedCosineLogConv(3, window_size=10)
    features = basis.design(counts) if is_design else basis.compute_features(counts)
    with silent():
        model = fit(features, counts)
        model.predict(features)
        model.score(features, counts)
    assert int(model.fit_report_.result.n_rows[0]) == T - 100
    with silent():
        fit(B.HistoryConv(60).compute_features(Y))


@pytest.mark.parametrize("lost", [slice(240, None), slice(None, 160)], ids=["end", "beginning"])
def test_a_sensor_that_fails_for_the_rest_of_the_recording_is_news(lost):
    """It was taken for the edge of a window, up to half of all rows."""
    dead = X.copy()
    dead[lost, 2] = np.nan
    with announced("took no part", r"'x2' NaN or inf \(160 rows\)"):
        model = fit(dead)
    for call in (lambda: model.predict(dead), lambda: model.score(dead, Y)):
        with announced(r"'x2' NaN or inf \(160 rows\)"):
            call()


@pytest.mark.parametrize("kind", REGRESSORS[:2] + CLASSIFIERS[:1], ids=str)
def test_rows_that_a_batch_loses_are_news(kind):
    model = kind.cls(**kind.arguments)
    table = np.random.default_rng(1).normal(size=(len(kind.y), 3))
    model.fit(table, kind.y)
    params = model.coef_, model.intercept_
    table[1::4, 1] = np.nan
    state = model.initialize_optimizer_and_state(params, table, kind.y)
    with announced("took no part", "'x1' NaN or inf"):
        model.update(params, state, table, kind.y)


def test_weights_of_zero_everywhere_are_a_cause():
    with pytest.raises(ValueError, match=r"none of them complete: sample_weight of zero \(400"):
        fit(sample_weight=np.zeros(T))


def test_what_is_lost_beside_the_edges_is_news():
    signal = Y.astype(float)
    signal[10::20] = np.nan
    design = B.HistoryConv(5, label="past").design(signal)
    with announced(r"'past' NaN or inf \(100 rows\)"):
        fit(design)


def test_the_causes_are_not_looked_for_where_few_rows_are_lost(monkeypatch):
    monkeypatch.setattr(
        "spikeglm.glm.reading.lost_rows.losses_of", lambda *_: pytest.fail("looked")
    )
    monkeypatch.setattr("spikeglm.glm.reading.lost_rows.edges_of", lambda *_: pytest.fail("looked"))
    model = fit()
    model.predict(X)
    model.score(X, Y)


TURN = 2 * np.pi
CYCLES = [B.CyclicBSplineEval, B.FourierEval]


@pytest.mark.parametrize("cycle", CYCLES)
def test_degrees_where_a_period_is_in_radians_and_the_reverse(cycle):
    degrees = RNG.uniform(0, 360, T)
    basis = cycle(6, bounds=(0, TURN), label="heading")
    words = rf"'heading'.*{degrees.min():.4g} to {degrees.max():.4g}.*period is 6.283: degrees"
    with pytest.warns(UserWarning, match=words):
        basis.compute_features(degrees)
    with pytest.warns(UserWarning, match="period is 360: radians"):
        cycle(6, bounds=(-180, 180)).design(np.deg2rad(degrees))


@pytest.mark.parametrize("cycle", CYCLES)
@pytest.mark.parametrize(
    ("bounds", "low", "high"),
    [((0, TURN), 0, TURN), ((0, TURN), -np.pi, np.pi), ((0, 360), -180, 180), ((0, 24), 0, 72),
     ((0, TURN), 0, 900), ((0, 1), 0, 50)],
)  # fmt: skip
def test_no_doubt_without_a_reason(cycle, bounds, low, high):
    with silent():
        cycle(6, bounds=bounds).design(np.linspace(low, high, T))
