"""What neurons encode: the population on one page, one neuron on another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import errors

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_encoding(encoding: Any) -> Figure:
    raise NotImplementedError


def plot_neuron_encoding(encoding: Any, neuron: Any) -> Figure:
    raise NotImplementedError
