"""``spikeglm demo``: a recording that comes along, from spikes to figures and a report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from .. import errors
from ..datasets import load_grasshopper
from ..reporting import report
from .demo_analysis import N_STEPS, RIDGE, DemoResult, analyse, encoded
from .demo_figures import FIGURES, save_figures
from .demo_files import check_writable, save_results
from .failures import told
from .options import Debug, Open
from .talking import open_page


def demo(
    out: Annotated[
        Path, typer.Option(help="Folder for the figures, tables and the fitted model.")
    ] = Path("spikeglm-demo"),
    recording: Annotated[
        int,
        typer.Option(min=1, max=2, help="1: sound modulated up to 200 Hz; 2: up to 800 Hz."),
    ] = 1,
    open: Open = False,
    debug: Debug = False,
) -> None:
    """Take a grasshopper's auditory receptor from its recording to checked models and a report."""
    console = Console()
    with told(as_json=False, debug=debug):
        _check_matplotlib()
        check_writable(out)
        result, paths = _run(recording, out, console)
        _report(result, paths, console)
        if open:
            open_page(paths[-1])


def _run(number: int, out: Path, console: Console) -> tuple[DemoResult, list[Path]]:
    """Do the analysis and write all files, under progress bars."""
    recording = load_grasshopper(number)
    console.print(
        f"[bold]Grasshopper auditory receptor, recording {number}[/]: "
        f"{recording.duration_s:g} s in bins of {1e3 * recording.bin_s:g} ms, "
        f"{recording.spike_times_s.size} spikes ({recording.rate_hz:.0f} Hz), "
        f"sound modulated up to {recording.cutoff_hz} Hz"
    )
    look = (
        TextColumn("{task.description:<8}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[step]}"),
    )
    with Progress(*look, console=console) as progress:
        fits = progress.add_task("Models", total=N_STEPS, step="")
        drawings = progress.add_task("Figures", total=len(FIGURES), step="", start=False)
        page = progress.add_task("Report", total=2, step="", start=False)
        result = analyse(
            recording, on_step=lambda step: progress.update(fits, advance=1, step=step)
        )
        paths = save_results(result, out)
        progress.start_task(drawings)
        for path in save_figures(result, out):
            progress.update(drawings, advance=1, step=path.name)
            paths += [path, path.with_suffix(".pdf")]
        progress.start_task(page)
        encoding = encoded(recording)
        progress.update(page, advance=1, step="what the neuron encodes")
        paths.append(report(encoding, out / "report", title="A grasshopper's auditory receptor"))
        progress.update(page, advance=1, step=paths[-1].name)
    return result, paths


def _report(result: DemoResult, paths: list[Path], console: Console) -> None:
    """Print the table, what was assumed, and the name of every file."""
    console.print(_table(result))
    console.print(_findings(result), highlight=False)
    console.print(
        "Bits per spike: held out, against the mean rate; 5 folds of contiguous 1-s blocks. "
        "KS: time rescaling of the held-out predictions; above the band the timing is not right.\n"
        f"A light ridge (strength {RIDGE['history']:g} on the history, {RIDGE['stimulus']:g} on "
        "the stimulus) keeps the coefficients of the refractory period finite, where no spike was "
        "ever seen, and calms lags at which the sound has no power; the bands include it."
    )
    console.print(f"\nCite: {result.recording.citation}", style="dim", highlight=False)
    out = paths[0].parent
    folder = escape(str(out.resolve()))
    console.print(f"\n[bold]{len(paths)} files[/] in {folder}:", highlight=False, soft_wrap=True)
    for path in paths:
        console.print(f"  {path.relative_to(out)}", highlight=False)
    console.print(f"\nRead the report: {escape(str(paths[-1]))}", highlight=False, soft_wrap=True)


def _findings(result: DemoResult) -> str:
    stimulus, history = result.filters["stimulus"], result.filters["history"]
    peak = stimulus.log_gain.argmax()
    refractory = history.rate_gain[history.lag_ms <= 2].mean()
    return (
        f"The sound acts most {stimulus.lag_ms[peak]:g} ms before a spike, where one dB multiplies "
        f"the rate by {stimulus.rate_gain[peak]:.2f} "
        f"(95 %: {stimulus.rate_gain_low[peak]:.2f} … {stimulus.rate_gain_high[peak]:.2f}). "
        f"For 2 ms after a spike the rate is down to {100 * refractory:.1f} %.\n"
    )


def _table(result: DemoResult) -> Table:
    table = Table(title="How well does each model predict spikes it has not seen?")
    for column in ("model", "bits/spike", "folds", "KS distance", "95 % band"):
        table.add_column(column, justify="left" if column == "model" else "right")
    for score in result.scores:
        low, high = score.bits_by_fold.min(), score.bits_by_fold.max()
        table.add_row(
            score.name,
            f"{score.bits:z.2f}",
            f"{low:z.2f} … {high:z.2f}",
            f"{score.rescaling.ks_distance:.3f}",
            f"{score.rescaling.band_95:.3f}",
        )
    return table


def _check_matplotlib() -> None:
    from importlib.util import find_spec

    if find_spec("matplotlib") is None:
        raise errors.missing_package("matplotlib", purpose="spikeglm demo", extra="demo")
