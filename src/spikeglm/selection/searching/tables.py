"""The tables of a search: what is printed, and tidy ones of terms and of steps."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from ...typing import BoolArray, IntArray
from ..paired_tests import differences, smallest_p
from ..printed_tables import PrintedTable
from .ladders import SearchStep, mean_score

if TYPE_CHECKING:
    import pandas as pd

    from .result import TermSearch

_MOST_SETS = 20


def printed(found: TermSearch) -> PrintedTable:
    """Return terms and sets with the number of neurons that encode them."""
    N, n_known = len(found.neurons), int(found.is_known.sum())

    def row(name: str, n: int) -> tuple[str, str, str]:
        return name, str(n), f"{n / n_known:.0%}" if n_known else ""

    rows = [
        row(str(term), int(n))
        for term, n in zip(found.terms, found.selected.sum(axis=1), strict=True)
    ]
    sets = [(name, n) for name, n in found.counts().items() if name != "?"]
    rows += [row(f"= {name}", n) for name, n in sets[:_MOST_SETS]]
    notes = [f"{len(sets) - _MOST_SETS} more sets"] if len(sets) > _MOST_SETS else []
    told = Counter(reason for reason in found.reason if reason)
    notes += [f"{n} neuron(s): {reason}" for reason, n in told.most_common(5)]
    notes += [_of_rule(found), "Rows with = are whole sets. steps_frame() has every score."]
    always = f", beside {' + '.join(map(str, found.always))}" if found.always else ""
    title = (
        f"{found.how} search for {len(found.terms)} terms of {N} neuron(s){always}; "
        f"{found.score_name}"
    )
    return PrintedTable(title, ("encoded", "neurons", "share"), tuple(rows), tuple(notes))


def _of_rule(found: TermSearch) -> str:
    alpha = found.rule.alpha
    if alpha is None:
        return f"Rule {found.rule.name!r}, {found.n_fits} models fitted."
    K = 0 if found.folds is None else len(found.folds.labels)
    return (
        f"Rule {found.rule.name!r}: one-sided signed ranks over {K} folds, p < {alpha:g} (at least "
        f"{found.rule.fewest_folds} folds; {K} allow {float(smallest_p(K)):.2g}); "
        f"{found.n_fits} models fitted."
    )


def frame(found: TermSearch) -> pd.DataFrame:
    """Return a row per neuron and term."""
    import pandas as pd

    J, N = found.selected.shape
    words = np.array(found.sets, dtype=object)
    return pd.DataFrame(
        {
            "neuron": np.repeat(_objects(found.neurons), J),
            "term": np.tile(_objects(found.terms), N),
            "is_encoded": found.selected.T.ravel(),
            "step": _step_of(found).T.ravel(),
            "set": np.repeat(words, J),
            "gain": np.repeat(found.gain, J),
            "p_value": np.repeat(found.p_value, J),
            "is_known": np.repeat(found.is_known, J),
            "reason": np.repeat(np.array(found.reason, dtype=object), J),
        }
    )


def _step_of(found: TermSearch) -> IntArray:
    """Return the step (J, N) in which a term was last taken in or left out; 0 for never."""
    out = np.zeros(found.selected.shape, dtype=int)
    for number, step in enumerate(found.steps, start=1):
        to = step.sets[np.maximum(step.best, 0)].T
        out[(to != step.before) & step.is_taken] = number
    return out


_OF_A_CANDIDATE = (
    *("neuron", "step", "from", "to", "score", "score_se"),
    *("difference", "p_value", "n_folds", "is_best", "is_taken"),
)


def frame_of_steps(found: TermSearch) -> pd.DataFrame:
    """Return a row per neuron, step and candidate."""
    import pandas as pd

    parts, score = [], found.base_score
    for number, step in enumerate(found.steps, start=1):
        parts.append(_candidates(found, step, number, score))
        reached = step.score[np.maximum(step.best, 0), :, np.arange(len(step.best))].T
        score = np.where(step.is_taken, reached, score)
    if not parts:  # no neuron was searched
        return pd.DataFrame(columns=list(_OF_A_CANDIDATE))
    table = pd.concat([pd.DataFrame(part) for part in parts], ignore_index=True)
    return table.sort_values(["place", "step"], kind="stable").drop(columns="place")


def _candidates(found: TermSearch, step: SearchStep, number: int, before: Any) -> dict[str, Any]:
    which, neurons = np.nonzero(step.is_candidate)
    counts = ~np.isnan(found.base_score)
    mean = mean_score(step.score, found.base_score)
    off = np.where(counts, step.score - mean[:, None], 0.0)
    n = counts.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        se = np.sqrt(np.square(off).sum(axis=1) / (n * (n - 1)))
    d = mean_score(differences(step.score, before), found.base_score)

    def names(sets: BoolArray) -> list[str]:
        return [found.name_of(row) for row in sets]

    return {
        "place": neurons,
        "neuron": _objects(found.neurons)[neurons],
        "step": number,
        "from": names(step.before.T[neurons]),
        "to": names(step.sets[which]),
        "score": mean[which, neurons],
        "score_se": np.where(n > 1, se, np.nan)[which, neurons],
        "difference": d[which, neurons],
        "p_value": step.p_value[which, neurons],
        "n_folds": n[neurons],
        "is_best": which == step.best[neurons],
        "is_taken": (which == step.best[neurons]) & step.is_taken[neurons],
    }


def _objects(values: tuple[Any, ...]) -> Any:
    out = np.empty(len(values), dtype=object)
    out[:] = values
    return out
