"""What NeMoS 0.2.9 refuses is refused here with the same type of exception, a row per mistake.

Where one exception is a kind of the other (NotFittedError is a ValueError) either is right.
"""

import numpy as np
import pytest

import spikeglm as nmo
from spikeglm.observation_models import CategoricalObservations, PoissonObservations
from spikeglm.regularizer import ElasticNet, GroupLasso, Lasso, Ridge

T, P, N = 30, 3, 2
RNG = np.random.default_rng(0)
X = RNG.normal(size=(T, P))
COUNTS = RNG.poisson(1.0, (T, N))
BINARY = (COUNTS > 0).astype(int)
TREE = {"a": X[:, :1], "b": X[:, 1:]}
NotFitted = nmo.exceptions.NotFittedError


class Kind:
    """One of the four estimators, with data and parameters of the right shapes."""

    def __init__(self, estimator, y, coef_shape, intercept_shape):
        self.estimator, self.y = estimator, y
        self.coef, self.intercept = np.zeros(coef_shape), np.zeros(intercept_shape)

    def __call__(self, **arguments):
        return self.estimator(**arguments)

    def fitted(self, X=X):
        return self().fit(X, self.y)

    @property
    def other_ndim(self):
        return self.y[:, None] if self.y.ndim == 1 else self.y[:, 0]


KINDS = {
    "GLM": Kind(nmo.GLM, COUNTS[:, 0], (P,), (1,)),
    "PopulationGLM": Kind(nmo.PopulationGLM, COUNTS, (P, N), (N,)),
    "ClassifierGLM": Kind(nmo.ClassifierGLM, BINARY[:, 0], (P, 2), (2,)),
    "ClassifierPopulationGLM": Kind(nmo.ClassifierPopulationGLM, BINARY, (P, N, 2), (N, 2)),
}


@pytest.fixture(params=KINDS)
def kind(request):
    return KINDS[request.param]


# --- data ---

DATA = {
    "X of one dimension": (ValueError, lambda k: k().fit(X[:, 0], k.y)),
    "X of three dimensions": (ValueError, lambda k: k().fit(X[None], k.y)),
    "y of another number of dimensions": (ValueError, lambda k: k().fit(X, k.other_ndim)),
    "fewer rows in X": (ValueError, lambda k: k().fit(X[:-1], k.y)),
    "fewer rows in a leaf of X": (
        ValueError, lambda k: k().fit({"a": TREE["a"][:-1], "b": TREE["b"]}, k.y),
    ),
    "words in X": (TypeError, lambda k: k().fit(np.full((T, P), "spike"), k.y)),
    "NaN in every row": (ValueError, lambda k: k().fit(np.full((T, P), np.nan), k.y)),
    "other features in predict": (ValueError, lambda k: k.fitted().predict(X[:, :2])),
    "other features in score": (ValueError, lambda k: k.fitted().score(X[:, :2], k.y)),
    "other features in simulate": (ValueError, lambda k: k.fitted().simulate(0, X[:, :2])),
    "fewer rows in score": (ValueError, lambda k: k.fitted().score(X, k.y[:-1])),
    "another tree in predict": (
        TypeError, lambda k: k.fitted(TREE).predict({"a": X[:, :1], "c": X[:, 1:]}),
    ),
    "a table for a tree": (TypeError, lambda k: k.fitted(TREE).predict(X)),
    "a tree for a table": (TypeError, lambda k: k.fitted().predict(TREE)),
    "an unknown score": (NotImplementedError, lambda k: k.fitted().score(X, k.y, "r2")),
}  # fmt: skip


@pytest.mark.parametrize("row", DATA)
def test_data(row, kind):
    error, act = DATA[row]
    with pytest.raises(error):
        act(kind)


def test_other_neurons_than_those_of_the_fit():
    for name in ("PopulationGLM", "ClassifierPopulationGLM"):
        with pytest.raises(ValueError):
            KINDS[name].fitted().score(X, KINDS[name].y[:, :1])


# --- first parameters ---

