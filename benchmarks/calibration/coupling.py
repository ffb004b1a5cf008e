"""How often pairs of neurons that do not drive each other are called coupled.

``python -m benchmarks.calibration.coupling`` replaces the section in RESULTS.md; some minutes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

import spikeglm as nmo
from spikeglm.inference import coupling
from spikeglm.typing import FloatArray

from . import page

N_NEURONS, N_BINS, N_RECORDINGS = 20, 20_000, 4
BIN_S = 0.01
LEVEL = 0.05
HEADING = "## Coupling of neurons that are not coupled"

_TEXT = """{heading}

{n_recordings} recordings of {n_neurons} neurons each, {n_bins} bins of {bin_ms:.0f} ms: {n_pairs}
pairs of different neurons, none of which drives the other. Share of pairs with p < .05 (it should
be .05) and with q < .05 over the pairs of a recording (none should be found), and how many of the
latter are positive. After ± stands the standard error from recording to recording. The filters are
three raised cosines over 200 ms. `python -m benchmarks.calibration.coupling` wrote this section.

*Drive*: what all neurons share, a slow process (Ornstein-Uhlenbeck, 2 s) that changes log rates by
as much (sd). *In the model*: nothing; the drive itself; or the mean activity of all neurons over
the last second.

| rate (Hz) | drive (sd) | in the model | covariance | p < .05 | q < .05 | of these positive |
|---|---|---|---|---|---|---|
{rows}

Without a shared drive the test holds. With one that the model does not know pairs look coupled, two
to five times as often as they should, and robust errors do not help: the filters are really there,
as descriptions; what is wrong is to call them coupling. Twenty neurons share what they know of the
drive among their filters, so that each is weak, but longer recordings find them: of four times as
many bins (5 Hz, sd 0.5) it is 0.6 of the pairs, half of them with q < .05. The drive in the model
puts it right. The smoothed activity of the population is a noisy copy of it: it takes most of the
excess of a moderate drive away, and little of that of a strong one.
"""


class Line(NamedTuple):
    """A line of the table."""

    rate_hz: float
    drive: float
    in_model: str
    cov_type: str = "model"


LINES = (
    Line(5.0, 0.0, "nothing"),
    Line(5.0, 0.0, "nothing", "HAC"),
    Line(1.0, 0.0, "nothing"),
    Line(5.0, 0.25, "nothing"),
    Line(5.0, 0.25, "nothing", "HAC"),
    Line(5.0, 0.5, "nothing"),
    Line(5.0, 0.5, "activity of all"),
    Line(5.0, 0.5, "the drive"),
    Line(5.0, 1.0, "nothing"),
    Line(5.0, 1.0, "activity of all"),
    Line(5.0, 1.0, "the drive"),
    Line(1.0, 1.0, "nothing"),
    Line(1.0, 1.0, "the drive"),
)


def slow(rng: np.random.Generator) -> FloatArray:
    """Return an Ornstein-Uhlenbeck process (T,) of variance one and 2 s."""
    keep = np.exp(-BIN_S / 2.0)
    noise = rng.normal(size=N_BINS) * np.sqrt(1 - keep**2)
    out = np.empty(N_BINS)
    out[0] = rng.normal()
    for t in range(1, N_BINS):
        out[t] = keep * out[t - 1] + noise[t]
    return out


def smoothed(y: FloatArray) -> FloatArray:
    """Return the mean activity of all neurons, smoothed over 1 s, of the past alone."""
    n = round(1.0 / BIN_S)
    total = np.concatenate([np.zeros(n), np.cumsum(y.mean(axis=1))])
    return (total[n:] - total[:-n]) / n / BIN_S


def of_recording(line: Line, seed: int) -> tuple[float, float, float]:
    """Return the shares of a recording."""
    rng = np.random.default_rng(seed)
    drive = slow(rng)
    log_rate = np.log(line.rate_hz * BIN_S) + line.drive * drive - line.drive**2 / 2
    y = rng.poisson(np.exp(log_rate)[:, None], size=(N_BINS, N_NEURONS))
    basis = nmo.basis.RaisedCosineLogConv(3, window_size=20, label="coupling")
    extra = {"the drive": lambda: drive, "activity of all": lambda: smoothed(y)}
    if line.in_model == "nothing":
        X = basis.design(y)
    else:
        X = (basis + nmo.basis.IdentityEval(label="shared")).design(y, extra[line.in_model]())
    found = coupling(nmo.PopulationGLM().fit(X, y), X, y, cov_type=line.cov_type)
    pairs = ~found.is_self & np.isfinite(found.p_value)
    is_called = found.q_value[pairs] < LEVEL
    positive = np.mean(found.strength[pairs][is_called] > 0) if is_called.any() else np.nan
    return float(np.mean(found.p_value[pairs] < LEVEL)), float(is_called.mean()), float(positive)


def rows() -> Iterator[str]:
    """Yield the rows of the table."""
    for number, line in enumerate(LINES):
        shares = np.array([of_recording(line, 100 * number + k) for k in range(N_RECORDINGS)])
        mean = shares[:, :2].mean(axis=0)
        error = shares[:, :2].std(axis=0, ddof=1) / np.sqrt(N_RECORDINGS)
        positive = shares[:, 2][np.isfinite(shares[:, 2])]
        told = f"{positive.mean():.2f}" if len(positive) else "none"
        cells = " | ".join(f"{m:.3f} ± {e:.3f}" for m, e in zip(mean, error, strict=True))
        yield _told(
            f"| {line.rate_hz:g} | {line.drive:g} | {line.in_model} | {line.cov_type} | {cells} "
            f"| {told} |"
        )


def _told(row: str) -> str:
    print(row, flush=True)
    return row


def section() -> str:
    """Return the section of RESULTS.md."""
    return _TEXT.format(
        heading=HEADING,
        n_recordings=N_RECORDINGS,
        n_neurons=N_NEURONS,
        n_bins=N_BINS,
        bin_ms=1e3 * BIN_S,
        n_pairs=N_RECORDINGS * N_NEURONS * (N_NEURONS - 1),
        rows="\n".join(rows()),
    )


def main() -> None:
    """Make the table, in the place of the one that is there."""
    page.keep(section())


if __name__ == "__main__":
    main()
