"""Where the command ``spikeglm`` starts; says what to install if its packages are missing."""

from __future__ import annotations

import sys

from .. import errors


def main() -> None:
    """Run the command line; ends the process with status 1 after an error."""
    try:
        from .app import app
    except ModuleNotFoundError as missing:
        package = (missing.name or "").partition(".")[0]
        if package not in ("typer", "rich"):
            raise
        sys.exit(str(errors.missing_package(package, purpose="The command line", extra="demo")))
    app()


if __name__ == "__main__":
    main()
