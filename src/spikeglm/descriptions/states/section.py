"""The section ``[states]``: how many hidden states, how they are found, what sessions are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from inspect import signature
from typing import Any

from ... import errors, showing
from ...glm_hmm import GLMHMM
from ...glm_hmm.choosing import check_rule
from ...glm_hmm.reading import read_count, read_model, read_tolerance
from ...observation_models.named import model_named
from ...regularizer import regularizer_of
from ..sections import check_keys, require_section

_OF_DATA = ("sessions", "correct", "transition_inputs")
_OF_CHOICE = ("folds", "rule")
_NOT_IN_WORDS = (
    "n_states", "feature_mask", "hmm_initialization_funcs", "model_initialization_funcs",
)  # fmt: skip
_OF_MODEL = tuple(name for name in signature(GLMHMM).parameters if name not in _NOT_IN_WORDS)
_COUNTS = ("n_restarts", "maxiter")
KEYS = ("n_states", *_OF_DATA, *_OF_CHOICE, *_OF_MODEL)
"""What may stand in the section."""
_PAIRS = "dirichlet_transition_proba"  # ["sticky", 50] stands for a tuple


@dataclass(frozen=True, eq=False)
class StatesSection:
    """``[states]``: a fit of hidden states, or of several numbers of them.

    Attributes
    ----------
    words :
        ``n_states``: a number, or a list of numbers that are compared on held-out sessions (with
        ``folds`` and ``rule``, as :func:`spikeglm.glm_hmm.select_states` takes them); ``sessions``:
        the name of a label per row, or of epochs; ``correct``: the name of numbers per row, 1 where
        the animal was right; ``transition_inputs``: names of numbers per row; all others are
        arguments of :class:`spikeglm.GLMHMM`.

    Examples
    --------
    >>> found = StatesSection.of({"n_states": [1, 2, 3], "n_restarts": 20, "folds": 5})
    >>> found.numbers, found.of_model, found.of_choice
    ((1, 2, 3), {'n_restarts': 20}, {'folds': 5})
    """

    words: Mapping[str, Any]

    __repr__ = showing.of_fields

    @classmethod
    def of(cls, words: Any) -> StatesSection:
        """Return the section that words describe, checked as far as it can be without data.

        Raises
        ------
        ValueError, TypeError
            If it has keys or values that cannot be used.
        """
        require_section(words, "states")
        check_keys(words, KEYS, "states")
        found = cls(dict(words))
        found._check()
        return found

    @property
    def numbers(self) -> tuple[int, ...]:
        """Numbers of states."""
        given = self.words["n_states"]
        given = given if isinstance(given, list | tuple) else [given]
        return tuple(read_count(n, "n_states") for n in given)

    @property
    def is_choice(self) -> bool:
        """Whether several numbers are compared."""
        return isinstance(self.words["n_states"], list | tuple)

    @property
    def of_model(self) -> dict[str, Any]:
        """Arguments of :class:`spikeglm.GLMHMM`."""
        found = {key: self.words[key] for key in _OF_MODEL if key in self.words}
        if isinstance(found.get(_PAIRS), list) and found[_PAIRS][:1] == ["sticky"]:
            found[_PAIRS] = tuple(found[_PAIRS])
        return found

    @property
    def of_choice(self) -> dict[str, Any]:
        """Arguments of :func:`spikeglm.glm_hmm.select_states` beside these."""
        return {key: self.words[key] for key in _OF_CHOICE if key in self.words}

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of what transitions follow."""
        given = self.words.get("transition_inputs", ())
        return (given,) if isinstance(given, str) else tuple(given)

    def _check(self) -> None:
        if "n_states" not in self.words:
            raise errors.value_error(
                "[states] does not say how many there are.",
                given=", ".join(self.words) or "nothing",
                expected="n_states = 3, or a list to choose from: n_states = [1, 2, 3, 4, 5]",
            )
        if not self.numbers:
            raise errors.value_error(
                "There is no number of states to try.", given="n_states = []", expected="[1, 2, 3]"
            )
        if self.of_choice and not self.is_choice:
            raise errors.value_error(
                "One number of states is not compared with others.",
                given=f"{' and '.join(self.of_choice)} beside n_states = {self.words['n_states']}",
                expected="a list, such as n_states = [1, 2, 3]",
                todo="write a list, or leave them out.",
            )
        for key in _OF_DATA:
            given = self.words.get(key, "a name")
            names = given if key == "transition_inputs" and isinstance(given, list) else [given]
            if not all(isinstance(name, str) for name in names):
                raise errors.type_error(
                    f"{key} is a name in the recording.",
                    given=f"{key} = {given!r}",
                    expected='"trials/day", for example',
                )
        check_rule(self.words.get("rule", "one_se"))
        folds = self.words.get("folds", 2)
        if not isinstance(folds, list):
            read_count(folds, "folds", 2)
        self._check_model()

    def _check_model(self) -> None:
        for key in _COUNTS:
            read_count(self.words.get(key, 1), key)
        read_tolerance(self.words.get("tol", 1.0))
        model = GLMHMM(self.numbers[0], **self.of_model)
        model_named(model.observation_model)
        read_model(model)
        if model.regularizer is not None:
            regularizer_of(model.regularizer)
