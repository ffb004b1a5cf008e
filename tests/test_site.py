"""The documentation site: every page has a place, every link leads somewhere, nothing is left out.

What needs a build (that pages run, that references in docstrings have targets) ``make docs`` shows.
"""

import doctest
import importlib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from tests.test_docs import PAGES, blocks
from tests.test_docstrings import METHODS, OBJECTS

import spikeglm
from spikeglm_site import api, gallery, pages, references
from spikeglm_site.notebooks import notebook

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
SITE = pages.Site.of(ROOT)
SHOWN = [*PAGES, *SITE.mirrors()]
RUNNING = [page for page in SITE.pages if SITE.runs(page)]


def name_of(page):
    return str(page.relative_to(ROOT))


def entries(index):
    """Pages that an index page lists, as the site sees them."""
    text = SITE.relinked(index.read_text(), index, index)
    return [(index.parent / e).resolve() for es in pages.navigation(text).values() for e in es]


def dead_links(text, home):
    """Links to files that are not there, and to headings that a page does not have."""
    found = []
    for target in pages.links(text):
        path, _, anchor = target.partition("#")
        if ":" in path:
            continue
        page = home if not path else (home.parent / path).resolve()
        if not page.exists():
            found.append(target)
        elif anchor and anchor not in pages.anchors(page.read_text()):
            found.append(f"{target} (no such heading)")
    return found


def test_no_page_has_two_places_in_the_navigation():
    indexes = [page for page in SITE.pages if pages.is_index(page)]
    places = Counter(page for index in indexes for page in entries(index))
    assert {name_of(p): n for p, n in places.items() if n > 1} == {}


def test_every_page_is_reached_from_the_front_page():
    """A page that is not: add a line to the index page of its section (docs/*/README.md)."""
    reached, found = set(), [DOCS / "index.md"]
    while found:
        page = found.pop()
        reached.add(page)
        found += [p for p in entries(page) if p not in reached] if pages.is_index(page) else []
    assert sorted(map(name_of, {*SITE.pages} - reached)) == []


@pytest.mark.parametrize("page", SHOWN, ids=name_of)
def test_links_and_anchors_lead_somewhere(page):
    assert dead_links(page.read_text(), page) == []


@pytest.mark.parametrize("page", SITE.pages, ids=name_of)
def test_pages_of_the_repository_that_are_linked_are_shown_on_the_site(page):
    """One that is not: make a page of one line for it, such as docs/reference/performance.md."""
    linked = {
        (page.parent / link.partition("#")[0]).resolve() for link in pages.links(page.read_text())
    }
    outside = {p for p in linked if p.suffix == ".md" and DOCS not in p.parents}
    assert sorted(map(name_of, outside - {*SITE.mirrors()})) == []


def test_links_that_lead_nowhere_are_noticed():
    text = "[a](gone.md) [b](terms.md#gone) [c](terms.md#in-a-model)\n`[d](no.md)`\n![e](f.png)"
    assert dead_links(text, DOCS / "effects.md") == [
        "gone.md",
        "terms.md#gone (no such heading)",
        "f.png",
    ]


@pytest.mark.parametrize(
    "heading, anchor",
    [
        ("What *it* is", "what-it-is"),
        ("`null=` and 95 % bands", "null-and-95--bands"),
        ("AIC, AICc: [BIC](x.md)", "aic-aicc-bic"),
        ("Poisson, exp, float64", "poisson-exp-float64"),
    ],
)
def test_anchors_are_those_of_code_hosts(heading, anchor):
    assert pages.anchors(f"## {heading}\n") == {anchor}


def test_headings_of_one_name_are_counted_and_comments_in_code_are_none():
    text = "## A\n```python\n# not this\n```\n## A\n## A\n"
    assert pages.anchors(text) == {"a", "a-1", "a-2"}


@pytest.mark.parametrize("page", RUNNING, ids=name_of)
def test_the_site_and_the_notebook_run_what_the_tests_run(page):
    text = page.read_text()
    shown = [part for part in pages.split(pages.cells(text)) if part.language == "{code-cell}"]
    code = [part.code.rpartition("---\n")[2] for part in shown]
    assert code == blocks(page)
    cells = [c for c in notebook(page)["cells"] if c["cell_type"] == "code"]
    assert ["".join(c["source"]) for c in cells] == [block.strip("\n") for block in blocks(page)]


def test_parts_of_a_page_are_all_of_it():
    for page in SITE.pages:
        assert "".join(part.text for part in pages.split(page.read_text())) == page.read_text()


def test_a_figure_that_a_block_draws_takes_the_place_of_the_picture():
    text = (
        '```python\nsave_figure(figure, "maps")\n```\n\n![A map](figures/maps.png)\n![B](b.png)\n'
    )
    shown = pages.cells(text)
    assert "maps.png" not in shown and "![B](b.png)" in shown
    assert '{"mystnb": {"image": {"alt": "A map"}}}' in shown


def test_a_picture_that_no_block_draws_is_within_the_notebook():
    page = next(p for p in RUNNING if "figures/coupling.png" in p.read_text())
    held = [c["attachments"] for c in notebook(page)["cells"] if "attachments" in c]
    assert "coupling.png" in {name for pictures in held for name in pictures}


