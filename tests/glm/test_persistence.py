"""Models to files and back: every class, every argument, every kind of estimate."""

import copy
import pickle
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_array_equal
from sklearn.base import clone
from tests.io.same import same

import spikeglm as nmo
from spikeglm.estimator import Estimator
from spikeglm.observation_models import links

MODELS = [
    cls
    for name in nmo.glm.__all__
    if isinstance(cls := getattr(nmo.glm, name), type) and issubclass(cls, Estimator)
]
every_model = pytest.mark.parametrize("kind", MODELS, ids=lambda kind: kind.__name__)

NOT_SAVED = ("solver_state_", "aux_")  # where a solver stood: the report says what is left of it
X = np.random.default_rng(0).normal(size=(80, 3))
TREE = {"speed": X[:, :2], "history": [X[:, 2:]]}
RATE = np.exp(X @ [[0.5, 0.1], [-0.3, 0.2], [0.0, 0.4]])
COUNTS = np.random.default_rng(1).poisson(RATE).astype(float)
LABELS = {
    "text": np.array(["left", "right", "straight on"]),
    "objects": np.array(["left", "right", "straight on"], dtype=object),
    "bytes": np.array([b"l", b"r", b"s"]),
    "integers": np.array([-3, 10, 2**40]),
    "floats": np.array([0.5, 1.25, 1e300]),
    "plain": np.arange(3),
}


def response(model, labels=LABELS["text"]):
    """Counts for a GLM, labels for a classifier, one or two columns as the model wants them."""
    is_single = model._response_ndim == 1
    y = labels[np.minimum(COUNTS, 2).astype(int)] if hasattr(model, "n_classes") else COUNTS
    return y[:, 0] if is_single else y


def fitted(kind, data=X, **arguments):
    model = kind(**({"n_classes": 3} if "n_classes" in kind().get_params() else {}) | arguments)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(data, response(model))


def saved_and_loaded(model, folder, **kwargs):
    model.save_params(folder / "model.npz")
    return nmo.load_model(folder / "model.npz", **kwargs)


def assert_same_model(loaded, model):
    assert type(loaded) is type(model)
    kept = {name: value for name, value in vars(model).items() if name not in NOT_SAVED}
    assert set(vars(loaded)) == set(kept)
    for name, value in kept.items():
        if name == "fit_report_":
            assert str(loaded.fit_report_) == str(value)
        else:
            assert same(value, vars(loaded)[name]), name


ARRAYS = hnp.arrays(
    st.sampled_from([np.float64, np.float32, np.int64, np.bool_]), hnp.array_shapes(max_dims=3)
)
NUMBERS = st.floats(0, 1e6) | st.integers(0, 10**9)
LEAVES = NUMBERS | ARRAYS | st.lists(NUMBERS, max_size=3)
TREES = LEAVES | st.recursive(
    LEAVES,
    lambda parts: (
        st.lists(parts, min_size=1, max_size=3)
        | st.lists(parts, min_size=1, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=5) | st.integers(), parts, min_size=1, max_size=3)
    ),
    max_leaves=5,
)
BUILT_IN_LINKS = [
    links.Exp(), links.Logistic(), links.Softplus(), links.Identity(), links.NormCdf(),
]  # fmt: skip
REGULARIZERS = [
    getattr(nmo.regularizer, name)
    for name in ("UnRegularized", "Ridge", "Lasso", "ElasticNet", "GroupLasso")
]
VALUES = {
    "observation_model": st.sampled_from(["Poisson", "Gamma", "BernoulliObservations"])
    | st.sampled_from(["Poisson", "Gaussian", "Gamma", "Bernoulli"]).map(
        lambda name: getattr(nmo.observation_models, f"{name}Observations")()
    )
    | st.floats(1e-3, 1e3).map(nmo.observation_models.NegativeBinomialObservations),
    "inverse_link_function": st.none()
    | st.sampled_from(["exp", "softplus", "norm.cdf"])
    | st.sampled_from(BUILT_IN_LINKS),
    "regularizer": st.none()
    | st.sampled_from(["Ridge", "Lasso"])
    | st.sampled_from([cls() for cls in REGULARIZERS])
    | st.just(nmo.regularizer.GroupLasso(mask=np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]]))),
    "regularizer_strength": st.none() | TREES,
    "solver_name": st.none() | st.sampled_from(["Newton", "LBFGS", "GradientDescent[optimistix]"]),
    "solver_kwargs": st.none()
    | st.fixed_dictionaries({}, optional={"tol": NUMBERS, "maxiter": st.integers(1, 10**6)}),
    "feature_mask": st.none() | TREES,
    "n_classes": st.integers(2, 9),
    "fit_intercept": st.booleans(),
}


