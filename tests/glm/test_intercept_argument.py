"""The argument ``fit_intercept``: what it refuses, and that copies and files keep it."""

import json
import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone

import spikeglm as nmo

RNG = np.random.default_rng(7)
X = RNG.uniform(-1, 1, (200, 3)) + np.array([0.8, 0.0, -0.4])
Y = RNG.poisson(np.exp(X @ [[0.5, 0.2], [-0.4, 0.3], [0.3, -0.6]] - 0.2)).astype(float)
LABELS = Y[:, 0] > Y[:, 1]


def test_copies_and_files_leave_it_out_too(tmp_path):
    model = nmo.GLM(fit_intercept=False).fit(X, Y[:, 0])
    model.save_params(tmp_path / "model.npz")
    copies = nmo.load_model(tmp_path / "model.npz"), pickle.loads(pickle.dumps(model))
    for other in copies:
        assert other.fit_intercept is False
        assert_array_equal(other.predict(X), model.predict(X))
        assert_array_equal(other.covariance(X, Y[:, 0]), model.covariance(X, Y[:, 0]))
    for other in (*copies, clone(model), nmo.GLM().set_params(fit_intercept=False)):
        assert_array_equal(other.fit(X, Y[:, 0]).coef_, model.coef_)
        assert repr(other) == "GLM(fit_intercept=False)"


def test_files_and_pickles_from_before_the_argument_have_an_intercept(tmp_path):
    model = nmo.GLM().fit(X, Y[:, 0])
    model.save_params(tmp_path / "new.npz")
    with np.load(tmp_path / "new.npz") as archive:
        arrays = dict(archive)
    header = json.loads(arrays["header"].tobytes())
    del header["model"]["params"]["fit_intercept"]
    result = header["model"]["fitted"]["fit_report_"]["object"]["params"]["result"]
    del result["object"]["params"]["has_intercept"]
    arrays["header"] = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
    np.savez(tmp_path / "old.npz", **arrays)
    loaded = nmo.load_model(tmp_path / "old.npz")
    del vars(model)["fit_intercept"]
    for other in (loaded, pickle.loads(pickle.dumps(model))):
        assert other.fit_intercept is True
        assert_array_equal(other.predict(X), model.predict(X))
        assert_array_equal(other.covariance(X, Y[:, 0]), model.covariance(X, Y[:, 0]))
        assert_array_equal(other.fit(X, Y[:, 0]).intercept_, model.intercept_)


KINDS = [
    (nmo.GLM, Y[:, 0]),
    (nmo.PopulationGLM, Y),
    (nmo.ClassifierGLM, LABELS),
    (nmo.ClassifierPopulationGLM, Y > 0),
]


@pytest.mark.parametrize(("kind", "y"), KINDS, ids=lambda value: getattr(value, "__name__", ""))
def test_an_intercept_for_a_model_without_is_refused(kind, y):
    for wrong in ("no", None, 1, 0.0):
        with pytest.raises(TypeError, match="fit_intercept must be a bool"):
            kind(fit_intercept=wrong).fit(X, y)
    usual = kind().fit(X, y)
    params = usual.coef_, usual.intercept_ + 0.1
    model = kind(fit_intercept=np.False_).fit(X, y)
    with pytest.raises(ValueError, match="has no intercept"):
        model.compute_loss(params, X, y)
    with pytest.raises(ValueError, match="has no intercept"):
        model.initialize_optimizer_and_state(params, X, y)
    with pytest.raises(ValueError, match="has no intercept"):
        model.fit(X, y, init_params=params)
    model.fit(X, y, init_params=(usual.coef_, np.zeros_like(usual.intercept_)))
    assert model.intercept_.shape == usual.intercept_.shape
    assert not model.intercept_.any()
    for fitted, other in ((usual, False), (model, True)):
        with pytest.raises(ValueError, match="changed after the fit"):
            fitted.set_params(fit_intercept=other).covariance(X, y)
