"""The Sphinx extension: pages that run, the reference, notebooks to download, links that hold."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.domains.python._object import PyObject
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.nodes import get_node_source, make_refnode

import spikeglm

from . import api, docstrings, formulas, gallery, pages
from .notebooks import notebook
from .references import Names

log = logging.getLogger(__name__)
SITE = pages.Site.of(Path(__file__).parents[3])
GALLERY = "gallery/README"
API = SITE.docs / "reference" / "api"
API_INDEX = SITE.docs / "reference" / "api.md"
NAMES = Names.of(spikeglm)
PAPER_TO_SCREEN = 1.15
"""Figures have the size and the letters of paper, and screens are further away."""


def connect(app: Sphinx) -> dict[str, Any]:
    """Connect the parts to the build."""
    formulas.connect(app)
    for field in PyObject.doc_field_types:
        if field.name == "variable":
            field.label = "Attributes"
            field.is_typed = False  # of "coef_, intercept_" the first is no type of the second
    app.add_config_value("code_of_pages", "", "env")  # another one: all pages are read again
    app.connect("config-inited", write_reference)
    app.connect("config-inited", prepare_kernels)
    app.connect("source-read", show_page)
    app.connect("autodoc-process-docstring", mend_docstring, priority=100)  # before Napoleon
    app.connect("autodoc-process-docstring", mend_fields, priority=900)  # and after it
    app.connect("doctree-read", leave_ambiguous_types)
    app.connect("doctree-read", check_figures)
    app.connect("doctree-read", name_figures)
    app.connect("env-updated", renew_gallery)
    app.connect("missing-reference", find_reference)
    app.connect("env-check-consistency", check_reference)
    app.connect("doctree-resolved", show_gallery)
    app.connect("doctree-resolved", size_figures)
    app.connect("html-page-context", offer_notebook)
    app.connect("build-finished", write_notebooks)
    app.connect("build-finished", list_external_links)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def write_reference(app: Sphinx, config: Any) -> None:
    """Write the pages of the reference beside the others; git does not know them."""
    api.write(spikeglm, API)


def prepare_kernels(app: Sphinx, config: Any) -> None:
    """Write the configuration of the kernels in which pages run, where ``conf.py`` says it is."""
    settings = {
        "HistoryManager": {"enabled": False},
        "IPKernelApp": {"log_level": "ERROR"},
        "InlineBackend": {"rc": {}, "print_figure_kwargs": {"bbox_inches": None, "dpi": 220}},
        "InteractiveShellApp": {"extensions": ["spikeglm_site.kernel_setup"]},
    }
    profile = Path(app.outdir).parent / "ipython" / "profile_default"
    profile.mkdir(parents=True, exist_ok=True)
    (profile / "ipython_kernel_config.json").write_text(json.dumps(settings), encoding="utf-8")


def show_page(app: Sphinx, docname: str, content: list[str]) -> None:
    """Turn a page of plain Markdown into what the site shows."""
    page = Path(app.env.doc2path(docname))
    if page.suffix == ".md":
        content[0] = SITE.shown(page, content[0])
    if page == API_INDEX:
        content[0] += modules_table()


def modules_table() -> str:
    """Return a table of the modules with their first lines, and their place in the navigation."""
    names = [module.__name__ for module in (spikeglm, *api.modules(spikeglm))]
    rows = [f"| [{name}](api/{name}.rst) | {_first_line(name)} |" for name in names]
    short = [f"{name.removeprefix('spikeglm.')} <api/{name}>" for name in names]
    tree = pages.toctrees({"": short})
    return "\n".join(["", "| module | what is in it |", "|---|---|", *rows, ""]) + tree


def _first_line(module: str) -> str:
    text = (importlib.import_module(module).__doc__ or "").strip()
    return text.split("\n\n")[0].replace("\n", " ").removeprefix("spikeglm: ").rstrip(":")


def mend_docstring(
    app: Sphinx, kind: str, name: str, thing: Any, options: Any, lines: list[str]
) -> None:
    """Escape what reStructuredText would take for its own."""
    lines[:] = docstrings.escaped(lines)


def mend_fields(
    app: Sphinx, kind: str, name: str, thing: Any, options: Any, lines: list[str]
) -> None:
    """Keep the underscores of names: ``coef_`` is no link here either."""
    lines[:] = docstrings.escaped_fields(lines)


def leave_ambiguous_types(app: Sphinx, doctree: nodes.document) -> None:
    """Make text of types in signatures that may be one of several of that name."""
    for node in list(doctree.findall(pending_xref)):
        is_type = node.get("refdomain") == "py" and "refwarn" not in node
        if is_type and NAMES.is_ambiguous(node["reftarget"], node.get("py:module")):
            node.replace_self(node.children)


def find_reference(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, contnode: nodes.TextElement
) -> nodes.reference | None:
    """Lead a reference to an object of ours to its page, under whatever name it is written.

    A type in a signature that has no page stays text; a reference that somebody wrote is an error.
    """
    if node.get("refdomain") != "py":
        return None
    there = env.domains["py"].objects
    for name in NAMES.meant(node["reftarget"], node.get("py:module"), node.get("py:class")):
        if found := there.get(name):
            home = (found.docname, found.node_id)
            return make_refnode(app.builder, node["refdoc"], *home, contnode, name)
    if "refwarn" in node and "<autosummary>" not in str(get_node_source(node)):
        text = "no page of the reference is about %s"
        log.warning(text, node["reftarget"], location=node, type="ref", subtype="own")
    return None


def check_reference(app: Sphinx, env: BuildEnvironment) -> None:
    """Warn of what is public and not in the reference."""
    there = env.domains["py"].objects
    for name in api.expected(spikeglm):
        if name not in there:
            log.warning("%s is public and not in the reference", name, type="ref", subtype="own")


def check_figures(app: Sphinx, doctree: nodes.document) -> None:
    """Warn of a page whose pictures were left out for figures that no cell has shown."""
    page = Path(doctree["source"])
    if page.suffix == ".md" and SITE.runs(page):
        expected = pages.replaced(page.read_text(encoding="utf-8"))
        shown = len(drawn_figures(doctree))
        if shown < len(expected):
            text = "%d figures are shown, expected are those of %s"
            log.warning(text, shown, ", ".join(sorted(expected)), location=doctree)


def drawn_figures(node: nodes.Element) -> list[nodes.image]:
    """Return the pictures in a page, or in a cell of it, that its cells have drawn."""
    return [image for image in node.findall(nodes.image) if "jupyter_execute" in image["uri"]]


def name_figures(app: Sphinx, doctree: nodes.document) -> None:
    """Give each figure that a cell draws its own description and an anchor to link to."""
    page = Path(doctree["source"])
    if page.suffix != ".md" or not SITE.runs(page):
        return
    described = gallery.described(page.read_text(encoding="utf-8"))
    cells = [each for each in doctree.findall(nodes.container) if "cell" in each["classes"]]
    for n, cell in enumerate(cells):
        images = drawn_figures(cell)
        code = cell[0].astext()
        named = gallery.figures(code, len(images), described, f"{page.stem}-{n}")
        for image, figure in zip(images, named, strict=True):
            image["anchor"], image["drawn_by"] = figure.anchor, list(figure.functions)
            image["alt"] = figure.alt or image.get("alt", "")
            there = nodes.target("", "", ids=[figure.anchor])
            image.parent.insert(image.parent.index(image), there)


def renew_gallery(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Have the index of the gallery written again: it shows what other pages draw."""
    return [GALLERY] if GALLERY in env.found_docs else []


