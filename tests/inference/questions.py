"""Every question about a fit that can be asked of all kinds of fits, and their numbers by name."""

import dataclasses
import functools

import numpy as np
from numpy.testing import assert_allclose

import spikeglm as nmo
from spikeglm import inference

T = 200
RNG = np.random.default_rng(3)
X = np.column_stack([RNG.uniform(size=T), RNG.normal(size=T), RNG.normal(size=T)])
PREDICTOR = np.sin(6 * X[:, 0]) * 0.8 + 0.3 * X[:, 1]
Y = RNG.poisson(np.exp(PREDICTOR[:, None] * [1.0, 0.6, 0.3] - 0.2)).astype(float)
TERMS = nmo.basis.BSplineEval(5, label="position", bounds=(0, 1)) + nmo.basis.IdentityEval(
    label="speed"
)
OVERDISPERSED = nmo.observation_models.NegativeBinomialObservations("estimate")
AUTO = {"regularizer": "Smoothness", "regularizer_strength": "auto"}
KINDS = {
    "Poisson": {},
    "Bernoulli": {"observation_model": "Bernoulli"},
    "Gaussian": {"observation_model": "Gaussian"},
    "Gamma": {"observation_model": "Gamma"},
    "NegativeBinomial": {"observation_model": OVERDISPERSED},
    "Firth": {"regularizer": "Firth"},
    "Ridge": {"regularizer": "Ridge", "regularizer_strength": 0.01},
    "auto": AUTO,
    "overdispersed auto": {"observation_model": OVERDISPERSED, **AUTO},
    "Lasso": {"regularizer": "Lasso", "regularizer_strength": 0.01},
    "Bounded": {"regularizer": nmo.regularizer.Bounded((0, None))},
}


def tests_of_terms(**how):
    return lambda m, X, y, **d: inference.term_tests(m, X, y, **how, **d)


def covariance_of(**how):
    return lambda m, X, y, **d: np.moveaxis(np.atleast_3d(m.covariance(X, y, **how, **d)), 0, -1)


PLAIN = [kind for kind in KINDS if not kind.endswith("auto")]  # no functions needed
QUESTIONS = {
    "covariance": covariance_of(),
    "HC3": covariance_of(cov_type="HC3"),
    "summary": lambda m, X, y, **d: m.summary(X, y, **d),
    "robust summary": lambda m, X, y, **d: m.summary(X, y, cov_type="HC1", **d),
    "wald": tests_of_terms(),
    "robust wald": tests_of_terms(cov_type="HC0"),
    "score": tests_of_terms(test="score"),
    "robust score": tests_of_terms(test="score", cov_type="HC0"),
    "lr": tests_of_terms(test="lr"),
    "criteria": inference.information_criteria,
    "degrees": inference.effective_degrees,
    "profile": lambda m, X, y, **d: inference.profile_intervals(
        m, X, y, parameter=m.on(X, y, **d).feature_names[-1], **d
    ),
    "overdispersion": inference.overdispersion,
}
OF_DESIGNS = {
    "curve": lambda m, X, y, **d: m.curve("position", X, y, at=[0.2, 0.4, 0.6, 0.8], **d),
    "level": lambda m, X, y, **d: m.curve(
        "position", X, y, at=[0.2, 0.4, 0.6, 0.8], scale="mean", simultaneous=True, **d
    ),
    "comparison": lambda m, X, y, **d: inference.comparison(m, X, y, "position", 0.3, 0.8, **d),
}
OF_ROWS = {
    "goodness": lambda m, X, y, **d: inference.goodness(m, X, y, n_bootstrap=0, **d),
    "deviance residuals": lambda m, X, y, **d: inference.residuals(m, X, y, kind="deviance", **d),
    "predicted": inference.predicted_rates,
    "null": lambda m, X, y, **d: inference.null_test(m, X, y, null="circular_shift", n_shifts=9),
    "bootstrap": lambda m, X, y, **d: inference.block_bootstrap(m, X, y, block=20, n_draws=9, **d),
}
OF_ALL = {"q_value"}  # looks at all neurons
AT_RANDOM = {"ks_distance", "interval_autocorrelation"}  # has draws of every neuron
PER_UNIT = {"estimate", "std_error", "conf_low", "conf_high"}


def responses(kind):
    if kind == "Bernoulli":
        return (Y > 0).astype(float)
    return Y + 0.5 if kind == "Gamma" else Y


def fitted(kind, X, y, **data):
    model = nmo.GLM if np.ndim(y) == 1 else nmo.PopulationGLM
    return model(**KINDS[kind]).fit(X, y, **data)


@functools.cache
def designed(kind):
    design = TERMS.design(*X[:, :2].T)
    return fitted(kind, design, responses(kind)), design


def numbers(found):
    """Return the numbers of a result by name; neurons are the last axis."""
    if not dataclasses.is_dataclass(found):
        return {"": np.asarray(found)}
    out = {}
    for field in dataclasses.fields(found):
        value = getattr(found, field.name)
        if dataclasses.is_dataclass(value):
            out |= {} if field.name == "fit" else numbers(value)
        elif field.name != "neurons" and np.asarray(value).dtype.kind in "fi":
            out[field.name] = np.asarray(value, dtype=float)
    return out


def answers(model, X, y, questions, **data):
    """Return the numbers of all questions that may be asked of a model, by (question, name)."""
    out = {}
    for name, question in questions.items():
        try:
            found = question(model, X, y, **data)
        except ValueError as refused:
            assert "What to do" in str(refused) or "Expected" in str(refused)
            assert "not the data of the fit" not in str(refused)
            continue
        out |= {(name, field): value for field, value in numbers(found).items()}
    return out


def assert_same(found, expected, *, neurons=None, without=(), rtol=2e-5, atol=1e-7):
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        if key[1] in without:
            continue
        mine = found[key]
        if neurons is not None and mine.shape[-1:] == (neurons[0],):
            mine = mine[..., neurons[1]]
        assert_allclose(mine, value.reshape(mine.shape), rtol=rtol, atol=atol, err_msg=str(key))
