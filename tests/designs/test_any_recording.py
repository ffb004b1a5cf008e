"""Any epochs, trials, windows and times of events: the table that loops would write."""

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.designs.dense import BIN_S, in_one, kernel_features, rows_of, spans

import spikeglm as nmo
from spikeglm.designs.numbers_in_bins import events_in_bins
from spikeglm.io.interop.event_data import read_events

LAST = 80  # bins
SAME = 1e-6 * BIN_S  # a time that is so near to the edge of a bin is on it


@st.composite
def parts(draw, most):
    """Parts of a recording, in bins, that do not touch: a gap of at least one bin between."""
    n = draw(st.integers(1, most))
    cuts = draw(st.lists(st.integers(0, LAST), min_size=2 * n, max_size=2 * n, unique=True))
    cuts = sorted(cuts)
    return list(zip(cuts[::2], cuts[1::2], strict=True))


@st.composite
def windows(draw):
    first = draw(st.integers(-30, 30))
    return first, first + draw(st.integers(1, 25))


moments = st.lists(st.floats(-3.0, 11.0), max_size=25)  # seconds, anywhere


@settings(max_examples=60, deadline=None)
@given(parts(4), parts(3), windows(), moments, st.booleans(), st.integers(0, 60))
def test_kernels_of_events(epochs, trials, window, times, within_trial, start):
    rows, lags = rows_of(*epochs), np.arange(*window)
    builder = nmo.DesignBuilder(bin_s=BIN_S, epochs=spans(*epochs), trials=spans(*trials))
    built = builder.boxcar([[0, 100]], label="on").events(
        [*times, 4.0], window=np.array(window) * BIN_S, basis="lags", label="x",
        within_trial=within_trial,
    )  # fmt: skip
    design = _quietly(built.design)
    all_times = np.array([*times, 4.0])
    bins = np.floor(all_times / BIN_S + 1e-6).astype(int)

    def segment(t):
        inside = [k for k, (a, b) in enumerate(trials) if a * BIN_S - SAME <= t <= b * BIN_S]
        return inside[-1] if inside else -1 - sum(a * BIN_S - SAME <= t for a, _ in trials)

    of_rows = {row: segment((row + 0.5) * BIN_S) for row in rows}
    out = np.zeros((len(rows), len(lags)))
    for time, b in zip(all_times, bins, strict=True):
        out += kernel_features(
            rows,
            [b],
            lags,
            np.eye(len(lags)),
            allowed=lambda row, _, time=time: not within_trial or of_rows[row] == segment(time),
        )
    np.testing.assert_array_equal(design.to_array()[:, 1:], out)
    stop = min(start + 17, len(rows))
    np.testing.assert_array_equal(design.read(min(start, stop), stop)[:, 1:], out[start:stop])
    seen = sum(
        (kernel_features(rows, [b], lags, np.ones((len(lags), 1)),
         allowed=lambda row, _, t=t: not within_trial or of_rows[row] == segment(t)) > 0).any()
        for t, b in zip(all_times, bins, strict=True)
    )  # fmt: skip
    assert design.facts[1].n_seen == seen


@settings(max_examples=60, deadline=None)
@given(parts(4), st.integers(1, 20), moments, st.booleans())
@example([(7, 9)], 1, [0.7], True)  # 7 * 0.1 is more than 0.7: the first spike of the trial
def test_histories_of_spikes(epochs, reach, times, limited):
    rows, lags = rows_of(*epochs), np.arange(1, reach + 1)
    builder = nmo.DesignBuilder(bin_s=BIN_S, epochs=spans(*epochs), trials=spans(*epochs))
    built = builder.history(
        [times], window=reach * BIN_S, basis="lags", label="past", within_trial=limited
    )
    design = _quietly(built.design)
    bins = np.floor(np.array(times) / BIN_S + 1e-6).astype(int)
    out = kernel_features(rows, bins, lags, np.eye(reach))
    lost = np.array([row - reach < rows[0] for row in rows])
    if limited:
        lost = np.array([not in_one(epochs, row - reach, row) for row in rows])
    np.testing.assert_array_equal(~design.valid_rows(), lost)
    np.testing.assert_array_equal(design.edges_of_windows(), lost)
    np.testing.assert_array_equal(design.to_array()[~lost], out[~lost])


@settings(max_examples=40, deadline=None)
@given(parts(4), moments)
def test_counts_are_those_of_a_histogram(epochs, times):
    builder = nmo.DesignBuilder(bin_s=BIN_S, epochs=spans(*epochs)).boxcar([[0, 1]], label="x")
    design = _quietly(builder.design)
    bins = np.floor(np.array(times) / BIN_S + 1e-6).astype(int)
    expected = [(bins == row).sum() for row in rows_of(*epochs)]
    np.testing.assert_array_equal(design.counts([times]).values.ravel(), expected)
    runs = design.grid.stretches(0, 0)
    again = events_in_bins(runs, read_events(times, name="x"))
    np.testing.assert_array_equal(again.ravel(), expected)


def _quietly(call):
    import warnings

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "No row sees")
        return call()
