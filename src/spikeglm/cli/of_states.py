"""What commands say of hidden states."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..descriptions.running import Run
from ..descriptions.states.files import said
from ..descriptions.states.finding import FoundStates
from ..descriptions.states.reuse import StatesPredicted
from .failures import DONE, FailedError

_PAGE = "report.html"


def of_states(done: Run, found: FoundStates) -> dict[str, Any]:
    """Return a fit in numbers and names."""
    folder, report, choice = done.folder, found.model.fit_report_, found.choice
    assert folder is not None
    page = folder / _PAGE
    bits = None
    if choice is not None:
        pairs = zip(choice.n_states, choice.mean, strict=True)
        bits = {str(n): float(mean) for n, mean in pairs}
    return {
        "exit_code": DONE,
        "folder": folder,
        "report": page if page.is_file() else None,
        "seconds": round(done.seconds, 1),
        "n_states": len(report.occupancy),
        "one": getattr(found.model, "one_", None),
        "n_rows": len(found.data["y"]),
        "n_sessions": report.n_sessions,
        "status": report.status,
        "share_of_rows": [float(share) for share in report.occupancy],
        "n_agreeing": report.n_agreeing,
        "n_ended": report.n_ended,
        "log_likelihood": float(found.model.log_likelihood_),
        "bits_per_response": bits,
        "warnings": list(done.remarks),
        "files": sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()),
    }


def check_states(facts: dict[str, Any], strict: bool) -> None:
    """Raise a FailedError where a fit has no optimum and only such are wanted."""
    if strict and facts["status"] != "converged":
        raise FailedError(
            f"The fit has no optimum ({facts['status']}); the results are in {facts['folder']}."
        )


def text_of_states(found: FoundStates, facts: dict[str, Any]) -> str:
    """Return the answer of ``fit`` for a person."""
    lines = [said(found), "", f"{len(facts['files'])} files in {facts['folder']}"]
    if facts["report"] is not None:
        lines.append(f"Read {facts['report']}")
    return "\n".join(lines)


def facts_of_prediction(found: StatesPredicted, out: Path) -> dict[str, Any]:
    """Return what ``predict`` found."""
    states = [name for name in found.table if str(name).startswith("state_")]
    return {
        "exit_code": DONE,
        "file": out,
        "n_rows": len(found.table),
        "n_rows_unknown": int(found.table["likeliest"].isna().sum()),
        "share_of_rows": {str(name): float(found.table[name].mean()) for name in states},
        "bits_per_response": found.bits_per_response,
    }


def text_of_prediction(facts: dict[str, Any]) -> str:
    """Return the answer of ``predict`` for a person."""
    shares = ", ".join(f"{name} {share:.3f}" for name, share in facts["share_of_rows"].items())
    return (
        f"{facts['n_rows']:,} rows, {facts['n_rows_unknown']:,} of them not known\n"
        f"share of the rows: {shares}\n"
        f"{facts['bits_per_response']:.4f} bits per response over a constant rate of this "
        f"recording\nWrote {facts['file']}"
    )


def facts_of_simulation(table: Any, out: Path) -> dict[str, Any]:
    """Return what ``simulate`` has drawn."""
    n_repeats = int(table["repeat"].max()) + 1
    shares = table["state"].value_counts(normalize=True).sort_index()
    return {
        "exit_code": DONE,
        "file": out,
        "n_repeats": n_repeats,
        "n_rows": len(table) // n_repeats,
        "share_of_rows": {f"state_{int(k)}": float(share) for k, share in shares.items()},
    }


def text_of_simulation(facts: dict[str, Any]) -> str:
    """Return the answer of ``simulate`` for a person."""
    shares = ", ".join(f"{name} {share:.3f}" for name, share in facts["share_of_rows"].items())
    return (
        f"{facts['n_repeats']} recording(s) of {facts['n_rows']:,} rows; share of the rows: "
        f"{shares}\nWrote {facts['file']}"
    )
