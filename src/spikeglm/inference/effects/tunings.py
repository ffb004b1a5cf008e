"""Tuning as it is counted beside tuning as it is fitted: what a variable seems to do, and does.

Where an animal's speed goes with its position, spikes counted by position say something about
speed as well. The curve of a model holds the other variables at their means; the model's
predictions, averaged over the same rows as the counts, do not. Where counts and predictions agree
and the curve is elsewhere, other variables make the tuning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors
from ...io.interop.category_labels import to_labels
from ...io.interop.timeseries import to_array
from ...numerics import quiet
from ...rows.terms import Term
from ...typing import Array, ArrayLike, FloatArray, IntArray
from ..fit_on_data import FittedModel, fit_of
from .curves import Curve
from .lines import Line, term_of
from .partial import partial_effect
from .points import names_of_variables
from .printing import of_tuning

if TYPE_CHECKING:
    import pandas as pd

SHOWN = ("model", "raw", "prediction")
_MOST_VARIABLES = 2


@dataclass(frozen=True, eq=False)
class Tuning:
    """The response over a variable, or over two: fitted, counted, and predicted.

    Shapes: B bins of the variable, or (B, C) of two; then N neurons, where there are several.

    Attributes
    ----------
    curve :
        The model's: all other variables at their means; with its band. Of two variables at the
        centres of the bins.
    centres :
        (B,) of each variable; categories as they are.
    raw, raw_error :
        Mean response in a bin and its standard error, bins of time taken as independent; NaN where
        there are no rows.
    predicted :
        The model's predictions, averaged over the rows of a bin.
    n_rows :
        (B,) or (B, C) rows in each bin, zero where the animal never was.
    unit :
        ``"Hz"``, ``"per bin"`` or ``"units of y"``.
    circle :
        Where the variable starts and ends, of one on a circle; else None.
    bin_s :
        Seconds of a row, where known.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> x = np.random.default_rng(0).uniform(0, 10, 2000)
    >>> y = np.random.default_rng(1).poisson(np.exp(np.sin(x) - 1))
    >>> X = nmo.basis.BSplineEval(8, label="position (cm)").design(x)
    >>> found = tuning(nmo.GLM().fit(X, y), X, y, "position (cm)", bin_s=0.02, n_bins=5)
    >>> found.centres[0].round(1), found.raw.shape, found.unit
    (array([1., 3., 5., 7., 9.]), (5,), 'Hz')
    """

    curve: Curve
    centres: tuple[Array, ...]
    raw: FloatArray
    raw_error: FloatArray
    predicted: FloatArray
    n_rows: IntArray
    unit: str
    circle: tuple[float, float] | None = None
    bin_s: float | None = None

    __repr__ = __str__ = of_tuning

    @property
    def neurons(self) -> tuple[Any, ...] | None:
        """Their names; None of a single one."""
        return self.curve.neurons

    def of(self, neuron: Any) -> Tuning:
        """Return the tuning of one of several neurons.

        Raises
        ------
        ValueError
            If there is no such neuron.

        >>> import spikeglm as nmo
        >>> x = np.random.default_rng(0).uniform(0, 10, 500)
        >>> y = np.random.default_rng(1).poisson(1.0, (500, 2))
        >>> X = nmo.basis.BSplineEval(5, label="x").design(x)
        >>> tuning(nmo.PopulationGLM().fit(X, y), X, y, "x", n_bins=4).of(1).raw.shape
        (4,)
        """
        curve = self.curve.of(neuron=neuron)
        n = (self.neurons or ()).index(neuron)
        parts = {name: getattr(self, name)[..., n] for name in ("raw", "raw_error", "predicted")}
        return replace(self, curve=curve, **parts)

    def to_frame(self) -> pd.DataFrame:
        """Return a tidy table: a row per point (and neuron), ``what`` it is and its ``value``.

        ``what`` is ``"model"`` with the ends of its band, ``"raw"`` with one standard error to
        both sides, or ``"prediction"``; ``n_rows`` how many rows a bin has.

        >>> import spikeglm as nmo
        >>> x = np.random.default_rng(0).uniform(0, 10, 500)
        >>> y = np.random.default_rng(1).poisson(1.0, 500)
        >>> X = nmo.basis.BSplineEval(5, label="x").design(x)
        >>> found = tuning(nmo.GLM().fit(X, y), X, y, "x", n_bins=4)
        >>> found.to_frame().groupby("what").size().to_dict()
        {'model': 100, 'prediction': 4, 'raw': 4}
        """
        import pandas as pd

        if self.neurons is not None:
            parts = [self.of(neuron).to_frame() for neuron in self.neurons]
            sizes = [len(part) for part in parts]
            whole = pd.concat(parts, ignore_index=True)
            whole.insert(0, "neuron", np.repeat(np.array(self.neurons, dtype=object), sizes))
            return whole
        names = list(self.curve.variable_names)
        model = self.curve.to_frame().reset_index()[[*names, *self._ends]]
        grid = np.meshgrid(*self.centres, indexing="ij")
        binned = pd.DataFrame({n: part.ravel() for n, part in zip(names, grid, strict=True)})
        raw = binned.assign(
            value=self.raw.ravel(),
            low=(self.raw - self.raw_error).ravel(),
            high=(self.raw + self.raw_error).ravel(),
            n_rows=self.n_rows.ravel(),
        )
        predicted = binned.assign(value=self.predicted.ravel(), n_rows=self.n_rows.ravel())
        if len(names) > 1:
            model = model.assign(n_rows=self.n_rows.ravel())
        tables = zip(SHOWN, (model, raw, predicted), strict=True)
        return pd.concat([part.assign(what=what) for what, part in tables], ignore_index=True)

    @property
    def _ends(self) -> list[str]:
        return ["value"] if self.curve.low is None else ["value", "low", "high"]


def tuning(
    model: FittedModel,
    X: Any,
    y: Any,
    term: str,
    *,
    variable: ArrayLike | tuple[ArrayLike, ...] | None = None,
    n_bins: int = 20,
    bin_s: float | None = None,
    level: float = 0.95,
    n_points: int = 100,
    offset: ArrayLike | None = None,
) -> Tuning:
    """Return how the response goes with a variable: counted, predicted, and as the model has it.

    Parameters
    ----------
    model, X, y, offset :
        A fitted model and the data of its fit.
    term :
        The label of a term of one variable or of two, such as position or a place field.
    variable :
        (T,) its values, a tuple of two for a map. None: the signals that the design was made of.
    n_bins :
        Bins of each variable, equally wide over what the data cover, or over the circle.
    bin_s :
        Seconds of a row, of data that did not say so; where nobody knows, means are per bin.
    level :
        Coverage of the model's pointwise band.
    n_points :
        Points of the model's curve, of one variable.

    Returns
    -------
    Tuning

    Raises
    ------
    ValueError, TypeError
        If there is no such term, it is one over lags, of several channels or of more than two
        variables, its values are not known, or the data are not those of the fit.

    References
    ----------
    Hardcastle et al. (2017), Neuron 94:375-87, for curves of models beside raw ones.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> x = np.random.default_rng(0).uniform(0, 10, 2000)
    >>> y = np.random.default_rng(1).poisson(np.exp(np.sin(x) - 1))
    >>> X = nmo.basis.BSplineEval(8, label="position (cm)").design(x)
    >>> found = tuning(nmo.GLM().fit(X, y), X, y, "position (cm)", n_bins=5)
    >>> found.raw.round(2), found.predicted.round(2)
    (array([0.76, 0.48, 0.14, 0.68, 0.57]), array([0.76, 0.48, 0.17, 0.66, 0.56]))
    """
    fit = fit_of(model, X, y, offset=offset)
    rows = fit.optimum.rows
    found = _checked(term_of(fit.terms, term, names=fit.feature_names, rows=rows))
    seconds = fit.bin_s if bin_s is None else bin_s
    bins = [
        _Bins.of(found, i, values, n_bins)
        for i, values in enumerate(_values(X, found, variable, len(fit.optimum.keep)))
    ]
    centres = tuple(each.centres for each in bins)
    shape = tuple(len(each) for each in centres)
    at = centres if len(bins) > 1 else None
    scale = "mean" if seconds is None else "rate"
    asked: dict[str, Any] = {"scale": scale, "level": level, "n_points": n_points, "bin_s": bin_s}
    curve = partial_effect(model, X, y, term, at, offset=offset, **asked).of(
        channel=0 if found.shape[:-1] else None
    )
    counts = np.asarray(to_array(y, name="y"), dtype=float).reshape(len(fit.optimum.keep), -1)
    means = np.asarray(to_array(_predicted(model, X, offset), name="X")).reshape(counts.shape)
    cell = np.ravel_multi_index(tuple(each.place for each in bins), shape)
    cell = np.where(fit.optimum.keep & np.all([each.is_known for each in bins], axis=0), cell, -1)
    raw, error, n_rows = _binned(counts, cell, shape, seconds or 1.0)
    end = () if curve.neurons is None else (counts.shape[1],)
    return Tuning(
        curve, centres, raw.reshape(*shape, *end), error.reshape(*shape, *end),
        _binned(means, cell, shape, seconds or 1.0)[0].reshape(*shape, *end), n_rows.reshape(shape),
        curve.unit, found.circle() if len(bins) == 1 else None, seconds,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Bins:
    """The bins of a variable, and the bin (T,) of each row."""

    centres: Array
    place: IntArray
    is_known: Array

    @classmethod
    def of(cls, term: Term, number: int, values: Array, n_bins: int) -> _Bins:
        if term.kind == "category":
            labels = term.axis()
            is_code = values.dtype.kind in "iuf" and labels.dtype.kind not in "iuf"
            names = np.arange(len(labels)) if is_code else labels
            equal = values[:, None] == names[None]
            return cls(labels, equal.argmax(axis=1), equal.any(axis=1))
        values = values.astype(float)
        is_known = np.isfinite(values)
        circle = term.circle() if term.n_variables == 1 else None
        if circle is not None:
            values = circle[0] + (values - circle[0]) % (circle[1] - circle[0])
        some = values[is_known]
        low, high = circle or ((some.min(), some.max()) if some.size else (0.0, 1.0))
        edges = np.linspace(low, high, n_bins + 1)
        inside = np.where(is_known, values, low)
        place = np.clip(np.searchsorted(edges, inside, side="right") - 1, 0, n_bins - 1)
        return cls((edges[1:] + edges[:-1]) / 2, place, is_known)


def _checked(term: Term) -> Term:
    is_of_values = term.kind in ("value", "category", "product") and set(term.units) == {""}
    if not is_of_values or term.n_variables > _MOST_VARIABLES or term.n_channels > 1:
        raise errors.value_error(
            f"{term.label!r} has no tuning.",
            given=f"a term of kind {term.kind!r}, {term.n_variables} variables and "
            f"{term.n_channels} channels",
            expected="a term of the value of one variable or of two",
            todo="model.curve(label, X, y) has the curves of other terms.",
        )
    return term


def _values(X: Any, term: Term, given: Any, n_rows: int) -> Sequence[Array]:
    """Return (T,) the values of each variable of a term."""
    names = names_of_variables(term)
    if given is None and isinstance(term.meaning, Line):  # a plain column
        return [term.meaning.values()]
    if given is None:
        parts = dict(zip(_labels(X), _components(X), strict=False))
        if term.label not in parts:
            raise errors.value_error(
                f"The values of {term.label!r} are not known.",
                given="features that do not say what they were made of",
                expected="a design, or the values",
                todo="pass variable=, the signal itself.",
            )
        signals = parts[term.label].signals.arrays
        return [np.asarray(signal).reshape(len(signal)) for signal in signals]
    values = given if isinstance(given, tuple) else (given,)
    if len(values) != len(names):
        raise errors.value_error(
            f"{term.label!r} is a term of {', '.join(names)}.",
            given=f"variable= with {len(values)} of them",
            expected=f"{len(names)}",
            todo="pass a tuple with the signal of each.",
        )
    found = [np.ravel(to_labels(each, name="variable")) for each in values]
    if any(len(each) != n_rows for each in found):
        raise errors.value_error(
            "variable has a value for each row.",
            given=", ".join(f"{len(each)} values" for each in found),
            expected=f"{n_rows}, the rows of X",
            todo="bring the signal to the bins of X.",
        )
    return found


def _labels(X: Any) -> list[str]:
    return [term.label for term in getattr(X, "terms", ())]


def _components(X: Any) -> Sequence[Any]:
    source = getattr(X, "source", None)
    return () if source is None else list(source.components())


def _predicted(model: Any, X: Any, offset: Any) -> Any:
    return model.predict(X) if offset is None else model.predict(X, offset=offset)


def _binned(
    values: FloatArray, cell: IntArray, shape: tuple[int, ...], seconds: float
) -> tuple[FloatArray, FloatArray, IntArray]:
    """Return means (cells, N) per second, their standard errors, and rows (cells,) of each cell."""
    n_cells = int(np.prod(shape))
    is_in = cell >= 0
    n_rows = np.bincount(cell[is_in], minlength=n_cells)
    mean, error = (np.full((n_cells, values.shape[1]), np.nan) for _ in range(2))
    for n, own in enumerate(values.T):
        known = is_in & np.isfinite(own)
        size = np.bincount(cell[known], minlength=n_cells)
        with quiet():
            sums = [
                np.bincount(cell[known], power, minlength=n_cells) / size
                for power in (own[known], own[known] ** 2)
            ]
            spread = np.maximum(sums[1] - sums[0] ** 2, 0.0) / np.maximum(size - 1, 1)
        mean[:, n] = sums[0] / seconds
        error[:, n] = np.sqrt(spread) / seconds
    return mean, error, n_rows
