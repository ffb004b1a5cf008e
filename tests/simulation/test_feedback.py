"""Simulation with feedback: exact means along the path, and what can go wrong on the way."""

import numpy as np
import pynapple as nap
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.simulation.networks import PAIRS, WINDOW, basis, recorded

import spikeglm as nmo

RTOL = 1e-10


@pytest.mark.parametrize("name", PAIRS)
def test_means_along_the_path_are_predicted_from_the_simulated_history(name):
    stimulus, y, model = recorded(name)
    drawn, rate = model.simulate(1, inputs=stimulus)
    expected = model.predict(basis().design(drawn, stimulus))
    assert drawn.shape == y.shape
    assert drawn[WINDOW:].any()
    assert_allclose(rate[WINDOW:], expected[WINDOW:], rtol=RTOL)


@pytest.mark.parametrize("name", ["Poisson", "Bernoulli", "Gaussian"])
def test_responses_follow_the_law_of_the_model(name):
    """Mean and variance of (y - rate) over many bins are those that the model states."""
    stimulus, _, model = recorded(name)
    drawn, rate = model.simulate(2, inputs=np.tile(stimulus, 10))
    variance = model._likelihood.model.variance(rate, model.scale_) * model.scale_
    z = (drawn - rate) / np.sqrt(variance)
    n = z.size
    assert abs(z.mean()) < 4 / np.sqrt(n)
    assert abs((z**2).mean() - 1) < 4 * np.sqrt(np.var(z**2) / n)


def test_without_feedback_it_is_a_draw_given_the_features():
    rng = np.random.default_rng(0)
    x = rng.normal(size=200)
    X = nmo.basis.IdentityEval(label="x").design(x)
    model = nmo.GLM().fit(X, rng.poisson(np.exp(0.3 * x)))
    plain, with_inputs = model.simulate(5, X), model.simulate(5, inputs=x)
    assert_array_equal(plain.y, with_inputs.y)
    assert_allclose(with_inputs.rate, model.predict(X), rtol=RTOL)


def test_the_key_decides_and_repeats_differ():
    stimulus, _, model = recorded("Poisson")
    first, again, other = (model.simulate(key, inputs=stimulus).y for key in (1, 1, 2))
    assert_array_equal(first, again)
    assert (first != other).any()
    many = model.simulate(1, inputs=stimulus, n_repeats=3)
    assert many.y.shape == many.rate.shape == (3, *first.shape)
    assert (many.y[0] != many.y[1]).any()
    for y, rate in zip(*many, strict=True):
        expected = model.predict(basis().design(y, stimulus))
        assert_allclose(rate[WINDOW:], expected[WINDOW:], rtol=RTOL)


def test_what_came_before_counts():
    """The first bins see init_y: as if the simulation were the end of a longer recording."""
    stimulus, y, model = recorded("Poisson")
    before = y[:WINDOW]
    drawn, rate = model.simulate(3, inputs=stimulus[WINDOW:], init_y=before)
    whole = np.vstack([before, drawn])
    assert_allclose(rate, model.predict(basis().design(whole, stimulus))[WINDOW:], rtol=RTOL)
    short, _ = model.simulate(3, inputs=stimulus, init_y=before[-2:])
    longer, _ = model.simulate(3, inputs=stimulus, init_y=np.vstack([0 * before, before[-2:]]))
    assert_array_equal(short, longer)
    with pytest.raises(ValueError, match="init_y"):
        model.simulate(3, inputs=stimulus, init_y=np.zeros((2, 5)))


def test_a_fit_to_what_a_fit_simulates_finds_its_coefficients():
    _, _, model = recorded("Poisson")
    stimulus = np.random.default_rng(8).normal(size=20_000)
    y, _ = model.simulate(9, inputs=stimulus)
    X = basis().design(y, stimulus)
    again = nmo.PopulationGLM().fit(X, y)
    error, _ = again.standard_errors(X, y)
    distance = (again.coef_ - model.coef_) / error
    assert np.abs(distance).max() < 4.5
    assert 0.6 < (distance**2).mean() < 1.6


