"""Responses given features, independent from row to row."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .. import errors
from ..io.interop.random_keys import RandomKey
from ..io.interop.row_labels import require_same_rows
from ..io.interop.spike_trains import spike_trains
from ..io.interop.timeseries import time_axis_of, to_array
from ..observation_models import Likelihood, Observations
from ..observation_models.named import link_named, model_named
from ..rows.sampling import bin_size_of
from ..typing import ArrayLike, FloatArray


class Simulated(NamedTuple):
    """What was drawn, and from what; a tuple, so ``y, rate = simulate_...`` works.

    Attributes
    ----------
    y :
        The responses, (T,) or (T, N), of repeats (R, ...); counts are integers, 0/1 responses
        booleans.
    rate :
        The mean each was drawn from, in the units of y (counts per bin), same shape.

    Examples
    --------
    >>> y, rate = Simulated(np.array([0, 2]), np.array([0.5, 1.5]))
    >>> rate
    array([0.5, 1.5])
    """

    y: Any
    rate: Any

    def spike_trains(self, bin_s: float | None = None) -> Any:
        """Return simulated counts as spike times, a pynapple TsGroup; of repeats, a list of them.

        Spikes of a bin divide it evenly. ``bin_s`` are its seconds, None takes the distance of the
        times. Raises TypeError without times, ValueError for what are no counts.

        >>> import pynapple as nap
        >>> counts = nap.Tsd(t=[0.5, 1.5, 2.5], d=[1, 0, 2], time_support=nap.IntervalSet(0, 3))
        >>> Simulated(counts, counts).spike_trains()[0].t
        array([0.5 , 2.25, 2.75])
        """
        if isinstance(self.y, list):
            return [Simulated(y, y).spike_trains(bin_s) for y in self.y]
        if bin_s is None:
            bin_s = bin_size_of(time_axis_of(self.y))
        return spike_trains(self.y, 0.0 if bin_s is None else bin_s)


def simulate_responses(
    X: ArrayLike,
    coef: ArrayLike,
    *,
    random_key: RandomKey,
    intercept: ArrayLike = 0.0,
    offset: ArrayLike = 0.0,
    observation_model: str | Observations = "Poisson",
    inverse_link_function: Any = None,
    scale: Any = None,
) -> Simulated:
    """Draw y given features, independently in every row, from a GLM with known parameters.

    Parameters
    ----------
    X :
        Features, (T, p).
    coef :
        (p,) for one neuron, (p, N) for a population.
    random_key :
        An int, a NumPy Generator or a JAX key.
    intercept :
        A number or (N,).
    offset :
        Added to the linear predictor: a number, (T,) for one neuron, (T, N) or (T, 1).
    observation_model, inverse_link_function :
        As for the estimators; ``None`` is the model's default link.
    scale :
        The dispersion, a number or (N,); ``None`` is the model's own.

    Returns
    -------
    Simulated
        Responses and their means, (T,) or (T, N).

    Raises
    ------
    ValueError
        The linear predictor gives means the model cannot have, or is not finite.

    References
    ----------
    McCullagh & Nelder (1989), Generalized Linear Models, section 2.2.

    Examples
    --------
    >>> import numpy as np
    >>> y, rate = simulate_responses(np.zeros((4, 1)), [1.0], intercept=np.log(2), random_key=0)
    >>> rate
    array([2., 2., 2., 2.])
    """
    model = model_named(observation_model)
    default = model.default_inverse_link_function
    link = default if inverse_link_function is None else link_named(inverse_link_function)
    require_same_rows(X=X, offset=offset)
    rows, weights = floats(X, "X"), floats(coef, "coef")
    eta = rows @ weights + floats(intercept, "intercept") + floats(offset, "offset")
    rate = _checked_means(Likelihood(model, link), eta)
    return Simulated(model.sample_generator(random_key, rate, scale), rate)


def floats(x: ArrayLike, name: str) -> FloatArray:
    """Return what a user passes as float64."""
    return to_array(x, name=name).astype(np.float64)


def _checked_means(likelihood: Likelihood, eta: FloatArray) -> FloatArray:
    rate = likelihood.mean(eta)
    low, high = likelihood.model.means
    wrong = ~((rate >= low) & (rate <= high) & np.isfinite(rate))
    if wrong.any():
        where = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise errors.value_error(
            f"{int(wrong.sum())} means cannot be those of a {likelihood.model.name} model.",
            given=f"the linear predictor {eta[where]} at {where}, mean {rate[where]}",
            expected=f"means between {low} and {high}, finite",
            todo="Check X for NaN, scale the coefficients down or choose another link.",
        )
    return rate
