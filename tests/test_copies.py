"""Everything public can be copied and pickled, and stays what it was."""

import copy
import pickle

import numpy as np
import pytest
from sklearn.base import clone
from tests.io.same import same

import spikeglm as nmo
from spikeglm.observation_models import links

OBJECTS = [
    *(getattr(nmo.regularizer, name)()
      for name in ("UnRegularized", "Ridge", "Lasso", "ElasticNet")),
    nmo.regularizer.GroupLasso(mask=np.array([[1.0, 0.0], [0.0, 1.0]])),
    *(getattr(nmo.observation_models, f"{name}Observations")()
      for name in ("Poisson", "Gaussian", "Bernoulli", "Gamma")),
    nmo.observation_models.NegativeBinomialObservations(0.3),
    links.Exp(), links.Logistic(), links.Softplus(), links.Identity(), links.NormCdf(),
    links.OneOverX(),
    nmo.label_encoder.LabelEncoder(2).set_classes(["left", "right"]),
    nmo.fetch.RemoteFile("https://example.org/a.nwb", "0" * 64),
]  # fmt: skip
MODELS = [nmo.GLM, nmo.PopulationGLM, nmo.ClassifierGLM, nmo.ClassifierPopulationGLM]
every_object = pytest.mark.parametrize("given", OBJECTS, ids=lambda o: type(o).__name__)
copied = pytest.mark.parametrize(
    "copied",
    [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))],
    ids=["copy", "deepcopy", "pickle"],
)


@every_object
@copied
def test_a_copy_is_what_it_was(given, copied):
    other = copied(given)
    assert type(other) is type(given)
    assert same(vars(other), vars(given))
    assert repr(other) == repr(given)


@pytest.mark.parametrize("kind", MODELS, ids=lambda kind: kind.__name__)
@copied
def test_a_fitted_model_of_parts_is_copied_with_its_parts(kind, copied):
    X = np.random.default_rng(0).normal(size=(40, 2))
    y = np.random.default_rng(1).integers(0, 2, (40, 2))
    y = y[:, 0] if kind in (nmo.GLM, nmo.ClassifierGLM) else y
    model = kind(inverse_link_function=None, regularizer=nmo.regularizer.Ridge()).fit(X, y)
    other = copied(model)
    assert same(other.get_params(deep=False), model.get_params(deep=False))
    assert np.array_equal(other.predict(X), model.predict(X))
    assert str(other.fit_report_) == str(model.fit_report_)
    assert not hasattr(clone(other), "coef_")
    assert same(clone(other).get_params(deep=False), model.get_params(deep=False))
