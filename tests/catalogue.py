"""Every public fit: model x link x penalty x solver, and every kind of input.

The laws of ``tests/glm`` loop over these lists; a new part adds one row here and gains all tests.
"""

from dataclasses import dataclass, field
from functools import cache
from itertools import product

import numpy as np
from tests.models import MODELS as ROWS
from tests.models import NB_SCALE
from tests.penalties import PENALTIES, Penalty
from tests.reference import numpy_fista, numpy_glm

from spikeglm.glm import GLM, PopulationGLM

MODELS = {name: row.given for name, row in ROWS.items()}
# name: where the linear predictor sits, and how far the features may move it (all means possible)
LINKS = {
    "exp": (0.3, 0.8),
    "softplus": (0.5, 0.9),
    "logistic": (-0.3, 0.9),
    "norm.cdf": (-0.2, 0.8),
    "identity": (3.0, 1.5),
    "one_over_x": (0.6, 0.3),
    "one_over_sqrt_x": (0.6, 0.3),
}
WITH_POLE = ("one_over_x", "one_over_sqrt_x")  # at zero; linear predictors beyond it are no use
_ONLY_FUZZED = {  # pairs that nobody takes, where time is short
    *(("InverseGaussian", link) for link in ("logistic", "norm.cdf")),
    *((model, "one_over_sqrt_x") for model in ROWS if model != "InverseGaussian"),
}
_OF_PROBABILITIES = {
    "exp": (-1.2, 0.7),
    "softplus": (-0.8, 0.7),
    "identity": (0.5, 0.3),
    "one_over_x": (2.5, 0.9),
    "one_over_sqrt_x": (2.5, 0.9),
}
SOLVERS = ("LBFGS", "Newton")  # the two for smooth penalties that users meet
PAIRS = tuple(pair for pair in product(MODELS, LINKS) if pair not in _ONLY_FUZZED)
CANONICAL = tuple((name, row.canonical) for name, row in ROWS.items())


@dataclass(frozen=True)
class Case:
    """One kind of fit. ``X`` (T, p) and ``y`` (T, N) have an optimum inside the link's domain."""

    model: str
    link: str
    regularizer: str = "UnRegularized"
    solver: str | None = None
    n_rows: int = field(default=400, repr=False)
    n_neurons: int = field(default=2, repr=False)

    def __str__(self) -> str:
        return "-".join(filter(None, (self.model, self.link, self.regularizer, self.solver)))

    @property
    def penalty(self) -> Penalty:
        return PENALTIES[self.regularizer]

    @property
    def slack(self) -> float:
        """The tolerance that this solver stops at by default over that of the main ones."""
        return (self.penalty.main_solvers | self.penalty.other_solvers).get(self.solver, 1.0)

    @property
    def arguments(self) -> dict:
        return {
            "observation_model": MODELS[self.model],
            "inverse_link_function": self.link,
            "solver_name": self.solver,
        } | self.penalty.arguments

    def glm(self, **changes) -> GLM:
        return GLM(**(self.arguments | changes))

    def population(self, **changes) -> PopulationGLM:
        return PopulationGLM(**(self.arguments | changes))

    def data(self) -> tuple[np.ndarray, np.ndarray]:
        return simulated(self.model, self.link, self.n_rows, self.n_neurons)

    def oracle(self, X, y, **more) -> numpy_glm.Fit:
        ridge = self.penalty.matrix if self.penalty.entries else self.penalty.l2
        arguments = {"nb_scale": NB_SCALE, "ridge": ridge} | more
        if self.penalty.is_smooth:
            return numpy_glm.fit(X, y, self.model, self.link, **arguments)
        return numpy_fista.glm(X, y, self.penalty.kinked, self.model, self.link, **arguments)


@cache
def fitted(case: Case) -> GLM:
    """Return the fit of the first neuron: who only looks at it shares it."""
    X, y = case.data()
    return case.glm().fit(X, y[:, 0])


@cache
def fitted_population(case: Case) -> PopulationGLM:
    """Return the fit of all neurons: who only looks at it shares it."""
    return case.population().fit(*case.data())


def _cases(pairs, solvers_of) -> tuple[Case, ...]:
    """Return a case per pair of model and link, penalty and solver of that penalty."""
    return tuple(
        Case(model, link, name, solver)
        for model, link in pairs
        for name, penalty in PENALTIES.items()
        for solver in solvers_of(penalty)
    )


CASES = _cases(PAIRS, lambda penalty: penalty.main_solvers)
BY_OTHER_SOLVERS = _cases(CANONICAL, lambda penalty: penalty.other_solvers)
CANONICAL_CASES = tuple(
    Case(model, link, "UnRegularized", solver)
    for (model, link), solver in product(CANONICAL, SOLVERS)
)


def those(cases, **properties) -> list[Case]:
    """Return the cases whose penalty has these properties: ``those(CASES, is_smooth=True)``."""
    return [
        case
        for case in cases
        if all(getattr(case.penalty, name) == value for name, value in properties.items())
    ]


def place(model: str, link: str) -> tuple[float, float]:
    """Return where linear predictors sit, and how far they may move."""
    return (_OF_PROBABILITIES if model == "Bernoulli" else LINKS).get(link, LINKS[link])


def true_parameters(model: str, link: str, n_neurons: int) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients (3, N) and intercepts (N,) that keep every mean where the model allows it."""
    centre, reach = place(model, link)
    rng = np.random.default_rng(5)
    coef = rng.uniform(-1, 1, (3, n_neurons))
    return 0.9 * reach * coef / np.abs(coef).sum(axis=0), np.full(n_neurons, centre)


@cache
def simulated(model: str, link: str, n_rows: int, n_neurons: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw X (T, 3) in [-1, 1] and y (T, N) with NumPy's own generators; write-protected."""
    coef, intercept = true_parameters(model, link, n_neurons)
    rng = np.random.default_rng(11)
    X = rng.uniform(-1, 1, (n_rows, 3))
    mean = numpy_glm.LINKS[link][0](X @ coef + intercept)
    y = drawn(model, mean, rng)
    X.flags.writeable = y.flags.writeable = False
    return X, y


def drawn(model: str, mean: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw responses of given means, float64."""
    return ROWS[model].draw(rng, mean).astype(float)


def _pandas(array):
    import pandas as pd

    return pd.Series(array) if array.ndim == 1 else pd.DataFrame(array)


def _jax(array):
    import jax.numpy as jnp

    return jnp.asarray(array)


def _pynapple(array):
    import pynapple as nap

    times = 0.01 * np.arange(len(array))
    return (nap.Tsd if array.ndim == 1 else nap.TsdFrame)(t=times, d=np.array(array))


def _strided(array):
    wide = np.repeat(array, 2, axis=0)[..., None] * [1.0, np.nan]
    return wide[::2, ..., 0]


# name: from whole numbers in a float64 array to the same numbers in another container
INPUT_KINDS = {
    "int8": lambda array: array.astype(np.int8),
    "uint16": lambda array: (array - array.min() * (array.min() < 0)).astype(np.uint16),
    "int64": lambda array: array.astype(np.int64),
    "float16": lambda array: array.astype(np.float16),
    "float32": lambda array: array.astype(np.float32),
    "big endian": lambda array: array.astype(">f8"),
    "longdouble": lambda array: array.astype(np.longdouble),
    "Fortran order": np.asfortranarray,
    "strided": _strided,
    "backwards": lambda array: array[::-1].copy()[::-1],
    "lists": lambda array: array.tolist(),
    "pandas": _pandas,
    "JAX": _jax,
    "pynapple": _pynapple,
}
