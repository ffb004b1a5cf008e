"""Pages in a real browser: they sort, filter, draw, print, and nothing sticks out or is pale."""

import base64
import itertools
import json
import re

import numpy as np
import pandas as pd
import pytest
from tests.reporting.conftest import EVIL

import spikeglm as nmo

ROWS = "Array.from(document.querySelectorAll('#neurons tbody tr:not([hidden])'), r => %s)"
NAMES = ROWS % "r.cells[0].textContent"
HEADER = "[...document.querySelectorAll('#neurons thead th')].find(h => h.textContent === '%s')"
CURRENT = "document.querySelector('#neurons tr[aria-current]').cells[0].textContent"

PALE = """
(() => {
  const parse = (c) => c.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  const out = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const e = node.parentElement;
    if (!node.data.trim() || e.closest("script") || !e.getClientRects().length) continue;
    const style = getComputedStyle(e), color = parse(e.closest("svg") ? style.fill : style.color);
    const [a, b] = [light(color), light(behind(e))].sort((p, q) => q - p);
    if ((a + 0.05) / (b + 0.05) < 4.5) out.push([node.data.trim().slice(0, 40), style.color]);
  }
  return out;
})()
"""


@pytest.fixture
def shown(browser, page):
    browser.open(page)
    return browser


def complaints(browser):
    """What the console was told of, and requests that left the machine."""
    out = []
    for event in browser.events:
        name, params = event.get("method"), event.get("params", {})
        if name == "Runtime.exceptionThrown" or (
            name == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning")
        ):
            out.append(params)
        if name == "Network.requestWillBeSent":
            url = params["request"]["url"]
            out += [] if url.startswith(("file:", "data:")) else [url]
    return out


def test_it_opens_without_complaint_and_asks_nobody_for_anything(shown):
    shown.run("new Promise(done => setTimeout(done, 50))")
    assert complaints(shown) == []
    assert shown.run("document.title") == "What 6 neurons encode"
    assert 0 < shown.first_paint() < 2000


def test_headers_sort_both_ways_and_what_has_no_number_comes_last(shown):
    held_out = HEADER % "held out"
    assert shown.run(f"{held_out}.ariaSort") == "descending"
    values = ROWS % "r.cells[2].dataset.v"
    before = shown.run(values)
    known = [float(v) for v in before if v]
    assert known == sorted(known, reverse=True) and before[-1] == ""
    shown.run(f"{held_out}.firstElementChild.click()")
    assert shown.run(f"{held_out}.ariaSort") == "ascending"
    after = shown.run(values)
    assert [float(v) for v in after if v] == sorted(known) and after[-1] == ""
    shown.run(f"({HEADER % 'neuron'}).firstElementChild.click()")
    assert shown.run(f"{held_out}.ariaSort") == "none"
    names = shown.run(NAMES)
    assert names.index("a1") < names.index("a2") < names.index("a10")  # as people count


def test_the_filter_finds_words_and_says_how_many(shown):
    shown.run("document.getElementById('filter').focus()")
    shown.type("silent")
    assert shown.run(NAMES) == ["mute"]
    assert shown.run("document.getElementById('count').textContent") == "1 of 6 neurons"
    shown.run("document.getElementById('all').click()")
    assert len(shown.run(NAMES)) == 6
    shown.type("no such thing")
    assert shown.run(NAMES) == []


def test_a_warning_shows_whom_it_is_about(shown):
    shown.run(
        "Array.from(document.querySelectorAll('.remarks li')).find(l => l.textContent.includes("
        "'silent')).querySelector('button').click()"
    )
    assert shown.run(NAMES) == ["mute"]


def test_keys_are_enough(shown):
    shown.run(f"({HEADER % 'neuron'}).firstElementChild.focus()")
    shown.press("Enter")
    assert shown.run(f"({HEADER % 'neuron'}).ariaSort") == "ascending"
    for _ in range(20):  # on to the names, which are one stop
        shown.press("Tab")
        if shown.run("document.activeElement.closest('tbody') !== null"):
            break
    first = shown.run("document.activeElement.textContent")
    shown.press("ArrowDown")
    second = shown.run("document.activeElement.textContent")
    assert first != second
    shown.press("Enter")
    assert shown.run(CURRENT) == second
    shown.press("Tab")
    assert shown.run("document.activeElement.closest('tbody') === null")


