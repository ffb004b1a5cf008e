"""Ridge for thousands of outputs, a strength each: against scikit-learn (and himalaya).

python -m benchmarks.many_outputs [--quick] [--rounds 3]

Features are correlated (a spectrum of 1 / k); outputs have signal-to-noise from none to high. All
choose among the same strengths, those named "loo" by the same leave-one-out errors
(RidgeCV(alpha_per_target=True)); answers are compared before times are told. himalaya keeps the
penalty of a fold for all rows, so only its strengths are compared.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

SIZES = {"full": (20_000, 500, 5000, 20), "quick": (2000, 50, 200, 20)}
RIVALS = ("spikeglm loo", "scikit-learn loo", "spikeglm gcv", "spikeglm evidence",
          "spikeglm 5 folds", "himalaya 5 folds", "spikeglm reduced rank")  # fmt: skip


def made(size: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return features (T, p), outputs (T, N) and strengths (S,)."""
    T, p, N, S = SIZES[size]
    rng = np.random.default_rng(0)
    axes = np.linalg.qr(rng.normal(size=(p, p)))[0]
    X = (rng.normal(size=(T, p)) / np.sqrt(np.arange(1, p + 1))) @ axes
    Y = X @ rng.normal(size=(p, N))
    Y += rng.normal(size=(T, N)) * np.geomspace(0.3, 30, N)
    return X, Y, np.geomspace(10, 1e-6, S)


def ours(kind: Any) -> Callable[..., dict[str, Any]]:
    def fit(X: np.ndarray, Y: np.ndarray, strengths: np.ndarray) -> dict[str, Any]:
        import spikeglm as nmo

        model = nmo.PopulationGLM("Gaussian", regularizer="Ridge")
        found = nmo.selection.select_strength(model, X, Y, folds=kind, strengths=strengths)
        assert found.model.fit_report_.is_well  # every output has its certificate
        return {"strength": found.strength, "coef": found.model.coef_}

    return fit


def reduced(X: np.ndarray, Y: np.ndarray, strengths: np.ndarray) -> dict[str, Any]:
    import spikeglm as nmo

    model = nmo.ReducedRankRegression(regularizer_strength=strengths[::4], max_rank=50).fit(X, Y)
    return {"strength": np.array([model.strength_]), "coef": model.coef_}


def scikit_learn(X: np.ndarray, Y: np.ndarray, strengths: np.ndarray) -> dict[str, Any]:
    from sklearn.linear_model import RidgeCV

    alphas = strengths * len(X) / 2  # our loss is a mean, and its penalty has a half
    found = RidgeCV(alphas, alpha_per_target=True).fit(X, Y)
    return {"strength": found.alpha_ * 2 / len(X), "coef": found.coef_.T}


def himalaya(X: np.ndarray, Y: np.ndarray, strengths: np.ndarray) -> dict[str, Any]:
    from himalaya.ridge import RidgeCV
    from sklearn.model_selection import KFold

    folds = KFold(5)  # its penalty is of the sum over a fold's rows
    alphas = strengths * (len(X) * 0.8) / 2
    found = RidgeCV(alphas, fit_intercept=True, cv=folds).fit(X, Y)
    return {"strength": np.asarray(found.best_alphas_) / (len(X) * 0.4), "coef": found.coef_}


FITS = {
    "spikeglm loo": ours("loo"),
    "spikeglm gcv": ours("gcv"),
    "spikeglm evidence": ours("evidence"),
    "spikeglm 5 folds": ours(5),
    "spikeglm reduced rank": reduced,
    "scikit-learn loo": scikit_learn,
    "himalaya 5 folds": himalaya,
}


def worker(name: str, size: str, path: str) -> None:
    X, Y, strengths = made(size)
    FITS[name](X[:400, :5], Y[:400, :7], strengths)  # imports, and the first call of everything
    begin, began = time.perf_counter(), time.process_time()
    found = FITS[name](X, Y, strengths)
    seconds, cpu = time.perf_counter() - begin, time.process_time() - began
    np.savez(path, **found)
    print(json.dumps({"name": name, "seconds": seconds, "cpu": cpu}))


def measured(name: str, size: str, n_threads: int, path: str) -> tuple[float, float] | None:
    names = ("OPENBLAS", "OMP", "MKL")
    env = os.environ | {f"{lib}_NUM_THREADS": str(n_threads) for lib in names}
    call = [sys.executable, "-m", "benchmarks.many_outputs", "--worker", name, size, path]
    done = subprocess.run(call, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{name}: not measured ({done.stderr.strip().splitlines()[-1]})")
        return None
    told = json.loads(done.stdout.splitlines()[-1])
    return told["seconds"], told["cpu"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", nargs="*", default=list(RIVALS))
    parser.add_argument("--worker", nargs=3)
    arguments = parser.parse_args()
    if arguments.worker:
        worker(*arguments.worker)
        return
    size = "quick" if arguments.quick else "full"
    times: dict[str, list[tuple[float, float]]] = {}
    for _ in range(arguments.rounds):
        for name in arguments.only:
            took = measured(name, size, arguments.threads, f"/tmp/many_outputs {name}.npz")
            if took is not None:
                times.setdefault(name, []).append(took)
    told(times, size)


def told(times: dict[str, list[tuple[float, float]]], size: str) -> None:
    """Print the answers' agreement, then the times."""
    found = {name: np.load(f"/tmp/many_outputs {name}.npz") for name in times}
    for one, other in (
        ("spikeglm loo", "scikit-learn loo"),
        ("spikeglm 5 folds", "himalaya 5 folds"),
    ):
        if one in found and other in found:
            a, b = found[one], found[other]
            same = np.isclose(a["strength"], b["strength"], rtol=1e-6).mean()
            off = np.abs(a["coef"] - b["coef"]).max() / np.abs(b["coef"]).max()
            told = f", coefficients to {off:.1e}" if "loo" in one else ""
            print(f"{one} and {other}: {same:.2%} of strengths alike{told}")
    T, p, N, S = SIZES[size]
    print(
        f"{T} rows x {p} features x {N} outputs x {S} strengths, seconds (best, median of rounds)"
    )
    for name, each in times.items():
        wall, cpu = np.array(each).T
        print(f"{name:24} {wall.min():8.2f} {np.median(wall):8.2f} {np.median(cpu):8.2f}")


if __name__ == "__main__":
    main()
