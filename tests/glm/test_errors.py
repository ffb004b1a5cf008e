"""What a tired user types: each mistake raises its error, which says what to do."""

import functools
import re

import numpy as np
import pytest
from tests.catalogue import SOLVERS

import spikeglm as nmo

X = np.random.default_rng(0).normal(size=(20, 3))
X.flags.writeable = False
RECORDING = nmo.datasets.load_grasshopper()
COUNTS = np.random.default_rng(1).poisson(1.0, (20, 2))
GIVEN_EXPECTED = re.compile(r".+\. Given: .+\. Expected: .+", re.DOTALL)


def fit(X=X, y=COUNTS, *, model="Poisson", population=True, init_params=None, fit=(), **arguments):
    kind = nmo.PopulationGLM if population else nmo.GLM
    return kind(model, **arguments).fit(X, y, init_params, **dict(fit))


def fit_one(X=X, y=COUNTS[:, 0], **more):
    return fit(X, y, population=False, **more)


def raises_well(error, match, what, *args, **kwargs):
    """The error has the right type, and the three parts: what is wrong, given, expected."""
    with pytest.raises(error, match=match) as caught:
        what(*args, **kwargs)
    message = str(caught.value)
    assert type(caught.value) is error
    assert GIVEN_EXPECTED.match(message), message
    assert len(message) < 600, message


BAD_X = {
    "one-dimensional": (X[:, 0], ValueError, "2-dimensional.*X\\[:, None\\]"),
    "three-dimensional": (X[None], ValueError, "2-dimensional"),
    "a number": (3.0, ValueError, "2-dimensional"),
    "a string": ("data.npy", TypeError, "X cannot be read as numbers"),
    "strings": (X.astype(str), TypeError, "X cannot be read"),
    "words": (np.full((20, 3), "spike"), TypeError, "X cannot be read"),
    "objects": (np.full((20, 3), None), TypeError, "X cannot be read"),
    "complex": (X + 1j, TypeError, "real part"),
    "ragged": ([[1.0, 2.0], [1.0]] * 10, TypeError, "equally long"),
    "None": (None, TypeError, "X cannot be read"),
    "dates": (np.zeros((20, 3), "M8[s]"), TypeError, "seconds"),
    "too few rows": (X[:-1], ValueError, "same number of samples.*19.*20"),
    "no rows": (X[:0], ValueError, "same number of samples"),
    "masked": (np.ma.masked_less(X, 0), TypeError, "filled"),
    "all NaN": (np.full((20, 3), np.nan), ValueError, "NaN or an Inf"),
    "one column NaN": (X * [1, np.nan, 1], ValueError, "NaN or an Inf.*feature"),
    "a basis": (nmo.basis.BSplineEval(5), TypeError, r"BSplineEval.*basis\.design\(signal"),
    "a recording": (RECORDING, TypeError, "GrasshopperRecording.*arrays that it holds"),
    "spike times": ([np.arange(0.5, n) for n in (4, 9)], TypeError, r"spike times.*histogram"),
}


@pytest.mark.parametrize("name", BAD_X)
@pytest.mark.parametrize("fit", [fit, fit_one])
def test_features_that_cannot_be_used(name, fit):
    value, error, match = BAD_X[name]
    raises_well(error, match, fit, X=value)


BAD_Y = {
    "two-dimensional": (COUNTS, ValueError, "1-dimensional.*PopulationGLM"),
    "a number": (3, ValueError, "1-dimensional"),
    "strings": (COUNTS[:, 0].astype(str), TypeError, "y cannot be read"),
    "complex": (COUNTS[:, 0] + 1j, TypeError, "y cannot be read"),
    "None": (None, ValueError, "requires y to be passed"),
    "too long": (np.zeros(21), ValueError, "same number of samples"),
    "spike times": (np.arange(0.5, 9.0), ValueError, r"looks like spike times.*histogram"),
    "negative": (COUNTS[:, 0] - 5, ValueError, "Poisson.*y\\[0\\]"),
    "not whole": (COUNTS[:, 0] + 0.5, ValueError, "Poisson.*What to do.*counts, not rates"),
    "all NaN": (np.full(20, np.nan), ValueError, "NaN or an Inf"),
}


@pytest.mark.parametrize("name", BAD_Y)
@pytest.mark.parametrize("solver", SOLVERS)
def test_a_response_that_cannot_be_used(name, solver):
    value, error, match = BAD_Y[name]
    raises_well(error, match, fit_one, y=value, solver_name=solver)


