"""Which R is here, and which of its packages. On the standard library alone."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache

PACKAGES = ("mgcv", "sandwich", "lmtest", "MASS", "logistf")
NO_R = "Rscript is not on the path"


@cache
def versions() -> dict[str, str]:
    """Return the versions of R and of those of its packages that are installed; {} without R."""
    if shutil.which("Rscript") is None:
        return {}
    names = ", ".join(f'"{name}"' for name in PACKAGES)
    code = (
        "cat('R', as.character(getRversion()), '\\n'); "
        f"for (p in c({names})) if (requireNamespace(p, quietly = TRUE)) "
        "cat(p, as.character(packageVersion(p)), '\\n')"
    )
    done = subprocess.run(
        ["Rscript", "--vanilla", "-e", code], capture_output=True, text=True, check=False
    )
    return dict(line.split() for line in done.stdout.splitlines())
