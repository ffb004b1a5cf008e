"""What a builder takes and refuses."""

import warnings

import numpy as np
import pandas as pd
import pynapple as nap
import pytest

import spikeglm as nmo

B = nmo.basis
start = nmo.DesignBuilder(bin_s=0.1, epochs=[[0, 10]])


def test_each_call_returns_a_new_builder():
    first = start.boxcar([[0, 5]], label="a")
    second, third = first.boxcar([[5, 9]], label="b"), first.boxcar([[5, 9]], label="c")
    assert [len(b.plan.terms) for b in (start, first, second, third)] == [0, 1, 2, 2]
    assert [term.label for term in third.design().terms] == ["a", "c"]
    assert start.data.keys() == {"epochs"} and "boxcar('c')" in repr(third)


def trial_table(kind):
    starts, ends, cues = np.arange(3) * 3.0, np.arange(3) * 3.0 + 2, np.arange(3) * 3.0 + 0.5
    if kind == "IntervalSet":
        return nap.IntervalSet(starts, ends, metadata={"cue": cues, "gain": [1.0, 2.0, 3.0]})
    columns = {"start_time": starts, "stop_time": ends, "cue": cues, "gain": [1.0, 2.0, 3.0]}
    return pd.DataFrame(columns) if kind == "table" else columns


@pytest.mark.parametrize("kind", ["IntervalSet", "table", "dict"])
def test_columns_of_trials_are_data(kind):
    builder = nmo.DesignBuilder(bin_s=0.1, trials=trial_table(kind))
    design = (
        builder.events("cue", window=(0, 0.2), basis="lags", values="gain", label="cue")
        .boxcar("trials", values="gain", label="gain")
        .boxcar(("trials.start" if kind == "IntervalSet" else "start_time", "cue"), label="wait")
    ).design()
    assert design.n_rows == 60
    X = design.to_array()
    trial, step = np.divmod(np.arange(60), 20)
    expected = [np.where(step == 5, trial + 1, 0), np.where(step == 6, trial + 1, 0)]
    expected += [trial + 1, step < 5]
    np.testing.assert_array_equal(X, np.column_stack(expected))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: start.events([1], window=(1, 1), label="a"), "A window is"),
        (lambda: start.events([1], window=3, label="a"), "A window is"),
        (lambda: start.events([1], window=(0, np.inf), label="a"), "A window is"),
        (lambda: start.events([1], window=(0, 0.01), label="a").design(), "holds no bin"),
        (lambda: start.events([1], window=(0, 1), basis=0, label="a").design(), "n_basis_funcs"),
        (
            lambda: start.events(
                [1], window=(0, 1), basis=B.BSplineConv(5, 10), label="a"
            ).design(),
            "window of its own",
        ),
        (
            lambda: start.events([1], window=(0, 1), basis=B.IdentityEval(), label="a").design(),
            "cannot be spread",
        ),
        (lambda: start.events([1, 2], window=(0, 1), values=[1.0], label="a").design(), "each"),
        (lambda: start.events([1, 2], window=(0, 1), by=["l"], label="a").design(), "each"),
        (lambda: start.events([1], window=(0, 1), missing="nan", label="a"), "missing"),
        (lambda: start.events([[1, 2]], window=(0, 1), label="a").design(), "times of events"),
        (lambda: start.events("cue", window=(0, 1)).design(), "name of data"),
        (lambda: start.boxcar([1, 2, 3], label="a").design(), "as intervals"),
        (lambda: start.boxcar(pd.DataFrame({"a": [1]}), label="a").design(), "start and end"),
        (lambda: start.signal([1.0], how="linear", label="a"), "how"),
        (lambda: start.signal(([0.0, 0.0], [1, 2]), label="a").design(), "do not increase"),
        (lambda: start.tuning([1.0], [2.0], basis=B.BSplineEval(5), label="a"), "another number"),
        (lambda: start.tuning([1.0], basis=B.BSplineEval(5) + B.IdentityEval(), label="a"), "sum"),
        (lambda: start.boxcar([[0, 1]], label="a").boxcar([[0, 1]], label="a"), "other data"),
        (lambda: start.boxcar("x", label="a").boxcar("x", label="a"), "label of its own"),
        (lambda: start.boxcar("x", label=""), "label of its own"),
        (start.design, "no terms"),
        (lambda: nmo.DesignBuilder().boxcar([[0, 1]], label="a").design(), "when rows are"),
        (lambda: nmo.DesignBuilder(bin_s=0.1).boxcar([[0, 1]], label="a").design(), "epochs"),
        (lambda: nmo.DesignBuilder(bin_s=0), "length of a bin"),
        (lambda: nmo.DesignBuilder([0.0, 0.1, 0.5]).boxcar([[0, 1]], label="a").design(), "bins"),
        (
            lambda: nmo.DesignBuilder(bin_s=9.0, epochs=[[0, 1]]).boxcar([[0, 1]]).design(),
            "No bin fits",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: start.events(nap.IntervalSet(0, 1), window=(0, 1), label="a").design(), "boxcar"),
        (lambda: start.events(["noon"], window=(0, 1), label="a").design(), "numbers"),
        (lambda: start.events([1], window=(0, 1), basis="spline", label="a").design(), "B-splines"),
        (lambda: start.boxcar(nap.Ts([0.0, 1]), label="a").design(), "IntervalSet"),
        (lambda: start.tuning([1.0], basis="cyclic", label="a"), "functions of signals"),
    ],
)
def test_what_is_of_another_kind_is_refused(call, message):
    with pytest.raises(TypeError, match=message):
        call()


