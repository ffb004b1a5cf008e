"""Pages as text: their blocks, links, headings and navigation, and what the site makes of them.

Pages are plain Markdown. What is said here once, the site and the tests take for granted:

* blocks of ``python`` run in the order in which they stand, in one namespace;
* an index page lists the pages of its section: every line that begins with a link to a page (an
  item of a list, a row of a table) is an entry of the navigation, under the heading above it;
* ``<!-- the site shows ../../CHANGELOG.md here -->`` stands for another file of the repository.

Nothing of Sphinx is needed to read or to test this file.
"""

from __future__ import annotations

import json
import re
import struct
from dataclasses import dataclass, field
from os.path import normpath, relpath
from pathlib import Path

MIRROR = re.compile(r"<!-- the site shows (\S+) here -->")
LINK = re.compile(r"(?P<before>!?\[(?:[^\]\[]|\[[^\]]*\])*\]\()(?P<target>[^()\s]+)\)")
IMAGE = re.compile(r"!\[(?P<alt>[^\]]*)\]\((?P<target>[^)\s]+)\)\n?")
HEADING = re.compile(r"^#{1,6} +(.*?)[ #]*$", flags=re.M)
ENTRY = re.compile(r"^(?:\s*[*-]|\|)\s*\[[^\]]+\]\((?P<target>[^)#:\s]+\.md)\)")
SAVED = re.compile(r"""save(?:_figure\([^"']*|fig\()["'](?P<name>[\w-]+)(?:\.png)?["']""")
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


@dataclass(frozen=True)
class Part:
    """Lines of a page: prose, or a fenced block with the word behind its fence.

    >>> [part.language for part in split("a\\n```python\\nx = 1\\n```\\nb\\n")]
    [None, 'python', None]
    """

    text: str
    language: str | None = None

    @property
    def code(self) -> str:
        """The lines between the fences."""
        return "".join(self.text.splitlines(keepends=True)[1:-1])


def split(text: str) -> list[Part]:
    """Return the parts of a page in order; their texts joined are the page."""
    parts: list[Part] = []
    lines: list[str] = []
    fence = language = None
    for line in text.splitlines(keepends=True):
        opened = re.match(r"(`{3,}|~{3,})\s*(\S*)", line)
        if fence is None and opened:
            parts.append(Part("".join(lines)))
            lines, (fence, language) = [], opened.groups()
        elif fence is not None and line.rstrip() == fence:
            parts.append(Part("".join([*lines, line]), language))
            lines, fence = [], None
            continue
        lines.append(line)
    return [part for part in [*parts, Part("".join(lines))] if part.text]


def prose(text: str) -> str:
    """Return a page without its blocks and without code in lines."""
    kept = "".join(part.text for part in split(text) if part.language is None)
    return re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "", re.sub(r"<!--.*?-->", "", kept, flags=re.S))


def links(text: str) -> list[str]:
    """Return the targets of the links and images of a page.

    >>> links("[a](b.md#c) `[no](no.md)` ![d](e.png)")
    ['b.md#c', 'e.png']
    """
    return [found["target"] for found in LINK.finditer(prose(text))]


def slug(heading: str) -> str:
    """Return the anchor of a heading, by GitHub's rule.

    >>> slug("AIC, AICc & `bits/spike`")
    'aic-aicc--bitsspike'
    """
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", plain.lower().replace("*", "")).strip().replace(" ", "-")


def anchors(text: str) -> set[str]:
    """Return the anchors of a page; the second heading of one name ends in ``-1``."""
    kept = "".join(part.text for part in split(text) if part.language is None)
    found: list[str] = []
    for heading in HEADING.findall(kept):
        own = slug(heading)
        n = sum(
            name == own or re.fullmatch(rf"{re.escape(own)}-\d+", name) is not None
            for name in found
        )
        found.append(f"{own}-{n}" if n else own)
    return set(found)


def navigation(text: str) -> dict[str, list[str]]:
    """Return the entries of an index page under their headings, in order, each page once.

    >>> navigation("# How\\n## Fit\\n* [A](a.md): so\\n* see [B](b.md)\\n| [C](c.md) | so |\\n")
    {'Fit': ['a.md', 'c.md']}
    """
    found: dict[str, list[str]] = {}
    heading, seen = "", set()
    for line in "".join(p.text for p in split(text) if p.language is None).splitlines():
        if title := re.match(r"##+ +(.*)", line):
            heading = title[1]
        if (entry := ENTRY.match(line)) and entry["target"] not in seen:
            seen.add(entry["target"])
            found.setdefault(heading, []).append(entry["target"])
    return found


def is_index(page: Path) -> bool:
    """Whether a page is that of a section.

    >>> is_index(Path("docs/start/README.md")), is_index(Path("docs/terms.md"))
    (True, False)
    """
    return page.name in ("index.md", "README.md")


