"""How often tests find effects between signals that are slow, and have nothing to do with another.

``python -m benchmarks.calibration.nulls`` writes its tables into RESULTS.md; it takes minutes.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from scipy.signal import lfilter

import spikeglm as nmo
from spikeglm.inference import block_bootstrap, null_test

from . import page

N_COVARIATES, N_NEURONS = 40, 25  # data sets of a line: as many as their product
T, TAU = 2000, 100.0  # bins, and bins in which slow signals forget
N_SESSIONS = 10
LEVEL, N_DRAWS = 0.05, 99
RATE = 0.3  # spikes per bin, about
HEADING = "## Nulls under slow drift"

Generator = np.random.Generator
Signal = Callable[..., np.ndarray]


def stationary(rng: Generator, n: int, *, n_rows: int = T, tau: float = TAU) -> np.ndarray:
    """Return n signals (n_rows, n) of variance one that forget in tau bins (Ornstein-Uhlenbeck)."""
    keep = np.exp(-1 / tau)
    noise = rng.normal(size=(n_rows, n)) * np.sqrt(1 - keep**2)
    noise[0] = rng.normal(size=n)
    return lfilter([1.0], [1.0, -keep], noise, axis=0)


def sessions_apart(rng: Generator, n: int) -> np.ndarray:
    """Return n signals (T, n), stationary in each session and new in the next."""
    length = T // N_SESSIONS
    parts = [stationary(rng, n)[:length] + rng.normal(size=n) for _ in range(N_SESSIONS)]
    return np.concatenate(parts)


def walk(rng: Generator, n: int) -> np.ndarray:
    """Return n random walks (T, n), of variance one at their end, about: never stationary."""
    steps = np.cumsum(rng.normal(size=(T, n)), axis=0) / np.sqrt(T)
    return 2.0 * (steps - steps.mean(axis=0))


def ramps(rng: Generator, n: int) -> np.ndarray:
    """Return n signals (T, n) that rise or fall within each session, by chance how steeply."""
    time = np.linspace(-1, 1, T // N_SESSIONS)
    slopes = rng.normal(size=(N_SESSIONS, 1, n))
    return (1.5 * slopes * time[:, None]).reshape(T, n)


def learning(rng: Generator, n: int) -> np.ndarray:
    """Return n signals (T, n) that change from session to session as an animal learns."""
    session = np.repeat(np.linspace(-1, 1, N_SESSIONS), T // N_SESSIONS)
    return 1.5 * session[:, None] * rng.choice([-1.0, 1.0], n) + 0.5 * stationary(rng, n)


def task_blocks(rng: Generator, n: int) -> np.ndarray:
    """Return n signals (T, n) of 1 and -1 that change sides after 50 to 150 bins."""
    out = np.empty((T, n))
    for c in range(n):
        edges = np.cumsum(rng.integers(50, 151, T // 50))
        side = rng.choice([-1.0, 1.0])
        out[:, c] = side * np.where(np.searchsorted(edges, np.arange(T), side="right") % 2, 1, -1)
    return out


SESSIONS = np.repeat(np.arange(N_SESSIONS), T // N_SESSIONS)


class Test(NamedTuple):
    """A null with its options, and the column of the table."""

    title: str
    options: dict[str, Any]


SHIFT: dict[str, Any] = {"null": "linear_shift", "max_shift": T // 4, "n_shifts": 2 * 49}
TESTS = (
    Test("shift spikes", SHIFT | {"moves": "response"}),
    Test("shift covariate", SHIFT | {"moves": "term"}),
    Test(
        "sessions", {"null": "session_permutation", "sessions": SESSIONS, "n_permutations": N_DRAWS}
    ),
    Test(
        "pseudosession",
        {
            "null": "pseudosession",
            "covariates": lambda rng: task_blocks(rng, 1),
            "n_draws": N_DRAWS,
        },
    ),
    Test("circular", {"null": "circular_shift", "moves": "response", "n_shifts": N_DRAWS}),
)


class Scenario(NamedTuple):
    """A covariate and a gain of spikes, each drawn by itself, and an effect, if there is one.

    With ``beside`` the model has another covariate that goes with the first, and does matter.
    """

    covariate: Signal
    gain: Signal
    effect: float = 0.0
    holds: tuple[str, ...] = ()  # tests whose assumption does
    beside: bool = False

    def draw(self, rng: Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return covariates (T, 1 or 2) and spikes (T, N_NEURONS)."""
        x = self.covariate(rng, 1)
        eta = self.effect * x + 0.7 * self.gain(rng, N_NEURONS) + np.log(RATE)
        if self.beside:
            other = 0.6 * x + 0.8 * self.covariate(rng, 1)
            x, eta = np.hstack([x, other]), eta + 0.4 * other
        return x, rng.poisson(np.exp(np.minimum(eta, 3.0)))

    @property
    def title(self) -> str:
        """What the signals are called."""
        covariate, gain = (f.__name__.replace("_", " ") for f in (self.covariate, self.gain))
        more = ", beside one that goes with it" if self.beside else ""
        return f"{covariate}{more} | {gain} | {self.effect:g}"


ON_AVERAGE = "shift covariate, right on average"
_OF_COVARIATE = ("shift covariate", ON_AVERAGE)
_SHIFTS = ("shift spikes", *_OF_COVARIATE)
SCENARIOS = (
    Scenario(stationary, stationary, holds=_SHIFTS),
    Scenario(stationary, walk, holds=_OF_COVARIATE),
    Scenario(walk, stationary, holds=_SHIFTS[:1]),
    Scenario(walk, walk),
    Scenario(ramps, ramps, holds=("sessions",)),
    Scenario(ramps, walk, holds=("sessions",)),
    Scenario(sessions_apart, sessions_apart, holds=("sessions",)),
    Scenario(learning, learning),
    Scenario(task_blocks, walk, holds=("pseudosession", *_OF_COVARIATE)),
    Scenario(stationary, stationary, beside=True),
    Scenario(stationary, stationary, 0.2),
    Scenario(stationary, stationary, 0.4),
    Scenario(ramps, ramps, 0.2),
    Scenario(task_blocks, walk, 0.2),
)


