"""Sets of terms on one prepared problem: read once, then fitted and scored at will."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from .. import errors, showing
from ..glm import GLM
from ..glm.reading.fit_inputs import FitInputs
from ..glm.reading.known_labels import check_coefficients, check_rows
from ..glm.reading.read_arguments import refuse_classifiers
from ..inference.hypotheses.asked_terms import asked_terms
from ..notices import warn
from ..rows.given_terms import with_known_terms
from ..rows.terms import Term, terms_of
from ..solvers import EMPTY, WELL
from ..typing import Array, ArrayLike, BoolArray, FloatArray, IntArray
from .folds import Folds, read_folds, rows_to_split
from .held_out_sums import Sums, Tested, held_out_sums, tested_responses
from .set_fits import SetFits, SharedProblem
from .training_features import TrainingFeatures

_WELL, _EMPTY = (tuple(str(word) for word in words) for words in (WELL, EMPTY))
Known: TypeAlias = dict[tuple[bytes, int], tuple[tuple[FloatArray, ...], Array]]
"""Features of a set and a neuron, to the sums (Q, K) of its fits and their statuses (K,)."""


class _Features(NamedTuple):
    """The features of a table, with their names."""

    terms: tuple[Term, ...]
    feature_names: tuple[str, ...]
    n_features: int


@dataclass(frozen=True, eq=False)
class Scored:
    """How well M sets predict what K fits have not seen; Q bins, N neurons.

    Attributes
    ----------
    sums :
        (M, Q, K, N); NaN where a fit has no certificate, or nothing is tested.
    status :
        (M, K, N) how fits ended.
    coef, intercept, scale :
        (M, K, p, N), (M, K, N) and (M, K, N), if they were to be kept; no scale where the
        observation model has none to estimate.
    """

    sums: Sums
    status: Array
    coef: FloatArray | None = None
    intercept: FloatArray | None = None
    scale: FloatArray | None = None

    __repr__ = showing.of_fields

    @property
    def estimates(self) -> tuple[FloatArray, FloatArray, FloatArray | None]:
        """Coefficients, intercepts and scales of fits that were kept."""
        assert self.coef is not None and self.intercept is not None
        return self.coef, self.intercept, self.scale

    @classmethod
    def of_pairs(cls, n_sets: int, sums: list[Sums], fits: list[SetFits], keeps: bool) -> Scored:
        """Return what was found for groups of pairs of a set and a neuron, set by set."""

        def by_set(parts: list[Array]) -> Array:
            return _by_set(np.concatenate(parts, axis=-1), n_sets)

        joined = Sums.joined(sums).each(lambda values: by_set([values]))
        status = by_set([fit.status for fit in fits])
        if not keeps:
            return cls(joined, status)
        scales = [fit.scale for fit in fits if fit.scale is not None]
        return cls(
            joined,
            status,
            by_set([fit.coef for fit in fits]),
            by_set([fit.intercept for fit in fits]),
            by_set(scales) if scales else None,
        )

    def repeated(self, n_sets: int, n_features: int) -> Scored:
        """Return M copies of a set of no features, as one among p."""
        _, K, _, N = (1, 1, 1, 1) if self.coef is None else self.coef.shape

        def copies(values: FloatArray) -> FloatArray:
            return np.repeat(values, n_sets, axis=0)

        return Scored(
            self.sums.each(copies),
            copies(self.status),
            None if self.coef is None else np.zeros((n_sets, K, n_features, N)),
            None if self.intercept is None else copies(self.intercept),
            None if self.scale is None else copies(self.scale),
        )

    def with_sets(self, which: IntArray, part: Scored) -> Scored:
        """Return the same with other numbers for some sets."""

        def put(values: Array | None, new: Array | None) -> Any:
            if values is None or new is None:
                return None
            out = values.copy()
            out[which] = new
            return out

        pairs = zip(self.sums.parts, part.sums.parts, strict=True)
        return Scored(
            Sums(*(put(values, new) for values, new in pairs)),
            put(self.status, part.status),
            put(self.coef, part.coef),
            put(self.intercept, part.intercept),
            put(self.scale, part.scale),
        )


@dataclass(frozen=True, eq=False)
class SetProblem:
    """Data, folds and names of a study of term sets; T rows, p features, K folds, N neurons.

    Attributes
    ----------
    model :
        What is fitted; it is left as it is.
    inputs, folds, tested :
        The data, which rows each fit sees, and which are tested in which bin.
    asked :
        The terms (groups) in question by label, each with its features.
    named :
        All labels by which features can be called.
    known :
        Sums and statuses of sets and neurons that have been fitted, for studies of the same sets;
        None remembers nothing.
    """

    model: GLM
    inputs: FitInputs
    folds: Folds
    tested: Tested
    asked: dict[Any, IntArray]
    named: dict[Any, IntArray]
    known: Known | None = None

    __repr__ = showing.of_fields

    @classmethod
    def read(
        cls,
        model: GLM,
        X: ArrayLike,
        y: ArrayLike,
        *,
        folds: Any,
        terms: Any = None,
        groups: ArrayLike | None = None,
        **data: Any,
    ) -> SetProblem:
        """Check everything that a user gives; ``data`` are row weights and an offset."""
        refuse_classifiers(model)
        rows = with_known_terms(rows_to_split(X, y=y), getattr(model, "terms_", ()))
        given = {name: values for name, values in data.items() if values is not None}
        check_rows(rows, y=y, folds=folds, groups=groups, **given)
        split = read_folds(folds, rows.n_rows, y, groups, rows=rows)
        inputs = model._read_to_fit(rows, y, **given)
        check_coefficients(model, inputs)
        if inputs.lost is not None:
            inputs.lost.announce()
        about = _Features(terms_of(rows), rows.feature_names, rows.n_features)
        every = {term.label: term.features for term in asked_terms(about)}
        asked = {term.label: term.features for term in asked_terms(about, terms)}
        tested = Tested(inputs.keep, split.tested_by, len(split.labels))
        return cls(model, inputs, split, tested, asked, every | asked)

    def in_bins(self, bins: IntArray, n_bins: int) -> SetProblem:
        """Return the problem with sums by bin: (T,) the bin of a row, -1 for none."""
        tested = replace(self.tested, bins=bins, n_bins=n_bins)
        return replace(self, tested=tested, known=None)

    def remembering(self) -> SetProblem:
        """Return the problem for several studies: what one has fitted the next one finds."""
        return replace(self, known={})

    def on_all_rows(self) -> SetProblem:
        """Return the problem of a single fit to all rows, which is scored on them."""
        T = self.inputs.rows.n_rows
        every = np.ones((T, 1), dtype=bool)
        folds = Folds(np.array(["all rows"]), every, np.zeros(T, dtype=np.intp))
        tested = Tested(self.inputs.keep, folds.tested_by, 1)
        return replace(self, folds=folds, tested=tested, known=None)

    @property
    def neurons(self) -> tuple[Any, ...]:
        """(N,) names, or numbers."""
        return self.inputs.neurons or tuple(range(self.n_neurons))

    @property
    def n_neurons(self) -> int:
        """N."""
        return self.inputs.columns.n_columns

    @property
    def n_folds(self) -> int:
        """K."""
        return self.tested.n_folds

    @cached_property
    def shared(self) -> SharedProblem:
        """What all fits of folds share; the first look at it reads the rows."""
        return SharedProblem.of_model(self.model, self.inputs, self.folds.training)

    @cached_property
    def training(self) -> TrainingFeatures:
        """Features in the training rows of each fold, as often as rows count for all neurons."""
        weights, counts = self.inputs.columns.weights, self.folds.training
        if weights is not None and len(np.unique(weights.of)) == 1:
            counts = counts * weights.values[:][:, weights.of[:1]]
        return TrainingFeatures.of(self.inputs.rows, self.inputs.keep, counts)

    @cached_property
    def responses(self) -> FloatArray:
        """(2, Q, K, N) tested rows, and the sum of their responses."""
        return tested_responses(self.inputs.columns, self.tested)

    @cached_property
    def constant(self) -> Scored:
        """The model of no features, as a single set: its mean is that of the training rows."""
        problem = SharedProblem.of_constant(self.inputs, self.folds.training)
        return self.scored(problem, np.ones((0, 1), dtype=bool), keeps_fits=True)

    def read_sets(self, sets: Iterable[Any]) -> tuple[tuple[Any, ...], ...]:
        """Return sets of labels, each in the order of the features.

        Raises
        ------
        ValueError
            If a label is unknown, or there is no set.
        """
        found = []
        for given in sets:
            labels = [given] if isinstance(given, str) else list(given)
            for label in labels:
                if label not in self.named:
                    raise errors.unknown_name("term", label, list(self.named))
            order = {label: k for k, label in enumerate(self.named)}
            found.append(tuple(sorted(set(labels), key=order.__getitem__)))
        if not found:
            raise errors.value_error(
                "There are no sets of terms.",
                given="none",
                expected=f"sets of labels among {', '.join(map(repr, self.named))}",
            )
        return tuple(found)

    def masks(self, sets: Sequence[Iterable[Any]]) -> BoolArray:
        """Return (p, M) the features of each set of labels."""
        masks = np.zeros((self.inputs.rows.n_features, len(sets)), dtype=bool)
        for m, labels in enumerate(sets):
            for label in labels:
                masks[self.named[label], m] = True
        return masks

    def score_sets(self, masks: BoolArray, *, keeps_fits: bool = False) -> Scored:
        """Fit and score sets of features (p, M); those without any are the constant model."""
        p, M = masks.shape
        some = np.flatnonzero(masks.any(axis=0))
        if len(some) == M:
            return self.scored(self.shared, masks, keeps_fits=keeps_fits)
        constant = self.constant.repeated(M, p)
        if not len(some):
            return constant
        return constant.with_sets(
            some, self.scored(self.shared, masks[:, some], keeps_fits=keeps_fits)
        )

    def scored(self, problem: SharedProblem, masks: BoolArray, *, keeps_fits: bool) -> Scored:
        """Fit masks (p, M) to all neurons on prepared rows, and score what is tested."""
        M, N = masks.shape[1], self.n_neurons
        each, of_set = np.tile(np.arange(N), M), np.repeat(np.arange(M), N)
        if self.known is not None and problem is self.shared and not keeps_fits:
            known, status = self.sums_of_pairs(masks[:, of_set], each)
            by_set = known.each(lambda values: _by_set(values, M))
            return Scored(by_set, _by_set(status, M))
        sums, fits = [], []
        for part in problem.in_groups(M * N):
            found = problem.fit(masks[:, of_set[part]], each[part])
            sums.append(self.sums_of(problem, found, each[part]))
            fits.append(found if keeps_fits else replace(found, coef=np.empty((0, 0, 0))))
        return Scored.of_pairs(M, sums, fits, keeps_fits)

    def sums_of_pairs(self, masks: BoolArray, neurons: IntArray) -> tuple[Sums, Array]:
        """Fit masks (p, P), each to its neuron (P,): sums (Q, K, P) and statuses (K, P).

        What is known already is not fitted again.
        """
        P = len(neurons)
        known: Known = {} if self.known is None else self.known
        keys = [(masks[:, k].tobytes(), int(neurons[k])) for k in range(P)]
        new = np.array([k for k, key in enumerate(keys) if key not in known], dtype=np.intp)
        for part in self.shared.in_groups(len(new)):
            some = new[part]
            fits = self.shared.fit(masks[:, some], neurons[some])
            sums = self.sums_of(self.shared, fits, neurons[some])
            for j, k in enumerate(some):
                of_pair = tuple(values[..., j] for values in sums.parts)
                known[keys[k]] = of_pair, fits.status[:, j]
        found = [known[key] for key in keys]
        parts = zip(*(of_pair for of_pair, _ in found), strict=True)
        sums = Sums(*(np.stack(part, axis=-1) for part in parts))
        return sums, np.stack([status for _, status in found], axis=-1)

    def sums_of(self, problem: SharedProblem, fits: SetFits, neurons: IntArray) -> Sums:
        """Return sums (Q, K, J) of fits to neurons (J,)."""
        rows, columns = problem.inputs.rows, self.inputs.columns.take(neurons)
        estimates = fits.coef, fits.intercept, fits.scale
        sums = held_out_sums(rows, columns, self.tested, *estimates)
        has_rows = self.responses[0].sum(axis=0)[:, neurons] > 0
        is_known = np.isin(fits.status.astype(str), _WELL) & has_rows
        return sums.each(lambda values: np.where(is_known, values, np.nan))


def _by_set(values: Array, n_sets: int) -> Array:
    """Return (M, ..., N) of (..., M N)."""
    split = values.reshape(*values.shape[:-1], n_sets, values.shape[-1] // n_sets)
    return np.moveaxis(split, -2, 0)


def warn_of_trouble(scored: Scored, problem: SetProblem) -> None:
    """Name the neurons that have fits without a certificate."""
    trouble = ~np.isin(scored.status.astype(str), _WELL)
    if not trouble.any():
        return
    is_of_data = np.isin(scored.status[trouble].astype(str), _EMPTY).all()
    kind = errors.NothingToFitWarning if is_of_data else errors.ConvergenceWarning
    who = np.flatnonzero(trouble.any(axis=(0, 1)))
    words = [sorted(set(scored.status[..., n][trouble[..., n]].astype(str))) for n in who]
    pairs = zip(who, words, strict=True)
    named = [f"{problem.neurons[n]} ({', '.join(why)})" for n, why in pairs]
    told = errors.listed(named, between="; ")
    warn(
        f"{trouble.sum()} of {trouble.size} fits (sets, folds, neurons) have no certificate: "
        f"neuron {told}. Their scores are NaN. What to do: look at reason; leave out silent "
        "neurons, take folds with events of every neuron, or a Ridge penalty where fits are "
        "separated.",
        kind,
    )
