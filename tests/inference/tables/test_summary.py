"""The summary of a fit: statsmodels' numbers, a reason for each that is missing, and its looks."""

import warnings

import numpy as np
import pytest
import statsmodels.api as sm
from numpy.testing import assert_allclose, assert_array_equal

import spikeglm as nmo
from spikeglm.inference.hypotheses.reasons import EXACT

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 3))
COUNTS = RNG.poisson(np.exp(0.4 * X[:, 0] - 0.5)).astype(float)
NUMBERS = 0.5 * X[:, 1] + RNG.normal(size=300)
CASES = {
    "Poisson": (COUNTS, sm.families.Poisson(), False),
    "Gaussian": (NUMBERS, sm.families.Gaussian(), True),
    "Gamma": (np.exp(NUMBERS), sm.families.Gamma(sm.families.links.Log()), True),
}


def fitted(name):
    y, family, use_t = CASES[name]
    link = "exp" if name == "Gamma" else None
    other = sm.GLM(y, np.column_stack([np.ones(300), X]), family)
    return nmo.GLM(name, inverse_link_function=link).fit(X, y), y, other, use_t


@pytest.mark.parametrize(
    ("name", "cov_type"),
    [*((name, "model") for name in CASES), ("Poisson", "HC0"), ("Gaussian", "HC0")],
)
def test_it_is_statsmodels(name, cov_type):
    model, y, other, use_t = fitted(name)
    kind = "nonrobust" if cov_type == "model" else cov_type
    expected = other.fit(tol=1e-14, maxiter=100, use_t=use_t, cov_type=kind)
    found = model.summary(X, y, cov_type=cov_type, level=0.9)
    assert_allclose(found.estimate[:, 0], expected.params, rtol=1e-6)
    assert_allclose(found.std_error[:, 0], expected.bse, rtol=1e-6)
    assert_allclose(found.statistic[:, 0], expected.tvalues, rtol=1e-5)
    assert_allclose(found.p_value[:, 0], expected.pvalues, rtol=1e-5)
    low, high = expected.conf_int(0.1).T
    assert_allclose(found.conf_low[:, 0], low, rtol=1e-5)
    assert_allclose(found.conf_high[:, 0], high, rtol=1e-5)
    assert_allclose(found.facts.deviance, expected.deviance, rtol=1e-7)
    assert_allclose(found.facts.deviance_null, expected.null_deviance, rtol=1e-7)
    assert np.isfinite(found.dof[0]) == use_t


def test_the_frame_is_tidy():
    y = np.stack([COUNTS, COUNTS[::-1]], axis=1)
    frame = nmo.PopulationGLM().fit(X, y).summary(X, y).to_frame()
    assert list(frame.columns) == [
        "neuron", "term", "feature", "estimate", "std_error", "statistic", "p_value", "conf_low",
        "conf_high", "status",
    ]  # fmt: skip
    assert frame["feature"].tolist() == ["intercept", "x0", "x1", "x2"] * 2
    assert_array_equal(frame["neuron"], np.repeat([0, 1], 4))
    alone = nmo.GLM().fit(X, y[:, 1]).summary(X, y[:, 1]).to_frame()
    assert_allclose(frame["std_error"].to_numpy()[4:], alone["std_error"], rtol=1e-6)


def test_features_of_a_design_know_their_term():
    x, speed = RNG.uniform(size=300), RNG.normal(size=300)
    basis = nmo.basis.CyclicBSplineEval(5, label="angle") + nmo.basis.IdentityEval(label="speed")
    design = basis.design(x, speed)
    found = nmo.GLM().fit(design, COUNTS).summary(design, COUNTS)
    assert found.terms == ("", *["angle"] * 5, "speed")
    assert np.isnan(found.std_error[:6, 0]).all()  # splines add up to one
    assert "combination" in found.status[1, 0] and found.status[6, 0] == "converged"
    assert "[1] constant, or a combination" in str(found)


def test_a_number_that_is_missing_has_a_reason_and_harms_no_other():
    features = X.copy()
    features[:, 2] = features[:, 2] > 1
    y = np.stack([COUNTS, np.zeros(300), np.where(features[:, 2] > 0, 0, COUNTS)], axis=1)
    mask = np.ones((3, 3), dtype=bool)
    mask[0, 0] = False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = nmo.PopulationGLM(feature_mask=mask).fit(features, y)
        found = model.summary(features, y)
    assert found.status[:, 0].tolist() == [
        "converged", "left out by the feature mask", "converged", "converged",
    ]  # fmt: skip
    assert set(found.status[:, 1]) == {"silent"}
    assert found.status[3, 2].startswith("separated: no") and found.status[1, 2] == "separated"
    assert_array_equal(
        np.isnan(found.p_value),
        [[False, True, False], [True, True, False], [False, True, False], [False, True, True]],
    )
    assert np.isnan(found.aic[1]) and np.isfinite(found.aic[[0, 2]]).all()
    text = str(found)
    assert text.startswith("3 neurons: 1 converged, 1 silent, 1 separated")
    assert "to_frame() has all coefficients" in text and "<table>" in found._repr_html_()


