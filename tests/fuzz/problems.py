"""Cases for the fuzzer: one seed is one fit of one to four neurons, well posed or not."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from tests.catalogue import CANONICAL, LINKS, MODELS, NB_SCALE
from tests.fuzz import losses, responses, tables
from tests.fuzz.oracle import Penalty, Problem

import spikeglm as nmo
from spikeglm.regularizer import GroupLasso, Quadratic

_SOLVERS = {
    True: (None, "LBFGS", "Newton", "BFGS", "NonlinearCG", "GradientDescent", "SVRG"),
    False: (None, "ProximalNewton", "ProximalGradient", "ProxSVRG"),
}
WITH_MATRICES = 1_000_000  # seeds from here on have a penalty with matrices
_PENALTIES = ("UnRegularized", "Ridge", "Lasso", "ElasticNet", "GroupLasso")


@dataclass(frozen=True, eq=False)
class Case:
    """What to fit: constructor arguments, and the arguments of ``fit`` as a user has them.

    ``response.values`` (T, N) are plain numbers, for classifiers codes of labels; ``weights`` and
    ``offset`` are arrays that broadcast to (T, N), or (T, N, K) for the offset of labels.
    """

    seed: int
    model: str
    link: str
    arguments: dict[str, Any]
    table: tables.Table
    response: responses.Response
    penalties: tuple[Penalty, ...]
    weights: np.ndarray
    offset: np.ndarray
    X: Any
    y: Any
    more: dict[str, Any]

    def estimator(self, **changes):
        kinds = {
            (False, False): nmo.GLM, (False, True): nmo.PopulationGLM,
            (True, False): nmo.ClassifierGLM, (True, True): nmo.ClassifierPopulationGLM,
        }  # fmt: skip
        is_population = np.ndim(self.y) == 2
        return kinds[self.model == "labels", is_population](**(self.arguments | changes))

    def problem(self, n):
        """Return what the oracle minimises for neuron n, or None where no row takes part."""
        X, y = self.table.values.astype(float), self.response.values[:, n]
        T, K = len(y), self.response.n_classes or 1
        weights = np.broadcast_to(self.weights, (T, self.n_neurons))[:, n]
        offset = np.broadcast_to(self.offset, (T, self.n_neurons, K))[:, n]
        keep = np.isfinite(X).all(axis=1) & np.isfinite(y) & (weights > 0)
        if not keep.any():
            return None
        if self.model == "labels":
            loss = losses.of_labels(y[keep].astype(int), K)
        else:
            loss = losses.of_response(self.model, self.link, y[keep], NB_SCALE)
        return Problem(
            loss, X[keep], weights[keep], offset[keep], self.penalties[n], self.free(n),
            self.table.noise,
            self.arguments.get("fit_intercept", True),
        )  # fmt: skip

    @property
    def n_neurons(self):
        return self.response.values.shape[1]

    def alone(self, n):
        """Return the case of neuron n as a population of one, everything else as it is."""
        one = slice(n, n + 1)
        arguments = dict(self.arguments)
        if "feature_mask" in arguments:
            arguments["feature_mask"] = arguments["feature_mask"][:, one]
        strength = arguments.get("regularizer_strength")
        if isinstance(strength, tuple):
            arguments["regularizer_strength"] = _one_column(strength[0], one), strength[1]
        elif strength is not None:
            arguments["regularizer_strength"] = _one_column(strength, one)
        more = {
            name: part[:, one] if np.ndim(part) > 1 else part for name, part in self.more.items()
        }
        response = self.response._replace(
            values=self.response.values[:, one], kinds=self.response.kinds[one]
        )
        columns = [
            part[:, one] if part.shape[1] > 1 else part for part in (self.weights, self.offset)
        ]
        return replace(
            self, arguments=arguments, more=more, response=response, y=self.y[:, one],
            penalties=self.penalties[one], weights=columns[0], offset=columns[1],
        )  # fmt: skip

    def free(self, n):
        """Return which coefficients (p, K) of neuron n may differ from zero."""
        shape = self.table.values.shape[1], self.response.n_classes or 1
        mask = self.arguments.get("feature_mask")
        if mask is None:
            return np.ones(shape, dtype=bool)
        mask = mask[:, n] if np.ndim(self.y) == 2 else mask
        return mask.astype(bool).reshape(shape)

    def __str__(self):
        """Code that does it again."""
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.arguments.items())
        more = "".join(f", {name}=case.more[{name!r}]" for name in self.more)
        T, p = self.table.values.shape
        return (
            f"from tests.fuzz import problems; case = problems.draw({self.seed})\n"
            f"{type(self.estimator()).__name__}({arguments}).fit(case.X, case.y{more})\n"
            f"# X ({T}, {p}) {self.table.values.dtype}: {', '.join(self.table.kinds)}; "
            f"y: {', '.join(self.response.kinds)}"
        )


def _one_column(values, one):
    return values[:, one] if np.ndim(values) == 2 else values


def draw(seed):
    """Return the case of a seed."""
    rng = np.random.default_rng(seed)
    table = tables.draw(rng)
    T, p = table.values.shape
    N = int(rng.integers(1, 5))
    is_population = N > 1 or rng.random() < 0.3
    model = "labels" if rng.random() < 0.12 else str(rng.choice(list(MODELS)))
    link = "log_softmax" if model == "labels" else _link(rng, model)
    weights = _weights(rng, T, N)
    if model == "labels":
        response = responses.draw_labels(rng, table, N)
        offset = _offset(rng, T, N, response.n_classes)
    else:
        offset = _offset(rng, T, N, 1)
        response = responses.draw(rng, table, model, link, N, offset[:, :, 0])
    K = response.n_classes or 1
    arguments = {} if model == "labels" else {
        "observation_model": MODELS[model], "inverse_link_function": link
    }  # fmt: skip
    if model == "labels":
        arguments["n_classes"] = None
    if p and model != "labels" and rng.random() < 0.1:
        arguments["fit_intercept"] = False
    if p and rng.random() < 0.15:
        shape = ((p, N) if is_population else (p,)) + ((K,) if model == "labels" else ())
        arguments["feature_mask"] = (rng.random(shape) < 0.7).astype(int)
    make = _penalty if seed < WITH_MATRICES else _quadratic
    more_arguments, penalties = make(rng, p, N, K, is_population)
    arguments |= more_arguments
    smooth = seed >= WITH_MATRICES or more_arguments["regularizer"] in ("UnRegularized", "Ridge")
    names = _SOLVERS[smooth]
    name = names[0] if rng.random() < 0.4 else names[rng.integers(len(names))]
    if name is not None and (model != "labels" or "SVRG" not in name):
        arguments["solver_name"] = name
    arguments["solver_kwargs"] = {"maxiter": 100}
    X, y = _as_users_have_it(rng, table, response, is_population, model)
    more = {}
    if weights is not None:
        more["sample_weight"] = weights if is_population or weights.ndim == 1 else weights[:, 0]
    if offset.any():
        more["offset"] = offset.reshape(
            offset.shape[:1] + ((N,) if is_population else ()) + ((K,) if model == "labels" else ())
        ) if offset.shape[1] == N else offset[:, 0, 0]  # fmt: skip
    dense = np.ones((T, 1)) if weights is None else weights.reshape(T, -1)
    return Case(
        seed, model, link, arguments, table, response, penalties, dense, offset, X, y, more
    )  # fmt: skip


def _link(rng, model):
    return dict(CANONICAL)[model] if rng.random() < 0.6 else str(rng.choice(list(LINKS)))


def _weights(rng, T, N):
    """Return weights (T,) or (T, N), or None."""
    if rng.random() < 0.6:
        return None
    shape = (T, N) if N > 1 and rng.random() < 0.4 else (T,)
    kind = rng.integers(5)
    if kind == 0:
        return rng.integers(0, 2, shape)
    if kind == 1:
        return rng.uniform(0, 1, shape)
    if kind == 2:
        return rng.integers(0, 4, shape).astype(float)
    if kind == 3:
        return 10.0 ** rng.uniform(-9, 9) * rng.uniform(0.5, 1, shape)
    return 10.0 ** rng.uniform(-4, 4, shape)


def _offset(rng, T, N, K):
    """Return an offset (T, N or 1, K), of zeros for none."""
    if rng.random() < 0.75:
        return np.zeros((T, 1, K))
    shape = (T, N, K) if K > 1 or rng.random() < 0.4 else (T, 1, 1)
    return rng.normal(0, rng.choice([0.1, 1.0, 3.0]), shape) + rng.choice([0.0, 0.0, -5.0, 4.0])


def _penalty(rng, p, N, K, is_population):
    """Return the arguments of the estimator, and what they mean for each neuron."""
    name = str(rng.choice(_PENALTIES, p=[0.3, 0.25, 0.2, 0.1, 0.15]))
    zero, one = np.zeros((p, K)), np.ones((p, K))
    strength = 10.0 ** rng.uniform(-6, 0.5)
    if name == "UnRegularized":
        return {"regularizer": name}, (Penalty(zero, zero),) * N
    if name == "GroupLasso":
        if p == 0:
            return {"regularizer": "UnRegularized"}, (Penalty(zero, zero),) * N
        group = rng.integers(-1, 3, p)
        if (group < 0).all():
            group[0] = 0
        names = np.unique(group[group >= 0])
        mask = (group == names[:, None]).astype(float)
        groups = tuple(
            (np.broadcast_to(row[:, None] > 0, (p, K)), strength * np.sqrt(row.sum() * K))
            for row in mask
        )
        more = {"regularizer": GroupLasso(mask), "regularizer_strength": strength}
        return more, (Penalty(zero, zero, groups),) * N
    each = np.full(N, strength)
    given = strength
    if is_population and K == 1 and rng.random() < 0.2:
        each = strength * 10.0 ** rng.uniform(-1, 1, N)
        given = each[None, :]
    if name == "ElasticNet":
        ratio = float(rng.uniform(0.1, 1.0))
        more = {"regularizer": name, "regularizer_strength": (given, ratio)}
        return more, tuple(Penalty(s * ratio * one, s * (1 - ratio) * one) for s in each)
    more = {"regularizer": name, "regularizer_strength": given}
    if name == "Ridge":
        return more, tuple(Penalty(zero, s * one) for s in each)
    return more, tuple(Penalty(s * one, zero) for s in each)


def _quadratic(rng, p, N, K, is_population):
    """Return one to three matrices on some columns: differences, or anything, or of less rank."""
    zero, n_entries = np.zeros((p, K)), int(rng.integers(1, 4))
    entries, roots = [], []
    for _ in range(n_entries):
        m = int(rng.integers(min(1, p), p + 1))
        columns = rng.permutation(p)[:m] if rng.random() < 0.4 else np.arange(p)[p - m :]
        kind = rng.integers(4)
        order = min(int(rng.integers(1, 3)), max(m - 1, 0))
        root = {
            0: lambda m=m, order=order: np.diff(np.eye(m), n=order, axis=0),
            1: lambda m=m: np.eye(m),
            2: lambda m=m: rng.normal(size=(m, m)),
            3: lambda m=m: rng.normal(size=(max(1, m // 2), m)),
        }[int(kind)]()
        if rng.random() < 0.2:
            root = root * 10.0 ** rng.uniform(-3, 3, m)
        placed = np.zeros((len(root), p))
        placed[:, columns] = root
        entries.append((columns, root.T @ root))
        roots.append(placed)
    strength = 10.0 ** rng.uniform(-6, 0.5, (n_entries, 1)) * np.ones(N)
    given = strength[:, 0]
    if is_population and rng.random() < 0.4:
        strength = given = strength * 10.0 ** rng.uniform(-2, 2, (n_entries, N))
    more = {"regularizer": Quadratic(entries), "regularizer_strength": given}
    return more, tuple(
        Penalty(
            zero, zero,
            root=np.vstack([np.sqrt(s) * root for s, root in zip(each, roots, strict=True)]),
        )
        for each in strength.T
    )  # fmt: skip


def _as_users_have_it(rng, table, response, is_population, model):
    """Return X and y in some container, y in some dtype."""
    y = response.values if is_population else response.values[:, 0]
    if model == "labels":
        names = np.array(["left", "right", "stay", "up", "down"], dtype=object)
        text = np.where(np.isfinite(y), names[np.nan_to_num(y).astype(int)], None)
        return table.values, text if rng.random() < 0.5 else y
    is_whole = np.isfinite(y).all() and (y == np.round(y)).all() and np.abs(y).max() < 2**31
    if is_whole and rng.random() < 0.5:
        y = y.astype(rng.choice([np.int64, np.uint32, np.float32]) if (y >= 0).all() else np.int64)
    if rng.random() > 0.15:
        return table.values, y
    import pynapple as nap

    T = len(y)
    times = 0.1 * np.arange(T) + 100.0 * (np.arange(T) >= T // 2)
    halves = [(times[0] - 0.05, times[max(T // 2 - 1, 0)] + 0.05)]
    if T > 1:
        halves.append((times[T // 2] - 0.05, times[-1] + 0.05))
    epochs = nap.IntervalSet(*zip(*halves, strict=True))
    y_kind = nap.Tsd if y.ndim == 1 else nap.TsdFrame
    return (
        nap.TsdFrame(t=times, d=table.values, time_support=epochs),
        y_kind(t=times, d=y, time_support=epochs),
    )
