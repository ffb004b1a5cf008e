"""Windows in seconds: the same features as the same window in bins, and what is no time."""

import copy
import pickle

import numpy as np
import pynapple as nap
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import Pipeline
from tests.basis.catalogue import CONVS, ids

import spikeglm as nmo
from spikeglm.convolve import create_convolutional_predictor
from spikeglm.io.interop.timeseries import time_axis_of
from spikeglm.rows.sampling import Sampling, bins_in, seconds_of

B = nmo.basis
same = np.testing.assert_array_equal
every = pytest.mark.parametrize("row", CONVS, ids=ids(CONVS))


def signal(n=60, bin_size=0.01, shape=(), support=None):
    x = np.random.default_rng(0).poisson(0.7, size=(n, *shape)).astype(float)
    cls = nap.TsdFrame if shape else nap.Tsd
    return cls(t=np.arange(n) * bin_size, d=x, time_support=support)


@every
@pytest.mark.parametrize("bin_size", [0.01, 1 / 30, 0.001, 2.5])
@pytest.mark.parametrize("shape", [(), (2,)])
def test_a_window_in_seconds_is_so_many_bins(row, bin_size, shape):
    bins = row.make()
    seconds = row.make().set_params(window_size=f"{bins.window_size * bin_size!r} s")
    x = signal(bin_size=bin_size, shape=shape)
    same(seconds.compute_features(x).values, bins.compute_features(x).values)
    same(seconds.kernel_, bins.kernel_)
    same(seconds.design(x).to_array(), bins.design(x).to_array())
    assert seconds.n_basis_funcs == bins.n_basis_funcs
    assert seconds.n_output_features == bins.n_output_features
    assert seconds.design(x).feature_names == bins.design(x).feature_names
    numbers = np.arange(bins.n_output_features)
    (ours,), (theirs,) = (b.split_by_feature(numbers, 0).values() for b in (seconds, bins))
    same(ours, theirs)


@every
@pytest.mark.parametrize("copied", [clone, copy.deepcopy, lambda b: pickle.loads(pickle.dumps(b))])
def test_the_parameter_stays_what_was_written(row, copied):
    basis = row.make().set_params(window_size="80 ms")
    x = signal()
    X = basis.compute_features(x).values
    assert basis.window_size == basis.get_params()["window_size"] == "80 ms"
    assert "window_size='80 ms'" in repr(basis)
    for twin in (copied(basis), type(basis)(**basis.get_params())):
        assert repr(twin) == repr(basis)
        same(twin.compute_features(x).values, X)


@every
def test_functions_can_be_drawn_before_there_is_a_signal(row):
    basis = row.make().set_params(window_size="0.08 s")
    assert basis.kernel_ is None
    if row.name == "HistoryConv":
        assert basis.n_basis_funcs is None
        with pytest.raises(ValueError, match="one function per bin"):
            basis.evaluate_on_grid(5)
        basis.setup_basis(signal())
    points, values = basis.evaluate_on_grid(8)
    assert values.shape == (8, basis.n_basis_funcs)
    same(values, row.make().set_params(window_size=8).evaluate_on_grid(8)[1])
    same(points, np.linspace(0, 1, 8))


def test_other_bins_make_another_number_of_bins():
    basis = B.HistoryConv("20 ms")
    assert basis.compute_features(signal(bin_size=0.01)).shape == (60, 2)
    assert basis.compute_features(signal(bin_size=0.005)).shape == (60, 4)
    assert basis.n_basis_funcs == 4
    basis.window_size = "50 ms"
    assert basis.n_basis_funcs == 10
    basis.window_size = 3
    assert basis.compute_features(np.ones(9)).shape == (9, 3)


def test_sizes_of_what_holds_a_window_of_unknown_length():
    history = B.HistoryConv("50 ms")
    for basis, b in ((history + B.BSplineEval(4), 9), (history * B.BSplineEval(4), 20)):
        assert basis.n_basis_funcs is None
        assert basis.set_input_shape(2, 2).n_output_features is None
        x = signal(shape=(2,))
        assert basis.compute_features(x, x).shape == (60, 2 * b)
        assert basis.n_basis_funcs == b
        assert basis.n_output_features == 2 * b


def test_the_time_of_one_input_is_the_time_of_all():
    x = signal()
    basis = B.HistoryConv("20 ms") + B.HistoryConv("30 ms")
    assert basis.compute_features(x.values, x).shape == (60, 5)


