"""The works that methods may cite: one file of BibTeX, read in the one way it is written.

An entry begins with ``@kind{key,`` and has a field ``name = {value},`` on each line.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_ENTRY = re.compile(r"@(\w+)\{(\w+),\n(.*?)\n\}", re.DOTALL)
_FIELD = re.compile(r"\s*(\w+) = \{(.*)\},")
_ACCENT = re.compile(r"\{\\(['\"])(\w)\}")
_MARKS = {"'": "\u0301", '"': "\u0308"}
_OTHERS = "others"  # BibTeX's word for authors who are not named


@dataclass(frozen=True)
class Work:
    """Something that can be cited.

    Attributes
    ----------
    key :
        Its name in a text.
    fields :
        As BibTeX has them.
    bibtex :
        The whole entry.
    """

    key: str
    fields: dict[str, str]
    bibtex: str

    @property
    def label(self) -> str:
        """How a text names it.

        >>> works()["brown2002"].label, works()["zou2005"].label
        ('Brown et al., 2002', 'Zou & Hastie, 2005')
        """
        names = [_family(name) for name in self.fields["author"].split(" and ")]
        who = " & ".join(names) if len(names) <= 2 else f"{names[0]} et al."
        return f"{who}, {self.fields['year']}"

    @property
    def reference(self) -> str:
        """How a list of references has it.

        >>> works()["mccullagh1989"].reference
        'McCullagh P, Nelder JA (1989). Generalized Linear Models. 2nd edition, Chapman and Hall.'
        """
        get = self.fields.get
        who = ", ".join(_initials(name) for name in self.fields["author"].split(" and "))
        names = (get("journal"), get("booktitle"), get("edition"), get("publisher"))
        where = ", ".join(filter(None, names))
        pages = get("pages", "")
        place = f" {get('volume')}:{pages}" if get("volume") else f", {pages}" if pages else ""
        end = f" doi:{get('doi')}" if get("doi") else ""
        return _read(f"{who} ({get('year')}). {get('title')}. {where}{place}.") + end


@cache
def works() -> dict[str, Work]:
    """Return all works by key."""
    text = (files(__package__) / "assets" / "references.bib").read_text(encoding="utf-8")
    found = {}
    for match in _ENTRY.finditer(text):
        pairs = (_FIELD.fullmatch(line) for line in match[3].splitlines())
        fields = {pair[1]: pair[2] for pair in pairs if pair}
        found[match[2]] = Work(match[2], fields, match[0])
    return found


def _family(name: str) -> str:
    return _read(name.partition(", ")[0])


def _initials(name: str) -> str:
    if name == _OTHERS:
        return "et al."
    family, _, given = name.partition(", ")
    letters = "".join(part[0] for part in _read(given).replace("-", " ").split())
    return f"{_read(family)} {letters}".strip()


def _read(text: str) -> str:
    """Return text without the marks of TeX."""
    text = _ACCENT.sub(lambda m: unicodedata.normalize("NFC", m[2] + _MARKS[m[1]]), text)
    return text.replace("--", "–").replace("{", "").replace("}", "")