def test_a_design_gives_the_inputs_and_its_own_history_does_not_count():
    stimulus, y, model = recorded("Poisson")
    with_signal = model.simulate(1, inputs={"stimulus": stimulus})
    with_design = model.simulate(1, inputs=basis().design(y, stimulus))
    assert_array_equal(with_signal.y, with_design.y)
    with pytest.raises(ValueError, match="leave nothing to feed back"):
        model.simulate(1, basis().design(y, stimulus), n_bins=600)
    with pytest.raises(ValueError, match=r"no feedback.*n_repeats"):
        model.simulate(1, basis().design(y, stimulus), n_repeats=2)


def test_a_neuron_alone_has_one_axis():
    rng = np.random.default_rng(1)
    y = rng.poisson(0.3, 500)
    X = nmo.basis.HistoryConv(4, label="past").design(y)
    model = nmo.GLM().fit(X, y)
    drawn, rate = model.simulate(0, n_bins=50)
    assert drawn.shape == rate.shape == (50,)
    assert model.simulate(0, n_bins=50, n_repeats=2).y.shape == (2, 50)
    assert np.issubdtype(drawn.dtype, np.integer)
    expected = model.predict(nmo.basis.HistoryConv(4, label="past").design(drawn))
    assert_allclose(rate[4:], expected[4:], rtol=RTOL)


def test_masks_and_two_terms_of_one_neuron_add_up():
    rng = np.random.default_rng(2)
    y = rng.poisson(0.4, (800, 2))
    two = nmo.basis.HistoryConv(3, label="own") + nmo.basis.RaisedCosineLogConv(
        3, window_size=8, label="coupling"
    )
    own = np.kron(np.eye(2), np.ones((3, 1)))
    mask = np.vstack([own, np.ones((6, 2))])
    X = two.design(y, y)
    model = nmo.PopulationGLM(feature_mask=mask, regularizer="Ridge", regularizer_strength=1e-3)
    model.fit(X, y)
    assert model.feedback_ == {"own": (0, 1), "coupling": (0, 1)}
    drawn, rate = model.simulate(0, n_bins=100)
    assert_allclose(rate[8:], model.predict(two.design(drawn, drawn))[8:], rtol=RTOL)


def test_channels_that_are_others_stay_inputs():
    rng = np.random.default_rng(3)
    all_of_them = rng.poisson(0.4, (500, 3))
    y = all_of_them[:, [2, 0]]
    past = nmo.basis.HistoryConv(2, label="past")
    model = nmo.PopulationGLM().fit(past.design(all_of_them), y)
    assert model.feedback_ == {"past": (1, -1, 0)}
    drawn, rate = model.simulate(4, inputs=all_of_them)
    seen = np.column_stack([drawn[:, 1], all_of_them[:, 1], drawn[:, 0]])
    seen[:2] = all_of_them[:2]
    assert np.isnan(rate[:2]).all()  # where windows over the other neuron leave the recording
    expected = model.predict(past.design(np.nan_to_num(seen)))
    assert_allclose(rate[4:], expected[4:], rtol=RTOL)


def test_an_array_does_not_say_what_sees_the_responses_but_the_user_can():
    rng = np.random.default_rng(4)
    y = rng.poisson(0.4, (400, 2))
    past = nmo.basis.HistoryConv(2, label="past")
    X = past.compute_features(y)
    model = nmo.PopulationGLM().fit(X, y, terms=past)
    with pytest.raises(ValueError, match=r"inputs beside.*'past'.*feedback='its label'"):
        model.simulate(0, n_bins=100)
    said = model.simulate(0, n_bins=100, feedback="past")
    known = nmo.PopulationGLM().fit(past.design(y), y).simulate(0, n_bins=100)
    assert_array_equal(said.y, known.y)
    swapped = model.simulate(0, n_bins=100, feedback={"past": [1, 0]})
    assert (swapped.y != said.y).any()
    for wrong, match in (({"past": [0]}, "channels"), ("future", "Unknown term")):
        with pytest.raises(ValueError, match=match):
            model.simulate(0, n_bins=100, feedback=wrong)
    with pytest.raises(ValueError, match="How long"):
        model.simulate(0)


