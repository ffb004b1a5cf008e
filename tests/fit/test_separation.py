"""A separated direction takes the standard errors of its own features, and of no others.

The oracle is the fit to the rows that the separating features leave undecided, without them.
"""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import spikeglm as nmo
from spikeglm.exceptions import ConvergenceWarning
from spikeglm.fit import separation

RNG = np.random.default_rng(0)
T = 600
FREE = RNG.normal(size=(T, 2))
REFRACTORY = (RNG.random(T) < 0.1).astype(float)
X = np.column_stack([FREE, REFRACTORY])
ETA = FREE @ [0.6, -0.3] - 0.8
COUNTS = np.where(REFRACTORY, 0, RNG.poisson(np.exp(ETA)))
CHOICE = RNG.random(T) < 1 / (1 + np.exp(-ETA))

pytestmark = pytest.mark.filterwarnings("ignore::spikeglm.exceptions.ConvergenceWarning")

CASES = {
    "a bin without spikes": ("Poisson", None, COUNTS),
    "a bin without spikes, softplus": ("Poisson", "softplus", COUNTS),
    "a bin without spikes, negative binomial": ("NegativeBinomial", None, COUNTS),
    "never one": ("Bernoulli", None, CHOICE & (REFRACTORY == 0)),
    "always one": ("Bernoulli", None, CHOICE | (REFRACTORY == 1)),
    "never one, probit": ("Bernoulli", "norm.cdf", CHOICE & (REFRACTORY == 0)),
}
of_cases = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def without_the_feature(model, link, y, **more):
    keep = REFRACTORY == 0
    some = {name: value[keep] for name, value in more.items()}
    fit = nmo.GLM(model, link).fit(FREE[keep], y[keep], **some)
    return fit, *fit.standard_errors(FREE[keep], y[keep], **some)


@of_cases
@pytest.mark.parametrize("solver", [None, "Newton"])
def test_the_other_coefficients_keep_their_standard_errors(case, solver):
    model, link, y = case
    fit = nmo.GLM(model, link, solver_name=solver).fit(X, y.astype(float))
    assert fit.fit_report_.status == ("separated",)
    rest, expected, expected_intercept = without_the_feature(model, link, y.astype(float))
    coef, intercept = fit.standard_errors(X, y.astype(float))
    assert_allclose(fit.coef_[:2], rest.coef_, rtol=1e-4, atol=1e-5)
    assert_allclose(coef, [*expected, np.nan], rtol=1e-4)
    assert_allclose(intercept, expected_intercept, rtol=1e-4)


@of_cases
def test_the_report_names_what_separates(case):
    pd = pytest.importorskip("pandas")
    model, link, y = case
    table = pd.DataFrame(X, columns=["speed", "heading", "refractory"])
    with pytest.warns(ConvergenceWarning, match=r"separated by refractory: 0"):
        fit = nmo.GLM(model, link).fit(table, y.astype(float))
    assert fit.fit_report_.separating_features() == ("refractory",)
    assert "separated by refractory" in str(fit.fit_report_)


def test_weights_and_offsets_count_for_what_is_left():
    weights, offset = RNG.uniform(0.5, 2, T), RNG.normal(0, 0.3, T)
    more = {"sample_weight": weights, "offset": offset}
    fit = nmo.GLM().fit(X, COUNTS, **more)
    _, expected, _ = without_the_feature("Poisson", None, COUNTS, **more)
    assert_allclose(fit.standard_errors(X, COUNTS, **more)[0], [*expected, np.nan], rtol=1e-4)


def test_rows_of_weight_zero_keep_nothing_from_being_separated():
    y = COUNTS.copy()
    weights = np.ones(T)
    where = np.flatnonzero(REFRACTORY)[:3]
    y[where], weights[where] = 4, 0
    fit = nmo.GLM().fit(X, y, sample_weight=weights)
    assert fit.fit_report_.status == ("separated",)
    coef, _ = fit.standard_errors(X, y, sample_weight=weights)
    assert_array_equal(np.isnan(coef), [False, False, True])


def test_two_directions_at_once_and_one_neuron_of_three():
    other = (RNG.random(T) < 0.08).astype(float)
    features = np.column_stack([X, other])
    y = np.column_stack([COUNTS, np.where(other, 0, COUNTS), RNG.poisson(0.5, T)])
    fit = nmo.PopulationGLM().fit(features, y)
    assert fit.fit_report_.status == ("separated", "separated", "converged")
    assert [len(fit.fit_report_.separating_features(n)) for n in range(3)] == [1, 2, 0]
    coef, intercept = fit.standard_errors(features, y)
    expected = np.array([[0, 0, 0], [0, 0, 0], [1, 1, 0], [0, 1, 0]], dtype=bool)
    assert_array_equal(np.isnan(coef), expected)
    assert np.isfinite(intercept).all()
    alone = nmo.GLM().fit(features, y[:, 2]).standard_errors(features, y[:, 2])
    assert_allclose(coef[:, 2], alone[0], rtol=1e-7)


