"""What the models say to people, as functions of the mean: densities, deviances, samples."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats as st
from numpy.testing import assert_allclose
from tests.models import MODELS as ROWS
from tests.models import WITH_DISPERSION
from tests.observation_models.catalogue import (
    DISTRIBUTIONS,
    MODELS,
    RESPONSES,
    double_precision,
    log_density,
    name_of,
)
from tests.reference import numpy_glm
from tests.reference_data.r_and_stata import load

from spikeglm.observation_models import (
    BernoulliObservations,
    GammaObservations,
    GaussianObservations,
    NegativeBinomialObservations,
    PoissonObservations,
    elementwise,
)

every_model = pytest.mark.parametrize("model", MODELS, ids=name_of)


def scales(model):
    return ROWS[model.name].scales


def identity(samples):
    return samples


@pytest.fixture(params=MODELS, ids=name_of)
def sample(request):
    """A model with every response beside several means: (model, y, mean), shapes (T,)."""
    model = request.param
    means = [0.2, 0.5, 0.9] if model.name == "Bernoulli" else [0.2, 1.0, 3.7]
    y, mean = np.meshgrid(RESPONSES[model.name], means)
    return model, y.ravel(), mean.ravel()


# --- log-likelihood and deviance ---


@every_model
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_long_recording_is_scored_as_its_parts_are(model, dtype, monkeypatch):
    y = np.resize(RESPONSES[model.name], (50, 3)).astype(dtype)
    mean = np.linspace(0.1, 0.9, 150).reshape(50, 3).astype(dtype)
    mean[-1] = 0.0  # moved inside of the range, in the last part too
    scale = np.array([0.4, 1.0, 2.0])
    whole = model.log_likelihood(y, mean, scale, identity), model.deviance(y, mean, scale)
    score = model.pseudo_r2(y, mean, scale=scale)
    monkeypatch.setattr(elementwise, "_AT_ONCE", 21)
    parts = model.log_likelihood(y, mean, scale, identity), model.deviance(y, mean, scale)
    for one, other in zip(whole, parts, strict=True):
        assert one.dtype == other.dtype
        assert_allclose(one, other, rtol=1e-6 if dtype == np.float32 else 1e-14)
    assert_allclose(score, model.pseudo_r2(y, mean, scale=scale), rtol=1e-5)


def test_log_likelihood_is_the_log_density(sample):
    model, y, mean = sample
    for scale in scales(model):
        ours = model.log_likelihood(y, mean, scale, aggregate_sample_scores=identity)
        assert_allclose(ours, log_density(model, y, mean, scale), rtol=1e-10, atol=1e-12)


@every_model
def test_probabilities_sum_to_one(model):
    for mean in (0.2, 0.8):
        for scale in scales(model):
            y, width = ROWS[model.name].grid(mean, scale)
            likelihood = np.exp(model.log_likelihood(y, np.full_like(y, mean), scale, identity))
            assert_allclose(np.sum(likelihood * width), 1.0, rtol=1e-6)


def test_deviance_is_twice_the_log_likelihood_ratio_to_the_perfect_fit(sample):
    model, y, mean = sample
    for scale in scales(model):
        best = model.log_likelihood(y, y, scale, identity)
        reached = model.log_likelihood(y, mean, scale, identity)
        assert_allclose(model.deviance(y, mean, scale), 2 * (best - reached), atol=1e-11)


def test_deviance_agrees_with_the_reference_page(sample):
    model, y, mean = sample
    for scale in scales(model):
        theirs = numpy_glm.deviance(model.name, y, mean, nb_scale=scale)
        divided = 1.0 if model.name == "NegativeBinomial" else scale
        assert_allclose(model.deviance(y, mean, scale), theirs / divided, atol=1e-12)


@every_model
def test_an_impossible_prediction_costs_much_but_not_everything(model):
    y = np.array(RESPONSES[model.name])
    for mean in model.means:
        mean = np.full_like(y, mean) if np.isfinite(mean) else np.zeros_like(y)
        assert np.isfinite(model.log_likelihood(y, mean, 1.0, identity)).all()
        assert np.isfinite(model.deviance(y, mean)).all()


@pytest.mark.parametrize("name", ["cpunish", "low_birth_weight", "spector_logit", "spector_probit"])
def test_log_likelihood_is_the_published_one(name):
    published = load(name)
    model = PoissonObservations() if published.model == "Poisson" else BernoulliObservations()
    fitted = numpy_glm.fit(published.X, published.y, published.model, published.link)
    ours = model.log_likelihood(published.y, fitted.mean, aggregate_sample_scores=np.sum)
    assert_allclose(ours, published.log_likelihood, rtol=1e-7)


def test_default_aggregation_averages_time_and_adds_neurons():
    y = np.array([[1.0, 0.0], [2.0, 4.0], [0.0, 1.0]])
    mean = np.ones_like(y)
    model = PoissonObservations()
    each = st.poisson(mean).logpmf(y)
    assert_allclose(model.log_likelihood(y, mean), each.mean(axis=0).sum())
    assert_allclose(model.likelihood(y, mean), np.exp(each.mean(axis=0).sum()))
    assert_allclose(model.log_likelihood(y, mean, 1.0, np.mean), each.mean())
    assert_allclose(model._negative_log_likelihood(y, mean), mean.mean(axis=0).sum())


@every_model
def test_a_scale_per_neuron_is_a_scale_per_column(model):
    y = np.array([RESPONSES[model.name][:2]] * 2).T
    mean = np.full_like(y, 0.4)
    scale = np.array([1.0, 0.25])
    together = model.log_likelihood(y, mean, scale, identity)
    for n in range(2):
        alone = model.log_likelihood(y[:, n], mean[:, n], float(scale[n]), identity)
        assert_allclose(together[:, n], alone)


@every_model
def test_jax_arrays_give_the_same_numbers_and_stay_jax(model):
    y = np.array(RESPONSES[model.name])
    mean = np.full_like(y, 0.4)
    with double_precision():
        for method in (model.log_likelihood, model.likelihood, model.deviance, model.pseudo_r2):
            ours, theirs = method(y, mean), method(jnp.asarray(y), jnp.asarray(mean))
            assert isinstance(theirs, jax.Array)
            assert_allclose(ours, theirs, rtol=1e-10)


def test_negative_binomial_scores_at_another_scale_use_it_throughout():
    mean, y = np.exp(np.linspace(-1, 1, 6)), np.array([1.0, 2, 0, 3, 4, 1])
    theirs = ROWS["NegativeBinomial"].distribution(mean, 0.5).logpmf(y).mean()
    one, half = NegativeBinomialObservations(1.0), NegativeBinomialObservations(0.5)
    assert_allclose(one.log_likelihood(y, mean, scale=0.5), theirs)
    assert_allclose(half.log_likelihood(y, mean), theirs)
    assert_allclose(one.deviance(y, mean, 0.5), half.deviance(y, mean))
    assert_allclose(one.pseudo_r2(y, mean, scale=0.5), half.pseudo_r2(y, mean))


# --- pseudo-R2, dispersion ---


def test_pseudo_r2_of_the_mean_is_zero_and_of_the_truth_one(sample):
    model, y, _ = sample
    null = np.full_like(y, y.mean())
    for score in ("pseudo-r2-McFadden", "pseudo-r2-Cohen"):
        assert_allclose(model.pseudo_r2(y, null, score), 0.0, atol=1e-12)
    assert_allclose(model.pseudo_r2(y, y, "pseudo-r2-Cohen"), 1.0, atol=1e-12)


def test_unknown_score_is_named():
    with pytest.raises(NotImplementedError, match="pseudo-r2-McFadden"):
        PoissonObservations().pseudo_r2(np.ones(3), np.ones(3), "pseudo-r2-mcfaden")


def test_dispersion_is_one_per_neuron():
    rng = np.random.default_rng(0)
    mean = np.full((200, 3), 2.0)
    for model, shape in ((GaussianObservations(), (3,)), (PoissonObservations(), (3,))):
        y = model.sample_generator(rng, mean, 1.0)
        assert np.shape(model.estimate_scale(y, mean, 200)) == shape


@pytest.mark.parametrize("model", [ROWS[name].model for name in WITH_DISPERSION], ids=name_of)
def test_dispersion_of_samples_is_the_one_they_were_drawn_with(model):
    mean = np.tile(np.linspace(0.5, 4, 50), 4000)
    y = model.sample_generator(1, mean, 0.3)
    assert_allclose(model.estimate_scale(y, mean, mean.size), 0.3, rtol=0.02)


@every_model
def test_only_a_model_with_a_dispersion_learns_it_from_the_residuals(model):
    mean = np.full(50, 0.5)
    exact, noisy = (model.estimate_scale(mean + error, mean, 50) for error in (0.0, 0.3))
    assert model.has_dispersion == (not np.allclose(exact, noisy))


# --- samples ---


@every_model
def test_samples_have_the_distribution_of_the_model(model):
    for scale in scales(model):
        mean = np.full(200_000, 0.6)
        y = model.sample_generator(3, mean, scale)
        distribution = DISTRIBUTIONS[model](0.6, scale)
        spread = distribution.var()
        tails = float(distribution.stats("k"))
        assert abs(y.mean() - 0.6) < 5 * np.sqrt(spread / y.size)
        assert abs(y.var() - spread) < 5 * spread * np.sqrt((tails + 2) / y.size)
        if ROWS[model.name].is_continuous:
            assert st.kstest(y[:20_000], distribution.cdf).pvalue > 1e-4


@pytest.mark.parametrize(
    ("model", "variance"),
    [
        (GammaObservations(), 0.5 * 2.0**2),
        (NegativeBinomialObservations(0.5), 2.0 + 0.5 * 2.0**2),
        (GaussianObservations(), 0.5),
        (PoissonObservations(), 2.0),
    ],
)
def test_sample_variance_follows_its_law(model, variance):
    y = model.sample_generator(0, np.full(200_000, 2.0), 0.5)
    assert_allclose([y.mean(), y.var()], [2.0, variance], rtol=0.03)


def test_samples_have_the_kind_of_the_response():
    mean = np.full((4, 2), 0.5)
    assert np.issubdtype(PoissonObservations().sample_generator(0, mean).dtype, np.integer)
    assert BernoulliObservations().sample_generator(0, mean).dtype == bool
    assert GammaObservations().sample_generator(0, mean).shape == mean.shape


@every_model
def test_a_missing_mean_gives_a_missing_sample(model):
    y = model.sample_generator(0, np.array([0.5, np.nan, 0.5]))
    assert_allclose(np.isnan(y), [False, True, False])


@every_model
def test_the_same_key_gives_the_same_samples(model):
    mean = np.full(50, 0.5)
    first, second = (model.sample_generator(jax.random.key(3), mean) for _ in range(2))
    assert (first == second).all()
    assert (first != model.sample_generator(jax.random.key(4), mean)).any()


# --- the objects ---


def test_default_links():
    links = [model.default_inverse_link_function for model in MODELS]
    assert [link.name for link in links] == [row.canonical for row in ROWS.values()]


@every_model
def test_params_make_an_equal_model(model):
    assert type(model)(**model.get_params()) == model
    assert model.replaced() == model


def test_replaced_changes_a_copy():
    model = NegativeBinomialObservations(0.5)
    assert model.replaced(scale=2.0).scale == 2.0
    assert model.scale == 0.5
    with pytest.raises(ValueError, match="scal"):
        model.replaced(scal=1.0)


@pytest.mark.parametrize("scale", [0.0, -1.0, np.nan, np.inf, "wide", None])
def test_a_useless_scale_is_refused(scale):
    with pytest.raises(ValueError, match=r"scale.*positive"):
        NegativeBinomialObservations(scale)


@every_model
@pytest.mark.parametrize("method", ["log_likelihood", "deviance", "pseudo_r2", "likelihood"])
def test_each_response_meets_its_own_mean_and_no_other(model, method):
    """(T,) beside (T, 1) is a table of T x T: the score was that of every pair."""
    y, mean = np.ones(4), np.full(4, 0.5)
    score = getattr(model, method)
    with pytest.raises(ValueError, match=r"shapes \(4,\) and \(4, 1\)"):
        score(y, mean[:, None])
    with pytest.raises(TypeError, match="masked"):
        score(np.ma.masked_array(y, y > 0), mean)
