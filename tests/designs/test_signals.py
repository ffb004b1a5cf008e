"""Boxcars, signals, tuning and history: the tables that NumPy would write."""

import numpy as np
import pandas as pd
import pynapple as nap
import pytest
from tests.designs.dense import BIN_S, rows_of, seconds, spans, splines

import spikeglm as nmo

EPOCHS = [(0, 30), (40, 60)]
ROWS = rows_of(*EPOCHS)
builder = nmo.DesignBuilder(bin_s=BIN_S, epochs=spans(*EPOCHS))
rng = np.random.default_rng(0)
WALK = np.cumsum(rng.normal(size=700))  # sampled at 100 Hz from 0 to 7 s
FAST = np.arange(700) * 0.01


def is_on(pairs, bins):
    return np.array([[a <= b < c for b in bins] for a, c in pairs])


def lagged(x, lags, kernel, known):
    """(T, b): Σ_k kernel[k] x[row - lag_k] of x, a number per bin; NaN where one is not known."""
    out = np.full((len(ROWS), kernel.shape[1]), np.nan)
    for t, row in enumerate(ROWS):
        seen = row - np.asarray(lags)
        if all(known(row, b) for b in seen):
            out[t] = x[seen] @ kernel
    return out


# boxcars

PAIRS = [(5, 12), (25, 45), (50, 52)]


@pytest.mark.parametrize(
    "read",
    [
        lambda s: s,
        lambda s: (s[:, 0], s[:, 1]),
        lambda s: nap.IntervalSet(s[:, 0], s[:, 1]),
        lambda s: pd.DataFrame(s, columns=["start_time", "stop_time"]),
        lambda s: np.vstack([s, [[np.nan, 3.0]]]),
    ],
    ids=["array", "pair", "IntervalSet", "table", "NaN"],
)
def test_a_boxcar_is_on_between_start_and_stop(read):
    design = builder.boxcar(read(spans(*PAIRS)), label="delay").design()
    np.testing.assert_array_equal(design.to_array()[:, 0], is_on(PAIRS, ROWS).any(axis=0))


def test_boxcars_have_values_labels_and_kernels():
    values, labels = [2.0, -1.0, 3.0], ["a", "b", "a"]
    on = is_on(PAIRS, ROWS)
    valued = builder.boxcar(spans(*PAIRS), values=values, label="load").design()
    np.testing.assert_array_equal(valued.to_array()[:, 0], np.array(values) @ on)
    by = builder.boxcar(spans(*PAIRS), by=labels, label="context").design()
    np.testing.assert_array_equal(by.to_array(), np.column_stack([on[0] | on[2], on[1]]))
    assert by.terms[0].channels == ("a", "b")
    seen = builder.boxcar(spans(*PAIRS), window=(-0.2, 0.8), basis=5, label="delay").design()
    everywhere = is_on(PAIRS, np.arange(-20, 90)).any(axis=0).astype(float)
    expected = lagged(np.roll(everywhere, -20), np.arange(-2, 8), splines(10, 5), lambda *_: True)
    np.testing.assert_allclose(seen.to_array(), expected, atol=1e-12)


def test_intervals_that_overlap_add_up():
    pairs = spans((2, 8), (5, 10))
    plain = builder.boxcar(pairs, label="x").design().to_array()[:, 0]
    valued = builder.boxcar(pairs, values=[0.1, 0.2], label="x").design().to_array()[:, 0]
    on = is_on([(2, 8), (5, 10)], ROWS)
    np.testing.assert_array_equal(plain, on.sum(axis=0))
    np.testing.assert_allclose(valued, [0.1, 0.2] @ on, atol=1e-15)
    assert (valued[10:] == 0).all()


# signals


@pytest.mark.parametrize("how", ["interpolate", "average", "nearest", "previous"])
def test_a_signal_comes_to_the_bins_by_the_rule_that_is_said(how):
    signal = builder.signal((FAST, WALK), how=how, label="speed").design().to_array()[:, 0]
    at = seconds(ROWS)
    if how == "interpolate":
        expected = np.interp(at, FAST, WALK)
    elif how == "average":
        expected = [WALK[(t - 0.05 - 1e-9 <= FAST) & (t + 0.05 - 1e-9 > FAST)].mean() for t in at]
    else:  # centres of bins are samples
        expected = WALK[np.round(at * 100).astype(int)]
    np.testing.assert_allclose(signal, expected, atol=1e-9)