def rejections(scenario: Scenario, *, seed: int = 0) -> dict[str, np.ndarray]:
    """Return for each test whether data sets (N_COVARIATES, N_NEURONS) reject at LEVEL."""
    rngs = np.random.default_rng(seed).spawn(N_COVARIATES)
    found: dict[str, list[np.ndarray]] = {"every bin is news": []}
    found |= {title: [] for title in (ON_AVERAGE, *(test.title for test in TESTS))}
    for rng in rngs:
        x, y = scenario.draw(rng)
        model = nmo.PopulationGLM().fit(x, y)
        for test in TESTS:
            is_apt = scenario.covariate is task_blocks or test.title != "pseudosession"
            if not is_apt:
                continue
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that circular shifts are no null
                told = null_test(model, x, y, term="x0", seed=rng, **test.options)
            found[test.title].append(told.p_value <= LEVEL)
            if test.title == "shift covariate":
                rank = 1 + (told.null_statistics >= told.statistic).sum(axis=0)
                found[ON_AVERAGE].append(rank / (1 + told.n_draws) <= LEVEL)
            if test.title == "circular":  # which compares all rows
                found["every bin is news"].append(told.independent_p_value <= LEVEL)
    return {title: np.array(rejects) for title, rejects in found.items() if rejects}


def told(rejects: np.ndarray | None, *, holds: bool) -> str:
    """Return the share that rejects, with its error from one covariate to the next."""
    if rejects is None:
        return "-"
    share = rejects.mean()
    error = rejects.mean(axis=1).std(ddof=1) / np.sqrt(len(rejects))
    text = f"{share:.3f} ± {error:.3f}"
    return f"**{text}**" if holds else text


def lines() -> Iterator[str]:
    """Yield the lines of the table."""
    titles = ("every bin is news", "circular", *_SHIFTS, "sessions", "pseudosession")
    yield "| covariate | gain of the spikes | effect | " + " | ".join(titles) + " |"
    yield "|---" * (3 + len(titles)) + "|"
    for scenario in SCENARIOS:
        found = rejections(scenario)
        cells = [told(found.get(title), holds=title in scenario.holds) for title in titles]
        yield f"| {scenario.title} | " + " | ".join(cells) + " |"


def lines_of_blocks() -> Iterator[str]:
    """Yield the lines of the table of block bootstraps: memory of the signals, length of blocks."""
    yield "| signals forget in | blocks of | every bin is news | block bootstrap |"
    yield "|---|---|---|---|"
    for tau, block in ((5.0, 50), (TAU, 50), (TAU, 200)):
        news, blocks = [], []
        for rng in np.random.default_rng(1).spawn(N_COVARIATES):
            x = stationary(rng, 1, tau=tau)
            gain = stationary(rng, N_NEURONS, tau=tau)
            y = rng.poisson(RATE * np.exp(0.7 * gain))
            model = nmo.PopulationGLM().fit(x, y)
            found = block_bootstrap(model, x, y, block=block, n_draws=N_DRAWS, seed=rng)
            blocks.append(found.p_values() <= LEVEL)
            error, _ = model.standard_errors(x, y)
            news.append(np.abs(model.coef_[0] / error[0]) > 1.96)
        cells = [told(np.array(news), holds=False), told(np.array(blocks), holds=tau < block / 5)]
        yield f"| {tau:g} bins | {block} bins | " + " | ".join(cells) + " |"


_TEXT = """{heading}

`python -m benchmarks.calibration.nulls`. Shares of data sets in which a test rejects at 5 %, with
standard errors from one covariate to the next: {n_covariates} covariates with {n_neurons} neurons
each in every line, {rows} bins, .3 spikes a bin. Signals are drawn one by one, so where the effect
is zero every rejection is false; **bold** where what the test assumes is true. Slow signals forget
in {tau:g} bins; shifts go up to {shift} bins either way, 49 of them; {n_sessions} sessions.
"Every bin is news" is the ordinary score test.

{table}

How to read it. The ordinary test is wrong wherever both signals are slow. A shift holds if *what is
shifted* is stationary, whatever the other signal does: at most .05, and about half of that, or .05
by the count that is right on average. Random walks and trends over the whole recording do not fool
it here; what both signals do at the same times does (ramps and levels of the same sessions: .17 and
.07). Circular shifts are fooled by less, up to .94. Sessions that are exchanged allow for anything
that happens within one, but not for what goes on from one to the next (pieces of one slow signal:
.08 to .24; learning: .98). A pseudosession allows for all of it. Power is bought with
assumptions: an effect of .2 in a task of blocks is seen by a pseudosession in .84 of neurons, by
shifts in .40 to .45.

Tests by the block bootstrap, of stationary signals that are unrelated. Blocks help against what
ends within one, and not against drift that is slower:

{blocks}
"""


def section() -> str:
    """Return the section of RESULTS.md."""
    return _TEXT.format(
        heading=HEADING,
        n_covariates=N_COVARIATES,
        n_neurons=N_NEURONS,
        rows=T,
        tau=TAU,
        shift=T // 4,
        n_sessions=N_SESSIONS,
        table="\n".join(lines()),
        blocks="\n".join(lines_of_blocks()),
    )


def main() -> None:
    """Make the tables, in the place of those that are there."""
    page.keep(section())


if __name__ == "__main__":
    main()
