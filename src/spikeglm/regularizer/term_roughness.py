"""Rows whose squares say how rough the functions of a term are, and how large what is not rough.

Of functions f = Σ_j w_j f_j of a variable u in [0, 1], ∫ f''(u)² du = wᵀ S w and S = (2π)⁴ G'G: in
θ = 2π u a sine with k cycles has a mean squared second derivative of k⁴ / 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ..typing import FloatArray
from .penalty_matrices import Spectrum
from .squares import Part

_ONE_CYCLE = (2 * np.pi) ** 4
_NOT_ROUGH = 1e-14
"""Share of the largest eigenvalue that is none: rounding is below, and 5000 lags are above.

Of second differences of n values the smallest that is one has a share of (4.7 / n)⁴ / 16.
"""
_POINTS = {1: 400, 2: 40, 3: 14}  # per variable, to measure what is not rough
_FEW_POINTS = 7


class TermColumns(Protocol):
    """What a penalty asks of a term: its columns, and how rough its functions are."""

    label: str
    start: int
    stop: int
    channels: tuple[Any, ...]
    inputs: tuple[str, ...]

    @property
    def n_functions(self) -> int:
        """b."""

    @property
    def n_channels(self) -> int:
        """S, how often the same functions stand side by side."""

    def penalties(self, *, channel: int | str = 0) -> tuple[FloatArray, ...]:
        """Return a matrix (b, b) per smooth variable."""

    def grid(self, n_points: int = 100, *, channel: int | str = 0) -> tuple[Any, ...]:
        """Return points (n,) of each variable."""

    def functions(self, *points: Any, channel: int | str = 0) -> FloatArray:
        """Return the functions (n, b) at points (n,) of each variable."""


@dataclass(frozen=True, eq=False)
class Roughness:
    """How rough the functions of a channel are.

    Attributes
    ----------
    parts :
        Rows, per smooth variable.
    null_space :
        (b, k) what none of them sees.
    """

    parts: tuple[Part, ...]
    null_space: FloatArray


def roughness_of(term: TermColumns) -> list[Roughness]:
    """Return what each channel of a term has; none where nothing can be rough."""
    b, found, known = term.n_functions, [], {}
    for channel in range(term.n_channels):
        matrices = term.penalties(channel=channel)
        key = tuple(S.tobytes() for S in matrices)
        if key not in known:  # most channels are alike
            known[key] = [_root(S / _ONE_CYCLE) for S in matrices], _unseen(matrices, b)
        roots, unseen = known[key]
        places = np.arange(b) + term.start + channel * b
        found.append(Roughness(tuple(Part(places, root) for root in roots), unseen))
    return found


def null_space_of(term: TermColumns, channels: Sequence[Roughness]) -> list[Part]:
    """Return rows G0 per channel: wᵀ G0' G0 w is the mean square of what of f is not rough.

    That is the part of f that is a combination of functions U which no roughness sees, nearest to
    it by the mean square over the range: M = mean f f', U' M U = V D V', G0 = D^-1/2 V' U' M.
    """
    parts = []
    for number, channel in enumerate(channels):
        U, places = channel.null_space, channel.parts[0].places
        functions = _on_grid(term, number)
        M = functions.T @ functions / len(functions)
        values, vectors = np.linalg.eigh(U.T @ M @ U)
        kept = values > _NOT_ROUGH * values.max(initial=0.0)
        parts.append(Part(places, (vectors[:, kept] / np.sqrt(values[kept])).T @ U.T @ M))
    return parts


def _on_grid(term: TermColumns, channel: int) -> FloatArray:
    n_variables = len(term.grid(1, channel=channel))
    points = term.grid(_POINTS.get(n_variables, _FEW_POINTS), channel=channel)
    values = term.functions(*points, channel=channel)
    return values[np.isfinite(values).all(axis=1)]


def _root(S: FloatArray) -> FloatArray:
    """Return G of full rank with G'G = S."""
    spectrum = Spectrum.of(S)
    return spectrum.root(_n_unseen(spectrum))


def _unseen(matrices: Sequence[FloatArray], b: int) -> FloatArray:
    """Return (b, k) combinations that no matrix sees."""
    total = np.zeros((b, b))
    for S in matrices:
        total += S / max(np.abs(S).max(initial=0.0), np.finfo(float).tiny)
    spectrum = Spectrum.of(total)
    return spectrum.null_space(_n_unseen(spectrum))


def _n_unseen(spectrum: Spectrum) -> int:
    return int((spectrum.values <= _NOT_ROUGH * spectrum.values.max(initial=0.0)).sum())
