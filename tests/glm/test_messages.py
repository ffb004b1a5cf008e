"""Mistakes that are easily made get a message that says what to type instead."""

import warnings

import numpy as np
import pandas as pd
import pynapple as nap
import pytest

import spikeglm as nmo

T = 40
X = np.random.default_rng(0).normal(size=(T, 2))
Y = np.random.default_rng(1).poisson(1.0, (T, 3))
ONE = Y[:, 0]
WORDS = np.where(ONE > 0, "yes", "no")
B = nmo.basis
TWO = B.IdentityEval() + B.HistoryConv(2)
DESIGN = TWO.design(X[:, 0], X[:, 1])


def fit(X=X, y=ONE, **arguments):
    return nmo.GLM(**arguments).fit(X, y)


def fit_many(X=X, y=Y, **arguments):
    return nmo.PopulationGLM(**arguments).fit(X, y)


CASES = {
    "text in a frame": (lambda: fit(pd.DataFrame({"side": WORDS})), TypeError, "Category"),
    "text as y": (lambda: fit(y=WORDS), TypeError, "ClassifierGLM"),
    "text as y in pandas": (lambda: fit(y=pd.Series(WORDS)), TypeError, "ClassifierGLM"),
    "labels as y in pandas": (
        lambda: fit(y=pd.Series(WORDS, dtype="category")), TypeError, "ClassifierGLM",
    ),
    "y transposed": (lambda: fit_many(y=Y.T), ValueError, r"y looks transposed: pass y\.T"),
    "y and X transposed": (lambda: fit_many(X.T, Y), ValueError, r"X\.T"),
    "weights transposed": (
        lambda: nmo.PopulationGLM().fit(X, Y, sample_weight=np.ones((3, T))),
        ValueError, r"sample_weight looks transposed: pass sample_weight\.T",
    ),
    "a tuple of features": (lambda: fit((X[:, 0], X[:, 1])), ValueError, r"numpy\.column_stack"),
    "a list of features": (lambda: fit([X[:, 0], X[:, 1]]), ValueError, r"numpy\.column_stack"),
    "a tuple of features later": (
        lambda: fit().predict((X[:, 0], X[:, 1])), ValueError, r"numpy\.column_stack",
    ),
    "a list of series": (lambda: fit([pd.Series(ONE)] * 2), TypeError, r"numpy\.column_stack"),
    "a frame as y": (lambda: fit(y=pd.DataFrame({"n": ONE})), ValueError, r"y\.iloc\[:, 0\]"),
    "a frame as labels": (
        lambda: nmo.ClassifierGLM().fit(X, pd.DataFrame({"n": WORDS})),
        ValueError, r"y\.iloc\[:, 0\]",
    ),
    "a column as y": (lambda: fit(y=ONE[:, None]), ValueError, r"y\[:, 0\]"),
    "a row as y": (lambda: fit(y=ONE[None]), ValueError, r"y\[0\]"),
    "a series as y of many": (lambda: fit_many(y=pd.Series(ONE)), ValueError, r"y\.to_frame"),
    "a series as X": (lambda: fit(pd.Series(X[:, 0])), ValueError, r"X\.to_frame"),
    "epochs as X": (lambda: fit(nap.IntervalSet(0, 1)), TypeError, r"\.restrict"),
    "epochs as y": (lambda: fit(y=nap.IntervalSet(0, 1)), TypeError, r"\.restrict"),
    "spike times as y": (lambda: fit(y=nap.Ts(t=X[:, 0])), TypeError, r"\.count"),
    "inputs in a list": (
        lambda: TWO.compute_features([X[:, 0], X[:, 1]]), TypeError, r"a star: \(\*inputs\)",
    ),
    "inputs in a tuple": (lambda: TWO.design((X[:, 0], X[:, 1])), TypeError, "a star"),
    "inputs in a dict": (
        lambda: TWO.design({"a": X[:, 0], "b": X[:, 1]}), TypeError, r"\*inputs\.values\(\)",
    ),
    "new inputs in a list": (lambda: DESIGN.at([X[:, 0], X[:, 1]]), TypeError, "a star"),
    "Series in a list for one input": (
        lambda: B.HistoryConv(2).compute_features([pd.Series(ONE)] * 2), TypeError, "one by one",
    ),
    "y and the design of encode swapped": (
        lambda: nmo.encode(DESIGN, ONE), TypeError, "swap the two",
    ),
    "y and the features of encode swapped": (
        lambda: nmo.encode(X, ONE), TypeError, "swap the two",
    ),
    "y and a dictionary of features of encode swapped": (
        lambda: nmo.encode({"a": X[:, 0]}, ONE), TypeError, "swap the two",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_to_do_about(name):
    call, error, advice = CASES[name]
    with pytest.raises(error, match=rf"Given: .*Expected: .*What to do: .*{advice}") as caught:
        call()
    assert len(str(caught.value)) < 700


@pytest.mark.parametrize(
    ("name", "meant"),
    [("Binomial", "Bernoulli"), ("binary", "Bernoulli"), ("Normal", "Gaussian"),
     ("NB", "NegativeBinomial"), ("bernouli", "Bernoulli"), ("poisson", "Poisson")],
)  # fmt: skip
def test_models_under_other_names(name, meant):
    with pytest.raises(ValueError, match=f"Did you mean '{meant}'"):
        fit(observation_model=name)


@pytest.mark.parametrize("name", ["Multinomial", "softmax", "Categorical"])
def test_models_of_classes_under_other_names(name):
    with pytest.raises(TypeError, match="ClassifierGLM"):
        fit(observation_model=name)


@pytest.mark.parametrize(
    ("name", "meant"),
    [("log", "exp"), ("logit", "logistic"), ("probit", r"norm\.cdf"), ("Inverse", "one_over_x")],
)
def test_links_under_other_names(name, meant):
    with pytest.raises(ValueError, match=f"Did you mean '{meant}'"):
        fit(inverse_link_function=name)


@pytest.mark.parametrize(("name", "meant"), [("L1", "Lasso"), ("l2", "Ridge"), ("none", "UnReg")])
def test_penalties_under_other_names(name, meant):
    with pytest.raises(ValueError, match=f"Did you mean '{meant}"):
        fit(regularizer=name)


@pytest.mark.parametrize("model", ["Poisson", "NegativeBinomial"])
def test_rates_that_look_like_counts_are_told(model):
    """Hz of bins of 20 ms are multiples of 50: whole numbers, which a model of counts takes."""
    rng = np.random.default_rng(2)
    features = rng.normal(size=(300, 1))
    counts = rng.poisson(0.5, 300)
    with pytest.warns(UserWarning, match="multiples of 50.*pass y / 50"):
        nmo.GLM(model).fit(features, counts / 0.02)


@pytest.mark.parametrize(
    ("model", "y"),
    [
        ("Poisson", np.arange(300) % 3),  # counts
        ("Poisson", np.arange(300) % 3 + 2),  # none of them one
        ("Poisson", np.repeat([0, 2], [290, 10])),  # bursts by chance
        ("Poisson", np.repeat([0, 10], [200, 100])),  # the same few numbers again and again
        ("QuasiPoisson", 50.0 * (np.arange(300) % 3)),  # takes rates, and estimates their scale
        ("Gaussian", 50.0 * (np.arange(300) % 3)),
        ("Bernoulli", np.arange(300) % 2),
    ],
)
def test_counts_are_not_taken_for_rates(model, y):
    features = np.random.default_rng(2).normal(size=(300, 1))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nmo.GLM(model).fit(features, y)


def test_a_model_and_an_encoding_are_read_by_calls_of_their_own(tmp_path):
    fit().save_params(tmp_path / "model.npz")
    with pytest.raises(ValueError, match=r"a saved model, no encoding.*call nmo\.load_model"):
        nmo.load_encoding(tmp_path / "model.npz")