def test_pynapple_in_pynapple_out_epoch_by_epoch():
    stimulus, y, _ = recorded("Poisson")
    epochs = nap.IntervalSet(start=[0.0, 3.1], end=[3.0, 6.1])
    t = np.concatenate([np.arange(300) * 0.01 + 0.005, 3.1 + np.arange(300) * 0.01 + 0.005])
    counts = nap.TsdFrame(
        t=t, d=y, time_support=epochs, columns=["a", "b", "c"], metadata={"area": ["v", "w", "v"]}
    )
    signal = nap.Tsd(t=t, d=stimulus, time_support=epochs)
    model = nmo.PopulationGLM().fit(basis().design(counts, signal), counts)
    drawn, rate = model.simulate(0, inputs=signal)
    assert list(drawn.columns) == ["a", "b", "c"]
    expected = np.asarray(model.predict(basis().design(drawn, signal)))
    inside = np.isfinite(expected).all(axis=1)
    assert inside.sum() == 600 - 2 * WINDOW
    assert np.isfinite(rate.values).all()
    assert_allclose(rate.values[inside], expected[inside], rtol=RTOL)
    alone = np.exp(model.intercept_ + stimulus[300] * model.coef_[-1])
    assert_allclose(rate.values[300], alone)  # the second epoch begins without a past
    trains = model.simulate(0, inputs=signal).spike_trains()
    assert_array_equal(trains.count(0.01, ep=epochs).values, drawn.values)
    assert list(trains["area"]) == ["v", "w", "v"]


def test_without_inputs_a_duration_is_enough():
    rng = np.random.default_rng(5)
    counts = nap.TsdFrame(t=np.arange(500) * 0.02 + 0.01, d=rng.poisson(0.3, (500, 2)))
    past = nmo.basis.RaisedCosineLogConv(3, window_size="100 ms", label="past")
    model = nmo.PopulationGLM().fit(past.design(counts), counts)
    drawn, _ = model.simulate(0, duration="2 s")
    assert_allclose(drawn.t, np.arange(100) * 0.02 + 0.01)
    assert model.simulate(0, duration=2.0).y.shape == (100, 2)
    many = model.simulate(0, n_bins=30, n_repeats=2)
    assert [part.shape for part in many.y] == [(30, 2)] * 2
    assert len(many.spike_trains()) == 2
    with pytest.raises(ValueError, match="several ways"):
        model.simulate(0, duration=2.0, n_bins=30)
    plain = nmo.PopulationGLM().fit(nmo.basis.HistoryConv(2).design(counts.values), counts.values)
    with pytest.raises(ValueError, match="how long its bins"):
        plain.simulate(0, duration=2.0)


def test_a_gap_in_the_inputs_begins_anew():
    stimulus, _, model = recorded("Poisson")
    broken = stimulus.copy()
    broken[100:110] = np.nan
    drawn, rate = model.simulate(0, inputs=broken)
    assert np.isnan(drawn[100:110]).all() and np.isfinite(drawn[110:]).all()
    alone = np.exp(model.intercept_ + broken[110] * model.coef_[-1])
    assert_allclose(rate[110], alone)


def test_a_saved_model_simulates_the_same(tmp_path):
    stimulus, _, model = recorded("Bernoulli")
    model.save_params(tmp_path / "model.npz")
    loaded = nmo.load_model(tmp_path / "model.npz")
    assert loaded.feedback_ == model.feedback_
    for found, expected in zip(
        loaded.simulate(1, inputs=stimulus), model.simulate(1, inputs=stimulus), strict=True
    ):
        assert_array_equal(found, expected)


