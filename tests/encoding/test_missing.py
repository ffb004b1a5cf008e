"""Who does not know that a session drifts, or that neurons drive each other, is told."""

import numpy as np
import pytest

import spikeglm as nmo
from spikeglm.encoding import missing
from spikeglm.reporting.remarks import remarks
from spikeglm.reporting.subject import Subject

T, N = 12_000, 24  # ten minutes in bins of 50 ms


def wander(rng, memory, n):
    """Stationary signals (T, n) of variance one that forget in ``memory`` bins."""
    out, keep = rng.normal(size=(T, n)), np.exp(-1 / memory)
    for t in range(1, T):
        out[t] = keep * out[t - 1] + np.sqrt(1 - keep**2) * out[t]
    return out


def simulated(seed, *, drift=0.0, coupling=0.0, history=0.0):
    """A position that wanders, and counts of neurons of which half encode it."""
    rng = np.random.default_rng(seed)
    x = 1 / (1 + np.exp(-wander(rng, 40, 1)[:, 0]))
    eta = np.outer(np.sin(6 * x), np.arange(N) % 2) + np.log(np.linspace(0.1, 0.4, N))
    eta += drift * wander(rng, 2000, N)
    weights = np.zeros((N, N))  # from, to
    for n in range(N):
        others = rng.choice(np.delete(np.arange(N), n), 4, replace=False)
        weights[others, n] = coupling * rng.choice([-1, 1], 4)
    counts = np.zeros((T + 2, N))
    for t in range(T):
        drive = (counts[t] + counts[t + 1]) @ weights + history * np.minimum(counts[t + 1], 1)
        counts[t + 2] = rng.poisson(np.exp(np.minimum(eta[t] + drive, 1)))
    return x, counts[2:]


def design(x, counts, *more):
    basis = nmo.basis.BSplineEval(7, label="position")
    signals = [x]
    if "spikes" in more:
        basis, signals = basis + nmo.basis.HistoryConv(3, label="spikes"), [*signals, counts]
    if "drift" in more:
        basis = basis + nmo.basis.BSplineEval(40, label="drift")
        signals = [*signals, np.arange(len(x))]
    return basis.design(*signals)


def told(x, counts, *more):
    """Return the shares of neurons that are told of drift, and of spikes just before."""
    model = nmo.PopulationGLM(regularizer="Smoothness", regularizer_strength="auto")
    X = design(x, counts, *more)
    found = missing.missing(missing.dependence_table(model.fit(X, counts), X, counts, {}))
    share = {"drift": 0.0, "spikes": 0.0}
    for one in found:
        share["drift" if "drift" in one.what else "spikes"] = one.who.mean()
    return share["drift"], share["spikes"]


def test_clean_neurons_are_left_alone():
    shares = np.array([told(*simulated(seed)) for seed in (0, 1)])
    assert shares.mean(axis=0).max() <= 0.05


def test_drift_is_told_and_its_advice_helps():
    x, counts = simulated(2, drift=0.5)
    drift, spikes = told(x, counts)
    assert drift >= 0.9 and spikes <= 0.05
    assert max(told(x, counts, "drift")) <= 0.05


@pytest.mark.parametrize("what", [{"coupling": 0.3}, {"history": -2.0}])
def test_spikes_that_matter_are_told_and_the_advice_helps(what):
    x, counts = simulated(3, **what)
    drift, spikes = told(x, counts)
    assert spikes >= 0.9 and drift <= 0.05
    assert max(told(x, counts, "spikes")) <= 0.05


def test_screen_report_and_file_say_so(tmp_path):
    x, counts = simulated(4, drift=0.6)
    few = {"how": "unique", "rule": "score", "folds": 5}
    found = nmo.encode(counts[:, :3], design(x, counts), **few)
    assert "! slow drift is left in the residuals, 3 of 3 neurons" in str(found)
    assert 'always=["drift"]' in str(found)
    drifts = [each for each in remarks(Subject.of_encoding(found, None)) if "drift" in each.title]
    assert [(each.who, each.is_warning) for each in drifts] == [((0, 1, 2), True)]
    found.save(tmp_path / "found.npz")
    assert str(nmo.load_encoding(tmp_path / "found.npz")) == str(found)
    one = nmo.encode(counts[:, 0], design(x, counts), **few)
    assert "! slow drift is left in the residuals:" in str(one)
    better = nmo.encode(counts[:, :3], design(x, counts, "drift"), always=["drift"], **few)
    assert "!" not in str(better)


def test_older_files_have_no_such_table():
    assert missing.missing(None) == []