@every_model
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_argument_of_every_model_comes_back(kind, tmp_path, data):
    model = kind(**{name: data.draw(VALUES[name], label=name) for name in kind().get_params(False)})
    assert_same_model(saved_and_loaded(model, tmp_path), model)


@every_model
@pytest.mark.parametrize("data", [X, TREE], ids=["array", "tree"])
@pytest.mark.parametrize("regularizer", ["Ridge", "GroupLasso"])
def test_every_estimate_of_every_model_comes_back(kind, data, regularizer, tmp_path):
    model = fitted(kind, data, regularizer=regularizer, regularizer_strength=0.01)
    loaded = saved_and_loaded(model, tmp_path)
    assert_same_model(loaded, model)
    assert_array_equal(loaded.predict(data), model.predict(data))
    assert loaded.score(data, response(model)) == model.score(data, response(model))
    assert_array_equal(loaded.simulate(3, data)[0], model.simulate(3, data)[0])


@every_model
def test_a_loaded_model_says_how_it_was_fitted(kind, tmp_path):
    model = fitted(kind)
    report = saved_and_loaded(model, tmp_path).fit_report_
    assert report.status == model.fit_report_.status
    assert report.converged == model.fit_report_.converged
    assert str(report.to_frame()) == str(model.fit_report_.to_frame())


@every_model
def test_a_loaded_model_can_be_copied_and_fitted_again(kind, tmp_path):
    model = fitted(kind)
    loaded = saved_and_loaded(model, tmp_path)
    for other in (copy.deepcopy(loaded), pickle.loads(pickle.dumps(loaded))):
        assert_same_model(other, model)
    assert_array_equal(clone(loaded).fit(X, response(model)).coef_, model.coef_)


@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
@pytest.mark.parametrize("kind", [nmo.ClassifierGLM, nmo.ClassifierPopulationGLM])
def test_labels_of_any_type_come_back(kind, labels, tmp_path):
    model = kind(3)
    y = response(model, labels)
    loaded = saved_and_loaded(model.fit(X, y), tmp_path)
    assert same(loaded.classes_, model.classes_)
    assert_array_equal(loaded.predict(X), model.predict(X))


def test_names_and_metadata_of_neurons_come_back(tmp_path):
    nap = pytest.importorskip("pynapple")
    times = np.arange(len(X)) / 10
    metadata = {"area": ["V1", "CA1"], "depth": [0.5, 1.0]}
    y = nap.TsdFrame(t=times, d=COUNTS, columns=["left", "right"], metadata=metadata)
    model = nmo.PopulationGLM().fit(nap.TsdFrame(t=times, d=X), y)
    predicted = saved_and_loaded(model, tmp_path).predict(nap.TsdFrame(t=times, d=X))
    assert list(predicted.columns) == ["left", "right"]
    assert list(predicted.metadata["area"]) == ["V1", "CA1"]
    assert list(predicted.metadata["depth"]) == [0.5, 1.0]


def test_estimates_set_by_hand_come_back(tmp_path):
    model = nmo.GLM()
    model.coef_, model.intercept_ = {"a": np.array([1.0, 2.0])}, np.array([0.5])
    assert_same_model(saved_and_loaded(model, tmp_path), model)


