"""What a test against a null found: a table with one row per neuron."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import showing
from ...typing import FloatArray, IntArray

if TYPE_CHECKING:
    import pandas as pd

_MOST_ROWS = 12
_HEAD = ("neuron", "statistic", "null median", "null 95 %", "p", "q", "p of independent bins")


@dataclass(frozen=True, eq=False, repr=False)
class NullTest:
    """Whether terms mean something to neurons; print it, or take :meth:`to_frame`.

    Arrays are (N,), a number per neuron, NaN where there is none.

    Attributes
    ----------
    term :
        What was in question.
    null :
        The name of the null.
    statistic_name :
        What was compared.
    neurons :
        Their names or numbers.
    statistic :
        Of the data, on the rows that are compared.
    null_statistics :
        (D, N) of the draws; NaN where a draw has none, which counts against significance.
    p_value, q_value :
        Of the null, and the false discovery rate over neurons (Benjamini & Hochberg).
    independent_p_value :
        What a χ² test says, for which every bin is news: too small where signals are slow. NaN for
        other statistics and models with a penalty.
    smallest_p :
        No p value can be less, with so many draws.
    n_rows :
        Rows that are compared.
    moving :
        What moves in the draws: ``"term"`` or ``"response"``.
    assumption :
        What must hold for p to be one.
    status :
        How the fit without the term ended, or why there is no p value.
    lags :
        (D,) by how many bins draws are moved; None where they are not.
    bin_s :
        Seconds of a bin, where it is known.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> rng = np.random.default_rng(0)
    >>> speed = rng.normal(size=2000)
    >>> y = rng.poisson(np.exp(np.outer(speed, [0.3, 0.0]) - 1))
    >>> X = nmo.basis.IdentityEval(label="speed").design(speed)
    >>> test = nmo.inference.null_test(nmo.PopulationGLM().fit(X, y), X, y, max_shift=400)
    >>> bool(test.p_value[0] == test.smallest_p), bool(test.p_value[1] > 0.05)
    (True, True)
    """

    term: str
    null: str
    statistic_name: str
    neurons: tuple[Any, ...]
    statistic: FloatArray
    null_statistics: FloatArray
    p_value: FloatArray
    q_value: FloatArray
    independent_p_value: FloatArray
    smallest_p: float
    n_rows: int
    moving: str
    assumption: str
    status: tuple[str, ...]
    lags: IntArray | None = None
    bin_s: float | None = None

    @property
    def n_draws(self) -> int:
        """D."""
        return len(self.null_statistics)

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas table, one row per neuron.

        Columns: ``neuron``, ``term``, ``null``, ``statistic_name``, ``statistic``, ``null_median``,
        ``null_95`` (the 95th percentile of the draws), ``p_value``, ``q_value``,
        ``independent_p_value``, ``n_draws``, ``n_rows``, ``status``.

        >>> import spikeglm as nmo
        >>> rng = np.random.default_rng(0)
        >>> X, y = rng.normal(size=(500, 1)), rng.poisson(0.5, size=500)
        >>> test = nmo.inference.null_test(nmo.GLM().fit(X, y), X, y, max_shift=100)
        >>> test.to_frame()[["neuron", "term", "n_draws", "n_rows"]].values.tolist()[0]
        [0, 'all features', 198, 302]
        """
        import pandas as pd

        median, high = self._of_draws()
        return pd.DataFrame(
            {
                "neuron": list(self.neurons),
                "term": self.term,
                "null": self.null,
                "statistic_name": self.statistic_name,
                "statistic": self.statistic,
                "null_median": median,
                "null_95": high,
                "p_value": self.p_value,
                "q_value": self.q_value,
                "independent_p_value": self.independent_p_value,
                "n_draws": self.n_draws,
                "n_rows": self.n_rows,
                "status": list(self.status),
            }
        )

    def __str__(self) -> str:
        n = len(self.neurons)
        what = "the response moves" if self.moving == "response" else f"{self.term} moves"
        lines = [
            f"{self.term}: {self.statistic_name} against {self.n_draws} draws of {self.null} "
            f"({what}), {self.n_rows} rows",
            f"Assumption: {self.assumption}",
            f"No p value can be less than {self.smallest_p:.3g} with so many draws.",
        ]
        lines += showing.table([_HEAD, *(self._row(c) for c in range(min(n, _MOST_ROWS)))])
        if n > _MOST_ROWS:
            lines.append(f"and {n - _MOST_ROWS} more: to_frame() has all")
        missing = [c for c in range(n) if np.isnan(self.p_value[c])][:_MOST_ROWS]
        return "\n".join(lines + [f"{self.neurons[c]}: {self.status[c]}" for c in missing])

    __repr__ = __str__

    def _of_draws(self) -> tuple[FloatArray, FloatArray]:
        """Return median and 95th percentile of the draws (N,)."""
        known = np.where(np.isnan(self.null_statistics), np.inf, self.null_statistics)
        return np.median(known, axis=0), np.quantile(known, 0.95, axis=0, method="higher")

    def _row(self, c: int) -> tuple[str, ...]:
        median, high = self._of_draws()
        values = (self.statistic[c], median[c], high[c])
        of_p = (self.p_value[c], self.q_value[c], self.independent_p_value[c])
        numbers = ("-" if np.isnan(v) else f"{v:.3g}" for v in values)
        tails = ("-" if np.isnan(p) else showing.p_value(p) for p in of_p)
        return str(self.neurons[c]), *numbers, *tails
