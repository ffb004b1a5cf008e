"""Fits whose numbers come from R, Stata or glmnet: none of them was made with this library.

The data and the published tables are read, when asked for, from the installed statsmodels package
(``statsmodels.datasets``, ``statsmodels/genmod/tests/results/results_glm.py`` and
``statsmodels/discrete/tests/results/results_discrete.py``, which name the R and Stata commands);
nothing is copied here but the glmnet example, which is small enough to check by hand.

    @pytest.mark.parametrize("name", NAMES)
    def test_coefficients_are_the_published_ones(name):
        published = load(name)
        ...
"""

import warnings
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from tests.reference.numpy_glm import WITH_DISPERSION


@dataclass(frozen=True, eq=False)
class PublishedFit:
    """One data set with its published fit. Shapes: T rows, p features.

    ``coef`` and ``standard_errors`` hold the p features first and the intercept last. Where a
    program stopped early its last digits are not those of the optimum: ``rtol`` and ``se_rtol`` say
    how many hold (the deviance at the published coefficients is larger than at the optimum).

    Attributes
    ----------
    deviance :
        Total; None where none was published, or only that of grouped data.
    scale :
        Pearson's dispersion (Gaussian: the residual variance), which the standard errors contain.
    information :
        What the standard errors come from: the "expected" or the "observed" curvature.
    ridge :
        The strength in ridge / 2 |w|^2 beside the mean loss.
    """

    name: str
    model: str
    link: str
    X: np.ndarray = field(repr=False)  # (T, p), no constant column
    y: np.ndarray = field(repr=False)  # (T,)
    coef: np.ndarray  # (p + 1,)
    standard_errors: np.ndarray | None = None  # (p + 1,)
    deviance: float | None = None
    scale: float | None = None
    log_likelihood: float | None = None  # total
    information: str = "expected"
    offset: np.ndarray | None = field(default=None, repr=False)  # (T,)
    weights: np.ndarray | None = field(default=None, repr=False)  # (T,)
    ridge: float = 0.0
    nb_scale: float = 1.0
    rtol: float = 1e-6
    se_rtol: float = 1e-6

    def __str__(self) -> str:
        return self.name


