"""A hidden Markov model in the plainest way: all paths of states, one by one."""

from itertools import product

import numpy as np


def all_paths(log_emission, initial, transition, starts):
    """Yield every path of states and log p(path, responses); log_emission is (T, K)."""
    T, K = log_emission.shape
    for path in product(range(K), repeat=T):
        log_p = 0.0
        for t, k in enumerate(path):
            before = initial[k] if starts[t] else of_trial(transition, t)[path[t - 1], k]
            log_p += np.log(before) + log_emission[t, k] if before > 0 else -np.inf
        yield path, log_p


def of_trial(transition, t):
    return transition if transition.ndim == 2 else transition[t]


def enumerated(log_emission, initial, transition, starts):
    """Return log p(y), posteriors (T, K), filtered (T, K), pairs (T, K, K) and the best path."""
    T, K = log_emission.shape
    paths = list(all_paths(log_emission, initial, transition, starts))
    p = np.exp([log_p for _, log_p in paths])
    posterior, pairs = np.zeros((T, K)), np.zeros((T, K, K))
    for (path, _), weight in zip(paths, p / p.sum(), strict=True):
        for t, k in enumerate(path):
            posterior[t, k] += weight
            if not starts[t]:
                pairs[t, path[t - 1], k] += weight
    filtered = np.array(
        [
            enumerated_end(log_emission[: t + 1], initial, cut(transition, t), starts[: t + 1])
            for t in range(T)
        ]
    )
    best = max(paths, key=lambda pair: pair[1])[0]
    return np.log(p.sum()), posterior, filtered, pairs, np.array(best)


def cut(transition, t):
    return transition if transition.ndim == 2 else transition[: t + 1]


def enumerated_end(log_emission, initial, transition, starts):
    """Return the distribution of the last state, (K,)."""
    end = np.zeros(log_emission.shape[1])
    for path, log_p in all_paths(log_emission, initial, transition, starts):
        end[path[-1]] += np.exp(log_p)
    return end / end.sum()
