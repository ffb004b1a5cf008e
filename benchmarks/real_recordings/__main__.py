"""Write RESULTS.md: ``python -m benchmarks.real_recordings`` (some minutes)."""

from __future__ import annotations

import re
import sys
import warnings
from pathlib import Path

import spikeglm as nmo

from . import choices, grasshopper, place_cell, stn
from .study import HERE, Study

_NOT_IN_NAMES = re.compile(r"[^\w=-]+")
_TEXT = """# Real recordings through `encode`

`python -m benchmarks.real_recordings` wrote this page with spikeglm {version}. Each analysis is a
description file in this folder, of a recording that comes with spikeglm, and is run by the command
above its screen, without a line of Python. The screens are what it prints; below each is what is
known from elsewhere.
{disagree}
"""


def main(arguments: list[str]) -> None:
    """Analyse all recordings; ``--figures FOLDER`` keeps a figure of each."""
    figures = Path(arguments[1]) if arguments[:1] == ["--figures"] else None
    studies = []
    for module in (grasshopper, place_cell, stn, choices):
        studies.append(module.study())
        print(text(studies[-1]), flush=True)
        if figures is not None:
            draw(studies[-1], figures)
    verdicts = [claim.agrees for study in studies for claim in study.claims]
    tests = [agrees for agrees in verdicts if agrees is not None]
    told = f"\n{sum(tests)} of {len(tests)} comparisons agree."
    if len(tests) < len(verdicts):
        told += (
            f" {len(verdicts) - len(tests)} more are no tests: what they ask was chosen after a "
            "look at the answer."
        )
    parts = [_TEXT.format(version=nmo.__version__, disagree=told), *map(text, studies)]
    (HERE / "RESULTS.md").write_text("\n".join(parts), encoding="utf-8")


def text(study: Study) -> str:
    """Return a study as Markdown."""
    lines = [f"## {study.title}", "", study.source, ""]
    for name, found in study.encodings.items():
        lines += [f"`spikeglm fit {name}`", "", "```text", str(found), "```", ""]
    lines += ["| known | found | agrees |", "|---|---|---|"]
    for claim in study.claims:
        lines.append(f"| {claim.known} | {claim.found} | {claim.verdict} |")
    lines += ["", *(f"* {remark}" for remark in study.remarks), ""]
    return "\n".join(lines)


def draw(study: Study, folder: Path) -> None:
    """Save a figure of each analysis."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, found in study.encodings.items():
        figure = found.plot(next(iter(found.sets)))
        figure.savefig(folder / f"{_NOT_IN_NAMES.sub('_', name)}.png", dpi=110)


if __name__ == "__main__":
    warnings.simplefilter("once")
    main(sys.argv[1:])
