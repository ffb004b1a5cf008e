"""Write RESULTS.md: sizes and first paint of reports of 1, 50 and 1000 neurons."""

from __future__ import annotations

import base64
import io
import sys
import tempfile
import time
from pathlib import Path

import matplotlib as mpl
from PIL import Image
from tests.reporting.chromium import Browser, find

import spikeglm as nmo

from . import __doc__ as how_to
from .many import analysis, repeated

SIZES, REPEATS = (50, 1000), 5
HERE = Path(__file__).parent
FIGURE = HERE.parents[1] / "docs/figures/report.png"
_TEXT = """# How large reports are, and how soon they are seen

`python -m benchmarks.reports` wrote this page with spikeglm {version} and {browser}. Neurons have
a map, a circle and a variable, each with its band; first paint is the median of {repeats} openings
from disk, "ready" when the table can be sorted and the first neuron is drawn. Other work went on on
the machine, so times are upper ends.

| neurons | page | tables beside it | writing | first paint | ready |
|---:|---:|---:|---:|---:|---:|
{rows}

Asked for: 5 MB for 50 neurons, 15 MB for 1000, first paint below 2 s.
"""


def measured(found: nmo.Encoding, browser: Browser) -> str:
    """Return a row of the table."""
    folder = Path(tempfile.mkdtemp())
    start = time.perf_counter()
    page = nmo.report(found, folder)
    took = time.perf_counter() - start
    beside = sum(path.stat().st_size for path in folder.iterdir()) - page.stat().st_size
    paints, readies = [], []
    timing = "performance.timing"
    for _ in range(REPEATS):
        browser.open(page)
        paints.append(browser.first_paint())
        readies.append(browser.run(f"{timing}.domComplete - {timing}.fetchStart"))
    middle = REPEATS // 2
    return (
        f"| {found.n_neurons:,} | {page.stat().st_size / 1e6:.2f} MB | {beside / 1e6:.1f} MB | "
        f"{took:.1f} s | {sorted(paints)[middle]:.0f} ms | {sorted(readies)[middle]:.0f} ms |"
    )


def draw(browser: Browser, found: nmo.Encoding) -> None:
    """Write the figure of docs/report.md: the head of a page, and its table with a neuron."""
    browser.open(nmo.report(found, tempfile.mkdtemp()), width=1160)
    browser.run("new Promise(done => requestAnimationFrame(() => setTimeout(done, 200)))")
    browser.run("document.querySelector('.tall').style.maxHeight = '270px'")
    parts = []
    for first, last in (("header", "#first li:nth-child(2)"), ("#neurons-section", "#neuron")):
        box = browser.run(
            f"(() => {{ const top = document.querySelector('{first}').getBoundingClientRect().top,"
            f" end = document.querySelector('{last}').getBoundingClientRect().bottom;"
            " return { x: 0, y: top + scrollY, width: 1160, height: end - top + 6, scale: 1 }})()"
        )
        shot = browser.ask("Page.captureScreenshot", captureBeyondViewport=True, clip=box)
        parts.append(Image.open(io.BytesIO(base64.b64decode(shot["data"]))).convert("RGB"))
    whole = Image.new("RGB", (1160, sum(part.height for part in parts)), "white")
    for k, part in enumerate(parts):
        whole.paste(part, (0, sum(before.height for before in parts[:k])))
    whole.quantize(192, dither=Image.Dither.NONE).save(FIGURE, optimize=True)


def main(arguments: list[str]) -> None:
    """Measure, or draw."""
    mpl.use("Agg")
    path = find()
    if path is None:
        raise SystemExit(how_to)
    browser, few = Browser(path, tempfile.mkdtemp()), analysis()
    try:
        if "--figure" in arguments:
            return draw(browser, repeated(few, SIZES[0]))
        rows = [measured(repeated(few, n), browser) for n in SIZES]
        name = browser.ask("Browser.getVersion")["product"]
    finally:
        browser.close()
    known = {"version": nmo.__version__, "browser": name, "repeats": REPEATS}
    (HERE / "RESULTS.md").write_text(_TEXT.format(**known, rows="\n".join(rows)))
    return None


if __name__ == "__main__":
    main(sys.argv[1:])
