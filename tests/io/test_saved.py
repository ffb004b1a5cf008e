"""Saved models: what is loaded is what was saved."""

import json
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from tests.catalogue import CANONICAL, PAIRS, Case
from tests.penalties import PENALTIES

import spikeglm as nmo
from spikeglm.io.files import saved
from spikeglm.observation_models import NegativeBinomialObservations
from spikeglm.observation_models.links import Softplus

EVERY_PART = {  # once: a file names model, link and penalty apart from each other
    *(Case(*pair) for pair in PAIRS),
    *(Case(*pair, regularizer) for pair in CANONICAL for regularizer in PENALTIES),
}


@pytest.mark.parametrize("case", sorted(EVERY_PART, key=str), ids=str)
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
    with pytest.warns(nmo.exceptions.NothingToFitWarning):
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


def test_the_name_that_was_saved_is_the_name_that_is_loaded(tmp_path):
    nmo.GLM("Gaussian").fit(np.eye(3), np.arange(3.0)).save_params(tmp_path / "mouse_1")
    assert nmo.load_model(tmp_path / "mouse_1").coef_.shape == (3,)
    with pytest.raises(FileNotFoundError, match="mouse_2"):
        nmo.load_model(tmp_path / "mouse_2")


def test_strings_are_paths_too(tmp_path):
    nmo.GLM().save_params(str(tmp_path / "model"))
    assert isinstance(nmo.load_model(str(tmp_path / "model.npz")), nmo.GLM)


def a_good_file(tmp_path):
    X = np.random.default_rng(0).normal(size=(50, 2))
    nmo.GLM().fit(X, np.ones(50)).save_params(tmp_path / "good.npz")
    return tmp_path / "good.npz"


def test_a_file_of_version_1_is_read():
    """The file was written by the code of commit 319503a, the numbers were printed by it."""
    model = nmo.load_model(Path(__file__).parent / "files" / "version_1.npz")
    assert type(model) is nmo.PopulationGLM
    assert model.observation_model == NegativeBinomialObservations(0.4)
    assert model.inverse_link_function(1.0) == np.exp(1.0)
    strength, ratio = model.regularizer_strength
    assert_array_equal(strength, [[0.01], [0.02]])
    assert ratio == 0.5
    assert model.solver_kwargs == {"maxiter": 400, "tol": 1e-7}
    assert_array_equal(model.feature_mask, [[1, 1, 0], [1, 1, 1]])
    assert_array_equal(
        model.coef_,
        [
            [0.38608743974907145, -0.21530071164612855, 0.0],
            [0.32488367030713633, 0.529437724239106, 0.2101669070384454],
        ],
    )
    assert_array_equal(
        model.intercept_, [0.11386863517630616, -0.09026127230295126, 0.0076380685261111594]
    )
    assert_array_equal(model.dof_resid_, [57, 57, 58])
    assert model.feature_names_ == ("x0", "x1")
    assert model.predict(np.ones((4, 2))).shape == (4, 3)


def test_an_interrupted_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = a_good_file(tmp_path)
    before = path.read_bytes()
    monkeypatch.setattr(saved.os, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        nmo.GLM().save_params(path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["good.npz"]


def test_a_saved_file_has_the_rights_of_any_new_file(tmp_path):
    (tmp_path / "other").write_text("")
    assert a_good_file(tmp_path).stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_folder_is_a_folder_and_a_locked_file_is_locked(tmp_path):
    with pytest.raises(IsADirectoryError):
        nmo.load_model(tmp_path)
    path = a_good_file(tmp_path)
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(PermissionError):
        nmo.load_model(path)


def test_numpy_opens_the_file_and_nothing_is_packed(tmp_path):
    path = a_good_file(tmp_path)
    with np.load(path, allow_pickle=False) as archive:
        header = json.loads(archive["header"].tobytes())
    assert header["model"]["class"] == "glm.GLM"
    with zipfile.ZipFile(path) as archive:
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}


def test_a_missing_file_is_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        nmo.load_model(tmp_path / "nowhere.npz")
