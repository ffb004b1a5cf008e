"""The tables of figures against what a reader would compute by hand."""

from collections import Counter

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from tests.plotting import small_results as small

import spikeglm as nmo
from spikeglm import inference, plotting

HEADING, X_CM, Y_CM, CUE, COUNTS = small.session()
BIN_S = small.BIN_S
KEPT = np.isfinite(small.design().to_array()).all(
    axis=1
)  # without the rows before the first window


def test_tuning_is_what_counting_gives():
    found = small.heading_tuning()
    edges = np.linspace(0, 2 * np.pi, 13)
    means = small.model().predict(small.design())
    for k in (0, 5, 11):
        is_in = KEPT & (np.digitize(HEADING, edges) == k + 1)
        counts = COUNTS[is_in, 0] / BIN_S
        assert found.n_rows[k] == is_in.sum()
        assert_allclose(found.raw[k, 0], counts.mean())
        assert_allclose(found.raw_error[k, 0], counts.std(ddof=1) / np.sqrt(len(counts)))
        assert_allclose(found.predicted[k, 0], means[is_in, 0].mean() / BIN_S)
    asked = {"scale": "rate", "bin_s": BIN_S, "n_points": 30}
    curve = inference.partial_effect(
        small.model(), small.design(), COUNTS, "heading (rad)", **asked
    )
    assert_allclose(found.curve.value, curve.value)


def test_a_map_is_grey_where_the_animal_never_was():
    found = small.place_tuning()
    area = [np.linspace(v.min(), v.max(), 11) for v in (X_CM, Y_CM)]
    visits, *_ = np.histogram2d(X_CM[KEPT], Y_CM[KEPT], bins=area)
    np.testing.assert_array_equal(found.n_rows, visits)
    shown = plotting.plot_tuning_map.data(found, neuron=1)["value"].to_numpy().reshape(10, 10)
    assert (visits == 0).any()
    np.testing.assert_array_equal(np.isnan(shown), visits == 0)
    raw = plotting.plot_tuning_map.data(found, neuron=1, show="raw")["value"].to_numpy()
    spikes, *_ = np.histogram2d(X_CM[KEPT], Y_CM[KEPT], bins=area, weights=COUNTS[KEPT, 1])
    with np.errstate(invalid="ignore"):
        assert_allclose(raw.reshape(10, 10), spikes / visits / BIN_S)


def test_tuning_over_categories_and_signals_of_ones_own():
    side = np.where(X_CM < 30, "left", "right")
    X = nmo.basis.Category(["left", "right"], label="side").design(side)
    found = inference.tuning(nmo.GLM().fit(X, COUNTS[:, 1]), X, COUNTS[:, 1], "side")
    assert_allclose(found.raw, [COUNTS[side == s, 1].mean() for s in ("left", "right")])
    assert_allclose(found.curve.value, found.raw, rtol=1e-6)  # saturated
    table = plotting.plot_tuning(found).get_xticklabels()
    assert [label.get_text() for label in table] == ["left", "right"]
    basis = nmo.basis.BSplineEval(5, label="x (cm)")
    array = basis.compute_features(X_CM)
    model = nmo.GLM().fit(array, COUNTS[:, 1], terms=basis)
    with pytest.raises(ValueError, match="pass variable="):
        inference.tuning(model, array, COUNTS[:, 1], "x (cm)")
    own = inference.tuning(model, array, COUNTS[:, 1], "x (cm)", variable=X_CM, n_bins=4)
    assert own.n_rows.sum() == len(X_CM) and own.unit == "per bin"
    with pytest.raises(ValueError, match="no tuning"):
        inference.tuning(small.model(), small.design(), COUNTS, "cue (per event)")


def test_shares_of_terms_add_up_to_the_log_rate():
    options = {"neuron": 4, "bin_s": BIN_S, "start_s": 0, "stop_s": 4}
    table = plotting.plot_term_shares.data(small.model(), small.design(), **options)
    log_rate = np.log(small.model().predict(small.design())[:, 4])
    whole = table.pivot(index="time", columns="term", values="value").sum(axis=1)
    known = np.isfinite(log_rate)
    expected = (log_rate - log_rate[known].mean())[:200]
    assert_allclose(whole[known[:200]], expected[known[:200]], atol=1e-9)
    gain = plotting.plot_term_shares.data(small.model(), small.design(), scale="gain", **options)
    assert_allclose(gain["value"], np.exp(table["value"]))