def test_what_has_the_focus_is_framed_within_its_cell(shown):
    """Cells that stand still while others scroll would cover a frame around a button."""
    shown.run(f"({HEADER % 'spikes'}).firstElementChild.focus()")
    shown.press("Tab")
    style = "getComputedStyle(document.activeElement).%s"
    assert shown.run(style % "outlineStyle") == "solid"
    outside = shown.run(
        f"parseFloat({style % 'outlineOffset'}) + parseFloat({style % 'outlineWidth'})"
    )
    assert outside <= 0 and shown.run("document.activeElement.closest('thead') !== null")


TICKS = "[...document.querySelectorAll('#scatter svg text')].map(t => t.textContent)"


def test_where_effects_are_largest_is_told_of_what_is_encoded(browser, tmp_path):
    """A search that found nobody shows nothing; numbers of spikes that are alike have ticks."""
    rng = np.random.default_rng(1)
    speed, counts = rng.uniform(0, 1, 900), rng.poisson(0.4, (900, 5))
    X = nmo.basis.BSplineEval(5, label="speed").design(speed)
    browser.open(nmo.report(nmo.encode(counts, X, bin_s=0.02), tmp_path / "searched"))
    assert browser.run(ROWS % "r.cells[1].textContent") == ["none"] * 5
    assert browser.run("document.querySelectorAll('#heat svg').length") == 0
    counted = counts.sum(axis=0)
    told = [text.replace(",", "") for text in browser.run(TICKS)]
    marks = [float(text) for text in told if text.isdigit() and float(text) > 100]
    assert len(marks) >= 2 and 0.8 * counted.min() < min(marks) < max(marks) < 1.2 * counted.max()
    model = nmo.PopulationGLM(regularizer="Ridge").fit(X, counts)
    browser.open(nmo.report(model, tmp_path / "fitted", X=X, y=counts, bin_s=0.02))
    assert browser.run("document.querySelectorAll('#heat svg').length") == 1


def test_a_neuron_is_drawn_with_what_is_known_of_it(shown, found):
    def pick(name):
        shown.run(
            f"Array.from(document.querySelectorAll('#neurons tbody th button'))"
            f".find(b => b.textContent === {json.dumps(name)}).click()"
        )

    def drawn(what):
        every = f"[...document.querySelectorAll('#neuron {what}')]"
        return shown.run(f"{every}.map(e => e.textContent)")

    pick("a1")
    assert drawn("h3") == ["Neuron a1: place"]
    titles = [text.split(" ")[0] for text in drawn("figcaption")]
    assert titles == ["Contributions", "place", "<i>speed</i>", "map"]
    curve = found.curve("place")
    value = curve["value"][curve["neuron"] == "a1"].to_numpy()
    label = shown.run("document.querySelectorAll('#neuron svg')[1].getAttribute('aria-label')")
    ends = re.findall(r"(?:from|to) ([−\d.]+)", label)
    low, high = (float(n.replace("−", "-")) for n in ends)
    assert abs(low - value.min()) < 0.01 and abs(high - value.max()) < 0.01
    assert "Effect (nats)" in drawn("svg")[1]
    images = "document.querySelectorAll('#neuron svg')[3].querySelectorAll('image').length"
    assert shown.run(images) == 2  # the map, and its colours
    pick("mute")
    assert "no fit, no curve" in drawn("svg")[1]
    pick(EVIL)
    assert drawn("h3")[0].startswith(f"Neuron {EVIL}")


def test_the_line_that_is_drawn_is_the_curve(shown, found):
    """The heights of its points, between those of two numbers of the axis."""
    shown.run("document.querySelector('#neurons tbody th button').click()")
    name = shown.run(CURRENT)
    d = shown.run(
        "document.querySelectorAll('#neuron svg')[1].querySelector('path[stroke-width=\"1.8\"]')"
        ".getAttribute('d')"
    )
    heights = [float(pair.split(" ")[1]) for pair in re.split("[ML]", d)[1:]]
    curve = found.curve("place")
    value = curve["value"][curve["neuron"] == name].to_numpy()
    assert len(heights) == len(value)
    line = np.polyfit(value, heights, 1)
    assert line[0] < 0  # larger values are higher up
    assert np.abs(heights - np.polyval(line, value)).max() < 0.2  # pixels


