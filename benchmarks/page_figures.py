"""The figures that pages draw: runs the code of a page, and keeps what it saves.

python -m benchmarks.page_figures [docs/understand/which_null.md ...], without names the gallery.
"""

import os
import re
import sys
import tempfile
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
from PIL import Image

GALLERY = Path(__file__).parents[1] / "docs/gallery"
FIGURES = GALLERY.parent / "figures"
COLOURS = 256


def run(page: Path) -> list[Path]:
    """Run the blocks of a page in an empty folder and return the figures that it made."""
    source = re.findall(r"```python\n(.*?)```", page.read_text(), flags=re.DOTALL)
    home = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            exec(compile("\n".join(source), str(page), "exec"), {"__name__": "a_page"})
            return [keep(path, page) for path in sorted(Path(folder).glob("*.png"))]
        finally:
            os.chdir(home)
            plt.close("all")


def keep(path: Path, page: Path) -> Path:
    """Write a figure in few colours, which is a third of its size."""
    folder = FIGURES / "gallery" if page.parent == GALLERY else FIGURES
    target = folder / path.name
    target.parent.mkdir(exist_ok=True)
    Image.open(path).convert("RGB").quantize(COLOURS).save(target, optimize=True)
    return target


def main(names: list[str]) -> None:
    """Make the figures of some pages, or of the gallery."""
    gallery = [page for page in sorted(GALLERY.glob("*.md")) if page.stem != "README"]
    for page in [Path(name).resolve() for name in names] or gallery:
        for path in run(page):
            print(f"{page.stem}: {path.name}, {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
