"""Saved models: what is loaded is what was saved, and a bad file is refused without running it."""

import json
import pickle
import zipfile

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from tests.catalogue import PAIRS, REGULARIZERS, Case

import spikeglm as nmo
from spikeglm.errors import ConvergenceWarning
from spikeglm.io import saved
from spikeglm.observation_models import NegativeBinomialObservations
from spikeglm.observation_models.links import Softplus


@pytest.mark.parametrize(
    "case", [Case(*pair, regularizer) for pair in PAIRS for regularizer in REGULARIZERS], ids=str
)
@pytest.mark.parametrize("kind", ["glm", "population"])
def test_a_loaded_model_predicts_and_scores_the_same(case, kind, tmp_path):
    X, y = case.data()
    y = y[:, 0] if kind == "glm" else y
    model = getattr(case, kind)().fit(X, y)
    model.save_params(tmp_path / "model.npz")
    loaded = nmo.load_model(tmp_path / "model.npz")
    assert type(loaded) is type(model)
    for name in ("coef_", "intercept_", "scale_", "dof_resid_"):
        assert_array_equal(getattr(loaded, name), getattr(model, name))
    assert_array_equal(loaded.predict(X), model.predict(X))
    assert loaded.score(X, y) == model.score(X, y)
    assert_array_equal(loaded.simulate(3, X)[0], model.simulate(3, X)[0])
    assert_array_equal(loaded.fit(X, y).coef_, model.coef_)


ARGUMENTS = {
    "observation_model": ["Poisson", "GammaObservations", NegativeBinomialObservations(0.3)],
    "inverse_link_function": [None, "softplus", Softplus(), np.exp],
    "regularizer": [None, "Ridge", nmo.regularizer.Ridge(), nmo.regularizer.UnRegularized()],
    "regularizer_strength": [None, 2, 0.5, [[1.0], [2.0]], np.ones((2, 3))],
    "solver_name": [None, "Newton", "LBFGS"],
    "solver_kwargs": [None, {}, {"tol": 1e-5, "maxiter": 10}],
    "feature_mask": [None, np.eye(2, dtype=int), [[True, False], [True, True]]],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in ARGUMENTS.items() for value in values]
)
@pytest.mark.parametrize("kind", [nmo.GLM, nmo.PopulationGLM])
def test_every_argument_of_an_unfitted_model(kind, name, value, tmp_path):
    model = kind(**{name: value})
    model.save_params(tmp_path / "model.npz")
    loaded = getattr(nmo.load_model(tmp_path / "model.npz"), name)
    if name == "inverse_link_function" and callable(value):
        assert loaded(1.0) == pytest.approx(float(value(1.0)))
    elif isinstance(value, (list, np.ndarray)):
        assert_array_equal(loaded, value)
    elif isinstance(value, str) and name in ("observation_model", "regularizer"):
        assert value.startswith(str(getattr(loaded, "name", loaded)))
    else:
        assert loaded == value
    assert not hasattr(nmo.load_model(tmp_path / "model.npz"), "coef_")


def test_a_silent_unit_can_be_saved(tmp_path):
    X = np.random.default_rng(0).normal(size=(50, 2))
    with pytest.warns(ConvergenceWarning):
        model = nmo.GLM().fit(X, np.zeros(50))
    model.save_params(tmp_path / "silent")
    assert_array_equal(nmo.load_model(tmp_path / "silent.npz").predict(X), model.predict(X))


def test_names_of_neurons_survive(tmp_path):
    nap = pytest.importorskip("pynapple")
    rng = np.random.default_rng(0)
    times = np.arange(50) / 10
    X = nap.TsdFrame(t=times, d=rng.normal(size=(50, 2)))
    y = nap.TsdFrame(t=times, d=rng.poisson(1.0, (50, 2)), columns=["left", "right"])
    nmo.PopulationGLM().fit(X, y).save_params(tmp_path / "named.npz")
    assert list(nmo.load_model(tmp_path / "named.npz").predict(X).columns) == ["left", "right"]


@pytest.mark.parametrize("name", ["model", "model.npz", "model.v2"])
def test_the_suffix_is_added_once(name, tmp_path):
    target = saved.write(tmp_path / name, {}, {})
    assert target.name == name.removesuffix(".npz") + ".npz"
    assert target.exists()


def test_strings_are_paths_too(tmp_path):
    nmo.GLM().save_params(str(tmp_path / "model"))
    assert isinstance(nmo.load_model(str(tmp_path / "model.npz")), nmo.GLM)


