"""The curve of a term and its band, where the coefficients themselves are not determined.

The oracle is a design of full rank that spans the same functions.
"""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import spikeglm as nmo

T = 800
RNG = np.random.default_rng(0)
PLACE, SPEED = RNG.uniform(2, 12, T), RNG.gamma(2.0, 1.0, T)
COUNTS = RNG.poisson(np.exp(0.8 * np.sin(PLACE) + 0.1 * SPEED - 1))
BASIS = nmo.basis.BSplineEval(7, label="place") + nmo.basis.BSplineEval(5, label="speed")
X = BASIS.design(PLACE, SPEED)
AT = np.array([2.5, 6.0, 11.0])


def full_rank(design, drop=(0, 7)):
    """Return the design without a spline per term, and the same at other places."""
    keep = np.setdiff1d(np.arange(design.shape[1]), drop)
    return np.asarray(design)[:, keep]


def oracle(y=COUNTS, **arguments):
    """Return effect and predictor at AT with their errors, from a fit of full rank."""
    Z = full_rank(X)
    model = nmo.GLM(**arguments).fit(Z, y)
    there = full_rank(X.at(AT, np.full(len(AT), SPEED[0])))
    mean = Z.mean(axis=0)
    effect = np.zeros((len(AT), Z.shape[1] + 1))
    effect[:, :6] = there[:, :6] - mean[:6]
    predictor = np.column_stack([np.tile(mean, (len(AT), 1)), np.ones(len(AT))])
    predictor[:, :6] = there[:, :6]
    parameters, V = np.append(model.coef_, model.intercept_), model.covariance(Z, y)
    return [
        part
        for rows in (effect, predictor)
        for part in (rows @ parameters, np.sqrt(np.einsum("wi,ij,wj->w", rows, V, rows)))
    ]


def effect_and_level(model, label, X, y, **more):
    """Return the curve of a term beyond its mean, and with all that the intercept adds."""
    return tuple(model.curve(label, X, y, scale=scale, **more) for scale in ("effect", "link"))


def test_splines_have_no_standard_errors_and_their_curve_has():
    model = nmo.GLM().fit(X, COUNTS)
    assert np.isnan(model.standard_errors(X, COUNTS)[0]).all()
    curve, level = effect_and_level(model, "place", X, COUNTS, at=AT)
    effect, effect_error, predictor, predictor_error = oracle()
    assert_allclose(curve.value, effect, rtol=1e-5, atol=1e-7)
    assert_allclose(curve.standard_error, effect_error, rtol=1e-5)
    assert_allclose(level.value, predictor, rtol=1e-5)
    assert_allclose(level.standard_error, predictor_error, rtol=1e-5)
    assert_array_equal(curve.at[0], AT)
    assert_allclose(level.high - level.low, 2 * 1.959963984540054 * predictor_error, rtol=1e-5)


def test_the_curve_covers_the_range_of_the_data_and_is_the_truth():
    model = nmo.GLM().fit(X, COUNTS)
    curve = model.curve("place", X, COUNTS, n_points=50)
    assert_allclose(curve.at[0][[0, -1]], [PLACE.min(), PLACE.max()])
    truth = 0.8 * np.sin(curve.at[0])
    truth -= 0.8 * np.sin(PLACE).mean()
    inside = (
        np.abs(curve.value - truth) < 3 * curve.standard_error + 0.1
    )  # 7 splines are not a sine
    assert inside[3:-3].all()
    assert (curve.standard_error[3:-3] < 0.3).all()


def test_the_mean_effect_is_zero_over_the_rows_of_the_fit():
    model = nmo.GLM().fit(X, COUNTS)
    assert_allclose(model.curve("place", X, COUNTS, at=PLACE).value.mean(), 0, atol=1e-10)


def test_a_weak_penalty_hides_coefficients_but_not_the_curve():
    model = nmo.GLM(regularizer="Ridge", regularizer_strength=1e-6).fit(X, COUNTS)
    curve = model.curve("place", X, COUNTS, at=AT)
    effect_error = oracle()[1]
    assert (model.standard_errors(X, COUNTS)[0] > 3 * effect_error.max()).all()
    assert_allclose(curve.standard_error, effect_error, rtol=0.05)