BAD_POPULATIONS = {
    "one-dimensional": (COUNTS[:, 0], "2-dimensional.*GLM for one neuron"),
    "three-dimensional": (COUNTS[None], "2-dimensional"),
    "no neurons": (COUNTS[:, :0], "nothing to fit"),
    "negative": (COUNTS - 5, "y\\[0, 0\\]"),
}


@pytest.mark.parametrize("name", BAD_POPULATIONS)
def test_a_population_that_cannot_be_used(name):
    value, match = BAD_POPULATIONS[name]
    raises_well(ValueError, match, fit, y=value)


def test_no_rows_at_all():
    raises_well(ValueError, "nothing to fit", fit, X=X[:0], y=COUNTS[:0])
    raises_well(ValueError, "nothing to fit", fit_one, X=X[:0], y=COUNTS[:0, 0])


@pytest.mark.parametrize(
    ("model", "bad"),
    [("Bernoulli", 2.0), ("Bernoulli", 0.5), ("Gamma", 0.0), ("Gamma", -1.0),
     ("NegativeBinomial", -1.0), ("NegativeBinomial", 1.5)],
)  # fmt: skip
def test_responses_outside_a_models_support(model, bad):
    y = np.ones(20)
    y[7] = bad
    raises_well(ValueError, rf"{model}.*y\[7\]", fit_one, y=y, model=model)


NAMES = [
    ({"model": "Poison"}, "observation model.*Did you mean 'Poisson'"),
    ({"inverse_link_function": "ex"}, "inverse link.*Did you mean 'exp'"),
    ({"regularizer": "ridge"}, "regularizer.*Did you mean 'Ridge'"),
    ({"solver_name": "lbfgs"}, "solver.*Did you mean 'LBFGS'"),
    ({"solver_name": "Adam"}, "solver"),
    ({"inverse_link_function": float}, "differentiated.*jax.numpy"),
]


@pytest.mark.parametrize(("arguments", "match"), NAMES)
def test_names_that_name_nothing(arguments, match):
    raises_well(ValueError, match, fit_one, **arguments)


TYPES = [
    ({"model": nmo.observation_models.PoissonObservations}, "instance, not the class"),
    ({"model": "Categorical"}, "ClassifierGLM"),
    ({"inverse_link_function": 1.0}, "inverse link"),
    ({"regularizer": 0.1}, "regularizer"),
    ({"regularizer": nmo.regularizer.Ridge}, "regularizer"),
    ({"solver_name": 3}, "solver_name must be a string"),
    ({"solver_kwargs": 3}, "solver_kwargs"),
    ({"solver_kwargs": {"tol": "tight"}}, "tol"),
    ({"solver_kwargs": {"maxiter": 2.5}}, "maxiter"),
]


@pytest.mark.parametrize(("arguments", "match"), TYPES)
def test_arguments_of_the_wrong_type(arguments, match):
    raises_well(TypeError, match, fit_one, **arguments)


@pytest.mark.parametrize("kwargs", [{"tol": 0.0}, {"tol": -1}, {"tol": np.nan}, {"maxiter": 0}])
def test_solver_arguments_out_of_range(kwargs):
    raises_well(ValueError, next(iter(kwargs)), fit_one, solver_kwargs=kwargs)


def test_an_unknown_solver_argument_is_a_name_error():
    raises_well(NameError, "step_length.*tol", fit_one, solver_kwargs={"step_length": 0.1})


def test_unknown_constructor_arguments_are_type_errors():
    with pytest.raises(TypeError, match="strength"):
        nmo.GLM(strength=1.0)
    with pytest.raises(TypeError, match="alpha"):
        nmo.PopulationGLM(alpha=1.0)


STRENGTHS = [
    (-1.0, ValueError, "negative"),
    (np.nan, ValueError, "finite"),
    (np.inf, ValueError, "finite"),
    ("strong", TypeError, "numeric"),
    ([1.0, 2.0], ValueError, "does not fit"),
    (np.ones((2, 3)), ValueError, r"does not fit.*\(1, 2\).*\(3, 1\)"),
    ({"a": 1.0}, TypeError, "have no terms"),
]


@pytest.mark.parametrize(("strength", "error", "match"), STRENGTHS)
def test_strengths_that_cannot_be_used(strength, error, match):
    arguments = {"regularizer": "Ridge", "regularizer_strength": strength}
    raises_well(error, match, fit, **arguments)


MASKS = [
    (np.ones((2, 3)), ValueError, r"feature_mask.*\(2, 3\).*\(3, 2\)"),
    (np.ones(3), ValueError, "feature_mask"),
    (np.full((3, 2), 2), ValueError, "only 0 and 1"),
    (np.full((3, 2), 0.5), ValueError, "only 0 and 1"),
    (np.full((3, 2), np.nan), ValueError, "only 0 and 1"),
    ("all", TypeError, "feature_mask"),
]


