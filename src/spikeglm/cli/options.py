"""Options that several commands have, and what completes names on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..descriptions.analysis_section import KEYS
from ..descriptions.sections import OutputSection, RecordingSection
from ..descriptions.states.section import KEYS as STATES_KEYS

Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON object and nothing else on stdout.")
]
Debug = Annotated[bool, typer.Option("--debug", help="Show where an error comes from.")]
Open = Annotated[bool, typer.Option("--open", help="Open the report in the web browser.")]
Results = Annotated[
    Path, typer.Argument(metavar="DIR", help="Folder that spikeglm fit has written.")
]


def settings_that_begin(incomplete: str) -> list[str]:
    """Return the settings that a word may become, for completion in a shell.

    >>> settings_that_begin("analysis.sea")
    ['analysis.search=']
    """
    known = {
        "recording": RecordingSection.__dataclass_fields__,
        "analysis": KEYS,
        "states": STATES_KEYS,
        "output": OutputSection.__dataclass_fields__,
    }
    names = [f"{section}.{key}=" for section, keys in known.items() for key in keys]
    return [name for name in names if name.startswith(incomplete)]
