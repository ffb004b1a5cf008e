"""Kernels around events: the table that loops over rows and events would write."""

import numpy as np
import pandas as pd
import pynapple as nap
import pytest
from tests.designs.dense import (
    BIN_S,
    in_one,
    kernel_features,
    rows_of,
    seconds,
    spans,
    splines,
)

import spikeglm as nmo

EPOCHS = [(0, 30), (40, 55), (60, 100)]
ROWS = rows_of(*EPOCHS)
EVENTS = np.array([2, 10, 11, 28, 35, 39, 50, 58, 61, 97, 150])  # 35, 39, 58 lie between epochs
builder = nmo.DesignBuilder(bin_s=BIN_S, epochs=spans(*EPOCHS))
CASES = {  # window in bins, basis: lags and kernel
    "after": ((0, 10), 5),
    "before": ((-8, 0), 5),
    "around": ((-5, 10), 6),
    "later": ((3, 9), 4),
    "long ago, over several epochs": ((10, 45), 7),
    "each lag": ((-2, 3), "lags"),
    "one bin": ((0, 1), "lags"),
}


def kernel_of(window, basis):
    n = window[1] - window[0]
    return np.eye(n) if basis == "lags" else splines(n, basis)


@pytest.mark.parametrize("case", CASES)
def test_rows_see_events_through_their_window(case):
    window, basis = CASES[case]
    design = builder.events(
        seconds(EVENTS), window=np.array(window) * BIN_S, basis=basis, label="cue"
    ).design()
    lags = np.arange(*window)
    expected = kernel_features(ROWS, EVENTS, lags, kernel_of(window, basis))
    np.testing.assert_allclose(design.to_array(), expected, atol=1e-12)
    assert design.valid_rows().all()  # an event that is not in the list did not happen
    (term,) = design.terms
    np.testing.assert_allclose(term.axis(), lags * BIN_S, atol=1e-12)
    np.testing.assert_allclose(term.functions(term.axis()), kernel_of(window, basis), atol=1e-12)
    assert term.unit == "s" and term.reach == (max(lags[-1], 0), max(-lags[0], 0))


def test_any_block_of_rows_is_the_same_in_both_precisions():
    design = builder.events(seconds(EVENTS), window=(-1.0, 1.5), label="cue").design()
    whole = design.to_array()
    for start, stop in [(0, 1), (5, 44), (29, 31), (44, 46), (80, 85), (7, 7)]:
        np.testing.assert_array_equal(design.read(start, stop), whole[start:stop])
        single = design.read_as(start, stop, dtype=np.dtype(np.float32))
        np.testing.assert_allclose(single, whole[start:stop], atol=1e-6)


def test_a_bin_holds_its_beginning_and_not_its_end():
    design = builder.events([0.1, 0.3, 0.7], window=(0, BIN_S), basis="lags", label="c").design()
    assert np.flatnonzero(design.to_array()).tolist() == [1, 3, 7]


def test_limited_to_trials_an_event_acts_in_its_own():
    trials = [(0, 12), (12, 30), (42, 55), (60, 70), (70, 101)]
    limited = nmo.DesignBuilder(bin_s=BIN_S, epochs=spans(*EPOCHS), trials=spans(*trials))
    design = limited.events(
        seconds(EVENTS), window=(-0.5, 2.0), basis=6, label="cue", within_trial=True
    ).design()

    gaps = [(30, 42), (55, 60), (101, 1000)]  # the time between trials is a part of its own
    expected = kernel_features(
        ROWS,
        EVENTS,
        np.arange(-5, 20),
        splines(25, 6),
        allowed=lambda row, event: in_one(trials + gaps, row, event),
    )
    np.testing.assert_allclose(design.to_array(), expected, atol=1e-12)


def test_values_count_events_and_several_are_channels():
    values = np.random.default_rng(0).normal(size=(len(EVENTS), 2))
    table = pd.DataFrame(values, columns=["contrast", "side"])
    one, both = (
        builder.events(seconds(EVENTS), window=(0, 1), basis=5, values=v, label="cue").design()
        for v in (values[:, 0], table)
    )
    expected = [
        kernel_features(ROWS, EVENTS, np.arange(10), splines(10, 5), values=v) for v in values.T
    ]
    np.testing.assert_allclose(one.to_array(), expected[0], atol=1e-12)
    np.testing.assert_allclose(both.to_array(), np.hstack(expected), atol=1e-12)
    assert both.terms[0].channels == ("contrast", "side") and both.terms[0].shape == (2, 5)
    report = both.report().to_frame()
    assert report.loc["cue", ["n_events", "n_seen"]].tolist() == [11, 10]


