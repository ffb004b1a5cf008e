"""Whether activity runs away: by algebra, and by letting it."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import spikeglm as nmo
from spikeglm.observation_models import GaussianObservations, Likelihood, PoissonObservations
from spikeglm.observation_models.links import Exp, Identity, Softplus
from spikeglm.simulation.network import Network
from spikeglm.simulation.stability import Stability, growth_per_bin, spectral_radius

POISSON = Likelihood(PoissonObservations(), Exp())


def network(filters, mean, pair=POISSON, **more):
    filters = np.asarray(filters, dtype=float)
    return Network(
        pair, filters, tuple(range(filters.shape[1])), mean_response=np.array(mean), **more
    )


def test_of_a_linear_model_it_is_the_companion_matrix():
    rng = np.random.default_rng(0)
    filters = 0.3 * rng.normal(size=(3, 2, 2))
    pair = Likelihood(GaussianObservations(), Identity())
    found = Stability.of(network(filters, [0.5, -1.0], pair))
    assert_allclose(found.weights, filters.sum(axis=0))
    assert_allclose(found.offspring, found.weights)
    x = [rng.normal(size=2) for _ in range(3)]
    size = 0.0
    for step in range(4000):  # the same recursion, bin by bin
        new = sum(filters[w] @ x[-1 - w] for w in range(3))
        x = [*x[-2:], new]
        norm = np.linalg.norm(x)
        x = [part / norm for part in x]
        size += np.log(norm) if step >= 400 else 0.0
    assert_allclose(found.growth, np.exp(size / 3600), rtol=1e-3)


def test_whole_spikes_and_small_changes_by_their_definitions():
    filters = np.array([[[1.0, -5.0], [0.2, 0.0]], [[0.5, -5.0], [0.0, 0.1]]])
    mean = np.array([0.2, 0.05])
    found = Stability.of(network(filters, mean))
    B = np.array([[mean[i] * sum(np.exp(filters[w, i, j]) - 1 for w in (0, 1)) for j in (0, 1)]
                  for i in (0, 1)])  # fmt: skip
    assert_allclose(found.offspring, B)
    assert_allclose(found.weights, mean[:, None] * filters.sum(axis=0))
    assert_allclose(found.spike_radius, np.abs(np.linalg.eigvals(B)).max())
    assert_allclose(found.radius, np.abs(np.linalg.eigvals(found.weights)).max())


def test_a_refractory_neuron_is_stable_by_whole_spikes():
    found = Stability.of(network(np.full((3, 1, 1), -5.0), [0.2]))
    assert found.radius > 1 > found.spike_radius
    assert found.is_stable


def test_the_headroom_is_where_the_mean_field_turns():
    """r -> m exp(A (r - m)) comes back to m from below its other fixed point."""
    from scipy.optimize import brentq

    m, h = 0.05, np.log(5.0)  # A = 4
    other = brentq(lambda r: r - m * np.exp(4.0 * (r - m)), 0.3, 5.0)
    found = Stability.of(network([[[h]]], [m]))
    assert found.headroom < other / m < 1.6 * found.headroom
    saturating = Stability.of(
        network([[[0.5]]], [m], Likelihood(PoissonObservations(), Softplus()))
    )
    assert np.isinf(saturating.headroom)


def test_many_lags_and_neurons_by_krylov_as_by_all_eigenvalues(monkeypatch):
    rng = np.random.default_rng(1)
    filters = rng.uniform(0, 0.02, size=(20, 6, 6))
    dense = growth_per_bin(filters)
    monkeypatch.setattr("spikeglm.simulation.stability._DENSE", 10)
    assert_allclose(growth_per_bin(filters), dense, rtol=1e-5)


def test_large_eigenvalues_that_are_no_growth():
    """Two neurons that inhibit what excites them: complex eigenvalues, which swing and die out."""
    lags = np.exp(-np.arange(30) / 10.0)
    weights = np.array([[0.0, -1.6], [1.6, 0.0]]) / lags.sum()
    pair = Likelihood(GaussianObservations(), Identity())
    found = Stability.of(network(lags[:, None, None] * weights, [0.0, 0.0], pair))
    assert found.spike_radius > 1.5 and found.growth < 1
    assert found.is_stable and np.isinf(found.headroom)


def test_no_network_and_silent_neurons():
    assert spectral_radius(np.zeros((0, 0))) == 0
    assert Stability.of(network(np.zeros((0, 2, 2)), [0.1, 0.1])).spike_radius == 0
    assert Stability.of(Network(POISSON, np.zeros((1, 1, 1)), (0,))) is None
    silent = Stability.of(network(np.ones((2, 2, 2)), [0.0, 0.1]))
    assert np.isfinite([silent.radius, silent.spike_radius, silent.growth]).all()
    assert_allclose(silent.offspring[0], 0)
    unknown = Stability.of(network(np.ones((2, 2, 2)), [np.nan, 0.1]))
    alone = Stability.of(network(np.ones((2, 1, 1)), [0.1]))
    assert unknown.spike_radius == pytest.approx(alone.spike_radius)
    assert unknown.growth == pytest.approx(alone.growth)


def test_it_says_what_it_found():
    assert "stable (" in str(Stability.of(network([[[0.1]]], [0.01])))
    assert "runs away" in str(Stability.of(network([[[3.0]]], [0.5])))
    far = Stability.of(network([[[np.log(5.0)]]], [0.05], bin_s=0.01))
    assert str(far).startswith("stable") and "beyond 10 times" in str(far) and " s)" in str(far)
    assert_allclose(far.time_constant, -0.01 / np.log(far.growth))
    near = Stability.of(network([[[np.log(5.0)]]], [0.15]))
    assert str(near).startswith("fragile") and near.is_fragile and near.is_stable


def explosive(h, n=2):
    """A fitted model whose coefficients are replaced: each spike multiplies rates by e^h."""
    y = np.random.default_rng(0).poisson(0.3, (400, n))
    model = nmo.PopulationGLM().fit(nmo.basis.HistoryConv(2, label="past").design(y), y)
    model.coef_ = np.full_like(model.coef_, h)
    return model


def test_activity_that_runs_away_is_told_before_and_stopped():
    model = explosive(2.0)
    with (
        pytest.warns(UserWarning, match="runs away"),
        pytest.raises(ValueError, match=r"runs away.*neuron [01] .*at bin \d+.*Bounded"),
    ):
        model.simulate(0, n_bins=1000)


def test_repeats_that_run_away_stop_alone():
    model = explosive(0.9)
    model.intercept_ = np.full(2, np.log(0.02))
    with pytest.warns(UserWarning, match="runs away"):
        y, rate = model.simulate(0, n_bins=400, n_repeats=20, on_runaway="stop")
    is_whole = np.isfinite(y).all(axis=(1, 2))
    assert 0 < is_whole.sum() < 20
    for drawn, mean in zip(y, rate, strict=True):
        known = np.isfinite(drawn).all(axis=1)
        end = int(known.sum())
        assert known[:end].all() and not np.isfinite(drawn[end:]).any()
        past = nmo.basis.HistoryConv(2, label="past")
        expected = model.predict(past.design(np.nan_to_num(drawn)))
        assert_allclose(mean[2:end], expected[2:end], rtol=1e-10)


def test_a_limit_of_ones_own():
    model = explosive(0.0)
    with pytest.raises(ValueError, match=r"at most 0\.01"):
        model.simulate(0, n_bins=10, max_rate=0.01)
    for wrong in (-1.0, [1.0, 2.0, 3.0]):
        with pytest.raises(ValueError, match="max_rate"):
            model.simulate(0, n_bins=10, max_rate=wrong)
    with pytest.raises(ValueError, match="on_runaway"):
        model.simulate(0, n_bins=10, on_runaway="ignore")


def test_a_link_that_gives_impossible_means_is_named():
    y = np.random.default_rng(0).poisson(3.0, (400, 1))
    past = nmo.basis.HistoryConv(1, label="past")
    model = nmo.PopulationGLM("Poisson", "identity").fit(past.design(y), y)
    model.coef_ = np.full_like(model.coef_, -2.0)
    with (
        pytest.warns(UserWarning, match="radius"),
        pytest.raises(ValueError, match="none of a Poisson model"),
    ):
        model.simulate(0, n_bins=100)


def test_saturated_choices_are_told():
    """A Bernoulli neuron cannot explode; that it never stops is said all the same."""
    y = (np.random.default_rng(0).random((4000, 1)) < 0.05).astype(int)
    model = nmo.PopulationGLM("Bernoulli").fit(nmo.basis.HistoryConv(2, label="past").design(y), y)
    model.coef_ = np.full_like(model.coef_, 6.0)
    with (
        pytest.warns(UserWarning, match="runs away"),
        pytest.warns(UserWarning, match="far above that of the fit"),
    ):
        model.simulate(0, n_bins=2000)
