"""The section ``[states]``: how many hidden states, how they are found, what sessions are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from inspect import signature
from typing import Any

from ... import errors, showing
from ...glm_hmm import GLMHMM, ClassifierGLMHMM
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
ONE = "one"
KEYS = ("n_states", *_OF_DATA, ONE, *_OF_CHOICE, *_OF_MODEL)
"""What may stand in the section."""
_MODEL, CATEGORICAL, _BERNOULLI = "observation_model", "Categorical", "Bernoulli"
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
        the animal was right; ``transition_inputs``: names of numbers per row; ``one``: the label
        that is 1 where choices are labels, all others being 0; all others are arguments of
        :class:`spikeglm.GLMHMM`, or, where responses are labels and none is ``one`` or
        ``observation_model`` is Categorical, of :class:`spikeglm.ClassifierGLMHMM`.

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

    @property
    def is_categorical(self) -> bool:
        """Whether it is said that responses are labels, whatever they look like."""
        return str(self.words.get(_MODEL)) == CATEGORICAL

    def estimator(self, *, of_labels: bool) -> tuple[type[GLMHMM], dict[str, Any]]:
        """Return what is to be fitted, and its arguments, for responses that are labels or numbers.

        Raises
        ------
        ValueError
            For arguments that a model of labels does not have.

        Examples
        --------
        >>> StatesSection.of({"n_states": 3, "tol": 1e-5}).estimator(of_labels=True)[1]
        {'tol': 1e-05}
        """
        arguments = self.of_model
        if not (of_labels or self.is_categorical):
            return GLMHMM, arguments
        given = str(arguments.pop(_MODEL, CATEGORICAL))
        others = [key for key in arguments if key not in signature(ClassifierGLMHMM).parameters]
        if others or given != CATEGORICAL:
            raise errors.value_error(
                "Labels are fitted as such, unless one of them is 1.",
                given=", ".join(others) or f'observation_model = "{given}"',
                expected=f"[states] without {' and '.join(others) or _MODEL}",
                todo='or say which label is 1, the others being 0: one = "right", for example.',
            )
        return ClassifierGLMHMM, arguments

    def _check(self) -> None:
        if "n_states" not in self.words:
            raise errors.value_error(
                "[states] does not say how many there are.",
                given=", ".join(self.words) or "nothing",
                expected="n_states = 3, or a list to choose from: n_states = [1, 2, 3, 4, 5]",
                todo="add such a line.",
            )
        if not self.numbers:
            raise errors.value_error(
                "There is no number of states to try.",
                given="n_states = []",
                expected="[1, 2, 3]",
                todo="write those to try, or a number.",
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
                    todo="spikeglm describe shows the names.",
                )
        check_rule(self.words.get("rule", "one_se"))
        folds = self.words.get("folds", 2)
        if not isinstance(folds, list):
            read_count(folds, "folds", 2)
        self._check_model()

    def _check_one(self) -> None:
        """Raise for a label that is no label, or responses that are something else beside it."""
        if ONE not in self.words:
            return
        if not isinstance(self.words[ONE], str | int | float):
            raise errors.type_error(
                "one is a label.",
                given=f"one = {self.words[ONE]!r}",
                expected='one = "right"',
                todo="write the label as the recording spells it.",
            )
        model = self.words.get(_MODEL, _BERNOULLI)
        if str(model) != _BERNOULLI:
            raise errors.value_error(
                "With one, responses are choices of two.",
                given=f'one = {self.words[ONE]!r} and observation_model = "{model}"',
                expected="one of them",
                todo="leave out one, or the model; choices of two are Bernoulli.",
            )

    def _check_model(self) -> None:
        for key in _COUNTS:
            read_count(self.words.get(key, 1), key)
        read_tolerance(self.words.get("tol", 1.0))
        self._check_one()
        estimator, arguments = self.estimator(of_labels=False)
        model = estimator(self.numbers[0], **arguments)
        if not self.is_categorical:
            model_named(model.observation_model)
            read_model(model)
        if model.regularizer is not None:
            regularizer_of(model.regularizer)
