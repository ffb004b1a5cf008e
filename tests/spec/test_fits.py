"""The conventions of NeMoS in numbers, through the estimators: its toy problem, to six digits."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.catalogue import SOLVERS
from tests.spec.toy import COEF, COUNTS, INTERCEPT, RESPONSES, X, digits

import spikeglm as nmo
from spikeglm.observation_models import NegativeBinomialObservations

MEANS = [1.105171, 1.733253, 0.904837, 1.491825, 2.225541, 0.606531]
every_solver = pytest.mark.parametrize("solver", [*SOLVERS, None])


def at(model, link, *, scale=1.0):
    """A model with the toy's parameters, set by hand."""
    glm = nmo.GLM(model, inverse_link_function=link)
    glm.coef_, glm.intercept_, glm.scale_ = COEF, INTERCEPT, np.array([scale])
    return glm


# model, link: loss, LL at scale 1, LL at scale 0.5 (None: the scale plays no part), McFadden, Cohen
AT_FIXED_PARAMETERS = [
    ("Poisson", "exp", 0.494526, -1.438353, -1.438353, 0.136597, 0.383545),
    ("Poisson", "softplus", 0.937387, -1.881214, -1.881214, -0.129240, -0.362889),
    ("Gamma", "exp", 1.593126, -1.593126, -1.407329, 0.068171, 0.367612),
    ("Gaussian", "identity", 3.695417, -2.766647, -4.267782, -0.518703, -1.046692),
    ("Bernoulli", "logistic", 0.650413, -0.650413, -0.650413, 0.061652, 0.061652),
    ("NegativeBinomial", "exp", 1.750898, -1.750898, None, 0.048186, 0.331623),
]


@pytest.mark.parametrize(
    ("model", "link", "loss", "ll", "ll_half", "mcf", "cohen"), AT_FIXED_PARAMETERS
)
def test_losses_and_scores_at_fixed_parameters(model, link, loss, ll, ll_half, mcf, cohen):
    y, glm = RESPONSES[model], at(model, link)
    assert_allclose(glm.compute_loss((COEF, INTERCEPT), X, y), loss, **digits)
    assert_allclose(glm.score(X, y), ll, **digits)
    if ll_half is not None:
        assert_allclose(at(model, link, scale=0.5).score(X, y), ll_half, **digits)
    assert_allclose(glm.score(X, y, score_type="pseudo-r2-McFadden"), mcf, **digits)
    assert_allclose(glm.score(X, y, score_type="pseudo-r2-Cohen"), cohen, **digits)


@pytest.mark.parametrize(("model", "mcf"), [("Gamma", 0.142098), ("Gaussian", -0.794754)])
def test_mcfadden_uses_the_dispersion_and_cohen_does_not(model, mcf):
    y, link = RESPONSES[model], "exp" if model == "Gamma" else "identity"
    half, one = at(model, link, scale=0.5), at(model, link)
    assert_allclose(half.score(X, y, score_type="pseudo-r2-McFadden"), mcf, **digits)
    assert half.score(X, y, score_type="pseudo-r2-Cohen") == one.score(
        X, y, score_type="pseudo-r2-Cohen"
    )


def test_the_negative_binomial_of_scale_one_half():
    glm = at(NegativeBinomialObservations(scale=0.5), "exp", scale=0.5)
    assert_allclose(glm.compute_loss((COEF, INTERCEPT), X, COUNTS), 2.526064, **digits)
    assert_allclose(glm.score(X, COUNTS), -1.612624, **digits)
    assert_allclose(glm.score(X, COUNTS, score_type="pseudo-r2-Cohen"), 0.356327, **digits)


def test_predicted_means():
    assert_allclose(at("Poisson", "exp").predict(X), MEANS, **digits)


