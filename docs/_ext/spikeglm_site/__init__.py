"""What makes a site of pages that are plain Markdown; ``pages.py`` says what pages rely on.

``build.py`` connects it to Sphinx; of the others only ``formulas.py`` knows Sphinx.
"""

from __future__ import annotations

from typing import Any


def setup(app: Any) -> dict[str, Any]:
    """Connect the extension to a build; Sphinx calls this."""
    from .build import connect

    return connect(app)
