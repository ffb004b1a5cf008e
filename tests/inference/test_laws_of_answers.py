"""Laws for every question about a fit: who has no answer, and what comes back to the user."""

import dataclasses
import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from tests.inference.questions import (
    AT_RANDOM,
    KINDS,
    OF_ALL,
    OF_DESIGNS,
    OF_ROWS,
    PLAIN,
    QUESTIONS,
    T,
    X,
    Y,
    answers,
    assert_same,
    designed,
    fitted,
    numbers,
    responses,
)

import spikeglm as nmo
from spikeglm import inference

pytestmark = [
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::spikeglm.errors.ConvergenceWarning"),
]


@pytest.mark.parametrize("kind", PLAIN)
def test_neurons_without_an_answer_change_nothing_for_others_and_say_why(kind):
    y = responses(kind)
    silent = np.full(T, y.min())  # of signals a constant: no dispersion
    separated = np.where(X[:, 0] > 0.9, y[:, 0] + 1.0, y.min())
    mixed = np.column_stack([y[:, 0], silent, y[:, 1], np.full(T, np.nan), y[:, 2], separated])
    mixed = np.minimum(mixed, 1.0) if kind == "Bernoulli" else mixed
    everything = QUESTIONS | {"goodness": OF_ROWS["goodness"], "predicted": OF_ROWS["predicted"]}
    model = fitted(kind, X, mixed)
    found = answers(model, X, mixed, everything)
    expected = answers(fitted(kind, X, y), X, y, everything)
    assert_same(found, expected, neurons=(6, [0, 2, 4]), without=OF_ALL | AT_RANDOM)
    assert np.isnan(found["covariance", ""][..., 3]).all()
    for name, question in tests_with_reasons().items():
        told = question(model, X, mixed).to_frame()
        of_none = told[told["neuron"] == 3]
        assert of_none["status"].str.len().gt(0).all(), name
        assert (
            of_none.select_dtypes(float)
            .drop(columns=["estimate"], errors="ignore")
            .isna()
            .any(axis=1)
            .all()
        ), name


def tests_with_reasons():
    return {name: QUESTIONS[name] for name in ("summary", "wald", "score", "lr", "criteria")}


@pytest.mark.parametrize("cov_type", ["model", "HC0"])
@pytest.mark.parametrize("kind", ["Poisson", "Ridge", "Bernoulli"])
def test_silent_neurons_have_no_covariance(kind, cov_type):
    """They had that of half an event in the whole recording."""
    mixed = np.column_stack([responses(kind)[:, 0], np.zeros(T)])
    plain, silent = fitted(kind, X, mixed).covariance(X, mixed, cov_type=cov_type)
    assert np.isfinite(plain).all() and np.isnan(silent).all()


@pytest.mark.parametrize("kind", ["Lasso", "Bounded"])
def test_no_covariance_is_valid_where_a_penalty_chose(kind):
    """Coefficients with bounds have intervals all the same, see tables/."""
    model = fitted(kind, X, Y)
    assert np.isnan(model.covariance(X, Y)).all()
    found = model.summary(X, Y)
    assert np.isfinite(found.conf_high[1:]).all() == (kind == "Bounded")
    assert ("selected" in found.status[0, 0]) == (kind == "Lasso")


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_that_was_pickled_or_saved_answers_the_same(kind, tmp_path):
    model, design = designed(kind)
    y, few = responses(kind), {"summary": QUESTIONS["summary"], "wald": QUESTIONS["wald"]}
    model.save_params(tmp_path / "model.npz")
    expected = answers(model, design, y, few)
    for again in (pickle.loads(pickle.dumps(model)), nmo.load_model(tmp_path / "model.npz")):
        assert_same(answers(again, design, y, few), expected, rtol=1e-12)


@pytest.mark.parametrize("kind", ["Poisson", "Gaussian", "NegativeBinomial"])
def test_a_masked_feature_is_one_that_is_not_there(kind):
    y, mask, left = responses(kind), np.ones((3, 3)), [0, 2]
    mask[1, 0] = 0
    model = nmo.PopulationGLM(**KINDS[kind], feature_mask=mask).fit(X, y)
    alone = fitted(kind, X[:, left], y[:, [0]])
    for test in ("wald", "lr", "score"):
        found = inference.term_tests(model, X, y, test=test)
        expected = inference.term_tests(alone, X[:, left], y[:, [0]], test=test)
        assert_allclose(found.p_value[left, 0], expected.p_value[:, 0], rtol=1e-5)
        assert np.isnan(found.p_value[1, 0]) and "mask" in found.status[1, 0]
    assert_allclose(
        inference.information_criteria(model, X, y).aic[0],
        inference.information_criteria(alone, X[:, left], y[:, [0]]).aic[0],
        rtol=1e-9,
    )


def test_names_of_neurons_and_features_come_out_again():
    features = pd.DataFrame(X, columns=["speed", "noise", "angle"])
    y = pd.DataFrame(Y, columns=["a", "b", "c"])
    model = fitted("NegativeBinomial", features, y)
    for name, question in (QUESTIONS | OF_ROWS).items():
        found = question(model, features, y)
        if dataclasses.is_dataclass(found) and name != "bootstrap":
            assert tuple(found.neurons) == ("a", "b", "c"), name
            assert len(str(found)) < 5000 and len(repr(found)) < 5000, name
            assert found.to_frame().shape[0] % 3 == 0, name
    summary = model.summary(features, y).to_frame()
    assert summary["feature"].tolist() == 3 * ["intercept", "speed", "noise", "angle"]


ONE_OF_A_KIND = set(QUESTIONS | OF_DESIGNS | OF_ROWS) - {
    "covariance", "HC3", "robust summary", "robust wald", "score", "robust score", "lr",
    "bootstrap",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(ONE_OF_A_KIND))
def test_tables_have_an_axis_of_neurons_and_functions_have_the_shape_of_y(name):
    """`found.neurons` tells which: names of an axis, that of a single neuron too, or None."""
    many, design = designed("Poisson" if name != "overdispersion" else "NegativeBinomial")
    one = nmo.GLM(many.observation_model).fit(design, Y[:, 0])
    question = (QUESTIONS | OF_DESIGNS | OF_ROWS)[name]
    found, of_many = question(one, design, Y[:, 0]), question(many, design, Y)
    is_table = getattr(found, "neurons", None) is not None
    assert not is_table or found.neurons == (0,)
    for field, of_three in numbers(of_many).items():
        of_one = np.shape(numbers(found)[field])
        has_neurons = of_three.shape[-1:] == (3,)
        end = (1,) if is_table else ()
        assert of_one == (of_three.shape[:-1] + end if has_neurons else of_three.shape), field
