"""What the residuals of a fit say is missing from the model: drift, and spikes just before.

Nobody is asked whether the session drifts: the residuals are, and whoever did not put history,
coupling or drift into every model is told by whom it is missed, and what to type.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ..glm import GLM
from ..inference import q_values, residual_dependence, residuals
from ..typing import BoolArray

if TYPE_CHECKING:
    import pandas as pd

TABLE = "dependence"
_LEVEL = 0.01  # of q values: three questions together stay below 5 %, also for one neuron
_ASKED = ("history", "coupling", "drift")
_DRIFT = (
    'add BSplineEval(60, label="drift") of np.arange(len(y)) to the design (more functions if it '
    'is there), and always=["drift"]'
)
_SPIKES = (
    'add HistoryConv(3, label="spikes") of the counts to the design (more lags if it is there), '
    'and always=["spikes"]'
)


class Missing(NamedTuple):
    """What some neurons miss.

    Attributes
    ----------
    what :
        In a few words.
    who :
        (N,) True for these neurons.
    todo :
        What to type.
    """

    what: str
    who: BoolArray
    todo: str


def dependence_table(model: GLM, X: Any, y: Any, data: Mapping[str, Any]) -> pd.DataFrame:
    """Return p and q values of each question, a row per neuron.

    >>> import numpy as np, spikeglm as nmo
    >>> X, y = np.random.default_rng(0).normal(size=(600, 2)), np.arange(600) % 3
    >>> dependence_table(nmo.GLM().fit(X, y), X, y, {}).columns[:3].tolist()
    ['neuron', 'history_p', 'coupling_p']
    """
    try:
        z = residuals(model, X, y, kind="pearson", **data)
    except ValueError:  # a model of one's own that does not state its variance
        z = residuals(model, X, y, kind="response", **data)
    table = residual_dependence(z).to_frame()
    table["neuron"] = model.fit_report_.to_frame().index.to_numpy()
    for name in _ASKED:
        table[f"{name}_q"] = q_values(table[f"{name}_p"].to_numpy())
    return table


def missing(table: pd.DataFrame | None, event: str = "spike") -> list[Missing]:
    """Return what neurons miss, by the table of their residuals; nothing of older files.

    >>> import numpy as np, pandas as pd
    >>> q = {"history_q": [0.5], "coupling_q": [np.nan], "drift_q": [1e-4]}
    >>> [found.what for found in missing(pd.DataFrame(q))]
    ['slow drift is left in the residuals']
    """
    if table is None:
        return []
    is_left = {name: (table[f"{name}_q"] <= _LEVEL).to_numpy() for name in _ASKED}
    own, others, drift = (is_left[name] for name in _ASKED)
    by_whom = {"own": own.any(), "others'": others.any()}
    whose = " and ".join(name for name, is_there in by_whom.items() if is_there)
    asked = (
        Missing("slow drift is left in the residuals", drift, _DRIFT),
        Missing(f"residuals follow {event}s just before ({whose})", own | others, _SPIKES),
    )
    return [one for one in asked if one.who.any()]
