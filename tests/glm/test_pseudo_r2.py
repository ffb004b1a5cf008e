"""A pseudo-R² counts from the model without features: what is known otherwise, that one knows too.

The oracle of a null model is a fit whose only feature may not be used.
"""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.models import ROWS, WITH_DISPERSION

import spikeglm as nmo
from spikeglm.inference.bits_per_spike import bits_per_spike

RNG = np.random.default_rng(0)
T = 400
X = RNG.normal(size=(T, 2))
OFFSET = RNG.normal(0, 0.8, T)
ETA = 0.4 * X[:, 0] + OFFSET
COUNTS = RNG.poisson(np.exp(ETA - 0.5)).astype(float)
CHOICE = (RNG.random(T) < 1 / (1 + np.exp(-ETA))).astype(float)
LABELS = np.array(["left", "right", "stay"])[
    np.argmax(np.outer(ETA, [1.0, 0.0, -1.0]) + RNG.gumbel(size=(T, 3)), axis=1)
]
CLASS_OFFSET = np.outer(OFFSET, [1.0, 0.0, -1.0])

MODELS = {
    "Poisson": ({}, COUNTS),
    "softplus": ({"inverse_link_function": "softplus"}, COUNTS),
    "Bernoulli": ({"observation_model": "Bernoulli"}, CHOICE),
    "probit": ({"observation_model": "Bernoulli", "inverse_link_function": "norm.cdf"}, CHOICE),
    "NegativeBinomial": ({"observation_model": "NegativeBinomial"}, COUNTS),
    "Gaussian": ({"observation_model": "Gaussian"}, ETA + RNG.normal(size=T)),
} | {
    row.name: (
        {"observation_model": row.given, "inverse_link_function": "exp"},
        row.draw(np.random.default_rng(9), np.exp(ETA)),
    )
    for row in ROWS
    if row.kind == "positive"
}
of_models = pytest.mark.parametrize("name", MODELS)
BOTH = ("pseudo-r2-Cohen", "pseudo-r2-McFadden")


def kinds(name):
    return BOTH[:1] if name in WITH_DISPERSION else BOTH


@of_models
def test_the_null_model_itself_scores_zero_with_an_offset(name):
    arguments, y = MODELS[name]
    null = nmo.GLM(**arguments, feature_mask=[0, 0]).fit(X, y, offset=OFFSET)
    for kind in kinds(name):
        assert abs(null.score(X, y, kind, offset=OFFSET)) < 1e-7


@of_models
def test_a_score_with_an_offset_is_the_gain_over_the_null_model(name):
    arguments, y = MODELS[name]
    null = nmo.GLM(**arguments, feature_mask=[0, 0]).fit(X, y, offset=OFFSET)
    model = nmo.GLM(**arguments).fit(X, y, offset=OFFSET)
    observed = model._likelihood.model
    for kind in kinds(name):
        expected = observed.pseudo_r2(
            y,
            model.predict(X, offset=OFFSET),
            kind,
            model.scale_,
            np.mean,
            null_mean=null.predict(X, offset=OFFSET),
        )
        assert_allclose(model.score(X, y, kind, offset=OFFSET), expected, rtol=1e-6)
        assert 0.01 < expected < 0.9


def test_neurons_have_null_models_of_their_own():
    y = np.column_stack([COUNTS, COUNTS[::-1]])
    offsets = np.column_stack([OFFSET, 0.5 * OFFSET[::-1]])
    null = nmo.PopulationGLM(feature_mask=np.zeros((2, 2))).fit(X, y, offset=offsets)
    per_sample = null.score(X, y, "pseudo-r2-Cohen", lambda s: s.mean(axis=0), offset=offsets)
    assert_allclose(per_sample, 0, atol=1e-7)


def test_an_offset_that_is_the_same_everywhere_changes_nothing():
    plain, moved = nmo.GLM().fit(X, COUNTS), nmo.GLM().fit(X, COUNTS, offset=np.full(T, 2.0))
    for kind in BOTH:
        expected = plain.score(X, COUNTS, kind)
        assert_allclose(moved.score(X, COUNTS, kind, offset=np.full(T, 2.0)), expected, rtol=1e-7)