@pytest.mark.parametrize(("mask", "error", "match"), MASKS)
def test_masks_that_cannot_be_used(mask, error, match):
    raises_well(error, match, fit, feature_mask=mask)


WEIGHTS = [
    (np.ones(19), ValueError, "same number of samples"),
    (-np.ones(20), ValueError, "negative"),
    (np.ones((20, 3)), ValueError, "wrong shape"),
    (np.ones((20, 2, 1)), ValueError, "wrong shape"),
    (np.zeros(20), ValueError, "weight"),
    (["a"] * 20, TypeError, "sample_weight cannot be read"),
]


@pytest.mark.parametrize(("weights", "error", "match"), WEIGHTS)
def test_weights_that_cannot_be_used(weights, error, match):
    raises_well(error, match, fit, fit={"sample_weight": weights})


OFFSETS = [*WEIGHTS[:1], *WEIGHTS[2:4], (np.full(20, np.nan), ValueError, "offset|NaN")]


@pytest.mark.parametrize(("offset", "error", "match"), OFFSETS)
def test_offsets_that_cannot_be_used(offset, error, match):
    raises_well(error, match, fit, fit={"offset": offset})
    if np.isfinite(offset).all():
        raises_well(error, match, fit().predict, X, offset=offset)


STARTS = [
    ((np.zeros(3),), ValueError, "two parts"),
    ((np.zeros(3), np.zeros(1), np.zeros(1)), ValueError, "two parts"),
    ({"coef": np.zeros(3), "intercept": np.zeros(1)}, TypeError, "tuple"),
    (np.zeros((2, 3)), TypeError, "tuple"),
    ((np.zeros((3, 1)), np.zeros(1)), ValueError, "coefficients"),
    ((np.zeros(4), np.zeros(1)), ValueError, "coefficients"),
    ((np.zeros(0), np.zeros(1)), ValueError, "coefficients"),
    ((np.zeros(3), np.zeros(2)), ValueError, "intercept"),
    ((np.zeros(3), 0.0), ValueError, "intercept"),
    ((["a", "b", "c"], np.zeros(1)), TypeError, "coef"),
    ((np.zeros(3), [None]), TypeError, "intercept"),
    ((np.full(3, np.nan), np.zeros(1)), ValueError, "finite"),
]


@pytest.mark.parametrize(("start", "error", "match"), STARTS)
def test_start_parameters_that_cannot_be_used(start, error, match):
    raises_well(error, match, fit_one, init_params=start)
    if "finite" not in match:
        raises_well(error, match, nmo.GLM().compute_loss, start, X, COUNTS[:, 0])


@pytest.mark.parametrize("method", ["predict", "score", "simulate", "covariance", "save"])
def test_before_fit(method):
    model, y = nmo.GLM(), COUNTS[:, 0]
    calls = {
        "predict": lambda: model.predict(X),
        "score": lambda: model.score(X, y),
        "simulate": lambda: model.simulate(0, X),
        "covariance": lambda: model.covariance(X, y),
        "save": lambda: model.standard_errors(X, y),
    }
    with pytest.raises(nmo.exceptions.NotFittedError, match="call fit") as caught:
        calls[method]()
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, AttributeError)


@pytest.mark.parametrize("wrong", [X[:, :2], X[:, 0], np.hstack([X, X]), X[:, :0]])
def test_other_features_than_those_of_the_fit(wrong):
    for model in (fit(), fit_one()):
        raises_well(ValueError, "feature|2-dimensional", model.predict, wrong)


def test_scores_of_the_wrong_kind_or_shape():
    one, many = fit_one(), fit()
    with pytest.raises(NotImplementedError, match=r"score type.*pseudo-r2-McFadden"):
        one.score(X, COUNTS[:, 0], score_type="pseudo-r2")
    raises_well(ValueError, "y must be 1-dimensional", one.score, X, COUNTS)
    raises_well(ValueError, "y must be 2-dimensional", many.score, X, COUNTS[:, 0])
    raises_well(ValueError, "y must be", many.score, X, np.ones((20, 5)))
    raises_well(ValueError, "row", one.score, X, COUNTS[:5, 0])
    raises_well(ValueError, "Poisson", one.score, X, COUNTS[:, 0] - 9)
    raises_well(ValueError, "NaN", one.score, X, np.full(20, np.nan))
    raises_well(ValueError, "requires y to be passed", one.score, X, None)


def test_keys_that_cannot_seed():
    with pytest.raises((TypeError, ValueError)) as caught:
        fit_one().simulate("today", X)
    assert GIVEN_EXPECTED.match(str(caught.value))


