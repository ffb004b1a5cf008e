"""Draw responses from a model whose parameters are known.

:func:`simulate_responses` is a GLM run forwards; :func:`simulate_recurrent` lets the neurons drive
each other through filters. Both give NumPy arrays, and the same key gives the same draw. They serve
power analyses, teaching, and the tests: what is simulated must be found again by a fit.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from . import errors
from .coupling_filters import difference_of_gammas, regress_filter
from .io.interop.random_keys import RandomKey, as_generator
from .io.interop.row_labels import require_same_rows
from .io.interop.timeseries import to_array
from .observation_models import Likelihood, Observations
from .observation_models.inverse_link import Link
from .observation_models.named import link_named, model_named
from .typing import Array, ArrayLike, FloatArray

__all__ = [
    "Simulated",
    "difference_of_gammas",
    "regress_filter",
    "simulate_recurrent",
    "simulate_responses",
]


class Simulated(NamedTuple):
    """What was drawn, and from what; a tuple, so ``y, rate = simulate_...`` works.

    Attributes
    ----------
    y :
        The responses, (T,) or (T, N); counts are integers, 0/1 responses booleans.
    rate :
        The mean each was drawn from, in the units of y (counts per bin), same shape.

    Examples
    --------
    >>> y, rate = Simulated(np.array([0, 2]), np.array([0.5, 1.5]))
    >>> rate
    array([0.5, 1.5])
    """

    y: Array
    rate: FloatArray


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
    rows, weights = _floats(X, "X"), _floats(coef, "coef")
    eta = rows @ weights + _floats(intercept, "intercept") + _floats(offset, "offset")
    rate = _checked_means(Likelihood(model, link), eta)
    return Simulated(model.sample_generator(random_key, rate, scale), rate)


def simulate_recurrent(
    coupling_coef: ArrayLike,
    feedforward_coef: ArrayLike,
    intercepts: ArrayLike,
    random_key: RandomKey,
    feedforward_input: ArrayLike,
    coupling_basis_matrix: ArrayLike,
    init_y: ArrayLike,
    inverse_link_function: Any = "softplus",
) -> Simulated:
    """Simulate Poisson neurons that drive themselves and each other through filters of the past.

    At bin t, with the filters h[w] = coupling_coef . coupling_basis_matrix[w],

        rate_i(t) = f( sum_j sum_{w=0}^{W-1} h[w]_ij y_j(t - 1 - w) + input_i(t) . ff_i + b_i )

    Every spike adds its filters to the future once, so the cost grows with the spikes, not with
    bins x window.

    Parameters
    ----------
    coupling_coef :
        (N, N, B): receiving neuron, sending neuron, basis function.
    feedforward_coef :
        (N, F).
    intercepts :
        (N,).
    random_key :
        An int, a NumPy Generator or a JAX key.
    feedforward_input :
        (T, N, F), finite; its length sets the length of the simulation.
    coupling_basis_matrix :
        (W, B); row 0 acts one bin after the spike.
    init_y :
        (W, N), the counts in the W bins before the first, the latest last.
    inverse_link_function :
        A name or a known function, as for the estimators.

    Returns
    -------
    Simulated
        Counts (T, N), integers, and rates (T, N) in spikes per bin.

    Raises
    ------
    ValueError
        Shapes disagree, something is not finite, or the activity runs away.

    References
    ----------
    Pillow et al. (2008), Nature 454:995-9, equation 1 of the methods.

    Examples
    --------
    >>> import numpy as np
    >>> counts, rates = simulate_recurrent(
    ...     np.zeros((2, 2, 1)), np.ones((2, 2)), [0.1, 0.2], 0, np.ones((3, 2, 2)),
    ...     np.ones((4, 1)), np.zeros((4, 2)))
    >>> rates[0].round(6)
    array([2.21552 , 2.305083])
    """
    coupling = _floats(coupling_coef, "coupling_coef")
    basis = _floats(coupling_basis_matrix, "coupling_basis_matrix")
    feedforward = _floats(feedforward_coef, "feedforward_coef")
    drive_in = _floats(feedforward_input, "feedforward_input")
    past, bias = _floats(init_y, "init_y"), _floats(intercepts, "intercepts")
    _check_network(coupling, feedforward, bias, drive_in, basis, past)
    filters = np.einsum("wb,ijb->wij", basis, coupling)
    drive = np.einsum("tif,if->ti", drive_in, feedforward) + bias
    for w, counts in enumerate(past):
        # Its effect at bin 0 is that of row W - 1 - w; what lay before bin 0 is over.
        ahead = np.tensordot(filters, counts, axes=(2, 0))[len(past) - 1 - w :]
        drive[: len(ahead)] += ahead[: len(drive)]
    return _run(drive, filters, link_named(inverse_link_function), as_generator(random_key))


def _floats(x: ArrayLike, name: str) -> FloatArray:
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


def _run(
    drive: FloatArray, filters: FloatArray, link: Link, generator: np.random.Generator
) -> Simulated:
    """Go through the bins; ``drive`` (T, N) holds what is known of each bin's linear predictor."""
    window = len(filters)
    rates = np.empty_like(drive)
    counts = np.zeros(drive.shape, dtype=np.int64)
    for t in range(len(drive)):
        rates[t] = link.mean(drive[t])
        if not (rates[t] < 1e9).all():
            raise errors.value_error(
                "The activity runs away.",
                given=f"rates up to {rates[t].max():.3g} spikes per bin at bin {t}",
                expected="a network whose spikes do not multiply without end",
                todo="Scale coupling_coef down, or use inverse_link_function='softplus'.",
            )
        counts[t] = generator.poisson(rates[t])
        senders = np.flatnonzero(counts[t])
        if senders.size:
            ahead = drive[t + 1 : t + 1 + window]
            ahead += (filters[:, :, senders] @ counts[t, senders])[: len(ahead)]
    return Simulated(counts, rates)


def _check_network(
    coupling: FloatArray,
    feedforward: FloatArray,
    bias: FloatArray,
    drive_in: FloatArray,
    basis: FloatArray,
    past: FloatArray,
) -> None:
    n, window = len(bias), len(basis)
    parts = {
        "intercepts": (bias, (n,)),
        "coupling_basis_matrix": (basis, (window, basis.shape[-1])),
        "coupling_coef": (coupling, (n, n, basis.shape[-1])),
        "feedforward_coef": (feedforward, (n, drive_in.shape[-1])),
        "feedforward_input": (drive_in, (len(drive_in), n, drive_in.shape[-1])),
        "init_y": (past, (window, n)),
    }
    for name, (array, shape) in parts.items():
        if array.shape != shape:
            raise errors.value_error(
                f"{name} has the wrong shape.", given=array.shape, expected=f"{shape}"
            )
        if not np.isfinite(array).all():
            raise errors.value_error(
                f"{name} holds NaN or inf.", given="non-finite values", expected="finite numbers"
            )
