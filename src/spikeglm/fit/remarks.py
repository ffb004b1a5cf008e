"""What there is to say of the features of a fit, in the language of their terms.

Splines of one variable add up to one, as the intercept does: that is expected, and of no interest
under a penalty. Functions that saw no data and terms that overlap are not, and come first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..engine.coordinates.feature_facts import Features
from ..engine.features.survey import NO_SIZE
from ..errors import listed
from ..rows.contract import Rows
from ..rows.terms import Term, terms_of
from ..typing import BoolArray, FloatArray, IntArray

TOUCHED = 1e-6  # share of a feature in a null direction from which it is a combination of others
_INSIDE = 1e-9  # what may be missing of a squared length of one
_SMALL = f", or below {NO_SIZE}, which counts as zero: choose another unit if it should not"
_MOST_DIRECTIONS = 512  # beyond, which terms they belong to is not looked at


def remarks(
    features: Features, location: FloatArray, rows: Rows, is_penalised: BoolArray
) -> tuple[str, ...]:
    """Return a line per term with something to say, one for overlaps, one for what is expected.

    Parameters
    ----------
    features :
        Scales and null space of p features.
    location :
        (p,) their means.
    rows :
        The table, for the names of its columns and of their terms.
    is_penalised :
        (p,) whether a penalty says what the data leave open.
    """
    null = features.null_space
    if not null.shape[1] and (features.scale > 0).all():
        return ()
    terms, names = terms_of(rows), rows.feature_names
    own = [_own(null, term) for term in terms]
    special: list[str] = []
    expected: dict[str, list[str]] = {}
    for term, directions in zip(terms, own, strict=True):
        columns = term.columns
        about = _About(
            term,
            names[columns],
            still=features.scale[columns] == 0,
            zero=(features.scale[columns] == 0) & (np.abs(location[columns]) < NO_SIZE),
            tiny=(location[columns] != 0) & (np.abs(location[columns]) < NO_SIZE),
            own=directions[columns],
            n_sums=_sums(directions[columns], features.scale[columns], term.n_channels),
            is_penalised=bool(is_penalised[columns].all()),
        )
        clauses = [*about.without_data(), *about.dependent()]
        if clauses:
            special.append(_line([term.label], "; ".join(clauses)))
        for text in [] if clauses else about.sums():
            expected.setdefault(text, []).append(term.label)
    sums = [_line(labels, text) for text, labels in expected.items()]
    return (*special, *_overlaps(null, terms, own, is_penalised), *sums)


def _line(labels: Sequence[str | None], text: str) -> str:
    """Say something of a term, or the same of each of several."""
    named = [label for label in labels if label]
    if not named:
        return text
    return f"{', '.join(named)}{', each' if len(named) > 1 else ''}: {text}"


def remarks_on_storage(rounded: FloatArray | None, rows: Rows) -> tuple[str, ...]:
    """Return a line on combinations (p, k) of features that only their storage calls constant."""
    if rounded is None or not rounded.size:
        return ()
    touched = np.flatnonzero(np.linalg.norm(rounded, axis=1) > TOUCHED)
    names = listed([rows.feature_names[j] for j in touched])
    return (
        f"{len(touched)} features are combinations of others as far as {rows.dtype} tells "
        f"({names}): what they differ by is lost in its rounding; store them in float64 if it "
        "should count",
    )


def remarks_on_weights(
    everywhere: IntArray,
    apart: Sequence[tuple[IntArray, int]],
    n_columns: int,
    names: Sequence[str],
) -> tuple[str, ...]:
    """Return a line per set of features that some columns' row weights alone leave open.

    Parameters
    ----------
    everywhere :
        Features that are constant or combinations of others for all columns.
    apart :
        The same under the row weights of some columns, and how many columns these are.
    n_columns, names :
        How many there are, and what features are called.
    """
    counts: dict[tuple[int, ...], int] = {}
    for aliased, n in apart:
        more = tuple(np.setdiff1d(aliased, everywhere).tolist())
        counts[more] = counts.get(more, 0) + n
    return tuple(
        f"constant, or combinations of others, under the row weights of {n} of {n_columns} columns "
        f"(neurons, folds): {listed([names[j] for j in more])}; their rows leave open what these "
        "count for"
        for more, n in counts.items()
        if more
    )


@dataclass(frozen=True, eq=False)
class _About:
    """A term of columns: which are zero or still, and k directions in which they are constant."""

    term: Term
    names: tuple[str, ...]
    still: BoolArray
    zero: BoolArray
    tiny: BoolArray
    own: FloatArray  # (columns, k)
    n_sums: int  # of these directions: channels whose functions add up to a constant
    is_penalised: bool

    def without_data(self) -> Iterator[str]:
        """Say which functions are zero in all rows, and which are constant."""
        noun = "functions" if self.term.meaning is not None else "features"
        if self.zero.any():
            covered = self.term.coverage()
            data = f": data cover {' and '.join(covered)}" if covered else ""
            which = ", ".join(self._by_channel(np.flatnonzero(self.zero)))
            yield (
                f"{self.zero.sum()} of {len(self.zero)} {noun} are zero in all rows"
                f"{_SMALL if (self.zero & self.tiny).any() else ''} ({which}){data}"
            )
        constant = np.flatnonzero(self.still & ~self.zero)
        if len(constant):
            yield (
                f"{len(constant)} of {len(self.zero)} {noun} are constant, as the intercept is "
                f"({listed([self.names[j] for j in constant])})"
            )

    def dependent(self) -> Iterator[str]:
        """Say which functions are combinations of others, beyond adding up to a constant."""
        n_more = self.own.shape[1] - self.n_sums
        if not n_more:
            return
        touched = np.flatnonzero(np.linalg.norm(self.own, axis=1) > TOUCHED)
        which = listed([self.names[j] for j in touched])
        noun = "functions" if self.term.meaning is not None else "features"
        determined = (
            "the penalty decides between them"
            if self.is_penalised
            else "their coefficients are those of smallest norm"
        )
        ways = f" in {self.own.shape[1]} ways" if self.own.shape[1] > 1 else ""
        yield (
            f"{len(touched)} {noun} are combinations of others{ways} ({which}): predictions are "
            f"unique, {determined}"
        )

    def sums(self) -> list[str]:
        """Say that functions add up to a constant, where no penalty settles what that leaves."""
        if not self.n_sums or self.is_penalised:
            return []
        each = "" if self.term.n_channels == 1 else " of each channel"
        return [
            f"its functions{each} add up to a constant, as splines do: the curve is determined up "
            "to one, coefficients are those of smallest norm"
        ]

    def _by_channel(self, columns: IntArray) -> list[str]:
        """Return names, with channels in place of functions where all of a channel are listed."""
        each = len(self.names) // self.term.n_channels
        channel = columns // each
        n_listed = np.bincount(channel, minlength=self.term.n_channels)
        is_whole = (n_listed == each) & (self.term.n_channels > 1)
        found = [f"channel {c}" for c in np.flatnonzero(is_whole)]
        found += [self.names[j] for j, c in zip(columns, channel, strict=True) if not is_whole[c]]
        return [listed(found)]


def _own(null: FloatArray, term: Term) -> FloatArray:
    """Return the null directions (p, k) in which only columns of the term take part."""
    if null.shape[1] > _MOST_DIRECTIONS or not null.shape[1]:
        return null[:, :0]
    inside = null[term.columns]
    shares, within = np.linalg.eigh(inside.T @ inside)  # a direction's squared length in the term
    return null @ within[:, shares > 1 - _INSIDE]


def _sums(own: FloatArray, scale: FloatArray, n_channels: int) -> int:
    """Return in how many channels the plain sum of the functions is one of these directions."""
    if not own.shape[1]:
        return 0
    found = 0
    for part in np.array_split(np.arange(len(scale)), n_channels):
        one_each = np.zeros(len(scale))
        one_each[part] = scale[part]  # a weight of one each, for features in units of their scale
        left = one_each - own @ (own.T @ one_each)
        found += bool(np.linalg.norm(left) <= TOUCHED * np.linalg.norm(one_each))
    return found


def _overlaps(
    null: FloatArray, terms: Sequence[Term], own: Sequence[FloatArray], is_penalised: BoolArray
) -> list[str]:
    """Say which terms share some of their functions: what is left when each has its own."""
    known = np.hstack(own)
    n_shared = null.shape[1] - known.shape[1]
    if not n_shared:
        return []
    left = null - known @ (known.T @ null)
    mixed = [g for g in terms if np.linalg.norm(left[g.columns]) > TOUCHED]
    settled = all(is_penalised[g.columns].all() for g in mixed)
    ways = f"{n_shared} combination{'s' if n_shared > 1 else ''} of features"
    who = "the penalty decides" if settled else "nothing but the smallest norm decides"
    names = listed([g.label for g in mixed])
    shared = {g.start for g in mixed}
    pairs = [] if settled else zip(terms, own, strict=True)
    inside = [g for g, mine in pairs if g.start in shared and _is_inside(left, g, mine)]
    hint = _hint([g.label for g in inside if g.label]) if len(inside) < len(mixed) else ""
    return [f"{names} overlap in {ways}: {who} which term explains what they share{hint}"]


def _is_inside(left: FloatArray, term: Term, own: FloatArray) -> bool:
    """Tell whether other terms can say all that a term can, as a product can of its factors."""
    shared = np.linalg.matrix_rank(left[term.columns], tol=TOUCHED)
    return bool(shared + own.shape[1] >= term.stop - term.start)


def _hint(labels: Sequence[str]) -> str:
    if not labels:
        return ""
    names = listed([repr(label) for label in labels])
    return (
        f"; all that {names} can say the other terms can, too, as a product holds its factors: "
        "leave it out, or penalise both"
    )