@cache
def load(name: str) -> PublishedFit:
    """Return the fit of a name in ``NAMES``; the first import of statsmodels takes a second."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _MAKERS[name]()


def cpunish() -> PublishedFit:
    """Executions in 17 US states, Poisson (R)."""
    table, X, y = _results().Cpunish(), *_cpunish_data()
    return _published(
        "cpunish", "Poisson", "exp", X, y, table, log_likelihood=table.llf, se_rtol=2e-5
    )


def cpunish_offset() -> PublishedFit:
    """The same with an exposure of 100, so an offset of log 100 (R)."""
    table, X, y = _results().Cpunish_offset(), *_cpunish_data()
    offset = np.full(len(y), np.log(100.0))
    return _intercept_first(
        "cpunish_offset", "Poisson", "exp", X, y, table, offset=offset, se_rtol=2e-4
    )


def scotvote() -> PublishedFit:
    """Votes in 32 Scottish districts, Gamma with 1/x (R)."""
    from statsmodels.datasets import scotland

    data = scotland.load()
    return _published("scotvote", "Gamma", "one_over_x", *_arrays(data), _results().Scotvote())


def cancer_log() -> PublishedFit:
    """Survival times of 48 patients, Gamma with exp (Stata and R)."""
    table = _results().CancerLog()
    return _published("cancer_log", "Gamma", "exp", *_of_table(table), table, rtol=5e-5)


def cancer_identity() -> PublishedFit:
    """The same with the identity, whose means must stay positive (Stata and R)."""
    table = _results().CancerIdentity()
    return _published(
        "cancer_identity", "Gamma", "identity", *_of_table(table), table, rtol=5e-5, se_rtol=5e-5
    )


def intervals() -> PublishedFit:
    """5000 made-up positive responses, inverse Gaussian with its canonical link (Stata and R)."""
    table = _results().InvGauss()
    X, y = np.asarray(table.exog, float)[:, :-1], np.asarray(table.endog, float)
    return _published("intervals", "InverseGaussian", "one_over_sqrt_x", X, y, table, se_rtol=2e-6)


def hospital_log() -> PublishedFit:
    """Days in hospital of 3676 patients, inverse Gaussian with exp (R, which stopped early)."""
    table = _results().InvGaussLog()
    return _published(
        "hospital_log", "InverseGaussian", "exp", *_of_table(table), table,
        scale=None, rtol=5e-5, se_rtol=5e-5,
    )  # fmt: skip


def hospital_identity() -> PublishedFit:
    """The same with the identity (R, which stopped early)."""
    table = _results().InvGaussIdentity()
    return _published(
        "hospital_identity", "InverseGaussian", "identity", *_of_table(table), table,
        scale=None, rtol=2e-4, se_rtol=2e-4,
    )  # fmt: skip


def low_birth_weight() -> PublishedFit:
    """Low birth weight of 189 children, logistic (R and Stata)."""
    table = _results().Lbw()
    X, y = _of_table(table)
    return _published(
        "low_birth_weight",
        "Bernoulli",
        "logistic",
        X,
        y,
        table,
        log_likelihood=table.llf,
        se_rtol=5e-5,
    )


def spector_logit() -> PublishedFit:
    """Grades of 32 students, logistic (Stata 11)."""
    return _spector("spector_logit", "logistic", "logit")


def spector_probit() -> PublishedFit:
    """The same, probit (Stata 11)."""
    return _spector("spector_probit", "norm.cdf", "probit", information="observed")


def committee() -> PublishedFit:
    """Bills in 20 committees of the House, negative binomial of dispersion 1 (R).

    R multiplied its standard errors by the root of Pearson's dispersion; that is undone here.
    """
    from statsmodels.datasets import committee as dataset

    X, y = _arrays(dataset.load())
    X[:, 2] = np.log(X[:, 2])
    X = np.column_stack([X, X[:, 2] * X[:, 1]])
    table = _results().Committee()
    errors = table.bse / np.sqrt(table.scale)
    return _published(
        "committee", "NegativeBinomial", "exp", X, y, table,
        standard_errors=errors, rtol=5e-4, se_rtol=5e-4,
    )  # fmt: skip


def health_visits() -> PublishedFit:
    """Doctor visits of 20 190 people, negative binomial at the estimated dispersion (R, MASS)."""
    from statsmodels.datasets import randhie
    from statsmodels.discrete.tests.results.results_discrete import RandHIE

    table = RandHIE.negativebinomial_nb2_bfgs
    X, y = _arrays(randhie.load())
    return PublishedFit(
        "health_visits", "NegativeBinomial", "exp", X, y,
        coef=np.asarray(table.params[:-1]), standard_errors=np.asarray(table.bse[:-1]),
        nb_scale=float(np.exp(table.lnalpha)),
    )  # fmt: skip


def longley() -> PublishedFit:
    """Employment in 16 years, Gaussian, nearly collinear: condition number 5e9 (R and Stata)."""
    from statsmodels.datasets import longley as dataset

    return _published(
        "longley", "Gaussian", "identity", *_arrays(dataset.load()), _results().Longley()
    )


def gaussian_log() -> PublishedFit:
    """A made-up Gaussian response with the link exp (R and Stata)."""
    X, noise = _parabola(0)
    y = np.exp(-(-1.0 + 0.02 * X[:, 0] + 0.0001 * X[:, 1])) + noise
    table = _results().GaussianLog()
    return _intercept_first("gaussian_log", "Gaussian", "exp", X, y, table)


def gaussian_inverse() -> PublishedFit:
    """A made-up Gaussian response with the link 1/x (R and Stata)."""
    X, noise = _parabola(1)
    y = 1.0 / (1.0 + 0.02 * X[:, 0] + 0.001 * X[:, 1]) + noise
    table = _results().GaussianInverse()
    return _intercept_first("gaussian_inverse", "Gaussian", "one_over_x", X, y, table, rtol=5e-6)


def star98() -> PublishedFit:
    """Test scores in 303 school districts, grouped 0/1 data as row weights (R)."""
    from statsmodels.datasets import star98 as dataset

    data, table = dataset.load(), _results().Star98()
    X, grouped = np.asarray(data.exog, float), np.asarray(data.endog, float)
    return PublishedFit(
        "star98", "Bernoulli", "logistic", np.vstack([X, X]), np.repeat([1.0, 0.0], len(X)),
        coef=np.asarray(table.params), standard_errors=np.asarray(table.bse),
        weights=np.concatenate([grouped[:, 0], grouped[:, 1]]),
    )  # fmt: skip


def glmnet_ridge() -> PublishedFit:
    """Four rows, Poisson, ridge strength 1 without standardising (glmnet)."""
    X = np.array([[-2.0, 0.0], [-1.0, 0.0], [1.0, 1.0], [2.0, 1.0]])
    y = np.array([0.0, 1.0, 1.0, 2.0])
    coef = np.array([0.29019207995, 0.03741173122, -0.12889386979])
    return PublishedFit("glmnet_ridge", "Poisson", "exp", X, y, coef, ridge=1.0)


_MAKERS = {
    make.__name__: make
    for make in (
        cpunish,
        cpunish_offset,
        scotvote,
        cancer_log,
        cancer_identity,
        intervals,
        hospital_log,
        hospital_identity,
        low_birth_weight,
        spector_logit,
        spector_probit,
        committee,
        health_visits,
        longley,
        gaussian_log,
        gaussian_inverse,
        star98,
        glmnet_ridge,
    )
}
NAMES = tuple(_MAKERS)


def _results():
    from statsmodels.genmod.tests.results import results_glm

    return results_glm


def _published(name, model, link, X, y, table, **changes) -> PublishedFit:
    """Combine a data set with one of statsmodels' result tables, whose constant comes last."""
    values = {
        "coef": np.asarray(table.params, float),
        "standard_errors": np.asarray(table.bse, float),
        "deviance": table.deviance,
        "scale": table.scale if model in WITH_DISPERSION else None,
    }
    return PublishedFit(name, model, link, X, y, **(values | changes))


