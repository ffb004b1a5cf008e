"""From what was measured to ``RESULTS.md``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Target:
    """A promise beside what was measured; ``met`` is None where it could not be measured."""

    promise: str
    measured: str
    met: bool | None

    @property
    def verdict(self) -> str:
        """Return the word for the table."""
        return {True: "met", False: "**NOT MET**", None: "not measured"}[self.met]


@dataclass(frozen=True)
class Table:
    """Column titles and rows of text."""

    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def markdown(self) -> str:
        """Return the table in Markdown: the first column to the left, numbers to the right."""
        rules = [":---", *["---:"] * (len(self.titles) - 1)]
        return "\n".join("| " + " | ".join(row) + " |" for row in (self.titles, rules, *self.rows))


@dataclass(frozen=True)
class Section:
    """The answer to one question."""

    title: str
    what: str
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    targets: tuple[Target, ...] = field(default=())

    def markdown(self) -> str:
        """Return the section in Markdown."""
        parts = [f"## {self.title}", self.what, *(table.markdown() for table in self.tables)]
        if self.notes:
            parts.append("\n".join(f"* {note}" for note in self.notes))
        return "\n\n".join(parts)


def document(sections: Sequence[Section], machine: Sequence[str], missing: Sequence[str]) -> str:
    """Return the whole page: where, what was promised, then each section."""
    targets = [target for section in sections for target in section.targets]
    promises = Table(
        ("Target", "Measured", "Verdict"),
        tuple((target.promise, target.measured, target.verdict) for target in targets),
    )
    parts = [
        "# Benchmarks",
        "Written by `make bench`; see `benchmarks/`. Every measured thing runs in fresh processes "
        "of its own, in turn (A B A B …). Times are minimum (median) in seconds; ratios are of "
        "minima, the rival's time over ours. All compute in float64, and one function that belongs "
        "to none of them recomputes every objective.",
        "\n".join(machine),
    ]
    if missing:
        parts.append("\n".join(f"* **NOT MEASURED: {line}**" for line in missing))
    if targets:
        parts += ["## Targets", promises.markdown()]
    return "\n\n".join([*parts, *(section.markdown() for section in sections)]) + "\n"


def seconds(least: float, median: float) -> str:
    """Format minimum and median."""
    return f"{least:.3g} ({median:.3g})" if least == least else "–"


def times(ratio: float) -> str:
    """Format a ratio."""
    if ratio != ratio:
        return "–"
    return f"{ratio:.0f}×" if ratio >= 20 else f"{ratio:.2g}×"


def mebibytes(n_bytes: float) -> str:
    """Format an amount of memory."""
    return f"{n_bytes / 2**20:.0f} MiB"
