"""Standard errors are asked for with the data of the fit; other data are refused, not believed."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import spikeglm as nmo

T, N = 300, 2
RNG = np.random.default_rng(0)
X = RNG.normal(size=(T, 3))
COUNTS = RNG.poisson(np.exp(X[:, :1] * 0.4 - 0.5), (T, N)).astype(float)
LABELS = RNG.integers(0, 3, (T, N))
WEIGHTS = RNG.uniform(0.2, 3, T)
OFFSET = RNG.normal(size=T)
OFFSET -= OFFSET.mean()  # its mean alone would not tell

MODELS = {
    "one neuron": (nmo.GLM(), COUNTS[:, 0], OFFSET),
    "population": (nmo.PopulationGLM(regularizer="Ridge"), COUNTS, OFFSET),
    "Gaussian": (nmo.PopulationGLM("Gaussian"), COUNTS, OFFSET),
    "classes": (nmo.ClassifierGLM(3), LABELS[:, 0], np.outer(OFFSET, [1.0, 0.0, -1.0])),
    "population of classes": (
        nmo.ClassifierPopulationGLM(3),
        LABELS,
        np.multiply.outer(OFFSET, np.array([[1.0, 0.0, -1.0], [0.5, 0.5, -1.0]])),
    ),
}
of_models = pytest.mark.parametrize("name", MODELS)
of_questions = pytest.mark.parametrize("question", ["standard_errors", "covariance"])
REFUSED = pytest.raises(ValueError, match=r"not the data of the fit.*What to do: pass the X, y")


@of_models
@of_questions
def test_what_the_fit_was_given_must_be_given_again(name, question):
    model, y, offset = MODELS[name]
    model.fit(X, y, sample_weight=WEIGHTS, offset=offset)
    ask = getattr(model, question)
    ask(X, y, sample_weight=WEIGHTS, offset=offset)
    for wrong in (
        {},
        {"sample_weight": WEIGHTS},
        {"offset": offset},
        {"sample_weight": WEIGHTS[::-1], "offset": offset},
        {"sample_weight": WEIGHTS, "offset": 2 * offset},
        {"sample_weight": WEIGHTS, "offset": -offset},
    ):
        with REFUSED:
            ask(X, y, **wrong)


@of_models
@of_questions
def test_what_the_fit_was_not_given_is_refused(name, question):
    model, y, offset = MODELS[name]
    model.fit(X, y)
    for wrong in ({"sample_weight": WEIGHTS / WEIGHTS.mean()}, {"offset": offset}):
        with REFUSED:
            getattr(model, question)(X, y, **wrong)


@of_models
def test_other_rows_and_other_features_are_refused(name):
    model, y, _ = MODELS[name]
    model.fit(X, y)
    for features, response in ((X[:-1], y[:-1]), (X[::-1], y), (2 * X, y), (X, y[::-1])):
        with REFUSED:
            model.standard_errors(features, response)


def test_the_order_of_rows_is_nobodys_business():
    model = nmo.GLM().fit(X, COUNTS[:, 0], sample_weight=WEIGHTS)
    model.standard_errors(X[::-1], COUNTS[::-1, 0], sample_weight=WEIGHTS[::-1])


def test_a_response_that_a_model_predicts_exactly_is_the_data_of_its_fit():
    y = X @ [1.0, 2.0, -1.0] + 3
    model = nmo.GLM("Gaussian").fit(X, y)
    model.standard_errors(X, y)


def test_estimates_set_by_hand_take_any_data():
    model = nmo.GLM().fit(X, COUNTS[:, 0])
    model.coef_ = model.coef_ + 0.1
    coef, _ = model.standard_errors(X[:200], COUNTS[:200, 0])
    assert np.isfinite(coef).all()


def test_a_file_remembers_what_the_fit_was_given(tmp_path):
    fit = nmo.GLM().fit(X, COUNTS[:, 0], offset=OFFSET)
    fit.save_params(tmp_path / "model.npz")
    loaded = nmo.load_model(tmp_path / "model.npz")
    with REFUSED:
        loaded.standard_errors(X, COUNTS[:, 0])
    for part, whole in zip(
        loaded.standard_errors(X, COUNTS[:, 0], offset=OFFSET),
        fit.standard_errors(X, COUNTS[:, 0], offset=OFFSET),
        strict=True,
    ):
        assert_array_equal(part, whole)


def test_the_record_of_an_older_version_knows_no_offset_but_an_optimum_when_it_sees_one(tmp_path):
    fit = nmo.GLM().fit(X, COUNTS[:, 0], offset=OFFSET)
    old = replace(fit.fit_report_.result, offset_mean=None, offset_square=None)
    fit.fit_report_ = replace(fit.fit_report_, result=old)
    fit.standard_errors(X, COUNTS[:, 0], offset=OFFSET)
    with REFUSED:
        fit.standard_errors(X, COUNTS[:, 0])
