"""Smooth terms whose strengths the data choose: against mgcv, and in plain fits."""

from __future__ import annotations

from ..inquiry import Inquiry, inquire, of_r
from ..lab import Lab
from ..processes import Job, Runs
from ..recordings import navigating_cells, with_smooths
from ..report import Section, Table, Target, seconds

_ROWS, _CELLS = 13_800, 37
_MOST_OF_ONE, _MOST_OF_ALL = 0.1, 5.0  # seconds
_MOST_FITS = {"one": 5.0, "many": 10.0}
_SAME, _SAME_DEGREES = 1e-6, 1e-3
_BOTH = {"smooths": ("R",), "discrete": ("R",)}


def run(lab: Lab) -> Section:
    """Ask for four smooth terms of one cell and of all; then count plain fits."""
    cells = navigating_cells(lab.size(_ROWS, 1_000), lab.size(_CELLS, 2))
    one = inquire(lab, cells.take(1), "smooths-of-one", _BOTH)
    many = inquire(lab, cells, "smooths", _BOTH)
    alike = inquire(lab, with_smooths(cells.take(lab.size(3, 1))), "matrices", {"matrices": ("R",)})
    plain = _plain(lab)
    return Section(
        "Automatic smoothness",
        f"Place (7 × 7), direction, speed and phase (12 each): {len(cells.y)} rows, 85 functions, "
        f"five strengths for each of {cells.n_neurons} cells, by marginal likelihood. mgcv fits "
        "one cell after the other, as many as 20 s allow, extrapolated: `gam` with the same "
        "criterion, and `bam(discrete=TRUE)`, which rounds covariates; each library has functions "
        "and penalties of its own, so the difference (of linear predictors in nats) is not only "
        "one of numbers. Then the same features and matrices for both (of three cells): the "
        "difference of criterion and degrees of freedom; mgcv is timed with its defaults, and its "
        "numbers are of fits that go on until their criterion is stationary. Last, in plain "
        "fits: with a strength of 1e-3 for all.",
        (
            one.table(_named("one cell"), absolute=tuple(_BOTH)),
            many.table(_named("all cells"), absolute=tuple(_BOTH)),
            alike.table({"matrices": "the same features and matrices"}),
            _plain_table(plain),
        ),
        (of_r(lab),),
        (*_times(one, many), *_agrees(alike), *_fits(plain)),
    )


def _named(of: str) -> dict[str, str]:
    return {"smooths": f"{of}; gam(REML)", "discrete": f"{of}; bam(discrete=TRUE)"}


def _times(one: Inquiry, many: Inquiry) -> tuple[Target, ...]:
    of_one, of_all = (min(found.ours(q) for q in _BOTH) for found in (one, many))
    return (
        Target(
            f"Four smooth terms, one cell: ≤ {_MOST_OF_ONE} s",
            f"{of_one:.2g} s",
            of_one <= _MOST_OF_ONE,
        ),
        Target(
            f"Four smooth terms, {many.n_neurons} cells: ≤ {_MOST_OF_ALL:.0f} s",
            f"{of_all:.2g} s",
            of_all <= _MOST_OF_ALL,
        ),
    )


def _agrees(alike: Inquiry) -> tuple[Target, ...]:
    promises = (
        (f"Marginal likelihood: mgcv's to {_SAME:.0e}", 0, _SAME),
        (f"Effective degrees of freedom: mgcv's to {_SAME_DEGREES:.0e}", 1, _SAME_DEGREES),
    )
    runs = alike.runs["matrices"]
    if "R" not in runs or not runs["R"].measured:
        return tuple(Target(promise, "R is missing", None) for promise, _, _ in promises)
    theirs = runs["R"].arrays["values"]
    ours = runs["spikeglm"].arrays["values"][:, : theirs.shape[1]]
    gaps = abs(theirs / ours - 1.0).max(axis=1)
    return tuple(Target(p, f"{gaps[k]:.0e}", bool(gaps[k] <= most)) for p, k, most in promises)


def _plain(lab: Lab) -> dict[str, Runs]:
    sizes = {
        "one": lab.size((_ROWS, 5, 1), (1_000, 2, 1)),
        "many": lab.size((100_000, 5, 100), (1_000, 2, 2)),
    }
    jobs = {
        name: Job("automatic", dict(zip(("n_rows", "n_terms", "n_neurons"), size, strict=True)))
        for name, size in sizes.items()
    }
    return lab.measure(jobs, rounds=min(lab.rounds, 2))


def _plain_table(plain: dict[str, Runs]) -> Table:
    lines = []
    for runs in plain.values():
        if runs.failure:
            lines.append((f"FAILED: {runs.failure}", *[""] * 5))
            continue
        told = runs.measured[0]
        lines.append(
            (
                told["size"],
                seconds(runs.least("plain_s"), runs.median("plain_s")),
                str(told["plain_passes"]),
                seconds(runs.least("auto_s"), runs.median("auto_s")),
                str(told["auto_passes"]),
                f"{runs.least('auto_s') / runs.least('plain_s'):.1f}",
            )
        )
    titles = ("Smooth terms", "plain fit (s)", "passes", "automatic (s)", "passes", "in plain fits")
    return Table(titles, tuple(lines))


def _fits(plain: dict[str, Runs]) -> tuple[Target, ...]:
    found = []
    for name, runs in plain.items():
        promise = f"Automatic strengths, {name} neuron(s): < {_MOST_FITS[name]:.0f} plain fits"
        if runs.failure:
            found.append(Target(promise, "failed", None))
            continue
        fits = runs.least("auto_s") / runs.least("plain_s")
        found.append(Target(promise, f"{fits:.1f}", fits < _MOST_FITS[name]))
    return tuple(found)
