"""``python -m benchmarks``: measure everything and write ``benchmarks/RESULTS.md``."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from . import machine
from .contestants import OURS, contestants
from .experiments import EXPERIMENTS
from .lab import Lab
from .processes import ROOT, usable_cores
from .report import Section, document

_RESULTS = ROOT / "benchmarks" / "RESULTS.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiments; return 1 if one of them broke (a missed target is a result)."""
    wanted = _parser().parse_args(arguments)
    everyone = contestants()
    chosen = {
        name: found
        for name, found in everyone.items()
        if found.version and (name == OURS or wanted.rivals is None or name in wanted.rivals)
    }
    missing = [
        f"{found.distribution}: not installable: {found.why_missing}"
        for found in everyone.values()
        if not found.version
    ]
    for line in missing:
        print(f"!!! NOT MEASURED: {line}", file=sys.stderr)
    head = [note for note in [machine.load_note()] if note] + machine.describe(wanted.threads)
    with tempfile.TemporaryDirectory(prefix="spikeglm-bench-") as folder:
        lab = Lab(
            chosen,
            Path(folder),
            quick=wanted.quick,
            rounds=wanted.rounds or (1 if wanted.quick else 5),
            n_threads=min(wanted.threads, usable_cores()),
        )
        sections, broken = _sections(lab, wanted.only)
    if wanted.quick:
        head.insert(0, "**Toy sizes (`--quick`): these times say nothing.**")
    page = document(sections, head, [*missing, *broken])
    _deliver(page, wanted.out, is_complete=not (wanted.quick or wanted.only or wanted.rivals))
    return 1 if broken else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    names = ", ".join(EXPERIMENTS)
    parser.add_argument("--quick", action="store_true", help="toy sizes: does everything run?")
    parser.add_argument("--only", type=_names_of(EXPERIMENTS), help=f"some of: {names}")
    parser.add_argument("--rivals", type=_names_of(contestants()), help="measure only these")
    parser.add_argument("--rounds", type=int, help="fresh processes per library (default 5)")
    parser.add_argument("--threads", type=int, default=2, help="cores and threads (default 2)")
    parser.add_argument("--out", type=Path, help=f"default {_RESULTS.relative_to(ROOT)}; partial "
                        "runs go to the terminal")  # fmt: skip
    return parser


def _names_of(known: Iterable[str]) -> Callable[[str], list[str]]:
    allowed = list(known)

    def read(text: str) -> list[str]:
        names = [name.strip() for name in text.split(",") if name.strip()]
        unknown = [name for name in names if name not in allowed]
        if unknown:
            raise argparse.ArgumentTypeError(f"unknown: {unknown}; expected some of {allowed}")
        return names

    return read


def _sections(lab: Lab, only: list[str] | None) -> tuple[list[Section], list[str]]:
    sections, broken = [], []
    for name in only or EXPERIMENTS:
        begin = time.perf_counter()
        print(f"{name} ...", file=sys.stderr, flush=True)
        try:
            sections.append(EXPERIMENTS[name](lab))
        except Exception as error:  # one broken experiment must not cost the others their results
            traceback.print_exc()
            broken.append(f"{name} broke: {type(error).__name__}: {error}")
        print(f"{name}: {time.perf_counter() - begin:.0f} s", file=sys.stderr, flush=True)
    return sections, broken


def _deliver(page: str, out: Path | None, *, is_complete: bool) -> None:
    if out is None and is_complete:
        out = _RESULTS
    if out is None:
        print(page)
        return
    out.write_text(page)
    print(f"written: {out}", file=sys.stderr)


if __name__ == "__main__":
    raise SystemExit(main())