class TestPopulation:
    Y = np.column_stack([COUNTS, COUNTS[::-1]])
    coef, intercept = np.array([[0.4, -0.1], [0.2, 0.3]]), np.array([0.1, -0.2])

    def glm(self):
        glm = nmo.PopulationGLM()
        glm.coef_, glm.intercept_, glm.scale_ = self.coef, self.intercept, np.ones(2)
        return glm

    def test_the_loss_sums_over_neurons(self):
        loss = self.glm().compute_loss((self.coef, self.intercept), X, self.Y)
        assert_allclose(loss, 0.494526 + 1.301179, rtol=0, atol=1.2e-6)

    @pytest.mark.parametrize(
        ("score_type", "mean", "per_neuron"),
        [("log-likelihood", -1.841680, [-1.438353, -2.245006]),
         ("pseudo-r2-McFadden", -0.105509, [0.136597, -0.347615]),
         ("pseudo-r2-Cohen", -0.296254, [0.383545, -0.976054])],
    )  # fmt: skip
    def test_scores_average_over_everything_or_as_told(self, score_type, mean, per_neuron):
        score = self.glm().score
        assert_allclose(score(X, self.Y, score_type), mean, **digits)
        by_neuron = score(X, self.Y, score_type, aggregate_sample_scores=lambda s: s.mean(axis=0))
        assert_allclose(by_neuron, per_neuron, **digits)

    def test_scores_summed_over_neurons(self):
        summed = self.glm().score(X, self.Y, aggregate_sample_scores=lambda s: s.mean(axis=0).sum())
        assert_allclose(summed, -3.683359, **digits)

    @every_solver
    def test_a_feature_mask(self, solver):
        model = nmo.PopulationGLM(feature_mask=[[1, 0], [1, 1]], solver_name=solver)
        model.fit(X, self.Y)
        assert_allclose(model.coef_, [[0.657238, 0], [0.397466, -0.004738]], **digits)
        assert_allclose(model.intercept_, [0.197901, 0.605930], **digits)


INITIAL = [
    ("Poisson", np.repeat([1.0, 2.0], [2, 28]), 0.659246),  # the toy's mean, 1.933333, in counts
    ("NegativeBinomial", np.repeat([1.0, 2.0], [2, 28]), 0.659246),
    ("Gaussian", COUNTS + 0.1, 1.933333),
    ("Gamma", COUNTS + 0.1, 0.517241),
    ("Bernoulli", RESPONSES["Bernoulli"], 0.0),
]


@pytest.mark.parametrize(("model", "y", "expected"), INITIAL)
def test_initial_parameters(model, y, expected):
    coef, intercept = nmo.GLM(model).initialize_params(np.zeros((len(y), 2)), y)
    assert_allclose(intercept, [expected], **digits)
    assert coef.shape == (2,)
    assert not coef.any()


FITS = [
    ("Poisson", None, {}, [0.657238, 0.397466], 0.197901, -1.307471),
    ("Poisson", None, {"regularizer": "Ridge", "regularizer_strength": 0.1},
     [0.600172, 0.339995], 0.250965, -1.310120),
    ("Gaussian", None, {}, [1.035379, 0.422723], 1.548961, -1.274150),
    ("Gamma", "exp", {}, [0.580337, 0.264416], 0.356142, -1.152693),
    ("NegativeBinomial", None, {}, [0.601763, 0.296795], 0.235721, -1.717476),
]  # fmt: skip


@every_solver
@pytest.mark.parametrize(("model", "link", "arguments", "coef", "intercept", "ll"), FITS)
def test_fits(model, link, arguments, coef, intercept, ll, solver):
    y = RESPONSES[model]
    glm = nmo.GLM(model, inverse_link_function=link, solver_name=solver, **arguments).fit(X, y)
    assert_allclose(glm.coef_, coef, **digits)
    assert_allclose(glm.intercept_, [intercept], **digits)
    assert_allclose(glm.score(X, y), ll, **digits)
    assert list(glm.dof_resid_) == [3]


@pytest.mark.parametrize(
    ("arguments", "objective"),
    [({}, 0.363644), ({"regularizer": "Ridge", "regularizer_strength": 0.1}, 0.390084)],
)
def test_objectives(arguments, objective):
    glm = nmo.GLM(**arguments).fit(X, COUNTS)
    assert_allclose(glm.fit_report_.to_frame()["objective"], objective, **digits)


def test_dispersions_of_the_fits():
    gaussian = nmo.GLM("Gaussian").fit(X, COUNTS)
    assert_allclose(gaussian.scale_, [1.234201], **digits)
    assert_allclose(gaussian.score(X, COUNTS, "pseudo-r2-McFadden"), 0.274244, **digits)
    assert_allclose(gaussian.score(X, COUNTS, "pseudo-r2-Cohen"), 0.658221, **digits)
    gamma = nmo.GLM("Gamma", inverse_link_function="exp").fit(X, RESPONSES["Gamma"])
    assert_allclose(gamma.scale_, [0.328069], **digits)


@every_solver
def test_missing_rows(solver):
    table, y = X.copy(), COUNTS.copy()
    table[2, 0], y[4] = np.nan, np.nan
    glm = nmo.GLM(solver_name=solver).fit(table, y)
    assert_allclose(glm.coef_, [0.077996, 0.429724], **digits)
    assert_allclose(glm.intercept_, [0.467182], **digits)
    assert list(np.isnan(glm.predict(table))) == [False, False, True, False, False, False]
    assert_allclose(glm.score(table, y), -1.202117, **digits)
    assert list(glm.dof_resid_) == [1]  # four rows, two features and an intercept
