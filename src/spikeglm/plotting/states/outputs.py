"""Which of several outputs of a model of states: a neuron, or a class of labels."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import errors
from ...glm_hmm import GLMHMM


def names_of(model: GLMHMM) -> tuple[Any, ...]:
    """Return what the outputs of a model are called, numbers where nobody said.

    >>> model = GLMHMM(2)
    >>> model.intercept_ = np.zeros((3, 2))
    >>> names_of(model)
    (0, 1, 2)
    """
    n = 1 if np.ndim(model.intercept_) == 1 else len(model.intercept_)
    classes = getattr(model, "classes_", None)
    if classes is not None:
        return tuple(np.asarray(classes).tolist())
    return getattr(model, "neuron_columns_", None) or tuple(range(n))


def feature_labels(model: GLMHMM) -> list[str]:
    """Return what the features of a fitted model are called: a term of one column by its label.

    >>> import spikeglm as nmo
    >>> design = nmo.basis.IdentityEval(label="speed").design(np.arange(9.0) % 4)
    >>> feature_labels(GLMHMM(1).fit(design, np.arange(9) % 2))
    ['speed']
    """
    names = [str(name) for name in model.feature_names_]  # type: ignore[attr-defined]
    for term in getattr(model, "terms_", ()):
        if term.label and term.stop - term.start == 1:
            names[term.start] = str(term.label)
    return names


def choice_of(model: GLMHMM, output: int = 0) -> Any:
    """Return what a choice of an output is called, None where nobody said: a class, or what 1 is.

    >>> model = GLMHMM(2)
    >>> model.one_ = "right"
    >>> choice_of(model)
    'right'
    """
    if hasattr(model, "classes_"):
        return names_of(model)[output]
    return getattr(model, "one_", None)


def output_of(model: GLMHMM, name: Any) -> int:
    """Return the number of an output; None is the first.

    Raises
    ------
    ValueError
        If there is none of this name.

    Examples
    --------
    >>> model = GLMHMM(2)
    >>> model.intercept_ = np.zeros((3, 2))
    >>> output_of(model, 2)
    2
    """
    names = names_of(model)
    if name is None:
        return 0
    if name not in names:
        what = "class" if hasattr(model, "classes_") else "neuron"
        raise errors.unknown_name(what, name, names)
    return names.index(name)
