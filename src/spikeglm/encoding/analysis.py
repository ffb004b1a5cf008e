"""The analysis from a design to a table of what each neuron encodes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .. import notices
from ..glm import GLM
from ..typing import ArrayLike
from . import stages
from .asked import check_asked
from .files import Parts
from .inputs import Inputs
from .provenance import provenance
from .result import Encoding
from .resuming import Workbench, texts_of


def encode(
    y: ArrayLike,
    design: Any,
    *,
    data: Mapping[str, Any] | None = None,
    model: GLM | None = None,
    observation_model: Any = "Poisson",
    folds: Any = None,
    strengths: Any = None,
    terms: Any = None,
    always: Iterable[Any] = (),
    how: Any = ("unique", "alone"),
    rule: str = "hardcastle",
    search: str = "forward",
    null: Any = None,
    offset: ArrayLike | None = None,
    bin_s: float | None = None,
    folder: Any = None,
    seed: int = 0,
) -> Encoding:
    """Tell which variables each neuron encodes, how strongly, and how sure that is.

    The model is fitted to all rows; each term's contribution is measured on rows that were held
    out; a search finds the smallest set of terms that predicts them as well; the fit is checked,
    and the curve of each term drawn with its band. All neurons, folds and sets of terms are columns
    of a few fits, and all comparisons are on the same folds.

    Parameters
    ----------
    y :
        Responses: (T,) or (T, N), a pynapple Tsd or TsdFrame. Spike times (a TsGroup, a dict of
        arrays) where ``design`` comes from a :class:`DesignBuilder`, which counts them in its rows.
    design :
        ``basis.design(...)`` or what a :class:`DesignBuilder` makes, or the builder itself, or the
        path of a description file (TOML) with ``data``.
    data :
        For a description or a builder: what its names stand for.
    model :
        A :class:`GLM` or :class:`PopulationGLM` with its penalty. None takes ``Smoothness`` with
        strengths chosen by the data (in each fold from its training rows); or ``Ridge`` with
        strengths chosen by held-out likelihood, where no term says how smooth its functions are.
    observation_model :
        Of the model that None takes, e.g. ``"Gaussian"`` for calcium.
    folds :
        As for :func:`~spikeglm.selection.cross_validated`. None makes ten folds of interleaved
        blocks, with a gap as long as the longest kernel; of a short session fewer blocks, or five
        folds.
    strengths :
        ``"auto"`` or a grid: strengths of ``model`` are chosen by held-out likelihood on these
        folds first, see :func:`~spikeglm.selection.select_strength`. None leaves them.
    terms :
        Named groups of terms, ``{"position": ["x", "y"]}``; None takes each term by itself.
    always :
        Terms that every model has, such as spike history or drift.
    how :
        Ways to ask for contributions, see :func:`~spikeglm.selection.contributions`.
    rule, search :
        ``rule`` and ``how`` of :func:`~spikeglm.selection.search_terms`.
    null :
        Where p values of unique contributions come from: None for signed ranks over folds,
        ``"linear_shift"`` and others for a test that knows slow signals.
    offset :
        As for ``fit``.
    bin_s :
        Seconds of a bin, where the data do not say so.
    folder :
        Where finished parts are kept. The same call finds them there, and goes on where it was
        stopped.
    seed :
        Of whatever is drawn by chance.

    Returns
    -------
    Encoding
        Print it; ``.table()``, ``.plot()``, ``.curve(term)``, ``.save(path)``.

    Raises
    ------
    ValueError, TypeError
        If data and design do not fit each other, or an argument is not known. A neuron that cannot
        be fitted, a term that is constant or a fold without spikes is a reason in the tables.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> rng = np.random.default_rng(0)
    >>> place, speed = rng.uniform(0, 1, (2, 3000))
    >>> y = rng.poisson(np.exp(np.outer(np.sin(6 * place), [1, 0]) - 1))
    >>> basis = nmo.basis.BSplineEval(6, label="place") + nmo.basis.BSplineEval(5, label="speed")
    >>> found = nmo.encode(y, basis.design(place, speed))
    >>> found.sets
    {0: 'place', 1: 'none'}
    """
    always = (always,) if isinstance(always, str) else tuple(always)
    asked = {
        "terms": terms, "always": always, "how": how, "rule": rule, "search": search,
        "null": null, "strengths": strengths, "seed": seed, "bin_s": bin_s,
    }  # fmt: skip
    check_asked(asked | {"observation_model": observation_model})
    with notices.kept() as told:
        inputs = Inputs.read(
            y, design, data=data, model=model, observation_model=observation_model, folds=folds,
            offset=offset, bin_s=bin_s,
        )  # fmt: skip
    origin = provenance(inputs, asked)
    bench = Workbench.at(None if folder is None else Path(folder), origin)
    found = Parts(warnings=texts_of(told)) | _computed(bench, inputs, asked)
    return Encoding(found.model, found.tables, origin, found.search, found.warnings)


def _computed(bench: Workbench, inputs: Inputs, asked: Mapping[str, Any]) -> Parts:
    """Return the parts of an analysis, stage by stage."""
    found = bench.part("fit", lambda: Parts(stages.fit(inputs, asked["strengths"])))
    fitted = found.model
    studies = stages.Studies(inputs, fitted, asked)
    found |= bench.part("fit_tables", lambda: Parts(tables=stages.tables_of_fit(inputs, fitted)))
    found |= bench.part("contributions", lambda: Parts(tables=studies.contribute()))
    found |= bench.part("search", studies.search)
    found |= bench.part("goodness", lambda: Parts(tables=stages.check(inputs, fitted)))
    return found | bench.part("curves", lambda: Parts(tables=stages.draw(inputs, fitted)))