def test_no_line_is_drawn_over_gaps_ends_of_epochs_or_missing_samples():
    keep = (FAST < 1.0) | (FAST > 1.5)
    gap = builder.signal((FAST[keep], WALK[keep]), label="x").design()
    missing = ~gap.valid_rows()
    assert ROWS[missing].tolist() == [10, 11, 12, 13, 14]
    assert gap.report().rows_lost.tolist() == [[0, 5]]
    wide = builder.signal((FAST[keep], WALK[keep]), max_gap_s=1.0, label="x").design()
    assert wide.valid_rows().all()
    epochs = nap.IntervalSet([0, 2], [1.994, 7])
    series = nap.Tsd(FAST[::10], WALK[::10], time_support=epochs)
    for how in ("interpolate", "previous", "nearest"):
        slow = builder.signal(series, how=how, max_gap_s=9, label="x").design()
        lost = ROWS[~slow.valid_rows()].tolist()
        assert lost == ([19] if how == "interpolate" else [])
    late = nap.Tsd(
        [1.0, 1.9, 2.3], [1.0, 2.0, 3.0], time_support=nap.IntervalSet([1, 2], [1.95, 9])
    )
    held = builder.signal(late, how="previous", label="x").design()
    assert ROWS[~held.valid_rows()].tolist() == [*range(10), 20, 21, 22]  # not of another epoch
    holes = WALK.copy()
    holes[100:120] = np.nan
    assert ROWS[~builder.signal((FAST, holes), label="x").design().valid_rows()].tolist() == [
        10,
        11,
    ]


def test_values_per_row_are_taken_as_they_are():
    x = rng.normal(size=(len(ROWS), 2))
    design = builder.signal(pd.DataFrame(x, columns=["vx", "vy"]), label="v").design()
    np.testing.assert_array_equal(design.to_array(), x)
    assert design.terms[0].channels == ("vx", "vy")
    with pytest.raises(ValueError, match="does not say when"):
        builder.signal(x[:7], label="v").design()


def test_kernels_of_signals_see_what_was_recorded_between_epochs():
    design = builder.signal((FAST, WALK), window=(-0.3, 0.7), basis=5, label="x").design()
    bins = np.interp(seconds(np.arange(70)), FAST, WALK)
    expected = lagged(bins, np.arange(-3, 7), splines(10, 5), lambda _, b: 0 <= b < 70)
    np.testing.assert_allclose(design.to_array(), expected, atol=1e-9)
    np.testing.assert_array_equal(design.edges_of_windows(), np.isnan(expected[:, 0]))
    only_rows = builder.signal(bins[ROWS], window=(-0.3, 0.7), basis=5, label="x").design()
    expected = lagged(bins, np.arange(-3, 7), splines(10, 5), lambda _, b: b in ROWS)
    np.testing.assert_allclose(only_rows.to_array(), expected, atol=1e-9)


def test_an_index_of_floats_is_times_and_others_must_count_rows():
    x = WALK[ROWS]
    by_index = pd.Series(x, index=seconds(ROWS)[:, None].ravel())
    for given in (by_index, pd.Series(x), by_index.to_frame("v")):
        design = builder.signal(given, label="v").design()
        np.testing.assert_allclose(design.to_array()[:, 0], x, atol=1e-12)
    for index in (np.arange(len(x)) + 5, pd.date_range("2026", periods=len(x))):
        with pytest.raises(ValueError, match="neither times nor rows"):
            builder.signal(pd.Series(x, index=index), label="v").design()


# tuning


def test_tuning_is_the_basis_at_the_signal_and_its_products():
    x, y = rng.uniform(0, 10, (2, len(ROWS)))
    basis = nmo.basis.BSplineEval(5) * nmo.basis.BSplineEval(6)
    for given in ((5, 6), basis):
        design = builder.tuning(x, y, basis=given, label="place").design()
        np.testing.assert_allclose(design.to_array(), basis.compute_features(x, y), atol=1e-12)
    assert basis.label != "place" and basis.n_output_features == 30  # ours is a copy
    angle = nmo.basis.CyclicBSplineEval(6, bounds=(0, 10))
    design = builder.tuning(x, basis=angle, label="phase").design()
    np.testing.assert_allclose(design.to_array(), angle.compute_features(x), atol=1e-12)


def test_lines_between_angles_go_the_short_way_round():
    slow = np.arange(8.0)
    angles = np.array([350, 10, 30, 340, 320, 355, 5, 15.0])
    basis = nmo.basis.CyclicBSplineEval(8, bounds=(0, 360))
    turning = np.interp(seconds(ROWS), slow, np.rad2deg(np.unwrap(np.deg2rad(angles)))) % 360
    for how, expected in (("interpolate", turning), ("nearest", None)):
        design = builder.tuning((slow, angles), basis=basis, how=how, label="heading").design()
        if expected is not None:
            want = basis.compute_features(expected)
            np.testing.assert_allclose(design.to_array(), want, atol=1e-9)
    fast = (350 + 20 * np.sin(FAST)) % 360
    design = builder.tuning((FAST, fast), basis=basis, how="average", label="heading").design()
    want = basis.compute_features((350 + 20 * np.sin(seconds(ROWS))) % 360)
    np.testing.assert_allclose(design.to_array(), want, atol=0.02)


