"""Designs written out by hand: loops over rows and events, nothing of ours but functions.

Recordings are told in bins (whole numbers) here and in seconds there, so that nobody has to round.
"""

import numpy as np

import spikeglm as nmo

BIN_S = 0.1


def seconds(bins):
    """Times in the middle of bins, which are numbered from the one that begins at zero."""
    return (np.asarray(bins, dtype=float) + 0.5) * BIN_S


def spans(*pairs):
    """Epochs from the beginning of a bin to the beginning of another."""
    return np.array(pairs, dtype=float) * BIN_S


def rows_of(*pairs):
    """The bins that are rows."""
    return np.concatenate([np.arange(a, b) for a, b in pairs])


def splines(n_lags, n, order=4):
    """Kernels (W, b): the functions at equally spaced points of the window."""
    return nmo.basis.BSplineEval(n, order=order, bounds=(0, 1)).evaluate(np.linspace(0, 1, n_lags))


def kernel_features(rows, events, lags, kernel, values=None, allowed=lambda row, event: True):
    """(T, b): what each row gets from the events that lie at one of the lags before it."""
    out = np.zeros((len(rows), kernel.shape[1]))
    for t, row in enumerate(rows):
        for e, event in enumerate(events):
            for k, lag in enumerate(lags):
                if row - event == lag and allowed(row, event):
                    out[t] += kernel[k] * (1.0 if values is None else values[e])
    return out


def in_one(parts, a, b):
    """Whether two bins are in the same one of some parts."""
    return any(start <= a < stop and start <= b < stop for start, stop in parts)
