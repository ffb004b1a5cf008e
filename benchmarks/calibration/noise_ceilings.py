"""Coverage of intervals of noise ceilings: ``python -m benchmarks.calibration.noise_ceilings``.

Recordings are neurons of one call. The truth of each number follows from the signal, the prediction
and the noise of the simulation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

import spikeglm as nmo

from . import page

N = 2000
T = 150
NUMBERS = ("signal_power", "explainable", "cc_norm", "r2_er")
TITLES = ("noise", "trials", "size", "signal power", "explainable", "CC_norm", "r²", "status")


class Noise(NamedTuple):
    """What a trial has besides the signal."""

    name: str
    n_trials: int
    size: float  # deviation of the noise over that of the signal; rate of counts

    def draw(
        self, rng: np.random.Generator, signal: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, float]:
        """Return repeats (R, T, N), the signal in their units, and the power of noise over time."""
        shape = (self.n_trials, T, N)
        if self.name == "Poisson":
            rate = self.size * np.exp(signal)
            return rng.poisson(rate[:, None], shape), rate, float(rate.mean() * (1 - 1 / T))
        noise = rng.normal(size=shape)
        if self.name == "slow":
            for t in range(1, T):
                noise[:, t] = 0.95 * noise[:, t - 1] + np.sqrt(1 - 0.95**2) * noise[:, t]
        power = np.mean(noise.var(axis=1)) * self.size**2 * signal.var()
        noise *= self.size * signal.std()
        if self.name == "gain":
            gain = 1 + 0.4 * rng.normal(size=(self.n_trials, 1, N))
            power += 0.4**2 * signal.var()
            return gain * signal[:, None] + noise, signal, float(power)
        return signal[:, None] + noise, signal, float(power)


CASES = (
    Noise("white", 5, 2.0), Noise("white", 10, 2.0), Noise("white", 20, 2.0),
    Noise("white", 10, 6.0), Noise("slow", 10, 2.0), Noise("gain", 10, 2.0),
    Noise("gain", 30, 2.0), Noise("Poisson", 10, 0.3), Noise("Poisson", 10, 2.0),
)  # fmt: skip


def of_ceilings() -> Iterator[str]:
    """Yield the lines of the table."""
    for k, case in enumerate(CASES):
        rng = np.random.default_rng(100 + k)
        signal = np.sin(np.arange(T) / 7) + 0.5 * np.cos(np.arange(T) / 3)
        repeats, signal, noise = case.draw(rng, signal)
        guess = signal + 0.6 * signal.std() * np.sin(np.arange(T) / 2)
        found = nmo.inference.noise_ceiling(repeats, np.repeat(guess[:, None], N, axis=1))
        r = float(np.corrcoef(signal, guess)[0, 1])
        truth = {
            "signal_power": signal.var(),
            "explainable": signal.var() / (signal.var() + noise),
            "cc_norm": r,
            "r2_er": r**2,
        }
        cells = []
        for name in NUMBERS:
            low, high = found.interval(name)
            known = np.isfinite(low)
            value, true = getattr(found, name)[known], truth[name]
            covered = ((low <= true) & (true <= high))[known].mean()
            cells.append(f"{value.mean() / true:.3f} / {covered:.3f}")
        unsure = np.mean([status != "" for status in found.status])
        about = f"{case.name} | {case.n_trials} | {case.size:g}"
        yield f"| {about} | {' | '.join(cells)} | {unsure:.3f} |"


TEXT = """## Noise ceilings

`python -m benchmarks.calibration.noise_ceilings`: {n} recordings of {t} bins a line. Each cell is
the mean of the estimates over the truth / the coverage of 95 % intervals (jackknife over trials,
Student's quantile). *size*: the deviation of noise over that of the signal, of counts the rate.
*slow* noise is correlated over 20 bins; *gain*: the signal of each trial is multiplied by 1 ± .4.
*status*: the share whose signal power is below zero, or within two standard errors of it.

{head}
{rows}
"""


def main() -> None:
    """Make the table, in the place of that which is there."""
    page.keep(TEXT.format(n=N, t=T, head=page.head(*TITLES), rows="\n".join(of_ceilings())))


if __name__ == "__main__":
    main()