def test_a_combination_of_features_separates():
    turned = np.column_stack([FREE, REFRACTORY + FREE[:, 0], RNG.normal(size=T)])
    fit = nmo.GLM().fit(turned, COUNTS)
    coef, intercept = fit.standard_errors(turned, COUNTS)
    assert_array_equal(np.isnan(coef), [True, False, True, False])  # x2 - x0 is what separates
    assert np.isfinite(intercept).all()
    keep = REFRACTORY == 0
    rest = nmo.GLM().fit(turned[keep][:, [1, 2, 3]], COUNTS[keep])
    expected, _ = rest.standard_errors(turned[keep][:, [1, 2, 3]], COUNTS[keep])
    assert_allclose(coef[[1, 3]], expected[[0, 2]], rtol=1e-4)


def test_a_covariance_leaves_predictions_of_undecided_rows_their_errors():
    fit = nmo.GLM().fit(X, COUNTS)
    rows = np.column_stack([X, np.ones(T)])[REFRACTORY == 0]
    variance = np.einsum("ti,ij,tj->t", rows, fit.covariance(X, COUNTS), rows)
    rest, _, _ = without_the_feature("Poisson", None, COUNTS)
    keep = REFRACTORY == 0
    small = rest.covariance(FREE[keep], COUNTS[keep])
    own = np.column_stack([FREE[keep], np.ones(keep.sum())])
    assert_allclose(variance, np.einsum("ti,ij,tj->t", own, small, own), rtol=1e-4)


def test_a_choice_that_all_features_predict_leaves_nothing():
    y = (FREE[:, 0] > 0).astype(float)
    fit = nmo.GLM("Bernoulli").fit(FREE, y)
    coef, intercept = fit.standard_errors(FREE, y)
    assert np.isnan(coef).all()
    assert np.isnan(intercept).all()


def test_a_feature_far_from_zero_and_a_constant_one():
    features = np.column_stack([X + np.array([1e5, 0, 0]), np.ones(T)])
    fit = nmo.GLM().fit(features, COUNTS)
    coef, _ = fit.standard_errors(features, COUNTS)
    expected, _ = nmo.GLM().fit(X, COUNTS).standard_errors(X, COUNTS)
    assert_array_equal(np.isnan(coef), [False, False, True, True])
    assert_allclose(coef[:2], expected[:2], rtol=1e-3)


def test_the_names_survive_saving(tmp_path):
    fit = nmo.GLM().fit(X, COUNTS)
    fit.save_params(tmp_path / "model.npz")
    loaded = nmo.load_model(tmp_path / "model.npz")
    assert loaded.fit_report_.separating_features() == fit.fit_report_.separating_features()
    for part, whole in zip(
        loaded.standard_errors(X, COUNTS), fit.standard_errors(X, COUNTS), strict=True
    ):
        assert_array_equal(part, whole)


def test_a_loss_that_falls_ever_more_slowly_is_no_optimum():
    place = RNG.uniform(2, 12, 800)
    design = nmo.basis.BSplineEval(7, label="place").design(place)  # its last starts at 9.5
    y = np.where(place > 9, 0, RNG.poisson(0.5, 800))
    fit = nmo.GLM().fit(design, y)
    assert fit.fit_report_.status == ("separated",)
    level = fit.curve("place", design, y, at=[4.0, 7.0, 11.5], scale="link")
    assert_array_equal(np.isnan(level.standard_error), [False, False, True])


def test_large_coefficients_alone_are_no_separation():
    feature = RNG.normal(size=(T, 1)) * 1e-3
    y = RNG.poisson(np.exp(feature[:, 0] * 400 - 0.5))
    steep = nmo.GLM("Bernoulli").fit(FREE, (RNG.random(T) < (FREE[:, 0] > 0) * 0.98 + 0.01) * 1.0)
    assert nmo.GLM().fit(feature, y).fit_report_.status == ("converged",)
    assert steep.fit_report_.status == ("converged",)


INDICATORS = (
    np.repeat(np.eye(4), [1, 5, 300, 40], axis=0) @ np.linalg.qr(RNG.normal(size=(4, 4)))[0]
)


def test_indicators_that_never_meet_a_spike_need_no_linear_program(monkeypatch):
    monkeypatch.setattr(separation, "_leaving_of_unique", None)
    assert separation.leaving(INDICATORS, np.full(346, -1)).all()
    assert separation.leaving(-INDICATORS[:, :1] / INDICATORS[:, :1], np.full(346, -1)).all()


@pytest.mark.parametrize("seed", range(20))
def test_what_leaves_is_what_the_linear_program_says(seed, monkeypatch):
    rng = np.random.default_rng(seed)
    Z = rng.normal(size=(8, 3)) @ np.diag([1.0, rng.integers(2), rng.integers(2)])
    Z /= np.linalg.norm(Z, axis=1, keepdims=True)
    side = rng.choice([-1, 1], 8) if seed % 2 else np.where(Z[:, 0] > -0.1, 1, -1)
    side[: rng.integers(2)] = 0
    found = separation.leaving(Z, side)
    monkeypatch.setattr(separation, "_all_leave", lambda *_: False)
    assert_array_equal(found, separation.leaving(Z, side))