START = {
    "one part": (ValueError, lambda k: (k.coef,)),
    "three parts": (ValueError, lambda k: (k.coef, k.intercept, k.intercept)),
    "a dict": (TypeError, lambda k: {"coef": k.coef, "intercept": k.intercept}),
    "coef with an axis more": (ValueError, lambda k: (k.coef[..., None], k.intercept)),
    "coef for other features": (ValueError, lambda k: (k.coef[:-1], k.intercept)),
    "empty coef": (ValueError, lambda k: (k.coef[:0], k.intercept)),
    "a number as intercept": (ValueError, lambda k: (k.coef, 0.0)),
    "intercept with an entry more": (ValueError, lambda k: (k.coef, np.zeros(7))),
    "coef of another tree": (TypeError, lambda k: ({"a": k.coef}, k.intercept)),
    "words as coef": (TypeError, lambda k: (np.full(k.coef.shape, "big"), k.intercept)),
    "words as intercept": (TypeError, lambda k: (k.coef, np.full(k.intercept.shape, "big"))),
}


@pytest.mark.parametrize("row", START)
def test_first_parameters(row, kind):
    error, params = START[row]
    with pytest.raises(error):
        kind().fit(X, kind.y, init_params=params(kind))


# --- before the fit ---

BEFORE = {
    "predict": lambda model, y: model.predict(X),
    "score": lambda model, y: model.score(X, y),
    "simulate": lambda model, y: model.simulate(0, X),
}


@pytest.mark.parametrize("row", BEFORE)
def test_before_fit(row, kind):
    with pytest.raises(NotFitted):
        BEFORE[row](kind(), kind.y)


@pytest.mark.parametrize("row", [*BEFORE, "compute_loss", "initialize_params", "predict_proba"])
@pytest.mark.parametrize("name", ["ClassifierGLM", "ClassifierPopulationGLM"])
def test_classifiers_without_classes(row, name):
    kind = KINDS[name]
    more = {
        "compute_loss": lambda model, y: model.compute_loss((kind.coef, kind.intercept), X, y),
        "initialize_params": lambda model, y: model.initialize_params(X, y),
        "predict_proba": lambda model, y: model.predict_proba(X),
    }
    with pytest.raises(RuntimeError):
        (BEFORE | more)[row](kind(), kind.y)


def test_a_fit_that_does_not_converge_warns_and_is_returned(kind):
    model = kind(solver_name="LBFGS", solver_kwargs={"maxiter": 1})
    with pytest.warns(RuntimeWarning):
        assert model.fit(X, kind.y) is model
    assert model.predict(X).shape == kind.y.shape


# --- constructor arguments (checked by fit) ---

ARGUMENTS = {
    "unknown model": (ValueError, {"observation_model": "Poison"}),
    "model in lower case": (ValueError, {"observation_model": "poisson"}),
    "Categorical": (TypeError, {"observation_model": "Categorical"}),
    "a Categorical model": (TypeError, {"observation_model": CategoricalObservations()}),
    "a class as model": (TypeError, {"observation_model": PoissonObservations}),
    "a number as model": (AttributeError, {"observation_model": 3}),
    "an object without methods": (AttributeError, {"observation_model": object()}),
    "unknown link": (ValueError, {"inverse_link_function": "ex"}),
    "a link that returns a number": (ValueError, {"inverse_link_function": lambda x: 3.0}),
    "a link that returns text": (ValueError, {"inverse_link_function": lambda x: "rate"}),
    "a link with a branch": (ValueError, {"inverse_link_function": lambda x: x if x > 0 else -x}),
    "a link that is no function": (TypeError, {"inverse_link_function": 5}),
    "unknown regularizer": (ValueError, {"regularizer": "ridge"}),
    "a number as regularizer": (TypeError, {"regularizer": 0.1}),
    "a number as solver": (TypeError, {"solver_name": 3}),
    "unknown solver": (ValueError, {"solver_name": "Adam"}),
    "a solver with half a bracket": (ValueError, {"solver_name": "LBFGS[optax"}),
    "a solver that cannot": (ValueError, {"regularizer": "Lasso", "solver_name": "LBFGS"}),
    "unknown solver argument": (
        NameError, {"solver_name": "LBFGS", "solver_kwargs": {"max_steps": 3}},
    ),
}  # fmt: skip


@pytest.mark.parametrize("row", ARGUMENTS)
@pytest.mark.parametrize("name", ["GLM", "PopulationGLM"])
def test_arguments(row, name):
    error, arguments = ARGUMENTS[row]
    with pytest.raises(error):
        KINDS[name](**arguments).fit(X, KINDS[name].y)


CLASS_ARGUMENTS = {
    "one class": (ValueError, {"n_classes": 1}),
    "half a class": (ValueError, {"n_classes": 2.5}),
    "more classes than y has": (ValueError, {"n_classes": 3}),
    "unknown regularizer": (ValueError, {"regularizer": "ridge"}),
    "another link": (ValueError, {"inverse_link_function": "exp"}),
}


