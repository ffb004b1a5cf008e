"""What a page is about: tables, a fitted model and their origin, whoever made them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import showing
from ..encoding import Encoding
from ..glm import GLM
from ..glm.reading.read_arguments import read_likelihood
from ..observation_models.likelihood import Likelihood
from .words import plain

if TYPE_CHECKING:
    import pandas as pd

CURVE = "curve "
"""How tables of curves are called, before the label of their term."""
_PREDICTOR_UNITS = {"exp": "nats", "identity": "units of y"}


@dataclass(frozen=True, eq=False)
class Subject:
    """What is reported.

    Attributes
    ----------
    title :
        Of the page.
    model :
        The fit to all rows.
    neurons :
        A row per neuron: ``neuron``, and whichever of ``set``, ``n_spikes``, ``held_out``,
        ``held_out_deviance_explained``, ``deviance_explained``, ``rate_hz``, ``ks_distance``,
        ``ks_band_95``, ``status`` and ``reason`` are known.
    terms :
        A row per neuron and term: ``neuron``, ``term``, ``edf`` and what is known beside.
    tables :
        All there is in numbers, by name; those of curves begin with ``"curve "``.
    origin :
        Versions, settings, folds, a hash of the data, and when it was made.
    measure, how :
        In what contributions are told, and in which ways; empty where there are none.
    encoding :
        The result itself, if it is one of what neurons encode.
    """

    title: str
    model: GLM
    neurons: pd.DataFrame
    terms: pd.DataFrame
    tables: dict[str, pd.DataFrame]
    origin: dict[str, Any]
    measure: str = ""
    how: tuple[str, ...] = ()
    encoding: Encoding | None = None

    __repr__ = showing.of_fields

    @classmethod
    def of_encoding(cls, found: Encoding, title: str | None) -> Subject:
        """Return what there is to report of what neurons encode."""
        n = found.n_neurons
        usual = f"What {n} neurons encode" if n > 1 else "What a neuron encodes"
        return cls(
            title or usual, found.model, found.neurons(), found.table(), found.tables,
            found.origin, found.measure, found.how, found,
        )  # fmt: skip

    @cached_property
    def names(self) -> list[Any]:
        """The neurons, in the order of their table."""
        return self.neurons["neuron"].tolist()

    @cached_property
    def term_names(self) -> list[Any]:
        """The terms that are asked about, each once."""
        return list(dict.fromkeys(self.terms["term"]))

    @property
    def has_search(self) -> bool:
        """Whether somebody asked which terms a neuron encodes."""
        return "set" in self.neurons

    @cached_property
    def likelihood(self) -> Likelihood:
        """The observation model, seen through its link."""
        return read_likelihood(self.model.observation_model, self.model.inverse_link_function)

    @property
    def event(self) -> str:
        """What responses count: ``"spike"``, or ``"event"`` of zeros and ones."""
        return self.likelihood.model.event

    @property
    def unit(self) -> str:
        """What contributions are measured in, in words."""
        return plain(self.measure).replace("spike", self.event)

    @property
    def predictor_unit(self) -> str:
        """What effects are measured in."""
        return _PREDICTOR_UNITS.get(self.likelihood.link.name, "linear predictor")

    @property
    def bin_s(self) -> float | None:
        """Seconds of a bin, where the data or the user said so."""
        said = self.origin["settings"].get("bin_s", "None")
        known = getattr(self.model, "bin_s_", None)
        return float(said) if said != "None" else known

    @property
    def gap(self) -> int:
        """How many bins lie between two rows that share no sample: the reach of all terms."""
        reaches = [term.reach for term in getattr(self.model, "terms_", ())] or [(0, 0)]
        return max(past for past, _ in reaches) + max(future for _, future in reaches)

    def column(self, name: str) -> np.ndarray:
        """Return numbers (N,) of the table of neurons, NaN where there are none."""
        if name not in self.neurons:
            return np.full(len(self.neurons), np.nan)
        return self.neurons[name].to_numpy(dtype=float, na_value=np.nan)

    def wide(self, name: str) -> np.ndarray:
        """Return numbers (N, J) of the table of terms, NaN where there are none."""
        return self.values(name).astype(float)

    def values(self, name: str) -> np.ndarray:
        """Return what the table of terms says of neurons and terms, (N, J), None for nothing."""
        out = np.full((len(self.names), len(self.term_names)), None, dtype=object)
        if name not in self.terms:
            return out
        rows = {neuron: k for k, neuron in enumerate(self.names)}
        columns = {term: j for j, term in enumerate(self.term_names)}
        cells = zip(self.terms["neuron"], self.terms["term"], self.terms[name], strict=True)
        for neuron, term, value in cells:
            out[rows[neuron], columns[term]] = value
        return out

    def encoded(self) -> np.ndarray:
        """Return (N, J) 1 where a term is encoded, 0 where not, NaN where there is no answer."""
        return self.wide("is_encoded")