def test_a_warm_up_forgets_that_there_was_nothing_before():
    """A refractory neuron without a past fires at once; after a warm-up it is as at any time."""
    rng = np.random.default_rng(6)
    y = np.zeros(4000, int)
    for t in range(1, 4000):
        y[t] = rng.random() < (0.05 if y[max(0, t - 5) : t].any() else 0.5)
    model = nmo.GLM("Bernoulli").fit(nmo.basis.HistoryConv(5, label="past").design(y), y)
    cold = model.simulate(0, n_bins=1, n_repeats=2000).y.mean()
    warm = model.simulate(0, n_bins=1, n_repeats=2000, warm_up=30).y.mean()
    assert abs(cold - 0.5) < 0.05
    assert abs(warm - y.mean()) < 0.05


def test_an_offset_and_its_shapes():
    stimulus, _, model = recorded("Poisson")
    offset = np.full(600, np.log(0.5))
    drawn, rate = model.simulate(0, inputs=stimulus, offset=offset)
    expected = model.predict(basis().design(drawn, stimulus), offset=offset)
    assert_allclose(rate[WINDOW:], expected[WINDOW:], rtol=RTOL)
    with pytest.raises(ValueError, match="offset does not fit"):
        model.simulate(0, inputs=stimulus, offset=offset[:-1])


@pytest.mark.parametrize(
    "past",
    [
        nmo.basis.HistoryConv(3, conv_kwargs={"shift": False}),
        nmo.basis.HistoryConv(3, conv_kwargs={"predictor_causality": "acausal"}),
    ],
)
def test_a_term_that_sees_its_own_bin_is_refused(past):
    y = np.random.default_rng(7).poisson(0.3, (300, 2))
    model = nmo.PopulationGLM(regularizer="Ridge").fit(past.design(y), y)
    with pytest.raises(ValueError, match="sees the bin that it predicts"):
        model.simulate(0, n_bins=10)


def test_a_product_with_history_is_refused():
    rng = np.random.default_rng(7)
    y, x = rng.poisson(0.3, 300), rng.uniform(size=300)
    product = nmo.basis.HistoryConv(2) * nmo.basis.BSplineEval(4, bounds=(0, 1))
    model = nmo.GLM(regularizer="Ridge").fit(product.design(y, x), y)
    with pytest.raises(ValueError, match=r"no filter over their past.*products"):
        model.simulate(0, inputs=x)


def test_missing_and_superfluous_inputs_are_named():
    stimulus, _, model = recorded("Poisson")
    with pytest.raises(ValueError, match=r"no inputs for 'stimulus'"):
        model.simulate(0, n_bins=100)
    with pytest.raises(ValueError, match=r"'speed'.*a signal for each of 'stimulus'"):
        model.simulate(0, inputs={"speed": stimulus})
    with pytest.raises(ValueError, match="several ways"):
        model.simulate(0, inputs=stimulus, n_bins=10)
    for name in ("n_bins", "n_repeats"):
        with pytest.raises(ValueError, match=f"{name} is a whole number"):
            model.simulate(0, **{name: 0, "inputs": stimulus})


def test_a_design_built_of_events_and_spikes_knows_its_history():
    rng = np.random.default_rng(11)
    counts = nap.TsdFrame(t=np.arange(800) * 0.02 + 0.01, d=rng.poisson(0.3, (800, 2)))
    cues = np.sort(rng.uniform(0, 16, 30))
    builder = (
        nmo.DesignBuilder(rows=counts)
        .events(cues, window=(0, 0.2), basis=3, label="cue")
        .history(counts, window=0.1, basis="lags", neurons="own", label="history")
    )
    X = builder.design()
    model = nmo.PopulationGLM(feature_mask=X.feature_mask).fit(X, counts)
    assert model.feedback_ == {"history": (0, 1)}
    drawn, rate = model.simulate(0, inputs=X)
    mine = nmo.basis.HistoryConv(5, label="past").design(drawn.values)[:]
    eta = np.asarray(X[:, :3]) @ model.coef_[:3] + mine @ model.coef_[3:] + model.intercept_
    assert_allclose(rate.values[5:], np.exp(eta[5:]), rtol=RTOL)
    again, _ = model.simulate(0, inputs={"rows": counts, "cue": cues})  # no spikes are needed
    assert_array_equal(again.values, drawn.values)
    with pytest.raises(TypeError, match="by their names"):
        model.simulate(0, inputs=[cues])
