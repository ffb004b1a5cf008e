"""What a study of a recording is: analyses, and what others have said of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spikeglm import run_description
from spikeglm.encoding import Encoding

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Claim:
    """A conclusion that is known, what came out here, and whether the two agree.

    ``agrees`` is None where the question was chosen after a look at the answer: that tests nothing.
    """

    known: str
    found: str
    agrees: bool | None

    @property
    def verdict(self) -> str:
        """Return the word for the table."""
        return {True: "yes", False: "**no**", None: "not a test"}[self.agrees]


@dataclass(frozen=True)
class Study:
    """A recording: where it is from, what was found, and what is known of it.

    ``encodings`` are by what follows ``spikeglm fit``: a description file, and settings.
    """

    title: str
    source: str
    encodings: Mapping[str, Encoding]
    claims: tuple[Claim, ...]
    remarks: tuple[str, ...] = ()


def fit(words: str) -> Encoding:
    """Return what ``spikeglm fit WORDS`` finds: a description file of this folder, and settings."""
    file, *settings = words.split(" ")
    return run_description(HERE / file, settings)


def curve(found: Encoding, term: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where a curve of one variable and one neuron is known, and its values."""
    table = found.curve(term)
    return table.iloc[:, 0].to_numpy(dtype=float), table["value"].to_numpy(dtype=float)


def slope(found: Encoding, term: str) -> float:
    """Return the one coefficient of a term, nats per unit."""
    columns = next(each.columns for each in found.model.terms_ if each.label == term)
    return float(np.ravel(found.model.coef_)[columns].item())


def of_term(found: Encoding, term: str, column: str) -> float:
    """Return a number of the table of one neuron."""
    return float(found.table().set_index("term").loc[term, column])


def ks(found: Encoding) -> tuple[float, float]:
    """Return the KS distance of one neuron, and its 95 % bound."""
    row = found.neurons().iloc[0]
    return float(row["ks_distance"]), float(row["ks_band_95"])


def same_set(found: Encoding, known: str, terms: set[str]) -> Claim:
    """Claim that a neuron encodes these terms and no other."""
    (name,) = found.sets.values()
    return Claim(known, name, set(name.split(" + ")) == terms)


def near(known: str, expected: float, found: float, tolerance: float, unit: str = "") -> Claim:
    """Claim that two numbers are the same but for a tolerance."""
    return Claim(known, f"{found:.3g}{unit}", bool(abs(found - expected) <= tolerance))
