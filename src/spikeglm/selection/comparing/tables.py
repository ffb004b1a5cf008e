"""The tables of a comparison: of one neuron, over all, and tidy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..printed_tables import PrintedTable, number, p_value

if TYPE_CHECKING:
    import pandas as pd

    from .comparison import Comparison


def of_neuron(found: Comparison, n: int) -> PrintedTable:
    """Return a row per model for one neuron."""
    d, rows = found.difference, []
    for m, name in enumerate(found.models):
        cells = [f"{number(found.mean[m, n])} ± {number(found.se[m, n], '.2g')}"]
        if name == found.reference:
            cells += ["reference", "", "", ""]
        else:
            interval = f"[{number(d.low[m, n], '.3g')}, {number(d.high[m, n], '.3g')}]"
            cells += [
                f"{number(d.mean[m, n], '.3g')} {interval}",
                number(d.effect_size[m, n], ".2f"),
                p_value(d.p_corrected_t[m, n]),
                p_value(d.p_signed_rank[m, n]),
            ]
        rows.append((name, *cells, str(int(d.n_folds[m, n]))))
    header = ("model", "score ± SE", "difference [95 %]", "d", "p (t)", "p (ranks)", "folds")
    who = f" of neuron {found.neurons[n]}" if len(found.neurons) > 1 else ""
    said = [f"{name}: {found._reason(m, n)}." for m, name in enumerate(found.models)]
    notes = [line for line in said if not line.endswith(": .")]
    return PrintedTable(
        f"Held-out {found.score_name}{who}",
        header,
        tuple(rows),
        (*_left_out(found), *notes, _how(found)),
    )


def of_population(found: Comparison) -> PrintedTable:
    """Return a row per model, over neurons."""
    over, rows = found.over_neurons(), []
    for m, name in enumerate(found.models):
        known = found.mean[m][~np.isnan(found.mean[m])]
        cells = [number(float(np.median(known))) if len(known) else ""]
        if name == found.reference:
            cells += ["reference", "", "", ""]
        else:
            quartiles = f"[{number(over.low[m], '.3g')}, {number(over.high[m], '.3g')}]"
            cells += [
                f"{number(over.median[m], '.3g')} {quartiles}",
                str(over.n_better[m]),
                str(over.n_worse[m]),
                p_value(over.p_signed_rank[m]),
            ]
        rows.append((name, *cells, str(over.n_neurons[m])))
    header = (
        "model",
        "median score",
        "median difference [quartiles]",
        "better",
        "worse",
        "p (over neurons)",
        "neurons",
    )
    lost = sum(bool(word) for row in found.reasons() for word in row)
    notes = [f"{lost} scores of models and neurons lack folds: see reasons()."] if lost else []
    better = "Better and worse: neurons with q <= .05 over neurons, corrected t test."
    return PrintedTable(
        f"Held-out {found.score_name}",
        header,
        tuple(rows),
        (better, *_left_out(found), *notes, _how(found)),
    )


def _left_out(found: Comparison) -> list[str]:
    if not found.n_left_out.any():
        return []
    told = ", ".join(f"{n} of {m!r}" for m, n in zip(found.models, found.n_left_out, strict=True))
    return [f"Rows left out because other models cannot use them: {told}."]


def _how(found: Comparison) -> str:
    K = len(found.folds.labels)
    return (
        f"{K} folds; t test corrected for shared training rows (Nadeau & Bengio), exact signed "
        f"ranks (smallest two-sided p {2.0 ** (1 - K):.2g})."
    )


def frame(found: Comparison) -> pd.DataFrame:
    """Return a row per neuron and model."""
    import pandas as pd

    d, M, N = found.difference, len(found.models), len(found.neurons)
    is_reference = np.arange(M)[:, None] == found.models.index(found.reference)

    def flat(values: Any, *, of_pair: bool = True) -> Any:
        shown = np.where(is_reference, np.nan, values) if of_pair else values
        return np.asarray(shown).T.ravel()

    columns = {
        "neuron": np.repeat(np.array(found.neurons, dtype=object), M),
        "model": np.tile(np.array(found.models, dtype=object), N),
        "score": flat(found.mean, of_pair=False),
        "score_se": flat(found.se, of_pair=False),
        "difference": flat(d.mean),
        "difference_se": flat(d.se),
        "conf_low": flat(d.low),
        "conf_high": flat(d.high),
        "effect_size": flat(d.effect_size),
        "rank_biserial": flat(d.rank_biserial),
        "t": flat(d.t),
        "p_corrected_t": flat(d.p_corrected_t),
        "q_corrected_t": flat(found.q_value),
        "p_signed_rank": flat(d.p_signed_rank),
        "n_folds": flat(d.n_folds, of_pair=False),
        "reason": flat(np.array(found.reasons(), dtype=object), of_pair=False),
    }
    by_fold = {
        f"fold_{label}": flat(found.fold_score[:, k], of_pair=False)
        for k, label in enumerate(found.folds.labels)
    }
    return pd.DataFrame(columns | by_fold)