@pytest.mark.parametrize("kind", BOTH)
def test_classes_too(kind):
    null = nmo.ClassifierGLM(3, feature_mask=np.zeros((2, 3))).fit(X, LABELS, offset=CLASS_OFFSET)
    assert abs(null.score(X, LABELS, kind, offset=CLASS_OFFSET)) < 1e-7
    assert null.score(X, LABELS, kind) < -0.001  # the offset was what it knew
    y, offset = np.column_stack([LABELS, LABELS[::-1]]), np.stack([CLASS_OFFSET] * 2, axis=1)
    mask = np.zeros((2, 2, 3))
    many = nmo.ClassifierPopulationGLM(3, feature_mask=mask).fit(X, y, offset=offset)
    assert abs(many.score(X, y, kind, offset=offset)) < 1e-7


def test_the_null_mean_may_be_that_of_the_training_rows():
    train, test = slice(0, 200), slice(200, T)
    model = nmo.GLM().fit(X[train], COUNTS[train])
    rate, poisson = model.predict(X[test]), model._likelihood.model
    mean = COUNTS[train].mean()
    for kind in BOTH:
        expected = poisson.pseudo_r2(
            COUNTS[test], rate, kind, None, np.mean, null_mean=np.full(T - 200, mean)
        )
        for given in ("training", mean, [mean] * (T - 200)):
            got = model.score(X[test], COUNTS[test], kind, null_mean=given)
            assert_allclose(got, expected, rtol=1e-9)
        assert model.score(X[test], COUNTS[test], kind) < expected  # that null knows the rows


def test_the_training_mean_is_by_weight_and_per_neuron():
    weights, y = RNG.uniform(0, 2, T), np.column_stack([COUNTS, COUNTS[::-1]])
    model = nmo.PopulationGLM().fit(X, y, sample_weight=weights)
    means = np.average(y, axis=0, weights=weights)
    got = model.score(X, y, "pseudo-r2-Cohen", null_mean="training")
    assert_allclose(got, model.score(X, y, "pseudo-r2-Cohen", null_mean=means), rtol=1e-9)
    labels = nmo.ClassifierPopulationGLM(3).fit(X, np.column_stack([LABELS, LABELS[::-1]]))
    y = np.column_stack([LABELS, LABELS[::-1]])
    frequency = np.stack([(y == c).mean(axis=0) for c in labels.classes_], axis=1)
    expected = labels.score(X, y, "pseudo-r2-Cohen")
    for given in ("training", frequency):
        assert_allclose(labels.score(X, y, "pseudo-r2-Cohen", null_mean=given), expected)


def test_what_is_no_null_model_is_refused():
    model = nmo.GLM().fit(X, COUNTS, offset=OFFSET)
    with pytest.raises(ValueError, match=r"The fit had an offset.*What to do: fit a model to"):
        model.score(X, COUNTS, BOTH[0], offset=OFFSET, null_mean="training")
    with pytest.raises(ValueError, match=r"Unknown null_mean.*'training'"):
        model.score(X, COUNTS, BOTH[0], null_mean="trainning")
    with pytest.raises(ValueError, match="null_mean does not fit"):
        model.score(X, COUNTS, BOTH[0], null_mean=np.ones(7))


@pytest.mark.parametrize("name", WITH_DISPERSION)
def test_mcfadden_of_a_density_warns_that_it_is_no_share(name):
    arguments, y = MODELS[name]
    model = nmo.GLM(**arguments).fit(X, y)
    with pytest.warns(UserWarning, match="is no share.*What to do: use score_type='pseudo-r2-Co"):
        model.score(X, y, "pseudo-r2-McFadden")


def test_cohens_is_the_r2_of_a_gaussian_model():
    y = MODELS["Gaussian"][1]
    model = nmo.GLM("Gaussian").fit(X, y)
    residual = ((y - model.predict(X)) ** 2).sum() / ((y - y.mean()) ** 2).sum()
    assert_allclose(model.score(X, y, "pseudo-r2-Cohen"), 1 - residual, rtol=1e-9)


def test_held_out_null_models_know_the_offset_and_the_training_rows_only():
    folds = np.arange(T) % 4
    y = np.column_stack([COUNTS, COUNTS[::-1]])
    y[3, 1] = np.nan
    held = nmo.selection.cross_validated(nmo.PopulationGLM(), X, y, folds, offset=OFFSET)
    for fold in range(4):
        train, test = folds != fold, folds == fold
        null = nmo.PopulationGLM(feature_mask=np.zeros((2, 2)))
        null.fit(X[train], y[train], offset=OFFSET[train])
        expected = null.predict(X[test], offset=OFFSET[test])
        assert_allclose(held.training_mean[test], expected, rtol=1e-6)
    gain = bits_per_spike(y, held.prediction, null_mean=held.training_mean)
    assert gain[0] > 0