@pytest.mark.parametrize("width", [1280, 400])
def test_nothing_sticks_out_of_the_window(shown, width):
    shown.resize(width)
    sizes = "[document.documentElement.scrollWidth, document.body.scrollWidth, innerWidth]"
    assert max(shown.run(sizes)) == width


def test_all_text_is_dark_enough(shown):
    shown.run("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert shown.run(PALE) == []


def test_the_check_of_contrast_sees_pale_text(shown):
    shown.run("document.querySelector('.about').style.color = '#999'")
    assert len(shown.run(PALE)) == 1


def test_it_prints(shown):
    pdf = base64.b64decode(shown.ask("Page.printToPDF", printBackground=True)["data"])
    assert pdf.startswith(b"%PDF")
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf)) <= 8
    shown.ask("Emulation.setEmulatedMedia", media="print")
    shown.resize(720)
    try:
        cut = (
            "Array.from(document.querySelectorAll('.wide, pre')).filter(e => e.scrollHeight > "
            "e.clientHeight + 1 && getComputedStyle(e).overflowY !== 'visible').length"
        )
        assert shown.run(cut) == 0
        assert shown.run("getComputedStyle(document.querySelector('nav')).display") == "none"
        assert shown.run("document.documentElement.scrollWidth") <= 720
    finally:
        shown.ask("Emulation.setEmulatedMedia", media="")


def test_things_have_names_for_those_who_do_not_see_them(shown):
    unnamed = """
    [...document.querySelectorAll('img')].filter(e => !e.alt).length
    + [...document.querySelectorAll('svg')].filter(e => !e.getAttribute('aria-label')).length
    + [...document.querySelectorAll('button, summary')].filter(e => !e.textContent.trim()).length
    + [...document.querySelectorAll('input')].filter(e => !e.labels.length).length
    """
    assert shown.run(unnamed) == 0
    levels = shown.run("[...document.querySelectorAll('h1, h2, h3')].map(h => +h.tagName[1])")
    assert levels[0] == 1 and all(b - a <= 1 for a, b in itertools.pairwise(levels))


@pytest.fixture(scope="module")
def states_page(tmp_path_factory):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(900, 2)), columns=["stimulus", EVIL])
    y = np.where(np.arange(900) // 100 % 2, X["stimulus"] > 0, rng.random(900) < 0.9).astype(float)
    model = nmo.GLMHMM(2, n_restarts=2, tol=1e-5).fit(X, y)
    folder = tmp_path_factory.mktemp("states")
    return nmo.report(model, folder, X=X, y=y, correct=(X["stimulus"] > 0) == (y > 0))


@pytest.mark.parametrize("width", [1280, 400])
def test_a_page_of_states_opens_is_dark_enough_and_fits(browser, states_page, width):
    browser.open(states_page, width=width)
    browser.run("new Promise(done => setTimeout(done, 50))")
    assert complaints(browser) == []
    sizes = "[document.documentElement.scrollWidth, document.body.scrollWidth, innerWidth]"
    assert max(browser.run(sizes)) == width
    browser.run("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert browser.run(PALE) == []
    images = "[...document.querySelectorAll('img')].map(e => [e.naturalWidth, e.width, e.alt])"
    shown = browser.run(images)
    assert len(shown) == 7
    assert all(natural > 0 and 150 < width_ <= width and alt for natural, width_, alt in shown)
    levels = browser.run("[...document.querySelectorAll('h1, h2, h3')].map(h => +h.tagName[1])")
    assert levels[0] == 1 and all(b - a <= 1 for a, b in itertools.pairwise(levels))


def test_a_page_of_states_prints(browser, states_page):
    browser.open(states_page)
    pdf = base64.b64decode(browser.ask("Page.printToPDF", printBackground=True)["data"])
    assert pdf.startswith(b"%PDF")
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf)) <= 8