def test_categories_are_not_interpolated():
    labels = np.where(ROWS % 2, "go", "stop")
    design = builder.tuning(labels, basis=nmo.basis.Category(["go", "stop"]), label="cue").design()
    np.testing.assert_array_equal(design.to_array(), np.column_stack([ROWS % 2, ROWS % 2 == 0]))
    states = (np.arange(8.0), np.array([0, 1, 2, 0, 1, 2, 0, 1]))
    design = builder.tuning(states, basis=nmo.basis.Category(3), label="state").design()
    assert set(np.unique(design.to_array())) == {0.0, 1.0}


# history

COUNTS = rng.poisson(0.7, size=(70, 3))


def spike_times():
    return {n: np.repeat(seconds(np.arange(70)), COUNTS[:, n]) for n in range(3)}


@pytest.mark.parametrize("kind", ["TsGroup", "dict", "list", "TsdFrame", "rows"])
def test_history_sees_the_bins_before(kind):
    times, grid = spike_times(), seconds(np.arange(70))
    support = nap.IntervalSet(0, 7)
    spikes = {
        "TsGroup": lambda: nap.TsGroup({n: nap.Ts(t) for n, t in times.items()}, support),
        "dict": lambda: times,
        "list": lambda: list(times.values()),
        "TsdFrame": lambda: nap.TsdFrame(grid, COUNTS, time_support=support),
        "rows": lambda: COUNTS[ROWS],
    }[kind]()
    design = builder.history(spikes, window=0.6, basis=4, label="past").design()
    last = {"dict": 60, "list": 60}.get(kind, 70)  # known from the first row to the last
    known = (lambda _, b: b in ROWS) if kind == "rows" else (lambda _, b: 0 <= b < last)
    expected = [lagged(x, np.arange(1, 7), splines(6, 4), known) for x in COUNTS.T.astype(float)]
    np.testing.assert_allclose(design.to_array(), np.hstack(expected), atol=1e-12)
    np.testing.assert_array_equal(design.counts(spikes).values, COUNTS[ROWS])


def test_history_limited_to_trials_loses_their_beginnings_or_takes_them_for_silent():
    trials = [(0, 15), (15, 30), (40, 60)]
    limited = nmo.DesignBuilder(bin_s=BIN_S, epochs=spans(*EPOCHS), trials=spans(*trials))
    part = np.array([[a <= b < c for b in range(70)] for a, c in trials]).argmax(axis=0)
    for spikes in (spike_times(), COUNTS[ROWS]):
        lost, zero = (
            limited.history(
                spikes, window=0.6, basis=4, label="past", within_trial=True, edges=how
            ).design()
            for how in ("lost", "zero")
        )
        x = COUNTS[:, 0].astype(float)

        def same(row, b):
            return b in ROWS and part[row] == part[b]

        expected = lagged(x, np.arange(1, 7), splines(6, 4), same)
        np.testing.assert_allclose(lost.to_array()[:, :4], expected, atol=1e-12)
        assert lost.report().rows_lost.tolist() == [[18, 0]]
        found = zero.to_array()
        assert np.isfinite(found).all() and found[0].tolist() == [0] * 12
        kept = np.isfinite(expected[:, 0])
        np.testing.assert_allclose(found[kept, :4], expected[kept], atol=1e-12)


def test_whose_spikes_a_neuron_sees_is_a_mask():
    def mask(neurons):
        return builder.history(COUNTS[ROWS], window=0.3, neurons=neurons, label="h").design()

    assert mask("all").feature_mask is None and mask("own").feature_mask == {"h": "own"}
    assert mask([0, 2]).feature_mask == {"h": [0, 2]}
    with pytest.raises(ValueError, match="neurons"):
        mask("mine")


def test_counts_in_other_bins_are_refused():
    counts = nap.Tsd(np.arange(700) * 0.01 + 0.005, rng.poisson(0.1, 700))
    for call in (
        lambda: builder.history(counts, window=0.5, label="h").design(),
        lambda: builder.boxcar([[0, 1]], label="b").design().counts(counts),
    ):
        with pytest.raises(ValueError, match="bins of another length"):
            call()


def test_a_history_never_sees_its_own_bin():
    for window in (0, -0.1, (0, 0.5), 0.01, True, np.inf):
        with pytest.raises(ValueError, match="how far back"):
            builder.history(COUNTS[ROWS], window=window, label="h").design()