def _intercept_first(name, model, link, X, y, table, **changes) -> PublishedFit:
    coef, errors = np.roll(table.params, -1), np.roll(table.bse, -1)
    return _published(name, model, link, X, y, table, coef=coef, standard_errors=errors, **changes)


def _spector(name, link, table_name, **more) -> PublishedFit:
    from statsmodels.datasets import spector
    from statsmodels.discrete.tests.results.results_discrete import Spector

    table = getattr(Spector, table_name)
    X, y = _arrays(spector.load())
    return PublishedFit(
        name, "Bernoulli", link, X, y,
        coef=np.asarray(table.params), standard_errors=np.asarray(table.bse),
        log_likelihood=table.llf, **more,
    )  # fmt: skip


def _cpunish_data():
    from statsmodels.datasets import cpunish as dataset

    X, y = _arrays(dataset.load())
    X[:, 3] = np.log(X[:, 3])
    return X, y


def _parabola(draw: int):
    """Return t and t^2, with the noise that statsmodels' tests draw first (0) or second (1)."""
    t = np.arange(100.0)
    noise = np.random.RandomState(54321).randn(2, 100)[draw]
    return np.column_stack([t, t**2]), 0.001 * noise


def _arrays(data):
    return np.array(data.exog, dtype=float), np.array(data.endog, dtype=float)


def _of_table(table):
    """Return the data that a table brings along, without its constant, the last column."""
    return np.asarray(table.exog, float)[:, :-1], np.asarray(table.endog, float)