def test_neurons_weights_and_offsets():
    y, weights, offset = np.column_stack([COUNTS, COUNTS[::-1]]), RNG.uniform(1, 2, T), SPEED / 9
    more = {"sample_weight": weights, "offset": offset}
    population = nmo.PopulationGLM().fit(X, y, **more)
    curve, level = effect_and_level(population, "speed", X, y, at=AT / 4, **more)
    assert curve.value.shape == level.standard_error.shape == (3, 2)
    alone = nmo.GLM().fit(X, y[:, 1], **more).curve("speed", X, y[:, 1], at=AT / 4, **more)
    assert_allclose(curve.value[:, 1], alone.value, rtol=1e-5, atol=1e-6)
    assert_allclose(curve.standard_error[:, 1], alone.standard_error, rtol=1e-5)
    with pytest.raises(ValueError, match="not the data of the fit"):
        nmo.GLM().fit(X, y[:, 1], **more).curve("speed", X, y[:, 1])


def test_where_no_data_were_nothing_is_known():
    basis = nmo.basis.BSplineEval(8, bounds=(0, 20), label="place")
    design = basis.design(PLACE)  # none beyond 12
    model = nmo.GLM().fit(design, COUNTS)
    curve, level = effect_and_level(model, "place", design, COUNTS, at=[4.0, 9.0, 18.0])
    assert_array_equal(np.isnan(curve.standard_error), [False, False, True])
    assert_array_equal(np.isnan(level.standard_error), [False, False, True])


def test_a_silent_place_leaves_the_others_their_band():
    basis = nmo.basis.BSplineEval(5, order=1, bounds=(2, 12), label="place")  # steps
    design, y = basis.design(PLACE), np.where(PLACE > 10, 0, COUNTS)
    with pytest.warns(nmo.exceptions.ConvergenceWarning, match="separated by"):
        model = nmo.GLM().fit(design, y)
    level = model.curve("place", design, y, at=[4.5, 8.5, 11.5], scale="link")
    assert_array_equal(np.isnan(level.standard_error), [False, False, True])


def test_what_is_no_curve_is_refused():
    model = nmo.GLM().fit(np.asarray(X), COUNTS)
    with pytest.raises(ValueError, match=r"no term or column 'place'.*'x0'.*basis\.design"):
        model.curve("place", np.asarray(X), COUNTS)
    with pytest.raises(ValueError, match=r"Unknown term.*'place', 'speed'"):
        nmo.GLM().fit(X, COUNTS).curve("plaice", X, COUNTS)


def test_whoever_asks_for_errors_of_splines_is_told_of_the_curve():
    x = np.random.default_rng(0).uniform(0, 10, 500)
    y = np.random.default_rng(1).poisson(np.exp(np.sin(x) - 1))
    X = nmo.basis.BSplineEval(6, label="position").design(x)
    model = nmo.GLM().fit(X, y)
    with pytest.warns(UserWarning, match=r"model.curve\('position', X, y\)"):
        coef, _ = model.standard_errors(X, y)
    assert np.isnan(coef).all()
    level = model.curve("position", X, y, scale="link")  # and nobody is told anything
    assert np.isfinite(level.standard_error).all()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ridge = nmo.GLM(regularizer="Ridge", regularizer_strength=0.01).fit(X, y)
        assert np.isfinite(ridge.standard_errors(X, y)[0]).all()


def test_without_an_intercept_effects_still_count_from_the_mean_over_the_rows():
    """Features are surveyed about zero then: their mean was taken for zero, the error was NaN."""
    model = nmo.GLM(fit_intercept=False).fit(X, COUNTS)
    curve, level = effect_and_level(model, "place", X, COUNTS, at=AT)
    # The same space of functions with full rank: all splines of one term, all but one of the other.
    keep = np.arange(11)
    Z, there = np.asarray(X)[:, keep], np.asarray(X.at(AT, np.full(3, SPEED[0])))[:, keep]
    full = nmo.GLM(fit_intercept=False).fit(Z, COUNTS)
    effect = np.zeros((3, 11))
    effect[:, :7] = there[:, :7] - Z[:, :7].mean(axis=0)
    predictor = np.tile(Z.mean(axis=0), (3, 1))
    predictor[:, :7] = there[:, :7]
    V = full.covariance(Z, COUNTS)
    for rows, found, error in (
        (effect, curve.value, curve.standard_error),
        (predictor, level.value, level.standard_error),
    ):
        assert_allclose(found, rows @ full.coef_, rtol=1e-5, atol=1e-7)
        assert_allclose(error, np.sqrt(np.einsum("wi,ij,wj->w", rows, V, rows)), rtol=1e-5)