def test_a_silent_neuron_with_an_offset_has_a_score_without_an_error():
    y = np.column_stack([COUNTS, np.zeros(T)])
    with pytest.warns(nmo.exceptions.NothingToFitWarning):
        model = nmo.PopulationGLM().fit(X, y, offset=OFFSET)
    scores = model.score(X, y, BOTH[0], lambda s: s.mean(axis=0), offset=OFFSET)
    assert scores[0] > 0


def test_held_out_null_models_of_classes_know_the_offset():
    folds = np.arange(T) % 2
    model = nmo.ClassifierGLM(3, regularizer_strength=0.1)
    held = nmo.selection.cross_validated(model, X, LABELS, folds, offset=CLASS_OFFSET)
    for fold in range(2):
        train, test = folds != fold, folds == fold
        null = nmo.ClassifierGLM(3, feature_mask=np.zeros((2, 3)))
        null.fit(X[train], LABELS[train], offset=CLASS_OFFSET[train])
        expected = null.predict_proba(X[test], offset=CLASS_OFFSET[test])
        assert_allclose(held.training_mean[test], expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("model", "null"),
    [
        ("Poisson", -1.0), ("Poisson", np.nan), ("Poisson", np.inf), ("Bernoulli", 1.5),
        ("Gamma", -1.0), ("NegativeBinomial", -1.0), ("Gaussian", np.inf),
    ],
)  # fmt: skip
def test_a_null_mean_that_the_model_cannot_have_is_refused(model, null):
    """Its likelihood was clipped, and the share explained was 0.96."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(50, 1)), rng.integers(0, 2, 50)
    fit = nmo.GLM(model).fit(X, y + (model == "Gamma"))
    with pytest.raises(ValueError, match=r"null_mean has means that are none.*What to do: "):
        fit.score(X, y + (model == "Gamma"), "pseudo-r2-Cohen", null_mean=null)


@pytest.mark.parametrize("null", [[5, 5, 5], [0.5, 0.5, 0.5], [-1, 1, 1], [np.nan] * 3, 0.3])
def test_null_probabilities_of_classes_add_up_to_one(null):
    """[5, 5, 5] gave a share of 1.7."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 1)), np.arange(60) % 3
    fit = nmo.ClassifierGLM(3).fit(X, y)
    with pytest.raises(ValueError, match="no probabilities of classes"):
        fit.score(X, y, "pseudo-r2-McFadden", null_mean=null)
    third = fit.score(X, y, "pseudo-r2-McFadden", null_mean=1 / 3)
    assert third == fit.score(X, y, "pseudo-r2-McFadden", null_mean=[1 / 3] * 3)


@pytest.mark.parametrize("name", ["Gamma", "Poisson"])
def test_a_null_model_whose_link_has_no_mean_at_the_typical_offset(name):
    """It began at 1 / x of numbers below zero, and stayed there: the null had negative means."""
    rng = np.random.default_rng(0)
    offset = rng.gamma(0.5, 3.0, 300)
    X, eta = rng.normal(size=(300, 1)), offset + 0.3
    if name == "Gamma":
        y, link = rng.gamma(2.0, 1 / (2 * eta)), "one_over_x"
    else:
        y, link = rng.poisson(eta), "identity"
    fit = nmo.GLM(name, link).fit(X, y, offset=offset)
    mean = fit.predict(X, offset=offset)
    residual = y - mean if name == "Gamma" else y / mean - 1  # of the score equations
    np.testing.assert_allclose([residual.sum(), residual @ X[:, 0]], 0, atol=1e-6)
    null = nmo.GLM(name, link).fit(np.empty((300, 0)), y, offset=offset)
    known = fit.score(X, y, "pseudo-r2-Cohen", offset=offset)
    means = null.predict(np.empty((300, 0)), offset=offset)
    given = fit.score(X, y, "pseudo-r2-Cohen", offset=offset, null_mean=means)
    np.testing.assert_allclose(known, given, rtol=1e-6, atol=1e-9)
