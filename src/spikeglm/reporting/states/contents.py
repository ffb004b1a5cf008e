"""From a fit of hidden states to what a folder of its report holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..contents import Contents, File
from .figures import figures
from .methods import methods
from .page import page
from .remarks import remarks
from .subject import subject_of_states
from .tables import about, tables


def contents_of_states(result: Any, **given: Any) -> Contents:
    """Return what there is to write of a fitted model, or of several numbers of states.

    Parameters
    ----------
    result :
        A fitted :class:`spikeglm.GLMHMM`, or what :func:`spikeglm.glm_hmm.select_states` returns.
    **given :
        As for :func:`spikeglm.report`.

    Raises
    ------
    ValueError, TypeError
        If data are missing, or not those of the fit.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> X, y = np.random.default_rng(0).normal(size=(100, 1)), np.arange(100) % 2
    >>> found = contents_of_states(nmo.GLMHMM(1).fit(X, y), title=None, X=X, y=y)
    >>> list(found.tables)[:3]
    ['states', 'weights', 'transitions']
    """
    subject = subject_of_states(result, **given)
    found, said, how = tables(subject), remarks(subject), methods(subject)

    def whole(beside: Sequence[File]) -> str:
        images = list(figures(subject))
        return page(subject, found, said=said, how=how, images=images, beside=beside)

    return Contents(found, about, how, whole)