@pytest.mark.filterwarnings("ignore:There are no standard errors")
def test_a_term_without_errors_of_its_own_takes_one_line():
    """Twelve lines said that splines add up to one."""
    basis = nmo.basis.BSplineEval(7, label="position") + nmo.basis.IdentityEval(label="speed")
    design = basis.design(X[:, 0], X[:, 1])
    lines = str(nmo.GLM().fit(design, COUNTS).summary(design, COUNTS)).splitlines()
    of_term = [line for line in lines if line.startswith("position")]
    assert len(of_term) == 2 and of_term[0].startswith("position (7 coefficients)")
    assert of_term[1].split()[0] == "position"  # the line of its test
    assert of_term[0].endswith("[1]") and sum(line.startswith("speed") for line in lines) == 1


def test_a_penalty_is_spoken_of():
    ridge = nmo.GLM(regularizer="Ridge", regularizer_strength=0.1).fit(X, COUNTS)
    assert "the penalty shrinks" in str(ridge.summary(X, COUNTS))
    lasso = nmo.GLM(regularizer="Lasso", regularizer_strength=0.1).fit(X, COUNTS)
    found = lasso.summary(X, COUNTS)
    assert np.isnan(found.std_error).all() and "selected" in found.status[0, 0]


def test_its_first_line_says_whether_the_fit_converged():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        short = nmo.GLM(solver_name="GradientDescent", solver_kwargs={"maxiter": 2})
        model = short.fit(X, COUNTS)
    assert str(model.summary(X, COUNTS)).splitlines()[0] == "iteration limit"
    whole = nmo.GLM(fit_intercept=False).fit(X, COUNTS).summary(X, COUNTS)
    lines = str(whole).splitlines()
    assert lines[0] == "converged" and whole.features == ("x0", "x1", "x2")
    assert lines[1] == f"Poisson model, link exp; 300 rows, {COUNTS.sum():.0f} spikes"
    assert "Summary: converged" in whole._repr_html_()


def test_what_cannot_be_asked():
    model, y, *_ = fitted("Poisson")
    for wrong in ({"level": 1.0}, {"cov_type": "HC9"}, {"lags": 3}):
        with pytest.raises(ValueError, match="Given"):
            model.summary(X, y, **wrong)
    labels = (X[:, 0] + RNG.normal(size=300) > 0).astype(int)
    classifier = nmo.ClassifierGLM(2).fit(X, labels)
    with pytest.raises(TypeError, match="classifier"):
        classifier.summary(X, labels)


@pytest.mark.parametrize("y", [np.full(300, 0.1), 3.0 + X @ [1.0, -2.0, 0.5]])
def test_fits_that_leave_no_residuals_have_no_errors(y):
    """A constant response had errors of zero, and p values of zero or one."""
    found = nmo.GLM("Gaussian").fit(X, y).summary(X, y)
    assert np.isnan([found.std_error, found.p_value, found.conf_low]).all()
    assert set(found.status.ravel()) == {EXACT}
    assert np.isfinite(found.estimate).all()


def test_counts_that_are_hit_exactly_have_errors():
    y = np.full(300, 2.0)
    assert np.isfinite(nmo.GLM().fit(X, y).summary(X, y).std_error).all()


@pytest.mark.parametrize("cov_type", ["model", "HC1"])
def test_the_summary_of_splines_alone_says_which_terms_matter(cov_type):
    rng = np.random.default_rng(3)
    place, speed = rng.uniform(0, 1, (2, 1500))
    y = rng.poisson(np.exp(np.sin(6 * place) - 1))
    basis = nmo.basis.BSplineEval(7, label="place") + nmo.basis.BSplineEval(5, label="speed")
    design = basis.design(place, speed)
    model = nmo.GLM().fit(design, y)
    found = model.summary(design, y, cov_type=cov_type).whole_terms
    tests = nmo.inference.term_tests(model, design, y, cov_type=cov_type)
    for j, row in enumerate(found[1:]):
        statistic, df, p = (getattr(tests, name)[j, 0] for name in ("statistic", "df", "p_value"))
        assert row[2:5] == (f"{statistic:.4g}", f"{df:.4g}", f"{p:.3g}")
    assert [row[1] for row in found[1:]] == ["6", "4"]  # a constant is the intercept's
    lines = str(model.summary(design, y, cov_type=cov_type)).splitlines()
    row = next(line for line in lines if line.startswith("place  ")).split()
    assert row[-1] == f"{tests.p_value[0, 0]:.3g}"


def test_smooth_terms_have_the_edf_of_their_penalty_and_its_test():
    rng = np.random.default_rng(4)
    place = rng.uniform(0, 1, 1500)
    y = rng.poisson(np.exp(np.sin(6 * place) - 1))
    design = nmo.basis.BSplineEval(12, label="place").design(place)
    model = nmo.GLM(regularizer="Smoothness", regularizer_strength="auto").fit(design, y)
    found = model.summary(design, y).whole_terms
    tests = nmo.inference.term_tests(model, design, y)
    edf = nmo.inference.effective_degrees(model, design, y).by_term()[0]
    assert found[1][1] == f"{edf[0]:.4g}" and edf[0] < 9
    assert found[1][4] == f"{tests.p_value[0, 0]:.3g}"


def test_terms_of_one_coefficient_and_populations_have_no_table_of_terms():
    assert nmo.GLM().fit(X, COUNTS).summary(X, COUNTS).whole_terms is None
    two = np.stack([COUNTS, COUNTS], 1)
    told = nmo.PopulationGLM().fit(X, two).summary(X, two)
    assert told.whole_terms is None and "inference.term_tests" in str(told)
