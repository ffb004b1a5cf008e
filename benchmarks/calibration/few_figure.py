"""The figures of docs/dispersion.md and docs/few_spikes.md.

``python -m benchmarks.calibration.few_figure`` draws them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import spikeglm as nmo
from spikeglm.plotting import TWO_COLUMNS_MM, paper_style, size_inches, style

FIGURES = Path(__file__).parents[2] / "docs" / "figures"


def dispersions(axes: Any) -> None:
    """Draw squared residuals against means, as two laws have them, and a profile likelihood."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20_000, 1))
    mean = np.exp(0.9 * X[:, 0] + 0.5)
    gain, burst = rng.gamma(2.5, 0.4, len(mean)), 2
    counts = rng.poisson(gain * mean), burst * rng.poisson(mean / burst)
    for y, ax, title in zip(
        counts, axes[:2], ("Gain of variance 0.4", "Bursts of two"), strict=True
    ):
        fitted = nmo.GLM("QuasiPoisson").fit(X, y)
        mu = fitted.predict(X)
        edges = np.quantile(mu, np.linspace(0, 1, 21))
        which = np.clip(np.searchsorted(edges, mu) - 1, 0, 19)
        squared = (y - mu) ** 2 / mu
        centre, height = (
            np.array([v[which == k].mean() for k in range(20)]) for v in (mu, squared)
        )
        scale = nmo.GLM(nmo.observation_models.NegativeBinomialObservations("estimate")).fit(X, y)
        ax.plot(centre, height, "o", color=style.GREY, ms=4)
        ax.plot(centre, np.ones(20), ":", color="k", label="Poisson")
        ax.plot(
            centre, np.full(20, fitted.scale_[0]), color=style.VERMILLION, label="quasi-Poisson"
        )
        ax.plot(centre, 1 + scale.scale_[0] * centre, color=style.BLUE, label="negative binomial")
        ax.set(title=title, xlabel="Mean count", ylabel="Squared residual / mean")
    axes[0].legend()


def few_spikes(axes: Any) -> None:
    """Draw estimates of an intercept and a coefficient, with and without Firth's penalty."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 30))
    coef = np.where(np.arange(30) % 2, -1.0, 1.0) * 0.7 / np.sqrt(30)
    y = rng.poisson(np.exp(X @ coef - 2.3)[:, None] * np.ones(500)).astype(float)
    fits = [nmo.PopulationGLM(regularizer=r).fit(X, y) for r in (None, "Firth")]
    names = ("maximum likelihood", "Firth's penalty")
    for fit, name, color in zip(fits, names, (style.GREY, style.BLUE), strict=True):
        more = {"bins": 30, "histtype": "stepfilled", "alpha": 0.6, "color": color, "label": name}
        axes[0].hist(fit.intercept_, **more)
        axes[1].hist(coef @ fit.coef_ / (coef @ coef), **more)
    axes[0].axvline(-2.3, color="k", lw=1)
    axes[1].axvline(1, color="k", lw=1)
    axes[0].set(title="50 spikes, 30 features", xlabel="Intercept (log spikes per bin)")
    axes[1].set(title="Coefficients", xlabel="Estimated / true, along the truth")
    for ax in axes:
        ax.set_ylabel("Recordings (of 500)")
    axes[0].legend()


def main() -> None:
    """Draw and write both."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    for name, draw in (("dispersion", dispersions), ("few_spikes", few_spikes)):
        with paper_style():
            figure, axes = plt.subplots(1, 2, figsize=size_inches(TWO_COLUMNS_MM, 62))
            draw(axes)
            figure.savefig(FIGURES / f"{name}.png", dpi=130)
        plt.close(figure)


if __name__ == "__main__":
    main()
