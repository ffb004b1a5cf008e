"""Neurons that drive each other through filters that somebody gives."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import errors
from ..io.interop.random_keys import RandomKey, as_generator
from ..observation_models.inverse_link import Link
from ..observation_models.named import link_named
from ..typing import ArrayLike, FloatArray
from .responses import Simulated, floats


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
    coupling = floats(coupling_coef, "coupling_coef")
    basis = floats(coupling_basis_matrix, "coupling_basis_matrix")
    feedforward = floats(feedforward_coef, "feedforward_coef")
    drive_in = floats(feedforward_input, "feedforward_input")
    past, bias = floats(init_y, "init_y"), floats(intercepts, "intercepts")
    _check_network(coupling, feedforward, bias, drive_in, basis, past)
    filters = np.einsum("wb,ijb->wij", basis, coupling)
    drive = np.einsum("tif,if->ti", drive_in, feedforward) + bias
    for w, counts in enumerate(past):
        # Its effect at bin 0 is that of row W - 1 - w; what lay before bin 0 is over.
        ahead = np.tensordot(filters, counts, axes=(2, 0))[len(past) - 1 - w :]
        drive[: len(ahead)] += ahead[: len(drive)]
    return _run(drive, filters, link_named(inverse_link_function), as_generator(random_key))


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
