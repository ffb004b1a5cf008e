"""An analysis as a text file: which recording, which design, what is asked, where results go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import errors, showing
from ..designs.plan import DesignPlan
from ..designs.toml_files import read_description
from .analysis_section import AnalysisSection
from .overrides import overridden
from .sections import (
    OutputSection,
    RecordingSection,
    check_keys,
    plain,
    require_section,
    section_of,
)
from .states.section import StatesSection
from .toml_sections import toml_of

SECTIONS = ("recording", "design", "analysis", "states", "output")
_OF_ROWS = ("bin_s", "epochs")  # of the recording, and of the design
_PATHS = (("recording", "path"), ("output", "folder"), ("output", "nwb"))
_ADDRESS = "://"


@dataclass(frozen=True, eq=False)
class Description:
    """What is analysed, and how: the sections of a description file.

    Attributes
    ----------
    recording :
        ``[recording]``: a file, its units, and the bins that are cut out of it.
    design :
        ``[design]``: the terms, as :meth:`spikeglm.DesignBuilder.to_toml` writes them; they name
        series, trials and units of the recording.
    analysis :
        ``[analysis]``: arguments of :func:`spikeglm.encode`.
    output :
        ``[output]``: where results go.
    states :
        ``[states]``, in place of ``[analysis]``: a fit of hidden states; None for none.
    folder :
        From which paths are counted: that of the file; the working directory for a text.
    name :
        Of the file, without its end.

    Examples
    --------
    >>> text = '''
    ... [recording]
    ... path = "session.nwb"
    ... bin_s = 0.02
    ... [[design.terms]]
    ... kind = "tuning"
    ... label = "position"
    ... signals = ["x", "y"]
    ... [analysis]
    ... search = "backward"
    ... '''
    >>> found = Description.read(text, ["analysis.seed=1"])
    >>> found.design.bin_s, found.analysis.words
    (0.02, {'search': 'backward', 'seed': 1})
    """

    recording: RecordingSection = field(default_factory=RecordingSection)
    design: DesignPlan = field(default_factory=DesignPlan)
    analysis: AnalysisSection = field(default_factory=AnalysisSection)
    output: OutputSection = field(default_factory=OutputSection)
    folder: Path = Path()
    name: str = "description"
    states: StatesSection | None = None

    __repr__ = showing.of_fields

    @classmethod
    def read(cls, source: str | Path, overrides: Iterable[str] = ()) -> Description:
        """Read a text, or the path of a file (TOML; YAML with PyYAML).

        Parameters
        ----------
        source :
            The text or the path.
        overrides :
            Settings that replace those of the file: ``"analysis.folds=5"``. Paths among them are
            counted from the working directory.

        Raises
        ------
        OSError
            If there is no such file.
        ValueError, TypeError
            If it is no description: no TOML, a key that nobody knows, a value of the wrong type.

        Examples
        --------
        >>> Description.read("[output]\\nfolder = 'out'\\n").output.folder
        'out'
        """
        as_read = read_description(source)
        words = _from_here(overridden(as_read, overrides), as_read)
        is_path = isinstance(source, Path) or "\n" not in source
        place = Path(source) if is_path else None
        folder, name = (Path(), cls.name) if place is None else (place.parent, place.stem)
        return cls.of(words, folder=folder, name=name)

    @classmethod
    def of(
        cls, words: Mapping[str, Any], *, folder: Path = Path(), name: str = "description"
    ) -> Description:
        """Return the description that words are of, as TOML is read.

        Raises
        ------
        ValueError, TypeError
            As :meth:`read`.

        Examples
        --------
        >>> Description.of({"recording": {"path": "a.nwb"}}).recording.path
        'a.nwb'
        """
        if "terms" in words:
            raise errors.value_error(
                "This describes a design alone.",
                given="[[terms]] without a section",
                expected="sections [recording], [design] and [analysis]",
                todo="write [[design.terms]] for [[terms]], and the path of the recording below "
                '[recording]; or call nmo.encode(y, "design.toml", data=...).',
            )
        for key in words:
            if key not in SECTIONS:
                raise errors.unknown_name("section", key, list(SECTIONS))
        recording = section_of(RecordingSection, words.get("recording", {}), "recording")
        analysis = AnalysisSection.of(words.get("analysis", {}))
        design = DesignPlan.from_description(_rows_and_terms(words.get("design", {}), recording))
        analysis.check_labels(tuple(term.label for term in design.terms))
        output = section_of(OutputSection, words.get("output", {}), "output")
        return cls(recording, design, analysis, output, folder, name, _states(words))

    @property
    def words(self) -> dict[str, Any]:
        """The description in plain numbers, text, lists and dicts; what is by default is left out.

        Examples
        --------
        >>> Description.read('[recording]\\npath = "a.nwb"').words
        {'recording': {'path': 'a.nwb'}}
        """
        design = self.design.description
        design = {key: value for key, value in design.items() if key not in _OF_ROWS}
        rows = {key: getattr(self.design, key) for key in _OF_ROWS}
        recording = plain(self.recording) | {k: v for k, v in rows.items() if v is not None}
        found = {
            "recording": recording,
            "design": design,
            "analysis": dict(self.analysis.words),
            "states": {} if self.states is None else dict(self.states.words),
            "output": plain(self.output),
        }
        return {name: section for name, section in found.items() if section}

    def to_toml(self) -> str:
        """Return the description as TOML.

        Examples
        --------
        >>> text = '[recording]\\npath = "a.nwb"\\n'
        >>> Description.read(text).to_toml() == text
        True
        """
        return toml_of(self.words)

    @property
    def path(self) -> str | Path | None:
        """Of the recording, from anywhere; an address as it is; None where there is none.

        Examples
        --------
        >>> Description.read('[recording]\\npath = "a.nwb"\\n').path.name
        'a.nwb'
        """
        path = self.recording.path
        is_address = path is not None and _ADDRESS in path
        return path if path is None or is_address else self.folder / path

    @property
    def out(self) -> Path:
        """The folder for results.

        Examples
        --------
        >>> Description.read('[output]\\nfolder = "out"\\n').out.name
        'out'
        """
        return self.folder / (self.output.folder or self.name)

    @property
    def nwb(self) -> Path | None:
        """The copy of the recording with results in it, None for none.

        Examples
        --------
        >>> Description.read('[output]\\nnwb = "found.nwb"\\n').nwb.name
        'found.nwb'
        """
        return None if self.output.nwb is None else self.folder / self.output.nwb


def _states(words: Mapping[str, Any]) -> StatesSection | None:
    """Return the section of hidden states, if there is one, and none of what neurons encode."""
    if "states" not in words:
        return None
    if words.get("analysis"):
        raise errors.value_error(
            "Hidden states and what neurons encode are two analyses.",
            given="[states] and [analysis]",
            expected="one of them",
            todo="arguments of the model stand below [states], too: observation_model, "
            "regularizer, ...; take [analysis] out.",
        )
    if dict(words.get("output", {})).get("nwb") is not None:
        raise errors.value_error(
            "There is no table of hidden states in NWB.",
            given="[states] and output.nwb",
            expected="one of them",
            todo="leave output.nwb out; posterior.csv has the states of all rows.",
        )
    return StatesSection.of(words["states"])


def _from_here(words: dict[str, Any], as_read: Mapping[str, Any]) -> dict[str, Any]:
    """Return words in which paths that are not those of the file hold from anywhere."""
    for section, key in _PATHS:
        place = words.get(section)
        path = place.get(key) if isinstance(place, dict) else None
        if not isinstance(place, dict) or not isinstance(path, str) or _ADDRESS in path:
            continue
        if path != dict(as_read.get(section, {})).get(key):
            place[key] = str(Path(path).absolute())
    return words


def _rows_and_terms(words: Any, recording: RecordingSection) -> dict[str, Any]:
    """Return the description of a design, with what the recording says of its rows."""
    require_section(words, "design")
    check_keys(words, ("terms", "trials", "rows", *_OF_ROWS), "design")
    found = dict(words)
    for key in _OF_ROWS:
        given = getattr(recording, key)
        if given is not None and found.get(key, given) != given:
            raise errors.value_error(
                f"{key} is said twice.",
                given=f"{given!r} in [recording] and {found[key]!r} in [design]",
                expected="one of them",
                todo="leave one of them out.",
            )
        if given is not None:
            found[key] = given
    return found