def test_rasters_and_psths_are_of_the_bins_around_events():
    counts, events = np.zeros(100), [1.0, 2.0, 9.9]
    counts[[10, 12, 20, 25, 99]] = [1, 2, 1, 1, 1]
    window = {"window": (0.0, 0.4), "bin_s": 0.1}
    table = plotting.plot_raster.data(counts, events, **window)
    assert table[["trial", "count"]].to_numpy().tolist() == [[0, 1], [0, 2], [1, 1]]
    assert_allclose(table["time"], [0.05, 0.25, 0.05])
    assert table.attrs["n_trials"] == 2  # the third window was not recorded to its end
    psth = plotting.plot_psth.data(counts, events, **window)
    assert_allclose(psth["rate"], [10.0, 0.0, 10.0, 0.0])
    assert_allclose(psth["high"] - psth["rate"], [0.0, 0.0, 10.0, 0.0])  # s.e. of 0 and 20 Hz
    wide = plotting.plot_psth.data(counts, events, width_s=0.2, **window)
    assert_allclose(wide["rate"], [5.0, 5.0])
    with pytest.raises(ValueError, match="nothing around"):
        plotting.plot_psth(counts, [50.0], **window)
    with pytest.raises(ValueError, match="how long bins are"):
        plotting.plot_raster(counts, events)


def test_bands_are_those_of_psths_of_repeats():
    simulated = np.random.default_rng(0).poisson(0.3, (40, 100))
    events, options = [1.0, 3.0, 5.0], {"window": (0.0, 0.3), "bin_s": 0.1}
    table = plotting.plot_psth.data(np.zeros(100), events, simulated=simulated, **options)
    rows = np.array([[10, 11, 12], [30, 31, 32], [50, 51, 52]])
    each = simulated[:, rows].mean(axis=1) / 0.1  # repeats, bins
    mine = table[table["source"] == "simulated"]
    assert_allclose(mine["rate"], each.mean(axis=0))
    assert_allclose(mine[["low", "high"]].T, np.quantile(each, [0.025, 0.975], axis=0))
    with pytest.raises(ValueError, match="different numbers of bins"):
        plotting.plot_psth(np.zeros(90), events, simulated=simulated, **options)


def test_intervals_and_correlograms_do_not_cross_gaps():
    import pynapple as nap

    t = np.r_[np.arange(50), np.arange(60, 100)] * 0.01 + 0.005
    counts = np.zeros(90)
    spikes = np.array([3, 5, 48, 52, 60])  # 48 and 52 lie on both sides of the gap
    counts[spikes] = 1
    epochs = nap.IntervalSet([0, 0.6], [0.5, 1.0])
    timed = nap.Tsd(t=t, d=counts, time_support=epochs)
    table = plotting.plot_intervals.data(timed, longest_s=0.5)
    assert table.attrs["n_intervals"] == 3  # 2, 43 and 8 bins
    width = (table["to"] - table["from"]).to_numpy() / 1e3
    assert_allclose((table["density"] * width).sum(), 1.0)
    held = [table["density"][(table["from"] <= ms) & (ms < table["to"])].item() for ms in (20, 80)]
    assert min(held) > 0
    found = plotting.plot_correlogram.data(timed, longest_s=0.1).set_index("lag")["rate"]
    assert_allclose(found.iloc[1], 1 / 4 / 0.01)  # 48 has no bin two later: the gap
    assert found.iloc[3] == 0  # 52 - 48, over the gap


def test_correlograms_are_rates_after_spikes():
    table = plotting.plot_correlogram.data(
        COUNTS, neuron=4, after=0, bin_s=BIN_S, longest_s=3 * BIN_S
    ).set_index("lag")["rate"]
    to, by = COUNTS[:, 4].astype(float), COUNTS[:, 0].astype(float)
    for lag in (-2, 0, 3):
        pairs = [(by[t], to[t + lag]) for t in range(len(to)) if 0 <= t + lag < len(to)]
        weight, rate = np.array(pairs).T
        assert_allclose(table.iloc[lag + 3], weight @ rate / weight.sum() / BIN_S)


def test_quantiles_of_intervals_are_exponential():
    result = small.rescaling()
    table = plotting.plot_interval_quantiles.data(result)
    n, k = result.n_spikes, 40
    assert_allclose(table["exponential"][k], stats.expon.ppf((k + 0.5) / n))
    ends = stats.expon.ppf(stats.beta(k + 1, n - k).ppf([0.025, 0.975]))
    assert_allclose(table.loc[k, ["low", "high"]].astype(float), ends)
    assert_allclose(table["observed"], -np.log(1 - result.uniforms))


def test_sets_are_counted_over_neurons_with_an_answer():
    search = small.search()
    table = plotting.plot_encoded_sets.data(search).drop_duplicates("set")
    counted = Counter(name for name in search.sets if name != "?")
    assert dict(zip(table["set"], table["n_neurons"], strict=True)) == dict(counted)
    assert table["n_neurons"].is_monotonic_decreasing
    ax = plotting.plot_encoded_sets(search, most=1)
    assert ax.get_title("left") == f"4 neurons, 1 without an answer, {len(counted) - 1} more sets"
    share = plotting.plot_encoded_terms.data(search)["share"]
    assert_allclose(plotting.plot_encoded_sets.data(search).attrs["share_of_terms"], share)


