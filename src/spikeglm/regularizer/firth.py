"""Firth's penalty: half the logarithm of the determinant of the information, Jeffreys' prior."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from .. import errors
from ..typing import ArrayLike, FloatArray
from .base import Regularizer
from .unregularized import NoPenalty


@dataclass(frozen=True)
class Firth(Regularizer):
    """Estimates that are finite and nearly unbiased where spikes are few.

    Maximum likelihood exaggerates: with few events per parameter coefficients are too far from
    zero, the intercept is too low, and where features separate spikes from silence estimates are
    infinite. Firth's penalty on the log-likelihood, with I = X'WX the information on coefficients
    and intercept,

        l*(w, b) = l(w, b) + ½ log |I(w, b)|

    takes the bias of order 1/n away (for the canonical links, those for which it is there: Poisson
    with ``"exp"``, Bernoulli with ``"logistic"``). It is the logarithm of Jeffreys' prior, does not
    depend on the units of features, has no strength, and has a finite maximum whatever the
    data: also for silent neurons. With an intercept alone the estimates are (Σ y + ½) / n for
    Poisson and (Σ y + ½) / (n + 1) for Bernoulli. It has a solver of its own:
    ``solver_name=None``.

    Standard errors are those of the information at the estimates, as Firth's are.

    References
    ----------
    Firth (1993), Bias reduction of maximum likelihood estimates, Biometrika 80:27-38, section 3.
    Heinze & Schemper (2002), A solution to the problem of separation in logistic regression, Stat
    Med 21:2409-19. Kosmidis & Firth (2021), Biometrika 108:71-82 (finite estimates).

    Examples
    --------
    Spikes in a few bins, one feature that predicts them perfectly:

    >>> import numpy as np, spikeglm as nmo
    >>> x = np.arange(20.0)
    >>> model = nmo.GLM("Bernoulli", regularizer="Firth").fit(x[:, None], x >= 16)
    >>> model.fit_report_.status, bool(0.5 < model.coef_[0] < 2)
    (('converged',), True)
    """

    default_strength = None
    default_solver = "FisherScoring"
    allowed_solvers: ClassVar[tuple[str, ...]] = ()

    def bind(self, strength: ArrayLike, shape: tuple[int, int]) -> NoPenalty:
        """Return none on coefficients alone, with a mark: only the rows tell its value."""
        return NoPenalty(is_of_information=True)

    def n_parameters(self, coef: FloatArray, rank: int) -> FloatArray:
        """Return the rank of the features for each column."""
        return np.full(coef.shape[1], float(rank))

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the constructor's arguments: none."""
        return {}

    @classmethod
    def allow_solver(cls, algo_name: str) -> None:
        """Refuse: other solvers minimise what they see of the coefficients, which is nothing."""
        raise errors.value_error(
            "Firth's penalty has a solver of its own.",
            given=repr(algo_name),
            expected="solver_name=None",
        )


def is_of_information(penalty: Any) -> bool:
    """Tell whether a penalty is a function of the information, which the rows have to be asked for.

    >>> from spikeglm.regularizer import Ridge
    >>> is_of_information(Firth().bind(None, (2, 1))), is_of_information(Ridge().bind(1.0, (2, 1)))
    (True, False)
    """
    return bool(getattr(penalty, "is_of_information", False))
