"""What a fit says of other data: ``predict`` and ``simulate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from ..descriptions.results import read_result
from ..descriptions.reuse import Predicted, Result, check_form, write_table
from ..descriptions.reuse import predict as predicted
from ..descriptions.reuse import simulate as simulated
from ..descriptions.session import TIMES
from ..descriptions.states.reuse import StatesResult, predict_states, simulate_states
from .failures import DONE, told
from .of_states import (
    facts_of_prediction,
    facts_of_simulation,
    text_of_prediction,
    text_of_simulation,
)
from .options import Debug, Json, Results
from .talking import answer, progress


def predict(
    results: Results,
    file: Annotated[str, typer.Argument(help="A recording with the names of the description.")],
    out: Annotated[
        Path,
        typer.Option(help="Rates in spikes/s, or states, a row per bin: .csv or .parquet."),
    ] = Path("rates.csv"),
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Predict the rates, or tell the states, of another recording, and how well that goes."""
    with told(as_json=json, debug=debug), progress():
        check_form(out)
        result = read_result(results)
        if isinstance(result, StatesResult):
            states = predict_states(result, file)
            write_table(states.table, out)
            facts = facts_of_prediction(states, out)
            answer(text_of_prediction(facts), facts, as_json=json)
            return
        found = predicted(result, file)
        write_table(found.rate_hz, out)
        facts = _of_prediction(result, found, out)
        answer(_text_of_prediction(facts, result.encoding.event), facts, as_json=json)


def simulate(
    results: Results,
    file: Annotated[
        str | None,
        typer.Option(help="A recording whose signals and trials neurons see [that of the fit]."),
    ] = None,
    out: Annotated[
        Path, typer.Option(help="Counts (and states), a row per session and bin: .csv, .parquet.")
    ] = Path("simulated.csv"),
    repeats: Annotated[int, typer.Option(min=1, help="Sessions to draw.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="The same gives the same.")] = 0,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Draw sessions from a fit: what a neuron fires becomes its own history."""
    with told(as_json=json, debug=debug), progress():
        check_form(out)
        result = read_result(results)
        if isinstance(result, StatesResult):
            drawn = simulate_states(result, file, n_repeats=repeats, seed=seed)
            write_table(drawn, out)
            facts = facts_of_simulation(drawn, out)
            answer(text_of_simulation(facts), facts, as_json=json)
            return
        table = simulated(result, file, n_repeats=repeats, seed=seed)
        write_table(table, out)
        facts = _of_simulation(result, table, out)
        text = f"{repeats} session(s) of {facts['n_rows']:,} {_rows(facts)}"
        if result.encoding.is_count:
            text = f"{facts['n_spikes']:,} {result.encoding.event}s in {text}"
        answer(f"{text}\nWrote {out}", facts, as_json=json)


def _of_prediction(result: Result, found: Predicted, out: Path) -> dict[str, Any]:
    bits = found.bits_per_spike
    each = {} if bits is None else dict(zip(map(str, result.neurons), bits, strict=True))
    return {
        "exit_code": DONE,
        "file": out,
        "n_rows": len(found.rate_hz),
        "n_rows_unknown": int(found.rate_hz.isna().all(axis=1).sum()),
        _key(is_timed=found.rate_hz.index.name == TIMES): {
            str(name): _number(x) for name, x in found.rate_hz.mean().items()
        },
        "bits_per_spike": {name: _number(value) for name, value in each.items()},
    }


def _text_of_prediction(facts: dict[str, Any], event: str) -> str:
    lines = [f"{facts['n_rows']:,} {_rows(facts)}, {facts['n_rows_unknown']:,} of them not known"]
    known = [value for value in facts["bits_per_spike"].values() if value is not None]
    if known:
        low, middle, high = np.quantile(known, [0.25, 0.5, 0.75])
        lines.append(
            f"bits per {event} over the mean rates of the fit: {middle:.2g} "
            f"[{low:.2g}, {high:.2g}], median [quartiles] of {len(known)} neurons"
        )
    return "\n".join([*lines, f"Wrote {facts['file']}"])


def _of_simulation(result: Result, table: Any, out: Path) -> dict[str, Any]:
    counts, is_timed = table[list(result.neurons)], TIMES in table
    n_repeats = int(table["repeat"].max()) + 1
    return {
        "exit_code": DONE,
        "file": out,
        "n_repeats": n_repeats,
        "n_rows": len(table) // n_repeats,
        "n_spikes": int(np.nansum(counts.to_numpy())) if result.encoding.is_count else None,
        _key(is_timed=is_timed): {
            str(k): _number(x / result.bin_s if is_timed else x) for k, x in counts.mean().items()
        },
    }


def _rows(facts: dict[str, Any]) -> str:
    return "bins" if _key(is_timed=True) in facts else "rows"


def _key(*, is_timed: bool) -> str:
    """Return what means of rows are: of bins rates, of trials means per trial."""
    return "mean_rate_hz" if is_timed else "mean_response"


def _number(value: float) -> float | None:
    """Return a number as JSON knows it: None for what is not finite."""
    return float(value) if np.isfinite(value) else None
