"""What each neuron encodes: tables, a fitted model, and where they come from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import errors
from ..glm import GLM
from ..glm.reading.read_arguments import read_likelihood
from ..observation_models.observations import Observations
from ..plotting import plot_encoding, plot_neuron_encoding
from ..recordings.results import write_results
from ..selection import TermSearch
from . import files, merging, screen

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False, repr=False)
class Encoding:
    """The answer of :func:`spikeglm.encode`.

    Attributes
    ----------
    model :
        Fitted to all rows, with all terms.
    tables :
        Tidy pandas tables: ``"fit"`` (how the fit of each neuron ended), ``"degrees"`` (effective
        degrees of freedom per term), ``"contributions"`` (neuron x term x way to ask), ``"search"``
        (neuron x term), ``"steps"`` (every set that was tried), ``"goodness"`` (neuron),
        ``"dependence"`` (neuron: do residuals go with the past, with others, with time), ``"curve
        LABEL"`` (a term's values and bands).
    origin :
        Versions, settings, folds, a hash of the data, and when this was made.
    search :
        The search for terms, for :func:`spikeglm.plotting.plot_search_steps` and others; None in
        files of older versions.
    warnings :
        What was warned of while this was made, in words.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> rng = np.random.default_rng(0)
    >>> place, speed = rng.uniform(0, 1, (2, 3000))
    >>> y = rng.poisson(np.exp(np.outer(np.sin(6 * place), [1, 0]) - 1))
    >>> basis = nmo.basis.BSplineEval(6, label="place") + nmo.basis.BSplineEval(5, label="speed")
    >>> found = nmo.encode(y, basis.design(place, speed))
    >>> found.table()[["neuron", "term", "is_encoded"]].values.tolist()
    [[0, 'place', True], [0, 'speed', False], [1, 'place', False], [1, 'speed', False]]
    """

    model: GLM
    tables: dict[str, pd.DataFrame]
    origin: dict[str, Any]
    search: TermSearch | None = None
    warnings: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return screen.text(self)

    def _repr_html_(self) -> str:
        """Show the screen in a notebook."""
        return screen.html(self)

    @property
    def measure(self) -> str:
        """The unit in which contributions are told, such as ``"bits_per_spike"``."""
        return merging.measure_of(self.tables["contributions"])

    @property
    def unit(self) -> str:
        """:attr:`measure` in words: of choices, and other zeros and ones, ``"bits per event"``."""
        return self.measure.replace("_", " ").replace("spike", self.event)

    @property
    def event(self) -> str:
        """What responses count: ``"spike"``, or ``"event"`` of zeros and ones."""
        return self._observed.event

    @property
    def is_count(self) -> bool:
        """Whether responses are counts or choices, and no signals (Gaussian, Gamma)."""
        return self._observed.gives_probabilities

    @property
    def _observed(self) -> Observations:
        asked = self.model.observation_model, self.model.inverse_link_function
        return read_likelihood(*asked).model

    @property
    def how(self) -> tuple[str, ...]:
        """The ways in which contributions were asked for."""
        return tuple(self.tables["contributions"]["how"].unique())

    @property
    def sets(self) -> dict[Any, str]:
        """What each neuron encodes, in words; ``"?"`` where there is no answer."""
        found = self.tables["search"].drop_duplicates("neuron")
        return dict(zip(found["neuron"], found["set"], strict=True))

    def table(self) -> pd.DataFrame:
        """Return a tidy table, a row per neuron and term.

        Columns: ``neuron``, ``term``, ``is_encoded`` (by the search; missing where there is no
        answer), and for each way to ask its contribution with ``_se``, ``_share`` of what the full
        model gains, ``_p`` and ``_q``; ``edf``, the effective degrees of freedom; ``reason``.

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(300, 2)), np.arange(300) % 3
        >>> found = nmo.encode(y, X)
        >>> found.table().columns[:5].tolist()
        ['neuron', 'term', 'is_encoded', 'unique', 'unique_se']
        """
        return merging.by_term(self.tables, self.measure)

    def neurons(self) -> pd.DataFrame:
        """Return a table with a row per neuron.

        Columns: ``neuron``, ``n_spikes``, ``set`` it encodes, what the full model gains on held-out
        rows in :attr:`measure` (``held_out``), deviance explained there, the rescaled intervals'
        KS distance with its 95 % bound, ``status`` of the fit, ``reason``.

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(300, 2)), np.arange(300) % 3
        >>> found = nmo.encode(y, X)
        >>> found.neurons()["set"].tolist()
        ['none']
        """
        return merging.by_neuron(self.tables, self.measure)

    def curve(self, term: str) -> pd.DataFrame:
        """Return the values and bands of a term, a row per point, channel and neuron.

        Raises
        ------
        ValueError
            If the model has no such term, or its curves have too many points to be kept: then
            ``encoding.model.curve(term, X, y)`` computes them.

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(300, 2)), np.arange(300) % 3
        >>> basis = nmo.basis.BSplineEval(5, label="place")
        >>> found = nmo.encode(y, basis.design(X[:, 0]))
        >>> found.curve("place").columns[:4].tolist()
        ['place', 'value', 'low', 'high']
        """
        if f"curve {term}" not in self.tables:
            kept = [name.removeprefix("curve ") for name in self.tables if name[:6] == "curve "]
            raise errors.unknown_name("term with a curve", term, kept)
        return self.tables[f"curve {term}"]

    def plot(self, neuron: Any = None) -> Figure:
        """Draw the population, or one neuron with the curve of each term.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If there is no such neuron.

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(300, 2)), np.arange(300) % 3
        >>> found = nmo.encode(y, X)
        >>> [ax.get_ylabel() for ax in found.plot().axes[:1]]
        ['Contribution (bits per spike)']
        """
        only = next(iter(self.sets)) if len(self.sets) == 1 else None
        if neuron is None and only is None:
            return plot_encoding(self)
        return plot_neuron_encoding(self, only if neuron is None else neuron)

    def save(self, path: Any) -> None:
        """Write everything to one ``.npz``, see :func:`spikeglm.load_encoding`.

        Raises
        ------
        OSError, ValueError, TypeError
            As :meth:`spikeglm.GLM.save_params`.

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(300, 2)), np.arange(300) % 3
        >>> found = nmo.encode(y, X)
        >>> import os, tempfile
        >>> found.save(os.path.join(tempfile.mkdtemp(), "encoding.npz"))
        """
        parts = files.Parts(self.model, self.tables, self.search, self.warnings)
        files.write_parts(path, parts, self.origin)

    def to_parquet(self, path: Any) -> None:
        """Write :meth:`table` to a Parquet file, with :attr:`origin` in its metadata.

        Raises
        ------
        ImportError
            If pyarrow is not installed.

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(300, 2)), np.arange(300) % 3
        >>> found = nmo.encode(y, X)
        >>> import os, tempfile
        >>> found.to_parquet(os.path.join(tempfile.mkdtemp(), "table.parquet"))
        """
        table = self.table()
        table.attrs = dict(self.origin)
        table.to_parquet(path, index=False)

    def to_nwb(
        self, source: Any, target: Any = None, *, name: str = "spikeglm", units: Any = None
    ) -> Path:
        """Write :meth:`neurons` and :meth:`table` into an NWB file, beside the recording.

        They are in ``processing/misc``, in a copy of ``source`` that takes its place (or becomes
        ``target``) when it is whole. Where neurons are only numbered, ``units`` are the ids of the
        units that they are. See :func:`spikeglm.recordings.write_results`.

        Raises
        ------
        OSError, ValueError, ImportError
            As that.

        >>> found.to_nwb("session.nwb")  # doctest: +SKIP
        """
        return write_results(self, source, target, name=name, units=units)

    def to_xarray(self) -> xr.Dataset:
        """Return :meth:`table` and :meth:`neurons` as one dataset over neuron and term.

        Raises
        ------
        ImportError
            If xarray is not installed.

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(300, 2)), np.arange(300) % 3
        >>> found = nmo.encode(y, X)
        >>> dict(found.to_xarray().sizes)
        {'neuron': 1, 'term': 2}
        """
        return merging.dataset(self)

    @cached_property
    def n_neurons(self) -> int:
        """How many neurons there are."""
        return len(self.sets)


def load_encoding(path: Any) -> Encoding:
    """Load what :meth:`Encoding.save` wrote; the file may come from anyone, nothing in it runs.

    Raises
    ------
    OSError
        If there is no such file, or it may not be read.
    ValueError
        If it is damaged, or holds something else.

    Examples
    --------
    >>> import numpy as np, os, tempfile, spikeglm as nmo
    >>> X, y = np.random.default_rng(0).normal(size=(600, 2)), np.arange(600) % 3
    >>> found = nmo.encode(y, X)
    >>> path = os.path.join(tempfile.mkdtemp(), "encoding.npz")
    >>> found.save(path)
    >>> str(nmo.load_encoding(path)) == str(found)
    True
    """
    found, origin = files.read_parts(path)
    return Encoding(found.model, found.tables, origin, found.search, found.warnings)