class TestShift:
    options = pytest.mark.parametrize(
        ("causality", "shift", "first", "last"),
        [
            ("causal", 0, -2, 0),
            ("causal", 1, -3, -1),
            ("causal", 4, -6, -4),
            ("causal", -2, 0, 2),
            ("causal", -5, 3, 5),
            ("anti-causal", 0, 0, 2),
            ("anti-causal", 1, 1, 3),
            ("anti-causal", 4, 4, 6),
            ("anti-causal", -1, -1, 1),
        ],
    )

    @options
    def test_which_samples_a_window_of_three_sees(self, causality, shift, first, last):
        x = np.arange(100.0, 130.0)
        options = {"predictor_causality": causality, "shift": shift}
        X = B.HistoryConv(3, conv_kwargs=options).compute_features(x)
        for t in range(30):
            inside = t + first >= 0 and t + last < 30
            expected = x[t + first : t + last + 1][::-1] if inside else [np.nan] * 3
            same(X[t], expected)

    @options
    def test_seconds_are_bins(self, causality, shift, first, last):
        x = signal()
        bins, seconds = (
            B.HistoryConv(3, conv_kwargs={"predictor_causality": causality, "shift": s})
            for s in (shift, f"{10 * shift} ms")
        )
        same(seconds.compute_features(x).values, bins.compute_features(x).values)
        got = create_convolutional_predictor(np.eye(3), x, causality, f"{10 * shift} ms")
        same(got.values, bins.compute_features(x).values)

    @pytest.mark.parametrize("shift", [1.5, "1", "soon", [1]])
    def test_what_is_no_shift(self, shift):
        with pytest.raises(ValueError, match="Expected"):
            B.HistoryConv(3, conv_kwargs={"shift": shift})
        with pytest.raises(ValueError, match="Expected"):
            create_convolutional_predictor(np.eye(3), np.ones(9), shift=shift)

    def test_an_array_has_no_time(self):
        for convolve in (
            B.HistoryConv(3, conv_kwargs={"shift": "10 ms"}).compute_features,
            lambda x: create_convolutional_predictor(np.eye(3), x, shift="10 ms"),
        ):
            with pytest.raises(ValueError, match="pynapple"):
                convolve(np.ones(9))


class TestTime:
    def test_a_window_does_not_span_a_gap(self):
        x = signal()
        keep = np.r_[0:20, 30:60]
        X = B.HistoryConv("30 ms").compute_features(x[keep])
        same(keep[np.isnan(X.values).any(axis=1)], [0, 1, 2, 30, 31, 32])
        whole = B.HistoryConv("30 ms").compute_features(x).values[keep]
        same(X.values[~np.isnan(X.values)], whole[~np.isnan(X.values)])

    def test_epochs_may_lie_anywhere(self):
        spikes = nap.Ts(np.sort(np.random.default_rng(0).uniform(0, 100, 500)))
        counts = spikes.count(0.05, nap.IntervalSet([0, 50.013], [33.333, 100]))
        X = B.HistoryConv("100 ms").compute_features(counts)
        second = np.searchsorted(counts.t, 50)
        same(np.flatnonzero(np.isnan(X.values).any(axis=1)), [0, 1, second, second + 1])

    @pytest.mark.parametrize(
        ("t", "match"),
        [
            (np.sort(np.random.default_rng(0).uniform(size=50)), "one length"),
            (np.arange(50) ** 2.0, "one length"),
            (np.array([1.0]), "two samples"),
        ],
    )
    def test_what_has_no_bins(self, t, match):
        with pytest.raises(ValueError, match=match):
            whole = nap.IntervalSet(0, 2500)
            B.HistoryConv("1 s").compute_features(
                nap.Tsd(t=t, d=np.ones(len(t)), time_support=whole)
            )

    @given(st.integers(1, 1000), st.floats(1e-4, 10), st.integers(0, 10**6))
    def test_the_length_of_a_bin_is_found(self, n, bin_size, first):
        t = np.round(first + np.arange(n + 1) * bin_size, 9)
        found = Sampling.of(time_axis_of(nap.Tsd(t=t, d=np.zeros(n + 1))))
        np.testing.assert_allclose(found.bin_size, bin_size, rtol=1e-4)
        same(found.starts, [0])

    def test_jitter_of_a_clock_is_not_seen(self):
        rng = np.random.default_rng(0)
        t = np.cumsum(0.01 * (1 + rng.uniform(-0.004, 0.004, 1000)))
        basis = B.HistoryConv("50 ms")
        basis.compute_features(nap.Tsd(t=t, d=np.ones(1000)))
        assert basis.n_basis_funcs == 5


