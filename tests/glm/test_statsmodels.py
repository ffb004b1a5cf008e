"""Every model and link that statsmodels has, too: estimates, errors, deviance and dispersion."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.catalogue import NB_SCALE, PAIRS, Case

from spikeglm.observation_models.named import model_named

families = pytest.importorskip("statsmodels.genmod.families")
LINKS = {
    "exp": families.links.Log,
    "identity": families.links.Identity,
    "logistic": families.links.Logit,
    "norm.cdf": families.links.Probit,
    "one_over_x": families.links.InversePower,
    "one_over_sqrt_x": families.links.InverseSquared,
}
_OTHER_NAMES = {"Bernoulli": "Binomial"}


def family_of(model):
    return getattr(families, _OTHER_NAMES.get(model, model))


BOTH = [(model, link) for model, link in PAIRS if LINKS.get(link) in family_of(model).links]


def theirs(case, X, y, scale):
    import statsmodels.api as sm

    more = {"alpha": NB_SCALE} if case.model == "NegativeBinomial" else {}
    family = family_of(case.model)(LINKS[case.link](), **more)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of links that are unusual for a family
        model = sm.GLM(y, sm.add_constant(X, prepend=False), family)
        return model.fit(maxiter=300, tol=1e-15, scale=scale, tol_criterion="params")


@pytest.mark.parametrize(("model", "link"), BOTH)
def test_statsmodels_gives_the_same(model, link):
    case = Case(model, link)
    X, y = case.data()
    y, observed = y[:, 0], model_named(case.arguments["observation_model"])
    expected = theirs(case, X, y, "X2" if observed.has_dispersion else 1.0)
    fit = case.glm(solver_kwargs={"tol": 1e-10}).fit(X, y)
    assert_allclose(np.append(fit.coef_, fit.intercept_), expected.params, rtol=1e-6, atol=1e-8)
    coef_error, intercept_error = fit.standard_errors(X, y)
    assert_allclose(np.append(coef_error, intercept_error), expected.bse, rtol=1e-6)
    if observed.has_dispersion:
        assert_allclose(fit.scale_, expected.scale, rtol=1e-6)
    assert_allclose(observed.deviance(y, fit.predict(X)).sum(), expected.deviance, rtol=1e-9)