def test_labels_are_channels():
    labels = np.array(["left", "right"])[np.arange(len(EVENTS)) % 2].astype(object)
    labels[3] = None
    design = builder.events(
        seconds(EVENTS), window=(0, 1), basis=5, by=labels, label="cue"
    ).design()
    expected = [
        kernel_features(ROWS, EVENTS[labels == side], np.arange(10), splines(10, 5))
        for side in ("left", "right")
    ]
    np.testing.assert_allclose(design.to_array(), np.hstack(expected), atol=1e-12)
    assert design.terms[0].channels == ("left", "right")
    assert "1 of no channel" in design.report().status[0]


def as_kinds(kind):
    left, right = seconds(EVENTS[::2]), seconds(EVENTS[1::2])
    if kind == "dict":
        return {3: left, 5: right}
    return nap.TsGroup({3: nap.Ts(left), 5: nap.Ts(right)})


@pytest.mark.parametrize("kind", ["dict", "TsGroup"])
def test_kinds_of_events_are_channels(kind):
    design = builder.events(as_kinds(kind), window=(0, 1), basis=5, label="lick").design()
    expected = [
        kernel_features(ROWS, part, np.arange(10), splines(10, 5))
        for part in (EVENTS[::2], EVENTS[1::2])
    ]
    np.testing.assert_allclose(design.to_array(), np.hstack(expected), atol=1e-12)
    assert design.terms[0].channels == (3, 5)


@pytest.mark.parametrize(
    "read",
    [
        list,
        np.asarray,
        nap.Ts,
        pd.Series,
        lambda t: nap.Tsd(t, np.ones(len(t))),
        lambda t: t[::-1],
        lambda t: np.append(t, np.nan),
        lambda t: pd.array([*t, None], dtype="Float64"),
    ],
    ids=["list", "array", "Ts", "Series", "Tsd", "in any order", "NaN", "NA"],
)
def test_times_are_read_from_whatever_holds_them(read):
    times = read(seconds(EVENTS))
    design = builder.events(times, window=(-0.3, 0.4), basis="lags", label="c").design()
    expected = kernel_features(ROWS, EVENTS, np.arange(-3, 4), np.eye(7))
    np.testing.assert_array_equal(design.to_array(), expected)


def test_a_missing_value_loses_the_rows_that_see_it_or_counts_nothing():
    values = np.ones(len(EVENTS))
    values[1] = np.nan  # of the event in bin 10
    lost, zero = (
        builder.events(
            seconds(EVENTS), window=(0, 0.5), basis=4, values=values, missing=how, label="cue"
        ).design()
        for how in ("lost", "zero")
    )
    assert np.flatnonzero(~lost.valid_rows()).tolist() == [10, 11, 12, 13, 14]
    assert lost.report().rows_lost.tolist() == [[0, 5]]
    others = np.delete(EVENTS, 1)
    expected = kernel_features(ROWS, others, np.arange(5), splines(5, 4))
    np.testing.assert_allclose(zero.to_array(), expected, atol=1e-12)
    assert "1 without a value" in zero.report().status[0]


def test_rows_may_be_given_as_counts_or_as_times():
    times = seconds(ROWS)
    counts = nap.Tsd(times, np.zeros(len(times)), time_support=nap.IntervalSet(*spans(*EPOCHS).T))
    want = builder.events(seconds(EVENTS), window=(-1, 1), label="cue").design().to_array()
    for rows in (counts, nap.Ts(times), times):
        found = nmo.DesignBuilder(rows).events(seconds(EVENTS), window=(-1, 1), label="cue")
        np.testing.assert_allclose(found.design().to_array(), want, atol=1e-12)


def test_bins_are_those_that_pynapple_counts_in():
    epochs = nap.IntervalSet([0.0, 3.03, 7.7], [2.0, 5.19, 7.72])
    spikes = nap.Ts(np.sort(np.random.default_rng(1).uniform(0, 8, 200)))
    counts = spikes.count(0.05, ep=epochs)
    design = nmo.DesignBuilder(bin_s=0.05, epochs=epochs).boxcar(epochs, label="all").design()
    np.testing.assert_array_equal(design.time_axis.times, counts.t)
    n = design.counts(spikes)
    assert (n.t == counts.t).all() and abs(n.values.sum() - counts.values.sum()) <= 2
