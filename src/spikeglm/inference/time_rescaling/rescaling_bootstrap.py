"""Time rescaling of a model that was fitted to the very rows it is tested on.

Estimated rates follow the spikes that they were estimated from, so the rescaled intervals are
nearer to exponential than those of known rates, and the usual p value is too large. How much
nearer, the model can tell: draw responses from it, fit them all, and test each against its own fit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from ... import errors
from ...io.interop.timeseries import to_array
from ...typing import Array, ArrayLike, FloatArray
from .discrete_time import (
    bernoulli_intervals,
    poisson_intervals,
    time_rescaling,
    time_rescaling_bernoulli,
)
from .rescaled_intervals import TimeRescaling, distance_of

_FEWEST_DRAWS = 19  # of which the largest is at the 5 % level
_Intervals = Callable[[Array, FloatArray, np.random.Generator, int], FloatArray]


class RefittedModel(Protocol):
    """What the test asks of a fitted model of one neuron: a GLM.

    >>> import spikeglm as nmo
    >>> hasattr(nmo.GLM(), "simulate"), hasattr(nmo.GLM(), "predict_refitted")
    (True, True)
    """

    _likelihood: Any

    def _check_counts_of_fit(self, X: Any, y: Any, **data: Any) -> None:
        """Raise unless it was fitted to these counts."""
        ...

    def predict(self, X: Any, *, offset: Any = None) -> Any:
        """Return the mean counts, (T,)."""
        ...

    def simulate(self, random_key: Any, feedforward_input: Any, *, offset: Any = None) -> Any:
        """Return counts drawn from the model, and their means."""
        ...

    def predict_refitted(
        self, X: Any, responses: Any, *, sample_weight: Any = None, offset: Any = None
    ) -> FloatArray:
        """Return the mean counts (T, B) of fits to B responses (T, B)."""
        ...


def time_rescaling_bootstrap(
    model: RefittedModel,
    X: ArrayLike,
    counts: ArrayLike,
    *,
    n_bootstrap: int = 199,
    seed: int | np.random.Generator = 0,
    n_draws: int = 1,
    n_lags: int = 20,
    sample_weight: ArrayLike | None = None,
    offset: ArrayLike | None = None,
) -> TimeRescaling:
    """Test a fitted model on the rows of its fit: simulate, fit again, test again (a bootstrap).

    The p value is the share of simulated recordings, this one included, whose KS distance is at
    least as large. It allows for estimated rates, several draws of the positions, the penalty, and
    counts that are not Poisson. All refits are columns of one fit.

    Parameters
    ----------
    model :
        A fitted :class:`~spikeglm.glm.GLM`; its other columns, if it is of a population, are not
        asked for: fit a GLM to the neuron.
    X, counts, sample_weight, offset :
        The data of the fit; counts (T,).
    n_bootstrap :
        How many recordings to simulate, at least 19.
    seed, n_draws, n_lags :
        As for :func:`~spikeglm.inference.time_rescaling.time_rescaling`.

    Returns
    -------
    TimeRescaling
        As of :func:`~spikeglm.inference.time_rescaling.time_rescaling` (for a Bernoulli model
        ``time_rescaling_bernoulli``) with ``p_value``, ``band_95`` and ``band_99`` of the
        bootstrap. The band of the autocorrelation stays that of known rates.

    Raises
    ------
    ValueError, TypeError
        As ``time_rescaling``; for data that are not those of the fit, as ``standard_errors``; for
        a model of other responses than counts and choices, and for fewer than 19 recordings.

    Notes
    -----
    Features stay as they are. Where they hold the neuron's own past, that is the observed past, not
    that of the simulated spikes.

    References
    ----------
    Davison & Hinkley (1997), Bootstrap Methods and their Application, section 4.2.3; Stute,
    González Manteiga & Presedo Quindimil (1993), Metrika 40:243-56, for KS distances with estimated
    parameters.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(600, 3))
    >>> counts = np.random.default_rng(1).poisson(np.exp(0.5 * X[:, 0] - 1))
    >>> model = nmo.GLM().fit(X, counts)
    >>> test = time_rescaling_bootstrap(model, X, counts, n_bootstrap=99)
    >>> bool(test.p_value > 0.05), bool(test.n_spikes == counts.sum())
    (True, True)
    """
    if not isinstance(n_bootstrap, (int, np.integer)) or n_bootstrap < _FEWEST_DRAWS:
        raise errors.value_error(
            "There are too few simulated recordings.",
            given=f"n_bootstrap={n_bootstrap!r}",
            expected=f"an int, at least {_FEWEST_DRAWS} for a p value of 0.05; better 199 or 999",
        )
    data = {"sample_weight": sample_weight, "offset": offset}
    model._check_counts_of_fit(X, counts, **data)
    counts = to_array(counts, name="counts")
    rng = np.random.default_rng(seed)
    means = np.array(model.predict(X, offset=offset), dtype=float)
    missing = ~(np.isfinite(counts) & np.isfinite(means))
    means[missing] = np.nan
    is_binary = model._likelihood.model.means == (0.0, 1.0)
    test = time_rescaling_bernoulli if is_binary else time_rescaling
    intervals: _Intervals = bernoulli_intervals if is_binary else poisson_intervals
    observed = test(counts, means, seed=rng, n_draws=n_draws, n_lags=n_lags)
    draws = [np.asarray(model.simulate(rng, X, offset=offset)[0]) for _ in range(n_bootstrap)]
    simulated = np.column_stack(draws).astype(float)
    simulated[missing] = np.nan
    refitted = model.predict_refitted(X, simulated, **data)
    pairs = zip(simulated[~missing].T, refitted[~missing].T, strict=True)
    distances = np.array(
        [distance_of(intervals(y.astype(np.intp), m, rng, n_draws)) for y, m in pairs if y.any()]
    )
    return replace(
        observed,
        p_value=float((1 + np.sum(distances >= observed.ks_distance)) / (1 + len(distances))),
        band_95=float(np.quantile(distances, 0.95)),
        band_99=float(np.quantile(distances, 0.99)),
        n_bootstrap=len(distances),
    )
