"""What has to hold whatever the numbers are, and what is said where there are none."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import spikeglm as nmo
from spikeglm.errors import ConvergenceWarning
from spikeglm.inference.covariances import uncertainties

T, P = 300, 3
RNG = np.random.default_rng(0)
X = RNG.normal(size=(T, P))
Y = RNG.poisson(np.exp(0.4 * X[:, 0] - 0.3))
TRIALS = np.arange(T) // 15
ASKED = {
    "HC0": {"cov_type": "HC0"},
    "HC1": {"cov_type": "HC1"},
    "HC2": {"cov_type": "HC2"},
    "HC3": {"cov_type": "HC3"},
    "cluster": {"cov_type": "cluster", "groups": TRIALS},
    "CR2": {"cov_type": "cluster", "groups": TRIALS, "small_sample": "CR2"},
    "HAC": {"cov_type": "HAC", "lags": 8},
}
of_kinds = pytest.mark.parametrize("kind", ASKED)


def fitted(X, y, **data):
    kind = nmo.GLM if np.ndim(y) == 1 else nmo.PopulationGLM
    return kind(solver_kwargs={"tol": 1e-12}).fit(X, y, **data)


def covariance(kind, X=X, y=Y, how=None, **data):
    return fitted(X, y, **data).covariance(X, y, **(how or ASKED[kind]), **data)


@of_kinds
def test_features_in_other_units_and_about_other_places(kind):
    scale, place = np.array([10.0, 1e-3, 2.0]), np.array([0.0, 3.0, 100.0])
    J = np.diag(np.append(1 / scale, 1.0))
    J[-1, :-1] = -place / scale
    moved = covariance(kind, X * scale + place)
    expected = J @ covariance(kind) @ J.T
    sd = np.sqrt(np.diag(expected))
    assert_allclose(moved / np.outer(sd, sd), expected / np.outer(sd, sd), atol=1e-6)


@pytest.mark.parametrize(
    "kind", [kind for kind in ASKED if kind != "HAC"]
)  # the row twice is at two times
def test_a_row_of_weight_two_is_the_row_twice(kind):
    a = RNG.integers(0, 3, T).astype(float)
    rows = np.repeat(np.arange(T), a.astype(int))
    how = ASKED[kind] | ({"groups": TRIALS[rows]} if "groups" in ASKED[kind] else {})
    weighted = covariance(kind, sample_weight=a)
    assert_allclose(weighted, covariance(kind, X[rows], Y[rows], how), rtol=1e-7, atol=1e-12)


@of_kinds
def test_the_order_of_rows_does_not_matter_but_for_time(kind):
    order = RNG.permutation(T)
    how = ASKED[kind] | ({"groups": TRIALS[order]} if "groups" in ASKED[kind] else {})
    shuffled = covariance(kind, X[order], Y[order], how)
    same = np.allclose(shuffled, covariance(kind), rtol=1e-7, atol=1e-12)
    assert same == (kind != "HAC")


def test_groups_of_one_row_and_no_lags_are_independent_rows():
    hc1 = covariance("HC1")
    assert_allclose(covariance("", how={"cov_type": "HAC", "lags": 0}), hc1, rtol=1e-10)
    single = {"cov_type": "cluster", "groups": np.arange(T), "small_sample": "n/(n-k)"}
    assert_allclose(covariance("", how=single), hc1, rtol=1e-10)


def test_where_the_model_is_right_all_agree_with_it():
    n, rng = 40_000, np.random.default_rng(5)
    X = rng.normal(size=(n, 2))
    y = rng.poisson(np.exp(X @ [0.3, -0.2] - 1))
    fit = fitted(X, y)
    own = np.concatenate([np.atleast_1d(e) for e in fit.standard_errors(X, y)])
    for how in (*ASKED.values(), {"cov_type": "HAC"}):
        how = how | ({"groups": np.arange(n) // 20} if "groups" in how else {})
        robust = np.concatenate([np.atleast_1d(e) for e in fit.standard_errors(X, y, **how)])
        assert_allclose(robust, own, rtol=0.08)


@of_kinds
def test_without_an_intercept_and_with_masks(kind):
    mask = np.array([[1, 1], [0, 1], [1, 1]])
    y = np.column_stack([Y, Y[::-1]])
    fit = nmo.PopulationGLM(feature_mask=mask, fit_intercept=False).fit(X, y)
    found = fit.covariance(X, y, **ASKED[kind])
    alone = nmo.GLM(fit_intercept=False).fit(X[:, [0, 2]], Y)
    expected = alone.covariance(X[:, [0, 2]], Y, **ASKED[kind])
    assert_allclose(found[0][np.ix_([0, 2], [0, 2])], expected, rtol=1e-5)
    assert_array_equal(found[0][1], 0)


@of_kinds
def test_a_silent_neuron_has_none_and_the_others_theirs(kind):
    y = np.column_stack([Y, np.zeros(T)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fit = fitted(X, y)
    coef, intercept = fit.standard_errors(X, y, **ASKED[kind])
    expected, of_intercept = fitted(X, Y).standard_errors(X, Y, **ASKED[kind])
    assert_allclose(coef[:, 0], expected, rtol=1e-6)
    assert_allclose(intercept[0], of_intercept[0], rtol=1e-6)
    assert np.isnan(coef[:, 1]).all() and np.isnan(intercept[1])


@of_kinds
def test_of_aliased_and_separated_features_nothing_is_said(kind):
    y = (Y > 0).astype(float)
    aliased = np.column_stack([X, X[:, 0] + X[:, 1]])
    errors, _ = nmo.GLM("Bernoulli").fit(aliased, y).standard_errors(aliased, y, **ASKED[kind])
    own, _ = nmo.GLM("Bernoulli").fit(X, y).standard_errors(X, y, **ASKED[kind])
    assert_array_equal(np.isnan(errors), [True, True, False, True])
    assert_allclose(errors[2], own[2], rtol=1e-5)
    apart = np.column_stack([X[:, 0], y * (np.arange(T) < 40)])  # 1 only where there is a spike
    with pytest.warns(ConvergenceWarning):
        fit = nmo.GLM("Bernoulli").fit(apart, y)
    errors, _ = fit.standard_errors(apart, y, **ASKED[kind])
    rest = apart[:, 1] == 0
    how = ASKED[kind] | ({"groups": TRIALS[rest]} if "groups" in ASKED[kind] else {})
    alone, of_y = apart[rest, :1], y[rest]
    own, _ = nmo.GLM("Bernoulli").fit(alone, of_y).standard_errors(alone, of_y, **how)
    assert np.isnan(errors[1])
    if kind not in ("HC1", "HAC", "cluster", "CR2"):  # whose factors count the rows, and the groups
        assert_allclose(errors[0], own[0], rtol=1e-3)
    assert np.isfinite(errors[0])


def test_near_copies_of_a_feature_are_told_apart():
    twin = np.column_stack([X[:, 0], X[:, 0] + 1e-8 * X[:, 1], X[:, 2]])
    apart = np.column_stack([X[:, 0], X[:, 1], X[:, 2]])
    y = RNG.poisson(np.exp(0.2 * X[:, 1] - 0.3))
    J = np.array([[1, -1e8, 0, 0], [0, 1e8, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    for how in ASKED.values():
        expected = J @ covariance("", apart, y, how) @ J.T
        found = covariance("", twin, y, how)
        sd = np.sqrt(np.diag(expected))
        assert_allclose(np.sqrt(np.diag(found)), sd, rtol=1e-4)


def test_statsmodels_has_the_same():
    sm = pytest.importorskip("statsmodels.api")
    design = sm.add_constant(X, prepend=False)
    theirs = sm.GLM(Y, design, family=sm.families.Poisson())
    asked = {
        "HC0": ("HC0", {}),
        "cluster": ("cluster", {"groups": TRIALS, "use_correction": False}),
        "HAC": ("HAC", {"maxlags": 8, "use_correction": False}),
    }
    for kind, (name, keywords) in asked.items():
        fit = theirs.fit(cov_type=name, cov_kwds=keywords, tol=1e-14)
        found = covariance(kind, how=ASKED[kind] | {"small_sample": "none"})
        assert_allclose(found, fit.cov_params(), rtol=1e-6, atol=1e-12)


def test_methods_degrees_of_freedom_and_reasons():
    fit = fitted(X, Y).on(X, Y)
    few = np.arange(T) % 3
    told = {kind: next(uncertainties(fit, **how)) for kind, how in ASKED.items()}
    assert told["HC3"].method == "HC3, factor none" and told["HC3"].dof == np.inf
    assert told["HAC"].method == "HAC (Newey-West, 8 lags), factor n/(n-k)"
    assert told["HAC"].dof == pytest.approx(1.5 * T / 9)
    assert told["cluster"].dof == 19
    by_length = next(uncertainties(fit, "HAC", small_sample="n/(n-k)*exp(b)"))
    assert by_length.method.startswith("HAC (Newey-West, 21 lags, as Lazarus et al. (2018))")
    same = next(uncertainties(fit, "HAC", lags=21))
    assert_allclose(by_length.covariance, same.covariance * np.exp(22 / T))
    sure = next(uncertainties(fit, "cluster", groups=few))
    assert sure.method == "cluster (3 groups, of rank 3 at most), factor G/(G-1)"
    assert sure.dof == 2 and np.linalg.matrix_rank(sure.covariance, hermitian=True) <= 3
    sure = next(uncertainties(fit, "cluster", groups=np.zeros(T)))
    assert sure.reason == "fewer than two groups have rows" and np.isnan(sure.standard_errors).all()
    signal = X[:, 0] + RNG.normal(size=T)
    gaussian = nmo.GLM("Gaussian").fit(X, signal).on(X, signal)
    assert next(uncertainties(gaussian, "HC1")).dof == pytest.approx(T - P - 1)


@pytest.mark.parametrize("kind", ["HC2", "HC3"])
def test_a_row_that_alone_determines_a_coefficient(kind):
    alone = np.column_stack([X, np.arange(T) == 7])
    y = np.where(np.arange(T) == 7, 3, Y)
    fit = fitted(alone, y)
    with pytest.warns(UserWarning, match=rf"no {kind} covariance.*leverage h = 1.*HC0 and HC1"):
        assert np.isnan(fit.covariance(alone, y, **ASKED[kind])).all()
    assert np.isfinite(fit.covariance(alone, y, cov_type="HC1")).all()


@of_kinds
def test_robust_errors_of_what_a_penalty_alone_decides_are_no_rounding(kind):
    """The estimate of a copy with a penalty of its own is zero, whatever the responses."""
    for last in (2.0 * X[:, 0] - 0.4 * X[:, 1], np.zeros(T)):
        wide = np.column_stack([X, last])
        model = nmo.GLM(regularizer=nmo.regularizer.Quadratic([([3], np.eye(1))]))
        model.set_params(regularizer_strength=0.1).fit(wide, Y)
        errors, of_intercept = model.standard_errors(wide, Y, **ASKED[kind])
        own, of_own = fitted(X, Y).standard_errors(X, Y, **ASKED[kind])
        assert np.isnan(errors[3]) and np.isfinite(model.standard_errors(wide, Y)[0][3])
        assert_allclose(np.append(errors[:3], of_intercept), np.append(own, of_own), rtol=1e-5)
        asked = {name: value for name, value in ASKED[kind].items() if name != "small_sample"}
        assert np.isnan(model.summary(wide, Y, **asked).p_value[-1, 0])


@of_kinds
def test_without_residuals_there_is_no_robust_error_but_a_reason(kind):
    y = np.column_stack([Y, np.full(T, 3)])
    fit = fitted(X, y)
    with pytest.warns(UserWarning, match="no residuals: every response is what the fit says"):
        errors, of_intercept = fit.standard_errors(X, y, **ASKED[kind])
    assert np.isnan(errors[:, 1]).all() and np.isnan(of_intercept[1])
    own, _ = fitted(X, Y).standard_errors(X, Y, **ASKED[kind])
    assert_allclose(errors[:, 0], own, rtol=1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_of_a_fit_that_uses_up_its_rows_nothing_is_divided_by_rounding(seed):
    rng = np.random.default_rng(seed)
    few, y = 10.0 ** rng.uniform(-3, 3, 3) * rng.normal(size=(4, 3)), rng.gamma(2.0, size=4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = nmo.GLM("Gamma", "exp").fit(few, y)
        assert np.isnan(model.standard_errors(few, y, cov_type="HC1")[0]).all()
        assert np.isnan(model.on(few, y).dispersion_dof).all()


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(("kind", "size"), [("HC0", 1e3), ("cluster", 1.0)])  # HC0 counts rows
@pytest.mark.parametrize("model", ["Gaussian", "Gamma"])
def test_weights_in_another_unit_leave_what_stands_on_no_dispersion(model, kind, size):
    """Of a millionth of a row no dispersion is left; the table was empty where errors were not."""
    y, a = np.random.default_rng(3).gamma(2.0, size=T), np.random.default_rng(4).random(T)
    found = {}
    for unit in (1.0, 1e-6):
        data = {"sample_weight": unit * a}
        fit = nmo.GLM(model, solver_kwargs={"tol": 1e-12}).fit(X, y, **data)
        assert np.isfinite(fit.scale_).all() == (unit == 1.0)
        table = fit.summary(X, y, **ASKED[kind], **data)
        errors, of_intercept = fit.standard_errors(X, y, **ASKED[kind], **data)
        assert_allclose(table.std_error[:, 0], np.append(of_intercept, errors))
        tests = nmo.inference.term_tests(fit, X, y, test="wald", **ASKED[kind], **data)
        assert np.isfinite(table.p_value).all() and np.isfinite(tests.p_value).all()
        found[unit] = table.std_error, tests.statistic
    assert_allclose(found[1e-6][0], found[1.0][0] * size, rtol=1e-6)
    assert_allclose(found[1e-6][1], found[1.0][1] / size**2, rtol=1e-6)
    table = fit.summary(X, y, **data)
    assert np.isnan(table.std_error).all() and table.status[0, 0].startswith("no dispersion")
    tests = nmo.inference.term_tests(fit, X, y, test="wald", **data)
    assert np.isnan(tests.p_value).all() and tests.status[0, 0].startswith("no dispersion")