@pytest.mark.parametrize("row", CLASS_ARGUMENTS)
@pytest.mark.parametrize("name", ["ClassifierGLM", "ClassifierPopulationGLM"])
def test_arguments_of_classifiers(row, name):
    error, arguments = CLASS_ARGUMENTS[row]
    with pytest.raises(error):
        KINDS[name](**arguments).fit(X, KINDS[name].y)


def test_unknown_constructor_arguments(kind):
    with pytest.raises(TypeError):
        kind(alpha=1.0)
    with pytest.raises(ValueError):
        kind().set_params(alpha=1.0)


# --- strengths ---

STRENGTHS = {
    "another shape": (ValueError, Ridge(), np.ones(P + 1)),
    "coef of a population": (ValueError, Ridge(), np.ones((P, N))),
    "words": (TypeError, Ridge(), "strong"),
    "words for each": (TypeError, Lasso(), ["a", "b", "c"]),
    "another tree": (TypeError, Lasso(), {"c": 1.0}),
    "three parts": (TypeError, ElasticNet(), (1.0, 0.5, 0.5)),
    "one part": (TypeError, ElasticNet(), (1.0,)),
    "a ratio of zero": (ValueError, ElasticNet(), (1.0, 0.0)),
    "a ratio above one": (ValueError, ElasticNet(), (1.0, 1.1)),
    "a negative ratio": (ValueError, ElasticNet(), (1.0, -0.1)),
    "other groups": (ValueError, GroupLasso([[1, 1, 0], [0, 0, 1]]), [1.0, 2.0, 3.0]),
    "a negative number (NeMoS takes it)": (ValueError, Ridge(), -1.0),
}


@pytest.mark.parametrize("row", STRENGTHS)
def test_strengths(row):
    error, regularizer, strength = STRENGTHS[row]
    with pytest.raises(error):
        nmo.GLM(regularizer=regularizer, regularizer_strength=strength).fit(X, COUNTS[:, 0])


def test_a_list_is_a_strength_and_a_tuple_a_strength_and_a_ratio():
    fits = {
        name: nmo.GLM(regularizer="ElasticNet", regularizer_strength=strength).fit(X, COUNTS[:, 0])
        for name, strength in {
            "number": 0.1, "list": [0.1] * P, "tuple": (0.1, 0.5), "other": (0.1, 0.9),
        }.items()
    }  # fmt: skip
    for name in ("list", "tuple"):
        np.testing.assert_allclose(fits[name].coef_, fits["number"].coef_, atol=1e-7)
    assert not np.allclose(fits["other"].coef_, fits["number"].coef_)


# --- masks of groups ---

MASKS = {
    "one dimension": (ValueError, [1, 1, 0]),
    "other numbers": (ValueError, [[1, 2, 0], [0, 0, 1]]),
    "only zeros": (ValueError, [[0, 0, 0]]),
    "no group": (ValueError, np.zeros((0, P))),
    "a feature in two groups": (ValueError, [[1, 1, 0], [0, 1, 1]]),
    "other features": (ValueError, [[1, 1, 0, 0]]),
    "words": (TypeError, [["a", "b", "c"]]),
}


@pytest.mark.parametrize("row", MASKS)
def test_masks_of_groups(row):
    error, mask = MASKS[row]
    with pytest.raises(error):
        nmo.GLM(regularizer=GroupLasso(mask)).fit(X, COUNTS[:, 0])


def test_leaves_with_unequal_numbers_of_groups():
    mask = {"a": np.ones((1, 1)), "b": np.eye(2)}
    with pytest.raises(ValueError):
        nmo.GLM(regularizer=GroupLasso(mask)).fit(TREE, COUNTS[:, 0])


def test_groups_without_a_mask_warn_and_leave_the_regularizer_as_it_was():
    regularizer = GroupLasso()
    with pytest.warns(UserWarning, match="mask"):
        nmo.GLM(regularizer=regularizer, regularizer_strength=0.01).fit(X, COUNTS[:, 0])
    assert regularizer.mask is None


# --- feature masks ---

FEATURE_MASKS = {
    "another shape": (ValueError, np.ones((P, N + 1))),
    "other numbers": (ValueError, np.full((P, N), 2)),
    "another tree": (TypeError, {"a": np.ones(N)}),
}


@pytest.mark.parametrize("row", FEATURE_MASKS)
def test_feature_masks(row):
    error, mask = FEATURE_MASKS[row]
    with pytest.raises(error):
        nmo.PopulationGLM(feature_mask=mask).fit(X, COUNTS)