def test_a_distribution_says_its_numbers():
    value = np.array([0.1, 0.3, -0.2, 0.42, np.nan])
    ax = plotting.plot_distribution(value, xlabel="Bits per spike")
    (said,) = (text.get_text() for text in ax.get_legend().get_texts())
    assert said == "0.2 [0.025, 0.33], n = 4, 75 % > 0, 1 without"
    named = plotting.plot_distribution.data({"V1": value, "LM": value[:2]})
    assert named["group"].value_counts().to_dict() == {"V1": 4, "LM": 2}
    with pytest.raises(ValueError, match="no group"):
        plotting.plot_distribution(value, groups=["V1"])
    with pytest.raises(ValueError, match="Unknown measure"):
        plotting.plot_distribution(small.asked(), measure="watts")


def test_unique_and_total_are_means_over_a_group():
    table = plotting.plot_unique_and_total.data(small.asked(), groups=["a", "b", "a", "b", "b"])
    value = small.asked().value("alone")[0]
    row = table.query("group == 'b' and term == 'x0' and how == 'alone'").iloc[0]
    own = value[[1, 4]]  # the third of b is silent
    assert_allclose([row["mean"], row["standard_error"]], [own.mean(), stats.sem(own)])
    assert row["n_neurons"] == 2


def test_gains_on_the_rows_of_the_fit_are_those_of_a_fit():
    X, y = small.three_terms()
    table = plotting.plot_overfitting.data(small.sets()).query("n_features == 2 and neuron == 0")
    mean = nmo.GLM().fit(X[:, :2], y[:, 0]).predict(X[:, :2])
    folds = small.sets()
    gain = stats.poisson(mean).logpmf(y[:, 0]).sum() - folds.null.log_likelihood[:, 0].sum()
    assert_allclose(table["of_fit"].item(), gain / y[:, 0].sum() / np.log(2), rtol=1e-5)
    with pytest.raises(ValueError, match="fits_all_rows"):
        plotting.plot_overfitting(nmo.selection.fit_term_sets(nmo.GLM(), X, y[:, 0], [["x0"]]))


def test_kernels_reach_as_far_as_their_windows():
    table = plotting.plot_kernel_support.data(small.built())
    cue = table[table["term"] == "cue"]
    assert_allclose([cue["start"].min(), cue["stop"].max()], [-0.55, 0.95], atol=1e-9)
    assert table[table["term"] == "load"]["is_momentary"].all()
    with pytest.raises(TypeError, match="do not say"):
        plotting.plot_kernel_support(np.ones((4, 2)))


def test_stages_of_the_cascade():
    x = np.array([0.0, 1.0, 2.0])
    table = plotting.plot_lnp.data(x, [2.0], [-1.0], n_draws=400, bin_s=0.5)
    stage = {name: part["value"].to_numpy() for name, part in table.groupby("stage")}
    assert_allclose(stage["linear"], 2 * x - 1)
    assert_allclose(stage["nonlinear"], np.exp(2 * x - 1))
    drawn = stage["spikes"].reshape(400, 3).mean(axis=0)
    assert_allclose(drawn, 0.5 * np.exp(2 * x - 1), rtol=0.15)
    assert plotting.plot_lnp(x, [1, 2], [0, 0], stages=("spikes",)).shape == (2, 2)
    with pytest.raises(ValueError, match="'linear', 'nonlinear', 'spikes'"):
        plotting.plot_lnp(x, [1.0], [0.0], stages=("poisson",))


def test_panels_are_of_lists():
    found = small.heading_tuning()
    axes = plotting.plot_facets(plotting.plot_tuning, found, neuron=[0, 4])
    assert [ax.get_title("left") for ax in axes] == ["neuron 0", "neuron 4"]
    table = plotting.plot_facets.data(plotting.plot_tuning, found, neuron=[0, 4])
    assert len(table) == 2 * len(plotting.plot_tuning.data(found, neuron=0))
    grid = plotting.plot_facets(
        plotting.plot_tuning_map, small.place_tuning(), neuron=[0, 1], show=["raw", "model"]
    )
    assert grid.shape == (2, 2)
    with pytest.raises(ValueError, match="one or two lists"):
        plotting.plot_facets(plotting.plot_tuning, found, neuron=0)


def test_a_diagram_has_an_arrow_back_where_spikes_are_history():
    y = np.random.default_rng(0).poisson(0.3, 400)
    past = nmo.basis.HistoryConv(3, label="history")
    basis = past + nmo.basis.IdentityEval(label="speed")
    X = basis.design(y, np.random.default_rng(1).normal(size=400))
    model = nmo.GLM().fit(X, y)
    assert plotting.plot_model.data(model).attrs["feedback"] == ["history"]
    curve = plotting.plot_model.data(model).query("term == 'history'")
    assert_allclose(curve["value"], model.coef_[:3])
    assert len(plotting.plot_model(model).lines) == 1