def test_set_params_of_unknown_names():
    with pytest.raises(ValueError, match="alpha"):
        nmo.GLM().set_params(alpha=1.0)
    raises_well(ValueError, "no parameters", nmo.GLM().set_params, regularizer__alpha=1.0)
    raises_well(ValueError, "no parameters", nmo.GLM().set_params, observation_model__scale=1.0)
    model = nmo.GLM(nmo.observation_models.NegativeBinomialObservations())
    raises_well(ValueError, "Unknown", model.set_params, observation_model__sale=1.0)


def test_mistakes_leave_an_earlier_fit_as_it_was():
    model = fit_one()
    before = model.coef_.copy()
    with pytest.raises(ValueError):
        model.fit(X, COUNTS)
    with pytest.raises(ValueError):
        model.set_params(solver_name="Adam").fit(X, COUNTS[:, 0])
    np.testing.assert_array_equal(model.coef_, before)


FITTED_FROM_X_AND_Y = {
    "GLM": nmo.GLM().fit,
    "PopulationGLM": nmo.PopulationGLM().fit,
    "ClassifierGLM": nmo.ClassifierGLM().fit,
    "ClassifierPopulationGLM": nmo.ClassifierPopulationGLM().fit,
    "GLMHMM": nmo.GLMHMM(2).fit,
    "ClassifierGLMHMM": nmo.ClassifierGLMHMM(2).fit,
    "ReducedRankRegression": nmo.ReducedRankRegression(2).fit,
    "fit_lapses": nmo.glm_hmm.fit_lapses,
    "select_states": nmo.glm_hmm.select_states,
    "select_strength": functools.partial(nmo.selection.select_strength, nmo.GLM()),
    "search_terms": functools.partial(nmo.selection.search_terms, nmo.GLM()),
    "contributions": functools.partial(nmo.selection.contributions, nmo.GLM(), folds=4),
    "regularization_path": functools.partial(nmo.selection.regularization_path, nmo.GLM()),
}


@pytest.mark.parametrize("name", FITTED_FROM_X_AND_Y)
def test_features_and_response_that_changed_places(name):
    choices, features = COUNTS[:, 0] % 2, np.random.default_rng(0).normal(size=(20, 3))
    with pytest.raises(ValueError, match=r"look swapped.*\(20,\) and y of shape \(20, 3\)"):
        FITTED_FROM_X_AND_Y[name](choices, features)


@pytest.mark.parametrize("name", FITTED_FROM_X_AND_Y)
@pytest.mark.parametrize("kind", ["a design", "a dictionary"])
def test_features_that_are_a_design_or_a_dictionary_and_a_response_that_changed_places(name, kind):
    features = np.random.default_rng(0).normal(size=(20, 2))
    design = nmo.basis.IdentityEval().design(features[:, 0])
    given = design if kind == "a design" else {"a": features[:, 0], "b": features[:, 1]}
    with pytest.raises(TypeError, match=r"look swapped.*swap the two"):
        FITTED_FROM_X_AND_Y[name](COUNTS, given)


def test_data_that_changed_places_in_a_score():
    choices, features = COUNTS[:, 0] % 2, np.random.default_rng(0).normal(size=(20, 3))
    for model in (nmo.GLM("Bernoulli", regularizer="Ridge"), nmo.ClassifierGLM()):
        with pytest.raises(ValueError, match="look swapped"):
            model.fit(features, choices).score(choices, features)


def test_counts_of_a_population_and_features_that_changed_places():
    features = np.random.default_rng(0).normal(size=(20, 3))
    with pytest.raises(ValueError, match=r"cannot produce.*X holds none: if the two changed"):
        nmo.PopulationGLM().fit(COUNTS, features)
    with pytest.raises(ValueError, match=r"cannot produce(?!.*changed places)"):
        nmo.PopulationGLM().fit(features, features)


def test_columns_to_leave_out_are_found_by_name():
    pd = pytest.importorskip("pandas")
    table = pd.DataFrame(X, columns=["place", "speed", "pupil"])
    model = nmo.GLM(regularizer="Ridge").fit(table[["speed", "place"]], COUNTS[:, 0])
    with pytest.raises(ValueError, match=r"3 features.*X\[list\(model\.feature_names_in_\)\]"):
        model.predict(table)
    assert model.predict(table[list(model.feature_names_in_)]).shape == (20,)


def test_features_of_a_basis_are_made_by_it_again():
    made = nmo.basis.BSplineEval(5).design(np.linspace(0, 1, 20))
    model = nmo.GLM(regularizer="Ridge").fit(made, COUNTS[:, 0])
    with pytest.raises(ValueError, match=r"3 features.*model\.basis_\.design"):
        model.predict(X)