def test_figures_of_the_gallery_have_names_of_their_own_and_say_what_draws_them():
    found = []
    for page in entries(DOCS / "gallery" / "README.md"):
        said = gallery.described(page.read_text())
        for code in blocks(page):
            n_saved = len(pages.SAVED.findall(code))
            found += gallery.figures(code, n_saved, said, page.stem)
    assert len(found) > 30
    assert all(figure.functions and figure.alt for figure in found)
    assert Counter(figure.name for figure in found).most_common(1)[0][1] == 1
    assert gallery.HERE in (DOCS / "gallery" / "README.md").read_text()


def test_a_small_picture_is_small_and_leads_to_its_figure(tmp_path):
    image = pytest.importorskip("PIL.Image")
    noise = np.random.default_rng(0).integers(0, 255, (700, 1800, 3), dtype=np.uint8)
    image.fromarray(noise).save(tmp_path / "large.png")
    gallery.write_small(tmp_path / "large.png", tmp_path / "made" / "small.png")
    made = image.open(tmp_path / "made" / "small.png")
    assert made.width == gallery.LARGEST[0] and abs(made.width / made.height - 18 / 7) < 0.02
    tile = gallery.tile('a "map"', ["plot_map"], "curves.html#figure-map", "../small.png")
    assert 'href="curves.html#figure-map"' in tile and "<code>plot_map</code>" in tile
    assert 'alt="a &quot;map&quot;"' in tile


@pytest.mark.parametrize("dpi", [100, 220])
def test_a_picture_has_the_width_that_it_says(tmp_path, dpi):
    image = pytest.importorskip("PIL.Image")
    image.new("RGB", (660, 10)).save(tmp_path / "says.png", dpi=(dpi, dpi))
    image.new("RGB", (660, 10)).save(tmp_path / "silent.png")
    width = pages.png_width_inches((tmp_path / "says.png").read_bytes())
    assert width == pytest.approx(660 / dpi, rel=1e-3)
    assert pages.png_width_inches((tmp_path / "silent.png").read_bytes()) is None


def test_what_the_site_shows_of_the_repository_is_linked_within_the_site():
    page = DOCS / "reference" / "contributing.md"
    text = SITE.relinked("[c](../CHANGELOG.md) [s](../src) [m](../Makefile)", DOCS / "x.md", page)
    assert text == "[c](changelog.md) s [m](../../Makefile)"


def test_a_page_that_shows_a_file_shows_it():
    page = DOCS / "reference" / "changelog.md"
    shown = SITE.shown(page, page.read_text())
    assert shown.startswith("# Changelog") and "Unreleased" in shown
    assert "](../contributions.md)" in shown


def test_every_public_object_is_in_the_reference():
    made = api.pages(spikeglm)
    for name in OBJECTS:
        home = next(references.Names.of(spikeglm).meant(f"spikeglm.{name}", None, None))
        assert home in made, name
        module, _, own_name = home.rpartition(".")
        assert f":: {own_name}\n" in made[home] and f"   ~{own_name}\n" in made[module]


def test_every_public_method_is_in_the_reference():
    """The build warns of any of these that a page does not have in the end."""
    there = {tuple(name.split(".")[-2:]) for name in api.expected(spikeglm)}
    assert {(cls.__name__, name) for cls, name in METHODS.values()} <= there


def test_pages_of_the_reference_are_in_its_navigation(tmp_path):
    modules = api.write(spikeglm, tmp_path)
    trees = [(tmp_path / f"{m}.rst").read_text().partition("toctree::")[2].split() for m in modules]
    listed = Counter(name for tree in trees for name in tree if name.startswith("spikeglm"))
    assert {*listed} | {*modules} == {page.stem for page in tmp_path.glob("*.rst")}
    assert set(listed.values()) == {1}


def test_pages_of_what_is_gone_go_and_others_are_left_alone(tmp_path):
    (tmp_path / "spikeglm.gone.rst").write_text("gone")
    api.write(spikeglm, tmp_path)
    before = {page: page.stat().st_mtime_ns for page in tmp_path.iterdir()}
    api.write(spikeglm, tmp_path)
    assert {page: page.stat().st_mtime_ns for page in tmp_path.iterdir()} == before
    assert not (tmp_path / "spikeglm.gone.rst").exists()


@pytest.mark.parametrize(
    "target, module, owner, found",
    [
        ("spikeglm.GLM", None, None, "spikeglm.glm.GLM"),
        ("spikeglm.GLM.score", None, None, "spikeglm.glm.GLM.score"),
        ("GLM.score", "spikeglm.selection", None, "spikeglm.glm.GLM.score"),
        ("fit", "spikeglm.glm", "GLM", "spikeglm.glm.GLM.fit"),
        ("spikeglm.inference", None, None, "spikeglm.inference"),
        ("spikeglm.glm.glm.GLM", None, None, "spikeglm.glm.GLM"),
        ("nothing_here", "spikeglm.glm", None, None),
    ],
)
def test_references_find_the_page_under_any_name(target, module, owner, found):
    assert next(references.Names.of(spikeglm).meant(target, module, owner), None) == found


@pytest.mark.parametrize(
    "name", ["api", "docstrings", "gallery", "notebooks", "pages", "references"]
)
def test_examples_of_the_extension_run(name):
    module = importlib.import_module(f"spikeglm_site.{name}")
    assert doctest.testmod(module).failed == 0
