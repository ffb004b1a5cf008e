"""What a folder of hidden states holds: the fit, the numbers that were compared, tables, a page."""

from __future__ import annotations

import dataclasses
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors
from ...glm.saving.persistence import installed_versions, load_model
from ...glm_hmm import GLMHMM, LapseBaseline, LapseFit, StatesChoice
from ...plotting.states.outputs import choice_of
from ...reporting.states.subject import subject_of_states
from ...reporting.states.tables import tables
from ..result_folder import STATES
from .finding import FoundStates

if TYPE_CHECKING:
    import pandas as pd

_CHOICE, _MODELS = "numbers_of_states.npz", "models"
_ARRAYS = (
    "n_states", "bits_per_trial", "log_likelihood", "n_parameters", "bic", "fold_of_session",
)  # fmt: skip
_LAPSES, _LAPSE_BITS, _LAPSE_WORDS = "lapses.", "lapse_bits_per_trial", "lapse_statuses"


def write_states(found: FoundStates, folder: Path) -> None:
    """Write the fit, and those of the numbers of states it was chosen from."""
    found.model.save_params(folder / STATES)
    choice = found.choice
    if choice is not None:
        (folder / _MODELS).mkdir()
        for model in choice.models:
            model.save_params(folder / _MODELS / _name_of(model.n_states))
        arrays = {name: getattr(choice, name) for name in _ARRAYS}
        words = {"rule": np.array(choice.rule), "chosen": np.array(choice.chosen)}
        lapses = {} if choice.lapses is None else _of_lapses(choice.lapses)
        np.savez(folder / _CHOICE, allow_pickle=False, **arrays, **words, **lapses)


def tables_of(found: FoundStates) -> dict[str, pd.DataFrame]:
    """Return the tables of a report."""
    return tables(subject_of_states(found.result, title=None, **found.for_report))


def read_states(folder: Path) -> tuple[GLMHMM, StatesChoice | None]:
    """Return the fit of a folder, and the numbers of states it was chosen from.

    Raises
    ------
    OSError, ValueError
        If files are missing or damaged.
    """
    model = load_model(folder / STATES)
    if not (folder / _CHOICE).is_file():
        return model, None
    try:
        with np.load(folder / _CHOICE, allow_pickle=False) as file:
            arrays = {name: file[name] for name in _ARRAYS}
            rule, chosen = str(file["rule"]), int(file["chosen"])
            lapses = _lapses_of(file)
    except (KeyError, ValueError) as problem:
        raise errors.value_error(
            "The numbers of states cannot be read.",
            given=f"{folder / _CHOICE} ({problem})",
            expected="a file that spikeglm fit has written",
            todo="run the fit again.",
        ) from None
    models = tuple(load_model(folder / _MODELS / _name_of(n)) for n in arrays["n_states"])
    return model, StatesChoice(models=models, rule=rule, chosen=chosen, lapses=lapses, **arrays)


def _of_lapses(lapses: LapseBaseline) -> dict[str, Any]:
    """Return the lapse model and its scores as arrays."""
    fit = {f"{_LAPSES}{f.name}": getattr(lapses.fit, f.name) for f in dataclasses.fields(LapseFit)}
    fit[f"{_LAPSES}feature_names"] = np.array(lapses.fit.feature_names, dtype=str)
    return {**fit, _LAPSE_BITS: lapses.bits_per_trial, _LAPSE_WORDS: np.array(lapses.statuses)}


def _lapses_of(file: Mapping[str, Any]) -> LapseBaseline | None:
    """Return the lapse model of arrays; None where there is none."""
    if _LAPSE_BITS not in file:
        return None
    values = {f.name: file[f"{_LAPSES}{f.name}"] for f in dataclasses.fields(LapseFit)}
    named: dict[str, Any] = {
        name: value.item() if value.ndim == 0 else value for name, value in values.items()
    }
    named["feature_names"] = tuple(map(str, named["feature_names"]))
    return LapseBaseline(LapseFit(**named), file[_LAPSE_BITS], tuple(map(str, file[_LAPSE_WORDS])))


def origin_now() -> dict[str, Any]:
    """Return versions, machine and time, for a log."""
    return {
        "versions": installed_versions(),
        "machine": platform.platform(),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def said(found: FoundStates) -> str:
    """Return what was found, for a screen."""
    lines: list[Any] = []
    if found.choice is not None:
        table = found.choice.to_frame()
        for n, row in table.iterrows():
            mark = ", chosen" if row["chosen"] else ""
            lines.append(
                f"{n} state{'s' * (n != 1)}: {row['bits_per_trial']:.4f} ± {row['error']:.4f} bits "
                f"per response, held out{mark}"
            )
        if found.choice.lapses is not None:
            bits = found.choice.lapses.bits_per_trial.mean()
            lines.append(f"a GLM with lapses, no states: {bits:.4f} bits per response, held out")
    choice = choice_of(found.model)
    if choice is not None and not hasattr(found.model, "classes_"):
        lines.append(f"responses of 1 are {choice!r}: positive weights make it more likely")
    return "\n".join([*lines, str(found.model.fit_report_)])


def _name_of(n_states: Any) -> str:
    return f"n_states_{int(n_states)}.npz"