class Bomb:
    """Leaves a mark when it is unpickled."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return (type(self.mark).touch, (self.mark,))


def a_good_file(tmp_path):
    X = np.random.default_rng(0).normal(size=(50, 2))
    nmo.GLM().fit(X, np.ones(50)).save_params(tmp_path / "good.npz")
    return tmp_path / "good.npz"


def refuse(path, match="could not be read"):
    with pytest.raises(ValueError, match=match) as caught:
        nmo.load_model(path)
    assert "Given:" in str(caught.value)
    assert "Expected:" in str(caught.value)


def test_a_pickle_is_refused_and_nothing_in_it_runs(tmp_path):
    mark = tmp_path / "ran"
    (tmp_path / "model.npz").write_bytes(pickle.dumps(Bomb(mark)))
    refuse(tmp_path / "model.npz")
    assert not mark.exists()


@pytest.mark.parametrize("entry", ["header", "estimate.coef_", "extra"])
def test_an_archive_with_pickled_arrays_is_refused_and_nothing_runs(entry, tmp_path):
    mark = tmp_path / "ran"
    with np.load(a_good_file(tmp_path)) as archive:
        arrays = dict(archive)
    arrays[entry] = np.array([Bomb(mark)], dtype=object)
    np.savez(tmp_path / "bad.npz", **arrays)
    refuse(tmp_path / "bad.npz")
    assert not mark.exists()


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(share, tmp_path):
    whole = a_good_file(tmp_path).read_bytes()
    (tmp_path / "cut.npz").write_bytes(whole[: int(share * len(whole))])
    refuse(tmp_path / "cut.npz")


@pytest.mark.parametrize("seed", range(60))
def test_a_corrupted_file_is_refused_or_still_a_model(seed, tmp_path):
    rng = np.random.default_rng(seed)
    content = bytearray(a_good_file(tmp_path).read_bytes())
    for place in rng.integers(0, len(content), 4):
        content[place] = rng.integers(256)
    (tmp_path / "bad.npz").write_bytes(bytes(content))
    try:
        assert isinstance(nmo.load_model(tmp_path / "bad.npz"), nmo.GLM)
    except ValueError as error:
        assert "Given:" in str(error)


HEADERS = {
    "other class": {"class": "os.system", "params": {}},
    "no class": {"params": {}},
    "no params": {"class": "GLM"},
    "unknown argument": {"class": "GLM", "params": {"alpha": 1.0}},
    "params a list": {"class": "GLM", "params": [1]},
    "unknown model": {
        "class": "GLM",
        "params": {"observation_model": {"name": "os", "params": {}}},
    },
    "missing array": {"class": "GLM", "params": {"feature_mask": {"array": "param.x"}}},
    "strange object": {"class": "GLM", "params": {"solver_name": {"name": "x", "params": {}}}},
    "strange parameter": {
        "class": "GLM",
        "params": {"observation_model": {"name": "Poisson", "params": {"evil": 1}}},
    },
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_that_makes_no_sense_is_refused(name, tmp_path):
    saved.write(tmp_path / "odd.npz", HEADERS[name], {})
    refuse(tmp_path / "odd.npz", match="model|parameter")


def test_a_newer_version_is_refused_by_name(tmp_path):
    header = {"format": "spikeglm-model", "version": 99}
    text = np.frombuffer(json.dumps(header).encode(), np.uint8)
    np.savez(tmp_path / "new.npz", header=text)
    refuse(tmp_path / "new.npz", match="version 99")


def test_other_files_are_refused(tmp_path):
    np.savez(tmp_path / "arrays.npz", a=np.ones(3))
    np.save(tmp_path / "array.npy", np.ones(3))
    (tmp_path / "text.npz").write_text("not a model")
    with zipfile.ZipFile(tmp_path / "zip.npz", "w") as archive:
        archive.writestr("header.npy", "not an array")
    for name in ("arrays.npz", "array.npy", "text.npz", "zip.npz"):
        refuse(tmp_path / name)


def test_a_missing_file_is_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        nmo.load_model(tmp_path / "nowhere.npz")


def test_estimates_of_the_wrong_shape_are_refused_when_used(tmp_path):
    with np.load(a_good_file(tmp_path)) as archive:
        arrays = dict(archive)
    arrays["estimate.coef_"] = np.ones((5, 5))
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(ValueError):
        nmo.load_model(tmp_path / "bad.npz").predict(np.ones((3, 2)))
