"""The commands, each with what it is for and examples; what they do is in the files beside."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from .. import __version__
from .demo_command import demo
from .fit_commands import describe, fit, report
from .model_commands import predict, simulate

_EXAMPLES = {
    describe: (
        "spikeglm describe session.nwb",
        "spikeglm describe session.nwb --template session.toml",
    ),
    fit: (
        "spikeglm fit session.toml",
        "spikeglm fit session.toml recording.path=other.nwb analysis.folds=5 --out results/other",
        "spikeglm fit session.toml design.terms.history.window=0.1 --json > summary.json",
    ),
    report: ("spikeglm report results/other --open",),
    predict: ("spikeglm predict results/other tomorrow.nwb --out rates.parquet",),
    simulate: ("spikeglm simulate results/other --repeats 20 --seed 1 --out drawn.csv",),
    demo: ("spikeglm demo --open",),
}

app = typer.Typer(
    name="spikeglm",
    help="Generalized linear models of neural activity.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    pretty_exceptions_short=False,
    epilog="From a recording to a report: spikeglm describe session.nwb --template session.toml, "
    "then spikeglm fit session.toml.",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"spikeglm {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Generalized linear models of neural activity."""


_command: Any
for _command, _lines in _EXAMPLES.items():
    app.command(epilog="\n\n".join(("Examples:", *_lines)))(_command)
