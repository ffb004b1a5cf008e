"""Choices of a rat that compares two sounds, trial by trial over eighty days.

The package psytrack distributes the file, which does not say who recorded it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .. import showing
from ..recordings import Intervals, Recording
from ..typing import Array, FloatArray
from .shipped import stored

if TYPE_CHECKING:
    import pandas as pd

CITATION = (
    "sampleRatData.npz, as distributed with the package psytrack (MIT licence), "
    "https://pypi.org/project/psytrack. The file does not say who recorded it."
)
FILE = "rat_choices.npz"
INPUTS = ("s1", "s2", "s_avg", "h", "r", "c")


@dataclass(frozen=True)
class RatChoices:
    """Choices in R trials, and what may have driven them.

    Attributes
    ----------
    choice :
        (R,) uint8: 1 for the second side, 0 for the first.
    answer :
        (R,) uint8: which would have been right.
    inputs :
        (R, 2) each, this trial's value and that of the trial before: loudness of the first and
        the second sound ``"s1"``, ``"s2"``, and of the trial before, the mean of both ``"s_avg"``
        (all standardised), the right answer ``"h"``, reward ``"r"`` and choice ``"c"`` (-1 or 1; 0
        where that trial is not in the file).
    day :
        (R,) on which of the eighty days, from 0.
    citation :
        Where it comes from.

    Examples
    --------
    >>> rat = load_rat_choices()
    >>> rat.choice.shape, int(rat.choice.sum()), rat.inputs["s1"].shape, int(rat.day.max())
    ((20000,), 10635, (20000, 2), 79)
    """

    choice: Array
    answer: Array
    inputs: dict[str, FloatArray]
    day: Array
    citation: str = CITATION

    __repr__ = showing.of_fields

    def to_frame(self) -> pd.DataFrame:
        """Return a table with a row per trial: day, choice, answer, and inputs of this trial.

        Examples
        --------
        >>> load_rat_choices().to_frame().columns.tolist()
        ['day', 'choice', 'answer', 's1', 's2', 's_avg', 'h', 'r', 'c']
        """
        import pandas as pd

        return pd.DataFrame(self._columns)

    def recording(self) -> Recording:
        """Return it with names for a description file: a table with a row per trial.

        Columns are those of :meth:`to_frame` and ``trial``, which counts them from 0. When a trial
        was is not known: on the clock of the recording each takes a second.

        Examples
        --------
        >>> load_rat_choices().recording().names[:4]
        ('trials', 'trials/trial', 'trials/day', 'trials/choice')
        """
        trial = np.arange(len(self.choice))
        table = Intervals.of("trials", trial, trial + 1, {"trial": trial, **self._columns})
        return Recording(trials=table, source="datasets.load_rat_choices()")

    @property
    def _columns(self) -> dict[str, Array]:
        now = {name: values[:, 0] for name, values in self.inputs.items()}
        return {"day": self.day, "choice": self.choice, "answer": self.answer, **now}


def load_rat_choices() -> RatChoices:
    """Load 20 000 choices of a rat between two sides.

    Returns
    -------
    RatChoices
        Days are sessions: what a trial remembers of the one before is nothing at their beginning.

    Examples
    --------
    It compares the two sounds: weights of opposite sign.

    >>> import spikeglm as nmo
    >>> rat = load_rat_choices()
    >>> X = np.column_stack([rat.inputs["s1"][:, 0], rat.inputs["s2"][:, 0]])
    >>> model = nmo.GLM("Bernoulli").fit(X, rat.choice)
    >>> bool(model.coef_[0] * model.coef_[1] < 0)
    True
    """
    files = stored(FILE)
    return RatChoices(
        choice=files["choice"],
        answer=files["answer"],
        inputs={name: files[f"levels_{name}"][files[f"level_{name}"]] for name in INPUTS},
        day=np.repeat(np.arange(len(files["day_length"])), files["day_length"]),
    )