@dataclass(frozen=True)
class Site:
    """The pages of a folder inside a repository, and the files of the repository that they show."""

    root: Path
    docs: Path
    pages: tuple[Path, ...] = field(default=(), compare=False)

    @classmethod
    def of(cls, root: Path) -> Site:
        """Return the site of a repository."""
        docs = root / "docs"
        found = (
            page
            for page in docs.rglob("*.md")
            if not page.relative_to(docs).parts[0].startswith("_")
        )
        return cls(root, docs, tuple(sorted(found)))

    def mirrors(self) -> dict[Path, Path]:
        """Return which page of the site shows which file of the repository: {file: page}.

        The front page stands for the README.
        """
        shown = {page: MIRROR.search(page.read_text(encoding="utf-8")) for page in self.pages}
        found = {_inside(page, found[1]): page for page, found in shown.items() if found}
        return {self.root / "README.md": self.docs / "index.md", **found}

    def relinked(self, text: str, origin: Path, page: Path) -> str:
        """Return text of the file ``origin`` with links that lead on from ``page``.

        What the site shows is linked there; a folder, which a site cannot show, is named.
        """
        mirrors = self.mirrors()

        def follow(found: re.Match[str]) -> str:
            path, mark, anchor = found["target"].partition("#")
            if not path or ":" in path:
                return found[0]
            target = _inside(origin, path)
            if target.is_dir():
                return found["before"].lstrip("!")[1:-2]
            target = mirrors.get(target, target)
            return f"{found['before']}{_from(page, target)}{mark}{anchor})"

        return "".join(p.text if p.language else LINK.sub(follow, p.text) for p in split(text))

    def shown(self, page: Path, text: str) -> str:
        """Return what the site shows on a page, as MyST-NB reads it: cells, toctrees, figures."""
        mirrored = MIRROR.search(text)
        origin = _inside(page, mirrored[1]) if mirrored else page
        if mirrored:
            text = origin.read_text(encoding="utf-8")
        text = self.relinked(text, origin, page)
        if is_index(page):
            text += toctrees(navigation(text))
        return text if mirrored else cells(text)

    def runs(self, page: Path) -> bool:
        """Whether the site runs blocks of a page."""
        text = page.read_text(encoding="utf-8")
        return not MIRROR.search(text) and any(p.language == "python" for p in split(text))


def _inside(page: Path, target: str) -> Path:
    return Path(normpath(page.parent / target))


def _from(page: Path, target: Path) -> str:
    return Path(relpath(target, page.parent)).as_posix()


def toctrees(entries: dict[str, list[str]]) -> str:
    """Return the navigation of an index page, as Sphinx reads it.

    >>> print(toctrees({"Fit": ["a.md"]}).strip().replace("`", "'"))
    '''{toctree}
    :hidden:
    :caption: Fit
    <BLANKLINE>
    a.md
    '''
    """
    made = ""
    for heading, targets in entries.items():
        caption = f":caption: {heading}\n" if heading else ""
        made += "\n```{toctree}\n:hidden:\n" + caption + "\n" + "\n".join(targets) + "\n```\n"
    return made


def drawn_by(parts: list[Part]) -> set[str]:
    """Return the names of the pictures that blocks of Python save."""
    code = (part.code for part in parts if part.language == "python")
    return {name for block in code for name in SAVED.findall(block)}


def replaced(text: str) -> set[str]:
    """Return the names of the pictures of a page that its blocks draw."""
    parts = split(text)
    described = {Path(i["target"]).stem for part in parts for i in IMAGE.finditer(part.text)}
    return drawn_by(parts) & described


def cells(text: str) -> str:
    """Return a page whose blocks of Python are cells, and whose own figures are those they draw.

    A picture that a block saves is left out, and its description given to the block.
    """
    parts = split(text)
    if not any(part.language == "python" for part in parts):
        return text
    drawn = drawn_by(parts)
    described = {
        Path(i["target"]).stem: i["alt"] for part in parts for i in IMAGE.finditer(part.text)
    }
    head = "---\nfile_format: mystnb\nkernelspec: " + json.dumps(KERNEL) + "\n---\n"
    made = []
    for part in parts:
        if part.language == "python":
            alt = next((described[n] for n in SAVED.findall(part.code) if n in described), None)
            made.append(_cell(part.code, alt))
        elif part.language is None:
            made.append(without_pictures(part.text, drawn))
        else:
            made.append(part.text)
    return head + "".join(made)


def _cell(code: str, alt: str | None) -> str:
    options = {"mystnb": {"image": {"alt": " ".join(alt.split())}}} if alt else None
    head = f"---\n{json.dumps(options)}\n---\n" if options else ""
    return "```{code-cell} python3\n" + head + code + "```\n"


def without_pictures(text: str, drawn: set[str]) -> str:
    """Return text without the pictures that have these names."""

    def kept(found: re.Match[str]) -> str:
        return "" if Path(found["target"]).stem in drawn else found[0]

    return IMAGE.sub(kept, text)


def png_width_inches(data: bytes) -> float | None:
    """Return how wide a PNG says that it is: its pixels over its pixels per metre.

    One that does not say (a picture of a screen) has no width on paper.
    """
    (pixels,) = struct.unpack(">I", data[16:20])
    at = data.find(b"pHYs")
    if at < 0:
        return None
    (per_metre,) = struct.unpack(">I", data[at + 4 : at + 8])
    return pixels / per_metre / 0.0254
