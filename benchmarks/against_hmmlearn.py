"""Messages and paths beside those of hmmlearn, where models overlap: no features, three sessions.

``pip install hmmlearn``, then ``python -m benchmarks.against_hmmlearn``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

LENGTHS = [300, 500, 200]
INITIAL = np.array([0.5, 0.3, 0.2])
TRANSITION = np.array([[0.95, 0.03, 0.02], [0.02, 0.9, 0.08], [0.1, 0.05, 0.85]])
MEAN, VARIANCE = np.array([1.0, 3.0, 6.0]), np.array([0.64, 0.25, 1.44])


def ours(kind: str) -> Any:
    """Return a model whose parameters were set by hand."""
    import spikeglm as nmo

    model = nmo.GLMHMM(3, kind, regularizer="UnRegularized")
    is_normal = kind == "Gaussian"
    model.coef_, model.intercept_ = np.zeros((1, 3)), MEAN if is_normal else np.log(MEAN)
    model.scale_ = VARIANCE if is_normal else np.ones(3)
    model.initial_prob_, model.transition_prob_ = INITIAL, TRANSITION
    return model


def theirs(kind: str) -> Any:
    """Return the same model of hmmlearn."""
    from hmmlearn import hmm

    if kind == "Gaussian":
        model = hmm.GaussianHMM(3, "diag", init_params="", params="")
    else:
        model = hmm.PoissonHMM(3, init_params="", params="")
    model.startprob_, model.transmat_ = INITIAL, TRANSITION
    if kind == "Gaussian":
        model.means_, model.covars_ = MEAN[:, None], VARIANCE[:, None]
    else:
        model.lambdas_ = MEAN[:, None]
    return model


def compared(kind: str) -> str:
    """Return how far log-likelihoods, posteriors and paths are from each other."""
    a, b, X = ours(kind), theirs(kind), np.zeros((sum(LENGTHS), 1))
    starts = np.cumsum([0, *LENGTHS[:-1]])
    y = a.simulate(1, X, session_starts=starts).y
    Y = y[:, None] if kind == "Gaussian" else y[:, None].astype(int)
    score = abs(b.score(Y, LENGTHS) - a.score(X, y, starts))
    posterior = np.abs(b.predict_proba(Y, LENGTHS) - a.smooth_proba(X, y, starts)).max()
    path = b.decode(Y, LENGTHS, algorithm="viterbi")[1]
    differ = int((path != a.decode_state(X, y, starts, "index")).sum())
    return (
        f"{kind}: log-likelihoods differ by {score:.1e} nats, posteriors by {posterior:.1e}, "
        f"paths in {differ} of {len(y)} trials"
    )


if __name__ == "__main__":
    for kind in ("Gaussian", "Poisson"):
        print(compared(kind))
