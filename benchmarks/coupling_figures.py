"""The figures of docs/coupling.md: ``python -m benchmarks.coupling_figures``; some minutes.

The second one lets random networks run, of which the mean field says more or less trouble.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import matplotlib.pyplot as plt
import numpy as np

import spikeglm as nmo
from spikeglm.observation_models import Likelihood, PoissonObservations
from spikeglm.observation_models.links import Exp
from spikeglm.plotting import (
    TWO_COLUMNS_MM,
    paper_style,
    plot_coupling,
    plot_coupling_filters,
    size_inches,
    style,
)
from spikeglm.simulation.feedback import STOP, Course, largest_rates, simulated
from spikeglm.simulation.network import Network
from spikeglm.simulation.stability import Stability

FIGURES = Path(__file__).parents[1] / "docs/figures"
N, WINDOW, BIN_S = 8, 50, 0.002
N_BINS, N_REPEATS = 10_000, 16
MEAN_HZ = 10.0


class Let(NamedTuple):
    """A network that was let run: what the mean field said, and the share that ran away."""

    stability: Stability
    share: float


def networks() -> list[tuple[str, Network]]:
    """Return random networks with refractory neurons, excitation and inhibition of any size."""
    rng = np.random.default_rng(0)
    lags = np.arange(1, WINDOW + 1) * BIN_S
    found = []
    for kind, share_inhibited in (("excitation", 0.0), ("both", 0.4)):
        for size in np.linspace(0.15, 1.95, 13):
            slow, fast = np.exp(-lags / 0.02), np.exp(-lags / 0.004)
            sign = np.where(rng.random(N) < share_inhibited, -1.5, 1.0)  # by source, as of cells
            weights = size * rng.gamma(2.0, 0.5, (N, N)) * sign
            filters = weights * slow[:, None, None] * 0.4
            filters[:, np.arange(N), np.arange(N)] = -6.0 * fast[:, None]
            mean = np.full(N, MEAN_HZ * BIN_S)
            pair = Likelihood(PoissonObservations(), Exp())
            network = Network(pair, filters, tuple(range(N)), mean_response=mean, bin_s=BIN_S)
            found.append((kind, network))
    return found


def let_run(network: Network) -> Let:
    """Return what happens from the mean rates on, with the baseline that the mean field has."""
    mean = np.asarray(network.mean_response)
    stability = Stability.of(network)
    assert stability is not None
    # Poisson spikes of the mean rates multiply by exp(sum m (e^h - 1)): baselines make up for it.
    change = np.einsum("wij,j->i", np.expm1(network.filters), mean)
    drive = np.tile(np.log(mean) - change, (N_BINS, 1))
    past = np.random.default_rng(1).poisson(mean, (WINDOW, N)).astype(float)
    limits = largest_rates(network, drive)
    course = Course(drive, np.zeros(1, int), past, N_REPEATS, 0, limits, STOP)
    y, _ = simulated(network, course, np.random.default_rng(2))
    return Let(stability, float(np.isnan(y[:, -1, 0]).mean()))


def of_stability() -> None:
    """Draw the share of simulations that run away over what the mean field said."""
    runs = []
    for kind, network in networks():
        run = let_run(network)
        runs.append((kind, run))
        s = run.stability
        told = f"{s.radius:.2f} {s.spike_radius:.2f} {s.growth:.3f} {s.headroom:g}"
        print(kind, told, f"{run.share:.2f}")
    with paper_style():
        _stability(runs).savefig(FIGURES / "stability.png", dpi=130)


def _stability(runs: list[tuple[str, Let]]) -> Any:
    figure, axes = plt.subplots(1, 3, figsize=size_inches(TWO_COLUMNS_MM, 58), sharey=True)
    columns = (
        ("radius", "Radius of the mean field", 1.0),
        ("growth", "Growth per bin, of whole spikes", 1.0),
        ("headroom", "Headroom (times the mean rates)", None),
    )
    for ax, (name, label, edge) in zip(axes, columns, strict=True):
        for kind, color in (("excitation", style.VERMILLION), ("both", style.BLUE)):
            mine = [run for k, run in runs if k == kind]
            x = np.array([getattr(run.stability, name) for run in mine])
            x = np.where(np.isinf(x), 200.0, np.where(np.isnan(x), 1.0, x))
            named = {"excitation": "excitation alone", "both": "and inhibition"}[kind]
            ax.plot(x, [run.share for run in mine], "o", ms=3.5, color=color, label=named)
        ax.set(xlabel=label)
        if edge is not None:
            ax.axvline(edge, color="k", lw=0.6, ls=":")
    axes[2].axvline(3.0, color="k", lw=0.6, ls=":")
    axes[2].set_xscale("log")
    axes[2].set_xticks([1, 3, 10, 30, 200], ["1", "3", "10", "30", "> 100"])
    axes[2].minorticks_off()
    axes[0].set(ylabel="Share that runs away in 20 s")
    axes[2].legend(loc="center right")
    return figure


def of_coupling() -> None:
    """Draw the couplings of two groups of neurons, and their strongest filters."""
    rng = np.random.default_rng(0)
    n, n_bins = 10, 60_000
    area = np.array(["excite"] * 6 + ["inhibit"] * 4)
    lags = np.arange(1, 31)
    shape = np.exp(-lags / 8.0) * (1 - np.exp(-lags / 2.0))
    filters = np.zeros((30, n, n))
    for i in range(n):
        for j in range(n):
            if i == j:
                filters[:, i, j] = -3.0 * np.exp(-lags / 3.0)
            elif area[j] == "excite" and area[i] == "excite" and rng.random() < 0.5:
                filters[:, i, j] = rng.uniform(0.2, 0.7) * shape
            elif area[j] == "inhibit" and rng.random() < 0.6:
                filters[:, i, j] = -rng.uniform(0.6, 1.2) * shape
    pair = Likelihood(PoissonObservations(), Exp())
    order = rng.permutation(n)
    network = Network(pair, filters, tuple(range(n)))
    drive = np.full((n_bins, n), np.log(0.04))
    course = Course(drive, np.zeros(1, int), np.zeros((0, n)), 1, 0, largest_rates(network, drive))
    y = simulated(network, course, rng).y[0][:, order]
    counts = _frame(y, area[order])
    basis = nmo.basis.RaisedCosineLogConv(4, window_size="150 ms", label="coupling")
    X = basis.design(counts)
    model = nmo.PopulationGLM().fit(X, counts)
    found = nmo.inference.coupling(model, X, counts).sorted_by("area")
    print(found)
    with paper_style():
        figure = plt.figure(figsize=size_inches(TWO_COLUMNS_MM, 72))
        left, right = figure.subfigures(1, 2, width_ratios=(1, 1.2))
        plot_coupling(found, left.subplots(), significant=0.05)
        plot_coupling_filters(found, right.subplots(2, 2), n=4)
        figure.savefig(FIGURES / "coupling.png", dpi=130)


def _frame(y: Any, area: Any) -> Any:
    import pynapple as nap

    times = (np.arange(len(y)) + 0.5) * 0.005
    return nap.TsdFrame(t=times, d=y, metadata={"area": list(area)})


if __name__ == "__main__":
    of_coupling()
    of_stability()