def test_values_and_labels_are_of_the_events_that_pandas_says():
    table = pd.DataFrame({"t": [1.0, 2.0], "v": [3.0, 4.0]}, index=["a", "b"])
    for name in ("values", "by"):
        with pytest.raises(ValueError, match="do not agree"):
            start.events(table["t"], window=(0, 1), label="x", **{name: table["v"][::-1]}).design()


def test_a_label_must_not_hide_a_column_of_the_trials():
    builder = nmo.DesignBuilder(bin_s=0.1, trials=trial_table("table"))
    with pytest.raises(ValueError, match="column of the trials"):
        builder.events([1.0, 2.0], window=(0, 1), label="cue")


def test_trials_that_overlap_are_told():
    trials = pd.DataFrame({"start": [0.0, 2.0], "end": [3.0, 5.0]})
    builder = nmo.DesignBuilder(bin_s=0.1, epochs=[[0, 5]], trials=trials)
    with pytest.warns(UserWarning, match="overlap the next"):
        builder.boxcar([[0, 1]], label="a").design()


def test_trials_without_an_end_have_no_rows():
    trials = pd.DataFrame({"start": [0.0, 2.0, np.nan, 4.0], "end": [1.0, np.nan, 3.0, 3.5]})
    builder = nmo.DesignBuilder(bin_s=0.1, trials=trials)
    builder = builder.events([0.5, 4.2], window=(0, 1), label="a", within_trial=True)
    with pytest.warns(UserWarning, match="3 of 4 trials have no beginning"):
        assert builder.design().n_rows == 10


def test_trials_that_touch_are_apart():
    trials = np.array([[0.0, 1.0], [1.0, 2.0], [2.0, 3.0]])
    builder = nmo.DesignBuilder(bin_s=0.1, trials=trials)
    design = builder.events([0.95], window=(0, 0.3), label="a", basis="lags").design()
    assert design.time_axis.epoch_starts.tolist() == [0, 10, 20]
    assert np.argwhere(design.to_array()).tolist() == [[9, 0], [10, 1], [11, 2]]


def test_nothing_that_was_passed_is_changed():
    times, basis = np.array([3.0, 1.0, np.nan]), B.BSplineEval(5)
    table = trial_table("table")
    before = times.copy(), table.copy(), repr(basis)
    builder = nmo.DesignBuilder(bin_s=0.1, trials=table)
    builder.events(times, window=(0, 1), basis=basis, label="a").tuning(
        np.linspace(0, 1, 60), basis=basis, label="b"
    ).design().to_array()
    np.testing.assert_array_equal(times, before[0])
    pd.testing.assert_frame_equal(table, before[1])
    assert repr(basis) == before[2] and basis.n_output_features is None


def test_spikes_on_another_clock_are_told():
    X = start.boxcar([[0, 1]], label="on").design()
    seconds = np.linspace(0.05, 1.95, 200)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert X.counts({"a": seconds, "silent": []}).values.sum() == 200
    with pytest.warns(UserWarning, match="Of 200 spikes 0 fall into the rows.*milliseconds"):
        X.counts({"a": 1000 * seconds})


def test_bins_of_microseconds_are_told():
    builder = nmo.DesignBuilder(bin_s=2e-5, epochs=[[0, 0.01]]).boxcar([[0, 0.005]], label="on")
    with pytest.warns(UserWarning, match=r"Bins of 2e-05 seconds are short.*bin_s=0\.02"):
        assert builder.design().n_rows == 500


def test_bins_in_milliseconds_are_told():
    builder = nmo.DesignBuilder(bin_s=20, epochs=[[0, 100]]).boxcar([[0, 99]], label="on")
    with pytest.warns(UserWarning, match=r"say bin_s=0\.02"):
        builder.design()
