"""Simulation with feedback: what is drawn in a bin is history to the next ones.

The linear predictor of all bins lies in one array. A response adds its filters to the bins that
follow once, so that the cost grows with the responses, not with bins x window, and the array is in
the end what ``predict`` computes from the simulated history.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from .. import errors, numerics, showing
from ..typing import BoolArray, FloatArray
from .network import Network
from .responses import Simulated

RAISE, STOP = "raise", "stop"
_TIMES = 1e3  # the mean response of the fit, or of the inputs alone: nothing that a neuron does


@dataclass(frozen=True, eq=False)
class Course:
    """What a simulation is to do.

    Attributes
    ----------
    drive :
        (T, N) linear predictors without feedback; NaN where they are not known.
    starts :
        First bin of each epoch; the first entry is 0.
    past :
        (k, N) the responses before the first bin of each stretch, the latest last.
    n_repeats, warm_up :
        How often, and how many bins are thrown away before each stretch.
    max_rate :
        (N,) means beyond which the activity runs away.
    on_runaway :
        ``"raise"`` or ``"stop"``.
    """

    drive: FloatArray
    starts: Any
    past: FloatArray
    n_repeats: int
    warm_up: int
    max_rate: FloatArray
    on_runaway: str = RAISE

    __repr__ = showing.of_fields

    def stretches(self) -> list[tuple[int, int]]:
        """Return where known linear predictors begin and end, epoch by epoch."""
        known: BoolArray = np.asarray(~np.isnan(self.drive).any(axis=1))
        is_first = np.zeros(len(known) + 1, dtype=bool)
        is_first[np.asarray(self.starts)] = True
        edges = np.flatnonzero(np.diff(known.astype(np.int8), prepend=0, append=0) != 0)
        cuts = np.flatnonzero(is_first[:-1] & known)
        bounds = np.unique(np.concatenate([edges, cuts]))
        return [(int(a), int(b)) for a, b in pairwise(bounds) if known[a]]


def largest_rates(network: Network, drive: FloatArray) -> FloatArray:
    """Return means (N,) that only activity which runs away has: far beyond fit and inputs.

    >>> import spikeglm as nmo
    >>> from spikeglm.observation_models import Likelihood, PoissonObservations
    >>> pair = Likelihood(PoissonObservations(), nmo.observation_models.links.Exp())
    >>> largest_rates(Network(pair, np.zeros((0, 1, 1)), (0,)), np.zeros((5, 1)))
    array([1000.])
    """
    with numerics.quiet():
        alone = np.abs(network.likelihood.link.mean(drive))
    alone = np.where(np.isfinite(alone), alone, 0.0).max(axis=0, initial=1.0)
    if network.mean_response is not None:
        alone = np.fmax(alone, np.abs(network.mean_response))
    if network.scale is not None:
        spread = np.sqrt(np.abs(np.asarray(network.scale, dtype=float)))
        alone = np.fmax(alone, np.where(np.isfinite(spread), spread, 0.0))
    return np.asarray(_TIMES * alone)


def simulated(network: Network, course: Course, generator: np.random.Generator) -> Simulated:
    """Return responses and means (R, T, N).

    NaN where the drive is not known, and behind a bin where the activity ran away.

    Raises
    ------
    ValueError
        If the activity runs away, or a mean is none of the model, and ``on_runaway`` says so.
    """
    eta = np.repeat(course.drive[None], course.n_repeats, axis=0)
    y = np.full(eta.shape, np.nan)
    kind = np.dtype(np.float64)
    for start, stop in course.stretches():
        run = _Run(network, course, generator, start)
        past = run.warmed_up(course.drive[start])
        kind = run.go(eta[:, start:stop], y[:, start:stop], past)
    known = np.isfinite(y)
    with numerics.quiet():
        rate = network.likelihood.mean(eta)
    rate[~known] = np.nan
    return Simulated(y.astype(kind) if known.all() else y, rate)


@dataclass(frozen=True, eq=False)
class _Run:
    """One stretch of bins, of all repeats at once."""

    network: Network
    course: Course
    generator: np.random.Generator
    start: int

    def warmed_up(self, drive: FloatArray) -> FloatArray:
        """Return the responses (R, k, N) before the first bin, after a warm-up with its inputs."""
        course = self.course
        past = np.repeat(course.past[None], course.n_repeats, axis=0)
        if not course.warm_up:
            return past
        eta = np.tile(drive, (course.n_repeats, course.warm_up, 1))
        y = np.full(eta.shape, np.nan)
        self.go(eta, y, past, first=-course.warm_up)
        return y

    def go(
        self, eta: FloatArray, y: FloatArray, past: FloatArray, *, first: int = 0
    ) -> np.dtype[Any]:
        """Draw y (R, L, N), adding to eta what responses do; return the type of a response."""
        model, link = self.network.likelihood.model, self.network.likelihood.link
        n_bins, n = self.network.filters.shape[:2]
        ahead_of = np.ascontiguousarray(self.network.filters.transpose(2, 0, 1))  # (N, W, N)
        self._add_past(eta, past)
        is_alive: BoolArray = np.ones(len(past), dtype=bool)
        is_alive &= np.isfinite(past).all(axis=(1, 2))
        kind = np.dtype(np.float64)
        for t in range(eta.shape[1]):
            with numerics.quiet():
                mean = link.mean(eta[:, t])
            self._check(mean, is_alive, first + t)
            if not is_alive.any():
                break
            mean[~is_alive] = np.nan
            drawn = np.asarray(model.sample_generator(self.generator, mean, self.network.scale))
            kind = drawn.dtype
            y[:, t] = drawn
            now = np.where(is_alive[:, None] & np.isfinite(y[:, t]), y[:, t], 0.0)
            senders = np.flatnonzero(now.any(axis=0))
            ahead = eta[:, t + 1 : t + 1 + n_bins]
            length = ahead.shape[1]
            if senders.size and length:
                of_senders = ahead_of if senders.size == n else ahead_of[senders]
                added = now[:, senders] @ of_senders.reshape(len(senders), -1)[:, : length * n]
                ahead += added.reshape(len(now), length, n)
        return kind

    def _add_past(self, eta: FloatArray, past: FloatArray) -> None:
        """Add what responses (R, k, N) before the first bin do to those that follow."""
        filters = self.network.filters
        for back in range(1, min(past.shape[1], len(filters)) + 1):
            before = past[:, -back]
            if np.any(before != 0):
                ahead = eta[:, : len(filters) - back + 1]
                part = filters[back - 1 : back - 1 + ahead.shape[1]]
                ahead += np.einsum("rj,wij->rwi", np.where(np.isfinite(before), before, 0.0), part)

    def _check(self, mean: FloatArray, is_alive: BoolArray, t: int) -> None:
        """Stop the repeats whose means (R, N) run away, or raise."""
        low, high = self.network.likelihood.model.means
        runs: BoolArray = ~(np.abs(mean) <= self.course.max_rate)
        wrong = (runs | (mean < low) | (mean > high)) & is_alive[:, None]
        if not wrong.any():
            return
        if self.course.on_runaway == RAISE:
            repeat, neuron = map(int, np.argwhere(wrong)[0])
            raise self._error(mean[repeat, neuron], neuron, t, bool(runs[repeat, neuron]))
        is_alive &= ~wrong.any(axis=1)

    def _error(self, mean: float, neuron: int, t: int, runs: bool) -> ValueError:
        network = self.network
        when = f"bin {self.start + t}" if t >= 0 else f"bin {t} of the warm-up"
        if network.bin_s is not None and t >= 0:
            when += f" ({(self.start + t) * network.bin_s:.4g} s)"
        who = f"neuron {network.neurons[neuron]!r} with a mean of {mean:.3g} per bin at {when}"
        if not runs:
            low, high = network.likelihood.model.means
            return errors.value_error(
                f"The link gives a mean that is none of a {network.likelihood.model.name} model.",
                given=who,
                expected=f"means between {low} and {high}",
                todo="choose a link that gives no others (None takes the model's default).",
            )
        return errors.value_error(
            "The activity runs away.",
            given=who,
            expected=f"at most {self.course.max_rate[neuron]:.4g}, far beyond the mean response of "
            "the fit and what the inputs alone make of it (max_rate)",
            todo="fit with coefficients of history and coupling that are bounded "
            "(regularizer.Bounded) or shrunk (Ridge, Smoothness), with a shorter window, or with a "
            "link that does not multiply (softplus); inference.coupling(...).stability says how "
            "near it is; on_runaway='stop' keeps what came before.",
        )
