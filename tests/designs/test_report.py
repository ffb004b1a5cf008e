"""Reports: against statsmodels, determinants and QR; and what they say of trouble."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.outliers_influence import variance_inflation_factor

import spikeglm as nmo
from spikeglm.designs.collinearity import column_vif, moments_of, term_correlations, term_vif
from spikeglm.rows import ArrayRows
from spikeglm.rows.terms import Term

rng = np.random.default_rng(3)
T = 400
MIX = rng.normal(size=(6, 6))
X = rng.normal(size=(T, 6)) @ MIX + 5
TERMS = [Term("a", 0, 3), Term("b", 3, 4), Term("c", 4, 6)]
R = np.corrcoef(X.T)


def test_moments_are_those_of_numpy_over_the_rows_that_are_complete():
    holes = X.copy()
    holes[5, 2] = np.nan
    holes[:, 3] = 1e6 + holes[:, 3] * 1e-3  # far from zero
    sums = moments_of(ArrayRows(holes))
    kept = np.delete(holes, 5, axis=0)
    assert sums.n_rows == T - 1
    np.testing.assert_allclose(sums.mean, kept.mean(axis=0))
    np.testing.assert_allclose(sums.scale, kept.std(axis=0))
    np.testing.assert_allclose(sums.correlation, np.corrcoef(kept.T), atol=1e-12)


def test_inflation_of_columns_is_that_of_statsmodels():
    with_constant = np.column_stack([np.ones(T), X])
    want = [variance_inflation_factor(with_constant, j) for j in range(1, 7)]
    np.testing.assert_allclose(column_vif(R), want, rtol=1e-8)


def test_inflation_of_terms_is_the_ratio_of_determinants():
    """Fox & Monette (1992): det R_jj det R_rest / det R."""
    vif, rank = term_vif(R, TERMS)
    for k, term in enumerate(TERMS):
        own = np.arange(term.start, term.stop)
        rest = np.delete(np.arange(6), own)
        want = np.linalg.det(R[np.ix_(own, own)]) * np.linalg.det(R[np.ix_(rest, rest)])
        assert vif[k] == pytest.approx(want / np.linalg.det(R), rel=1e-8)
    assert rank.tolist() == [3, 1, 2]


def test_terms_are_as_alike_as_their_best_combinations():
    """Canonical correlations are the cosines of angles between spaces (Björck & Golub 1973)."""
    found = term_correlations(R, TERMS)
    spaces = [np.linalg.qr(X[:, t.columns] - X[:, t.columns].mean(axis=0))[0] for t in TERMS]
    want = [[np.linalg.norm(a.T @ b, 2) for b in spaces] for a in spaces]
    np.testing.assert_allclose(found, want, atol=1e-10)


def test_what_is_singular_within_a_term_is_no_trouble_and_between_terms_it_is():
    splines = nmo.basis.BSplineEval(5).compute_features(rng.uniform(size=T))  # sum to one
    noise = rng.normal(size=(T, 2))
    doubled = np.column_stack([splines, noise, noise[:, :1] - splines[:, :1], np.full(T, 3.0)])
    R = moments_of(ArrayRows(doubled)).correlation
    apart = [Term("splines", 0, 5), Term("noise", 5, 7), Term("const", 8, 9)]
    vif, rank = term_vif(R[np.ix_(*[[*range(7), 8]] * 2)], [*apart[:2], Term("const", 7, 8)])
    assert rank.tolist() == [4, 2, 0] and np.isfinite(vif[:2]).all() and np.isnan(vif[2])
    assert vif[0] == pytest.approx(vif[1])
    vif, _ = term_vif(R, [*apart[:2], Term("both", 7, 8), apart[2]])
    assert np.isinf(vif[:3]).all()
    per_column = column_vif(R)
    assert np.isinf(per_column[:6]).all() and np.isfinite(per_column[6]) and np.isnan(per_column[8])


def builder(**more):
    return nmo.DesignBuilder(bin_s=0.1, epochs=[[0, 20], [25, 40]], **more)


def test_events_are_counted_where_they_are():
    cues = [1.0, 5.05, 19.95, 24.5, 22.0, 60.0, np.nan]  # 24.5 is seen from 25.0 on
    design = builder().events(cues, window=(0, 1.0), basis=5, label="cue").design()
    report = design.report()
    row = report.to_frame().loc["cue"]
    assert row[["n_events", "n_in_rows", "n_seen"]].tolist() == [7, 3, 4]
    assert report.status == ("2 event(s) seen by no row; 1 without a time",)
    assert report.events_frame().to_numpy().tolist() == [["cue", 0, 4]]
    assert "VIF" in str(report) and "2 event(s) seen by no row" in str(report)


def test_an_empty_kernel_is_told_and_warned_of():
    built = builder().events([1000.0, 5000.0], window=(0, 1), basis=5, label="cue")
    built = built.boxcar([[0, 10]], label="on")
    with pytest.warns(UserWarning, match="No row sees an event of some terms"):
        design = built.design()
    report = design.report()
    assert report.status == ("no event in any row (of 2); empty: zero in all rows", "ok")
    assert len(report.empty_columns) == 5
    model = nmo.GLM(regularizer="Ridge", regularizer_strength=1.0)
    model.fit(design, rng.poisson(0.5, design.n_rows))
    assert (model.coef_[:5] == 0).all() and model.fit_report_.status == ("converged",)


def test_a_term_that_is_constant_or_a_copy_is_told():
    x = rng.normal(size=350)
    built = (
        builder()
        .boxcar([[-1, 100]], label="always")
        .signal(x, label="x")
        .signal(2 * x + 1, label="again")
        .signal(x + 0.1 * rng.normal(size=350), label="nearly")
    )
    report = built.design().report()
    assert report.status[:3] == ("constant", *["a combination of other terms"] * 2)
    assert report.status[3].startswith("nearly the same as")
    frame = report.to_frame()
    assert frame.loc["x", "most_like"] == "again" and frame.loc["always", "most_like"] == ""


def test_a_trial_shorter_than_its_kernel_is_a_status():
    trials = pd.DataFrame({"start": [0.0, 1.0, 10.0], "end": [0.4, 9.0, 20.0]})
    built = builder(trials=trials).history(
        rng.poisson(0.5, 350), window=1.0, basis=4, label="past", within_trial=True
    )
    built = built.events([0.1, 2.0], window=(0, 2), basis=5, label="cue", within_trial=True)
    report = built.design().report()
    # all of the first trial and of the half second after it, 1 s of each other part, and of epochs
    lost = 4 + 6 + 10 + 10 + 10 + 10
    assert report.rows_lost.tolist()[0] == [lost, 0]
    short = nmo.DesignBuilder(bin_s=0.1, epochs=[[0, 0.5]]).history(
        np.ones(5), window=1.0, label="past"
    )
    report = short.design().report()
    assert report.status == ("loses all rows; no row is complete",) and report.n_kept == 0
    assert report.rows_lost.tolist() == [[5, 0]]


def test_missing_samples_are_told_apart_from_edges():
    x = rng.normal(size=350)
    x[100] = np.nan
    design = builder().signal(x, window=(0, 0.5), basis=4, label="x").design()
    report = design.report()
    assert report.rows_lost.tolist() == [[8, 5]] and report.n_rows_lost_alone.tolist() == [13]
    assert report.n_kept == report.n_rows - 13
    assert "x: 8 rows lost, its window reaches 4 bins back, where nothing is known" in str(report)
    assert "x: 5 rows lost, samples or values are missing" in str(report)
    y = rng.poisson(0.5, 350)
    assert nmo.GLM().fit(design, y).fit_report_.to_frame()["n_rows"].item() == 337


def test_a_signal_on_another_clock_is_told():
    clock = np.arange(0, 40, 0.05) + 1e4
    design = builder().signal((clock, clock), label="x").boxcar([[0, 9]], label="on").design()
    assert design.report().status == ("loses all rows; no row is complete", "no row is complete")
    with pytest.raises(ValueError, match="'x' NaN or inf"):
        nmo.GLM().fit(design, np.zeros(design.n_rows))


def test_spikes_are_counted_by_neuron_and_those_in_milliseconds_are_told():
    times = {"a": [1.0, 2.0, 22.0], "b": []}
    report = builder().history(times, window=0.5, basis=4, label="past").design().report()
    assert report.events_frame()["n_seen"].tolist() == [2, 0]
    assert report.status == ("no event of b; 4 of 8 columns are zero in all rows",)
    late = {"a": [1000.0, 5000.0]}
    with pytest.warns(UserWarning, match="'past' \\(2 given\\)"):
        builder().history(late, window=0.3, label="past").design()


def test_an_event_with_one_of_two_values_is_told():
    values = np.array([[1.0, np.nan], [2.0, 3.0]])
    design = builder().events([1.0, 5.0], window=(0, 1), values=values, label="x").design()
    assert design.report().status == ("1 without a value",)


def test_functions_that_no_event_reaches_are_told():
    design = builder().events([39.7], window=(0, 2.0), basis="lags", label="end").design()
    report = design.report()
    assert report.status == ("17 of 20 columns are zero in all rows",)


def test_more_functions_than_lags_are_told():
    report = builder().events([1.0, 5.0], window=(0, 0.5), basis=8, label="x").design().report()
    assert report.status == ("8 functions over 5 lags",) and report.rank.tolist() == [5]


def test_any_design_can_report():
    basis = nmo.basis.HistoryConv(3, label="past") + nmo.basis.BSplineEval(5, label="x")
    design = basis.design(rng.poisson(1, 90), rng.uniform(size=90))
    report = design.report()
    assert report.rows_lost.tolist() == [[3, 0], [0, 0]] and report.rank.tolist() == [3, 4]
    part = design.rows(1, 50).rows(0, 20).report()
    assert part.rows_lost.tolist() == [[2, 0], [0, 0]] and part.n_rows == 20
    np.testing.assert_allclose(part.correlation, np.corrcoef(design[3:21].T))
    with pytest.raises(TypeError, match="Only a design"):
        nmo.designs.DesignReport.of(np.ones((3, 2)))