def show_gallery(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put small pictures of all figures of the gallery into its index, each a link to it."""
    if docname != GALLERY or app.builder.format != "html":
        return
    here = next(node for node in doctree.findall() if node.astext().strip() == gallery.HERE)
    tiles = []
    for page in app.env.toctree_includes[GALLERY]:
        for image in drawn_figures(app.env.get_doctree(page)):
            target = f"{app.builder.get_relative_uri(GALLERY, page)}#{image['anchor']}"
            small = f"_images/small/{image['anchor']}.png"
            gallery.write_small(Path(app.srcdir, image["uri"]), Path(app.outdir, small))
            tiles.append(gallery.tile(image["alt"], image["drawn_by"], target, f"../{small}"))
    made = f'<div class="spikeglm-gallery">{"".join(tiles)}</div>'
    here.parent.replace(here, nodes.raw("", made, format="html"))


def size_figures(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Show figures in the size that they say to have on paper, a little enlarged."""
    for image in doctree.findall(nodes.image):
        if image["uri"].endswith(".png"):
            width = pages.png_width_inches(Path(app.srcdir, image["uri"]).read_bytes())
            if width is not None:
                image["width"] = f"{round(width * 96 * PAPER_TO_SCREEN)}px"


def offer_notebook(
    app: Sphinx, docname: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Tell the template where the notebook of a page is, if it has one."""
    page = SITE.docs / f"{docname}.md"
    if page.is_file() and SITE.runs(page):
        context["notebook"] = f"_notebooks/{docname}.ipynb"


def write_notebooks(app: Sphinx, exception: Exception | None) -> None:
    """Write every page that runs as a notebook, without outputs."""
    for page in SITE.pages if exception is None else ():
        if SITE.runs(page):
            name = page.relative_to(SITE.docs).with_suffix(".ipynb")
            file = Path(app.outdir, "_notebooks", name)
            file.parent.mkdir(parents=True, exist_ok=True)
            made = notebook(page)
            file.write_text(json.dumps(made, indent=1, ensure_ascii=False), encoding="utf-8")


def list_external_links(app: Sphinx, exception: Exception | None) -> None:
    """Write which pages outside are linked, and from where: nobody asks the network here."""
    found: dict[str, set[str]] = {}
    for page in SITE.pages:
        for target in pages.links(page.read_text(encoding="utf-8")):
            if "://" in target:
                found.setdefault(target, set()).add(str(page.relative_to(SITE.docs)))
    lines = [f"{target}  ({', '.join(sorted(places))})" for target, places in sorted(found.items())]
    text = "".join(f"{line}\n" for line in lines)
    (Path(app.outdir).parent / "external_links.txt").write_text(text, encoding="utf-8")
