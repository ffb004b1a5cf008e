"""Scales of negative binomial counts: intervals that cover, and a test at the edge.

``python -m benchmarks.calibration.overdispersion`` writes its section of RESULTS.md.
Recordings are the columns of one fit.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import spikeglm as nmo

from . import page

TEXT = """## Overdispersion of counts

`python -m benchmarks.calibration.overdispersion`: 1000 recordings a line with three features; a
scale of zero is the Poisson model. The interval is the profile likelihood's, the test the
likelihood ratio's against half chi2_0 + half chi2_1.

{head}
{rows}
"""
TITLES = (
    "scale",
    "spikes per bin",
    "bins",
    "mean estimate",
    "estimates of 0",
    "p < .05",
    "interval covers",
    "± 1.96 errors",
    "coefficients",
)
N = 1000  # recordings
_CELLS = (  # scale, spikes per bin, bins
    (0.0, 0.5, 2000),
    (0.0, 2.0, 500),
    (0.2, 0.5, 2000),
    (0.2, 2.0, 500),
    (0.5, 0.1, 5000),
    (1.0, 2.0, 500),
)


def of_scales() -> Iterator[str]:
    """Yield the lines of the table."""
    kind = nmo.observation_models.NegativeBinomialObservations("estimate")
    for seed, (scale, rate, n_bins) in enumerate(_CELLS):
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(n_bins, 3))
        mean = rate * np.exp(X @ [0.4, -0.2, 0.0] - 0.1)[:, None] * np.ones(N)
        gain = rng.gamma(1 / scale, scale, mean.shape) if scale else 1.0
        y = rng.poisson(gain * mean)
        model = nmo.PopulationGLM(kind).fit(X, y)
        found = nmo.inference.overdispersion(model, X, y)
        error, _ = model.standard_errors(X, y)
        wald = np.abs(found.scale - scale) <= 1.96 * found.std_error
        inside = (found.conf_low <= scale) & (scale <= found.conf_high)
        covered = np.abs(model.coef_ - [[0.4], [-0.2], [0.0]]) <= 1.96 * error
        yield (
            f"| {scale} | {rate} | {n_bins} | {np.mean(found.scale):.3f} | "
            f"{np.mean(found.scale == 0):.3f} | {np.mean(found.p_value < 0.05):.3f} | "
            f"**{inside.mean():.3f}** | {wald.mean():.3f} | {covered.mean():.3f} |"
        )


def main() -> None:
    """Make the table, in the place of that which is there."""
    page.keep(TEXT.format(head=page.head(*TITLES), rows="\n".join(of_scales())))


if __name__ == "__main__":
    main()
