"""Tables of features for the fuzzer, as users have them: of any size, unit, kind and storage."""

from typing import NamedTuple

import numpy as np

DTYPES = (np.float64, np.float64, np.float64, np.float32, np.int32, np.bool_)


class Table(NamedTuple):
    """Features (T, p) as they are stored, standardised ones for drawing y, and what they are."""

    values: np.ndarray
    standard: np.ndarray  # (T, p), zero where a row has a NaN
    kinds: tuple[str, ...]

    @property
    def noise(self):
        """What counts as rounding of the numbers stored, relative to them."""
        return 2.0**-20 if self.values.dtype == np.float32 else 2.0**-46


def draw(rng):
    T = int(np.ceil(10 ** rng.uniform(0.3, 2.2)))
    p = int(rng.integers(0, 13)) if rng.random() < 0.3 else int(rng.integers(1, 6))
    dtype = DTYPES[rng.integers(len(DTYPES))]
    X, kinds = np.zeros((T, p)), []
    for j in range(p):
        kind = str(rng.choice(list(_SINGLES if j == 0 or rng.random() < 0.75 else _OF_OTHERS)))
        make = _SINGLES.get(kind) or _OF_OTHERS[kind]
        X[:, j] = make(rng, T, X[:, :j])
        kinds.append(kind)
    with np.errstate(all="ignore"):
        limit = 2.0**30 if dtype is np.int32 else np.inf
        X = np.clip(X, -limit, limit).astype(dtype)
    standard = _standardised(X.astype(float))
    if X.dtype.kind == "f" and p and rng.random() < 0.15:
        missing = rng.random(T) < 0.2
        X[missing, rng.integers(0, p, missing.sum())] = rng.choice([np.nan, np.inf, -np.inf])
        kinds.append("gaps")
    if rng.random() < 0.2:
        X = np.asfortranarray(X)
    return Table(X, standard, tuple(kinds))


def _standardised(X):
    spread = X.std(axis=0)
    return (X - X.mean(axis=0)) / np.where(spread > 1e-12 * np.abs(X).max(axis=0), spread, np.inf)


def _one_hot(rng, T, others):
    return (rng.integers(0, 3, T) == 0).astype(float)


_SINGLES = {
    "normal": lambda rng, T, others: rng.normal(size=T),
    "uniform": lambda rng, T, others: rng.uniform(-3, 3, T),
    "counts": lambda rng, T, others: rng.poisson(1.5, T).astype(float),
    "one-hot": _one_hot,
    "constant": lambda rng, T, others: np.full(T, rng.choice([1.0, -3.7, 1e6])),
    "zero": lambda rng, T, others: np.zeros(T),
    "single row": lambda rng, T, others: (np.arange(T) == rng.integers(T)).astype(float),
    "huge mean": lambda rng, T, others: 10.0 ** rng.uniform(2, 8) + rng.normal(size=T),
    "absurd unit": lambda rng, T, others: 10.0 ** rng.uniform(-9, 9) * rng.normal(size=T),
}
_OF_OTHERS = {
    "copy": lambda rng, T, others: others[:, rng.integers(others.shape[1])],
    "near copy": lambda rng, T, others: (
        others[:, rng.integers(others.shape[1])] + 10.0 ** rng.uniform(-9, -3) * rng.normal(size=T)
    ),
    "combination": lambda rng, T, others: others @ rng.integers(-2, 3, others.shape[1]),
    "scaled copy": lambda rng, T, others: 1e3 * others[:, 0] - 7.0,
}