def test_what_cannot_be_saved_is_refused_when_saving(tmp_path):
    class Mine(nmo.GLM):
        pass

    with pytest.raises(TypeError, match="Mine"):
        Mine().save_params(tmp_path / "model.npz")
    model = nmo.GLM().fit(X, COUNTS[:, 0])
    model.memory_ = len
    with pytest.raises(TypeError, match="memory_"):
        model.save_params(tmp_path / "model.npz")
    assert not list(tmp_path.iterdir())


# --- functions and classes of one's own ---


def my_link(eta):
    return np.exp(eta)


class MyPenalty:
    """A regularizer of somebody else."""

    def __init__(self, size=1.0):
        self.size = size

    def get_params(self, deep=True):
        return {"size": self.size}


def with_my_parts():
    return nmo.GLM(
        inverse_link_function=my_link, regularizer=MyPenalty(3.0), solver_kwargs={"norm": my_link}
    )


GIVEN = {"inverse_link_function": my_link, "regularizer": MyPenalty, "solver_kwargs__norm": my_link}


def test_functions_and_classes_of_ones_own_are_given_again(tmp_path):
    loaded = saved_and_loaded(with_my_parts(), tmp_path, mapping_dict=GIVEN)
    assert loaded.inverse_link_function is my_link
    assert loaded.solver_kwargs == {"norm": my_link}
    assert isinstance(loaded.regularizer, MyPenalty)
    assert loaded.regularizer.size == 3.0


@pytest.mark.parametrize("missing", GIVEN)
def test_what_is_missing_is_named(missing, tmp_path):
    rest = {name: value for name, value in GIVEN.items() if name != missing}
    with pytest.raises(ValueError, match=f"(my_link|MyPenalty) as {missing}.*What to do"):
        saved_and_loaded(with_my_parts(), tmp_path, mapping_dict=rest)


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"regulariser": MyPenalty}, "Did you mean 'regularizer'"),
        ({"regularizer": "Ridge"}, "functions, classes and objects only"),
        ({"regularizer_strength": 2.0}, "Unknown key"),
        ({"solver_name": my_link}, "Unknown key"),
        ({"": my_link}, "Unknown key"),
    ],
)
def test_what_has_no_place_is_refused(mapping, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        saved_and_loaded(nmo.GLM(regularizer="Ridge"), tmp_path, mapping_dict=mapping)


def test_replacing_what_was_saved_is_reported(tmp_path):
    model = nmo.GLM(regularizer=nmo.regularizer.Ridge())
    with pytest.warns(UserWarning, match="replaces what the file holds for: regularizer"):
        loaded = saved_and_loaded(model, tmp_path, mapping_dict={"regularizer": MyPenalty})
    assert isinstance(loaded.regularizer, MyPenalty)


# --- a look at a file ---


@every_model
def test_a_file_can_be_looked_at(kind, tmp_path, capsys):
    model = fitted(kind, regularizer="Ridge", regularizer_strength=0.5)
    model.save_params(tmp_path / "model.npz")
    assert nmo.inspect_npz(tmp_path / "model.npz") is None
    text = capsys.readouterr().out
    blocks = ["Metadata", "Model class", "Model parameters", "Model fit parameters"]
    places = [text.index(f"{block}\n---") for block in blocks]
    assert places == sorted(places)
    assert f"\n{kind.__name__}\n" in text
    assert "regularizer_strength: 0.5\n" in text
    assert f"installed {np.__version__}" in text
    assert "converged" in text
    for name in set(vars(model)) - set(NOT_SAVED):
        assert f"{name}: " in text


def test_a_file_that_needs_functions_can_be_looked_at(tmp_path, capsys):
    with_my_parts().save_params(tmp_path / "model.npz")
    nmo.inspect_npz(tmp_path / "model.npz")
    text = capsys.readouterr().out
    assert "my_link, not in the file>" in text
    assert "(not fitted)" in text


def test_looking_at_a_file_that_is_no_model(tmp_path):
    (tmp_path / "model.npz").write_bytes(b"nothing")
    with pytest.raises(ValueError, match="could not be read"):
        nmo.inspect_npz(tmp_path / "model.npz")
    with pytest.raises(FileNotFoundError):
        nmo.inspect_npz(tmp_path / "nowhere.npz")
