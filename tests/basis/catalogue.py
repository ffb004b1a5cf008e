"""Every public basis once or more; the laws of this folder loop over it.

A new basis adds one row here and gains all tests.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from spikeglm import basis as nmo_basis
from spikeglm.basis import Basis
from spikeglm.basis.functions.category import Indicators

RATES = np.array([1.0, 2.0, 4.0])


@dataclass(frozen=True)
class Row:
    name: str
    make: Callable[[], Basis]
    kind: str  # "eval", "conv" or "composed"
    sums_to: float | None = None  # the functions sum to this everywhere on [0, 1]
    exchange: dict | None = None  # a valid change of parameters


EVALS = [
    Row("BSplineEval", lambda: nmo_basis.BSplineEval(5), "eval", 1.0, {"n_basis_funcs": 6}),
    Row("BSplineEval-1", lambda: nmo_basis.BSplineEval(4, order=1), "eval", 1.0, {"order": 2}),
    Row("CyclicBSplineEval", lambda: nmo_basis.CyclicBSplineEval(5), "eval", 1.0, {"order": 3}),
    Row("ISplineEval", lambda: nmo_basis.ISplineEval(5), "eval", None, {"order": 3}),
    Row("MSplineEval", lambda: nmo_basis.MSplineEval(5, order=3), "eval", None, {"order": 2}),
    Row(
        "RaisedCosineLinearEval",
        lambda: nmo_basis.RaisedCosineLinearEval(4, width=1.5),
        "eval",
        None,
        {"width": 2.0},
    ),
    Row(
        "RaisedCosineLogEval",
        lambda: nmo_basis.RaisedCosineLogEval(4),
        "eval",
        None,
        {"time_scaling": 10.0},
    ),
    Row(
        "OrthExponentialEval",
        lambda: nmo_basis.OrthExponentialEval(3, RATES),
        "eval",
        None,
        {"decay_rates": [2.0, 1.0], "n_basis_funcs": 2},
    ),
    Row("IdentityEval", nmo_basis.IdentityEval, "eval", None, {"bounds": (-9.0, 9.0)}),
    Row("FourierEval", lambda: nmo_basis.FourierEval(3), "eval", None, {"frequencies": 4}),
    Row("Category", lambda: nmo_basis.Category(5), "eval", None, {"categories": [4, 0, 9]}),
    Row("Zero", nmo_basis.Zero, "eval", None, {"label": "off"}),
]
CONVS = [
    Row("BSplineConv", lambda: nmo_basis.BSplineConv(5, 8), "conv", 1.0, {"window_size": 9}),
    Row("CyclicBSplineConv", lambda: nmo_basis.CyclicBSplineConv(5, 8), "conv", 1.0, {"order": 2}),
    Row("MSplineConv", lambda: nmo_basis.MSplineConv(4, 7), "conv", None, {"n_basis_funcs": 5}),
    Row(
        "RaisedCosineLinearConv",
        lambda: nmo_basis.RaisedCosineLinearConv(3, 6),
        "conv",
        None,
        {"width": 1.5},
    ),
    Row(
        "RaisedCosineLogConv",
        lambda: nmo_basis.RaisedCosineLogConv(3, 6),
        "conv",
        None,
        {"conv_kwargs": {"predictor_causality": "acausal"}},
    ),
    Row(
        "OrthExponentialConv",
        lambda: nmo_basis.OrthExponentialConv(3, 6, RATES),
        "conv",
        None,
        {"window_size": 12},
    ),
    Row("HistoryConv", lambda: nmo_basis.HistoryConv(4), "conv", None, {"window_size": 3}),
]


def itself(x):
    return x


def square(x, factor=1.0):
    return factor * x * x


def both(x, y):
    with np.errstate(invalid="ignore"):  # 0 times infinity
        return np.stack((x + y, x * y), axis=1)


CUSTOM = [
    Row(
        "CustomBasis",
        lambda: nmo_basis.CustomBasis([itself, square], output_shape=1),
        "custom",
        None,
        {"funcs": square, "basis_kwargs": {"factor": 3.0}},
    ),
]
LEAVES = EVALS + CONVS + CUSTOM


def _b(n: int) -> Basis:
    return nmo_basis.BSplineEval(n, order=2)


COMPOSED = [
    Row("Eval+Conv", lambda: _b(3) + nmo_basis.HistoryConv(2), "composed"),
    Row("Eval*Eval", lambda: _b(3) * nmo_basis.RaisedCosineLinearEval(2), "composed"),
    Row("Eval*Conv", lambda: _b(2) * nmo_basis.BSplineConv(4, 5), "composed"),
    Row("(a+b)*c", lambda: (_b(2) + nmo_basis.HistoryConv(2)) * _b(3), "composed"),
    Row("a*(b+c)+d", lambda: _b(2) * (_b(3) + _b(2)) + nmo_basis.IdentityEval(), "composed"),
    Row("a+Zero", lambda: _b(3) + nmo_basis.Zero(), "composed"),
    Row("a*Zero", lambda: _b(3) * nmo_basis.Zero(), "composed"),
    Row("a**2", lambda: _b(2) ** 2, "composed"),
    Row("Fourier2d", lambda: nmo_basis.FourierEval(2, ndim=2), "composed"),
    Row("Category*a", lambda: nmo_basis.Category(5) * _b(2), "composed"),
    Row("Custom*a", lambda: nmo_basis.CustomBasis([itself, square]) * _b(3), "composed"),
    Row("Custom2*a", lambda: nmo_basis.CustomBasis(both) * _b(3), "composed"),
    Row("Fourier*a", lambda: nmo_basis.FourierEval(3) * _b(2), "composed"),
    Row(
        "anti-causal+acausal",
        lambda: (
            nmo_basis.HistoryConv(3, conv_kwargs={"predictor_causality": "anti-causal"})
            + nmo_basis.BSplineConv(4, 5, conv_kwargs={"predictor_causality": "acausal"})
        ),
        "composed",
    ),
]
ALL = LEAVES + COMPOSED


def ids(rows: list[Row]) -> list[str]:
    return [row.name for row in rows]


def inputs(basis: Basis, n: int = 40, shape: tuple[int, ...] = (), seed: int = 0) -> list:
    """One random input in [0, 1] per variable of a basis, the ends included; or labels."""
    rng = np.random.default_rng(seed)
    xs = [rng.uniform(size=(n, *shape)) for _ in range(basis.n_inputs)]
    for x in xs:
        if n > 1:
            x[0], x[1] = 0.0, 1.0
    for i, read in enumerate(basis.node.formula.readers):
        family = getattr(read, "__self__", None)
        if isinstance(family, Indicators):
            xs[i] = rng.choice(family.categories, size=(n, *shape)).astype(float)
    return xs


def has_a_line_as_grid(basis: Basis) -> bool:
    """Whether every variable of the basis lives on a line: no labels, no functions of a user."""
    others = (nmo_basis.Category, nmo_basis.CustomBasis)
    return not any(isinstance(node, others) for node in nodes(basis))


def has_labels(basis: Basis) -> bool:
    """Whether an input of the basis is categorical."""
    return any(isinstance(node, nmo_basis.Category) for node in nodes(basis))


def table(xs: list) -> np.ndarray:
    """Inputs side by side, as a pipeline passes them."""
    return np.concatenate([x.reshape(len(x), -1) for x in xs], axis=1)


def nodes(basis: Basis):
    """Yield a basis and all its parts."""
    yield basis
    for child in basis.node.children:
        yield from nodes(child.basis)