class TestDurations:
    @pytest.mark.parametrize(
        ("text", "seconds"),
        [
            ("80 ms", 0.08),
            ("0.2 s", 0.2),
            ("0.2s", 0.2),
            (" 5e-2 s ", 0.05),
            ("250us", 250e-6),
            ("250 µs", 250e-6),
            ("1.5 min", 90.0),
            ("-20 ms", -0.02),
        ],
    )
    def test_ways_to_say_one(self, text, seconds):
        np.testing.assert_allclose(seconds_of(text, name="window_size"), seconds, rtol=1e-15)

    @pytest.mark.parametrize("text", ["80", "ms", "80 mS", "8 0 ms", "1.2.3 s", "", "inf s", "1 h"])
    def test_what_is_none(self, text):
        with pytest.raises(ValueError, match="such as"):
            B.HistoryConv(text)

    @pytest.mark.parametrize("text", ["0 s", "-80 ms"])
    def test_a_window_has_a_length(self, text):
        with pytest.raises(ValueError, match="Expected"):
            B.HistoryConv(text)

    @pytest.mark.parametrize(
        ("text", "bins"), [("26.6 ms", 3), ("24.9 ms", 2), ("25 ms", 3), ("5 ms", 1), ("4 ms", 0)]
    )
    def test_the_nearest_number_of_bins(self, text, bins):
        assert bins_in(text, 0.01, name="window_size") == bins

    def test_less_than_half_a_bin_is_refused(self):
        with pytest.raises(ValueError, match="half a bin"):
            B.HistoryConv("4 ms").compute_features(signal())

    def test_a_window_too_short_for_its_functions(self):
        basis = B.OrthExponentialConv(3, "20 ms", [1.0, 2.0, 4.0])
        with pytest.raises(ValueError, match="2 bins"):
            basis.compute_features(signal())

    def test_a_batch_too_short_for_the_window(self):
        basis = B.HistoryConv("50 ms", conv_kwargs={"batch_size_samples": 4})
        with pytest.raises(ValueError, match="batch"):
            basis.compute_features(signal())


class TestFrozen:
    basis = B.HistoryConv("30 ms") + B.BSplineConv(4, "50 ms")

    def test_a_design_keeps_its_bins(self):
        x = signal()
        design = self.basis.design(x, x)
        same(design.at(x[20:], x[20:]).to_array(), self.basis.compute_features(x[20:], x[20:]))
        same(design.at(x.values, x.values).to_array(), design.to_array())
        slow = signal(bin_size=0.02)
        with pytest.raises(ValueError, match="another length"):
            design.at(slow, slow)
        assert design.at(x[:1], x[:1]).shape == (1, 7)

    def test_gaps_of_new_data_are_its_own(self):
        x = signal()
        design = B.HistoryConv("30 ms").design(x)
        gap = x[np.r_[0:20, 30:60]]
        assert (~design.at(gap).valid_rows()).sum() == 6

    def test_a_transformer_keeps_its_bins(self):
        x = signal(shape=(2,))
        transformer = self.basis.to_transformer().fit(x)
        X = transformer.transform(x)
        assert type(X) is nap.TsdFrame
        same(X.values, self.basis.compute_features(x[:, 0], x[:, 1]).values)
        same(transformer.transform(x.values), X.values)
        transformer.compute_features(x[:, 0], x[:, 1])
        same(transformer.transform(x.values), X.values)
        with pytest.raises(ValueError, match="another length"):
            transformer.transform(signal(bin_size=0.02, shape=(2,)))
        with pytest.raises(ValueError, match="pynapple"):
            clone(transformer).fit(x.values)

    def test_a_search_in_seconds(self):
        x = signal(n=200, shape=(2,))
        y = np.random.default_rng(1).poisson(1.0, 200)
        steps = [("b", self.basis.to_transformer()), ("glm", nmo.GLM(regularizer="Ridge"))]
        grid = {"b__HistoryConv__window_size": ["20 ms", "40 ms"]}
        search = GridSearchCV(Pipeline(steps), grid, cv=KFold(4), error_score="raise").fit(x, y)
        assert np.isfinite(search.cv_results_["mean_test_score"]).all()
        assert search.best_estimator_["b"].fit(x).n_basis_funcs in (6, 8)