def test_the_curve_of_categories_is_at_their_labels():
    """They were evaluated between the positions of labels, where no category is."""
    side = RNG.choice(["left", "right", "up"], T)
    design = nmo.basis.Category(["up", "right", "left"], label="side").design(side)
    model = nmo.GLM().fit(design, COUNTS)
    level = model.curve("side", design, COUNTS, scale="link")
    assert_array_equal(level.at[0], ["left", "right", "up"])
    means = [COUNTS[side == label].mean() for label in level.at[0]]
    assert_allclose(np.exp(level.value), means, rtol=1e-6)
    sums = [COUNTS[side == label].sum() for label in level.at[0]]
    assert_allclose(level.standard_error, 1 / np.sqrt(sums), rtol=1e-6)
    one = model.curve("side", design, COUNTS, at=["up"], scale="link")
    assert_array_equal(one.at[0], ["up"])
    assert_allclose(one.value, level.value[2:], rtol=1e-12)


def test_points_in_a_tuple_are_no_inputs():
    model = nmo.GLM().fit(X, COUNTS)
    with pytest.raises(ValueError, match=r"an array for each variable .* at=\[2.0, 5.0\]"):
        model.curve("place", X, COUNTS, at=(2.0, 5.0))


def test_a_band_of_few_rows_is_as_wide_as_an_estimated_dispersion_asks():
    sm = pytest.importorskip("statsmodels.api")
    place, y = PLACE[:30], np.sin(PLACE[:30]) + RNG.normal(size=30)
    design = nmo.basis.BSplineEval(7, label="place").design(place)
    level = nmo.GLM("Gaussian").fit(design, y).curve("place", design, y, at=AT, scale="link")
    Z, there = np.asarray(design), np.asarray(design.at(AT))  # splines add up to one
    expected = sm.OLS(y, Z).fit().get_prediction(there).conf_int(alpha=0.05)
    assert_allclose(np.column_stack([level.low, level.high]), expected, rtol=1e-6)
    assert_allclose(level.dof, 30 - 7)


def test_bands_of_a_population_have_degrees_of_freedom_each():
    stats = pytest.importorskip("scipy.stats")
    y = np.column_stack([np.sin(PLACE), np.cos(PLACE)])[:60] + RNG.normal(size=(60, 2))
    weight = np.column_stack([np.ones(60), np.arange(60) < 25])
    design = nmo.basis.BSplineEval(6, label="place").design(PLACE[:60])
    model = nmo.PopulationGLM("Gaussian").fit(design, y, sample_weight=weight)
    curve = model.curve("place", design, y, at=AT, level=0.9, sample_weight=weight)
    half = (curve.high - curve.low) / 2
    assert_allclose(half / curve.standard_error, [stats.t.ppf(0.95, [54, 19])] * len(AT), rtol=1e-6)
    assert np.isinf(nmo.GLM().fit(X, COUNTS).curve("place", X, COUNTS, at=AT).dof)


@pytest.mark.parametrize("odd", [np.nan, np.inf, 40.0], ids=["gap", "inf", "out of bounds"])
def test_a_curve_covers_what_the_fit_has_seen(odd):
    place = PLACE.copy()
    place[:3] = odd
    design = nmo.basis.BSplineEval(7, bounds=(0, 14), label="place").design(place)
    curve = nmo.GLM().fit(design, COUNTS).curve("place", design, COUNTS, n_points=5)
    assert_allclose(curve.at[0][[0, -1]], [PLACE[3:].min(), PLACE[3:].max()])
    assert np.isfinite(curve.value).all()
