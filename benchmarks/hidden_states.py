"""Hidden states: one fit, many restarts and a grid of states and folds; against NeMoS.

python -m benchmarks.hidden_states [--trials 100000] [--quick] [--rivals]

A mouse that chooses, in three states (engaged, biased to either side), three inputs, sessions of
500 trials. All begin one fit at the same parameters and are compared at the same log-likelihood.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

COEF = np.array([[5.0, 1.0, 1.5], [0.5, 0.3, -0.3], [0.2, 0.4, 0.1]])
INTERCEPT = np.array([0.0, 2.0, -2.5])
INITIAL = np.array([0.6, 0.2, 0.2])
TRANSITION = np.array([[0.98, 0.01, 0.01], [0.03, 0.96, 0.01], [0.02, 0.02, 0.96]])
SESSION = 500


def made(n_trials: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return inputs (T, 3), choices (T,) and where sessions begin."""
    import spikeglm as nmo

    truth = nmo.GLMHMM(3)
    truth.coef_, truth.intercept_, truth.scale_ = COEF, INTERCEPT, np.ones(3)
    truth.initial_prob_, truth.transition_prob_ = INITIAL, TRANSITION
    X = np.random.default_rng(0).normal(size=(n_trials, 3))
    starts = np.arange(0, n_trials, SESSION)
    return X, truth.simulate(1, X, session_starts=starts).y.astype(float), starts


def first(K: int = 3) -> tuple[np.ndarray, ...]:
    """Return parameters to begin with: weights near those of one GLM, apart."""
    rng = np.random.default_rng(5)
    stay = np.full((K, K), 0.05 / (K - 1)) + (0.95 - 0.05 / (K - 1)) * np.eye(K)
    coef, intercept = 1.0 + rng.normal(size=(3, K)), rng.normal(size=K)
    return coef, intercept, np.ones(K), np.full(K, 1 / K), stay


def timed(run: Callable[[], Any]) -> tuple[float, Any]:
    """Return seconds and what was found, the second time (the first one imports)."""
    run()
    begin = time.perf_counter()
    found = run()
    return time.perf_counter() - begin, found


def ours(n_trials: int, *, is_quick: bool) -> None:
    """Print times of one fit, of twenty starts, and of the messages alone."""
    import spikeglm as nmo
    from spikeglm.glm_hmm.blocks import Chain
    from spikeglm.glm_hmm.messages import smoothed

    X, y, starts = made(n_trials)
    rng = np.random.default_rng(0)
    chain = Chain(INITIAL[None], TRANSITION[None], np.isin(np.arange(n_trials), starts))
    log_emission = np.log(rng.random((n_trials, 1, 3)))
    seconds, _ = timed(lambda: smoothed(log_emission, chain))
    print(f"messages: {1e3 * seconds:.1f} ms")
    seconds, model = timed(lambda: nmo.GLMHMM(3).fit(X, y, first(), starts))
    print(
        f"spikeglm, one start: {seconds:.2f} s, {model.fit_report_.n_iterations[0]} turns, "
        f"log-likelihood {model.log_likelihood_:.3f}, {model.fit_report_.status}"
    )
    begin = time.perf_counter()
    many = nmo.GLMHMM(3, n_restarts=20).fit(X, y, session_starts=starts)
    whole = time.perf_counter() - begin
    print(f"spikeglm, 20 starts: {whole:.2f} s ({whole / seconds:.1f} x one), "
          f"log-likelihood {many.log_likelihood_:.3f}")  # fmt: skip
    print(many.fit_report_)
    if is_quick:
        return
    some = slice(0, min(20_000, n_trials))
    begin = time.perf_counter()
    chosen = nmo.glm_hmm.select_states(
        X[some], y[some], starts[starts < some.stop], n_states=range(1, 6), n_restarts=20
    )
    print(f"1-5 states x 20 starts x 5 folds: {time.perf_counter() - begin:.1f} s")
    print(chosen.to_frame().to_string())


def of_nemos(n_trials: int) -> None:
    """Print the time of one fit of NeMoS from the same parameters."""
    import jax

    jax.config.update("jax_enable_x64", True)
    import nemos

    X, y, starts = made(n_trials)
    marks = np.isin(np.arange(n_trials), starts)

    def run() -> Any:
        model = nemos.glm_hmm.GLMHMM(3, "Bernoulli", maxiter=1000)
        model.fit(X, y, init_params=first(), session_starts=marks)
        return model

    seconds, model = timed(run)
    print(f"NeMoS {nemos.__version__}, one start: {seconds:.2f} s, log-likelihood "
          f"{float(model.score(X, y, session_starts=marks)):.3f}")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=100_000)
    parser.add_argument("--quick", action="store_true", help="no grid of states and folds")
    parser.add_argument("--rivals", action="store_true", help="NeMoS too, in another process")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.child:
        of_nemos(wanted.trials)
        return
    ours(wanted.trials, is_quick=wanted.quick)
    if wanted.rivals:
        command = [sys.executable, "-m", "benchmarks.hidden_states", "--child"]
        subprocess.run([*command, "--trials", str(wanted.trials)], check=False)


if __name__ == "__main__":
    main()
