"""What kernels do before a page runs: the tests' rules for warnings, and no text for drawings.

The last line of a block is often a call that draws. Its Axes are shown as the figure they are in,
and not as ``<Axes: xlabel='Lag (ms)'>`` besides.
"""

from __future__ import annotations

import sys
import warnings
from typing import Any


def load_ipython_extension(shell: Any) -> None:
    """Set up a kernel; IPython calls this."""
    warnings.filterwarnings("error", category=RuntimeWarning)
    warnings.filterwarnings("error", category=DeprecationWarning, module="spikeglm")
    formatted = shell.displayhook.compute_format_data

    def without_drawings(result: Any) -> tuple[dict, dict]:
        return ({}, {}) if is_drawn(result) else formatted(result)

    shell.displayhook.compute_format_data = without_drawings


def is_drawn(thing: Any) -> bool:
    """Whether an object is part of a figure that is shown anyway, or a collection of such."""
    if "matplotlib" not in sys.modules:
        return False
    from matplotlib import pyplot
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure

    if isinstance(thing, Figure):
        return pyplot.fignum_exists(thing.number) if hasattr(thing, "number") else False
    if isinstance(thing, dict):
        return bool(thing) and all(is_drawn(value) for value in thing.values())
    if isinstance(thing, (list, tuple)) or (
        type(thing).__name__ == "ndarray" and thing.dtype == object
    ):
        return len(thing) > 0 and all(is_drawn(value) for value in list(thing))
    return isinstance(thing, Artist)
