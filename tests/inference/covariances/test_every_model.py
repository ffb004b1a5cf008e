"""Every model, link and smooth penalty: the sandwich of matrices that are written out."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.catalogue import CASES, PAIRS, Case, those
from tests.inference.covariances.dense import Sandwich

L, N_GROUPS = 7, 20
PENALISED = [
    case for case in those(CASES, is_smooth=True) if case.model == "Poisson" and case.link == "exp"
]
EVERY = [Case(*pair) for pair in PAIRS] + [
    case for case in PENALISED if case.regularizer != "UnRegularized" and case.solver != "LBFGS"
]


@pytest.mark.parametrize("case", EVERY, ids=str)
def test_covariances_of_a_population_are_those_of_matrices(case):
    X, y = case.data()
    groups = np.random.default_rng(0).permutation(np.arange(len(y)) % N_GROUPS)
    model = case.population(solver_kwargs={"tol": 1e-11}).fit(X, y)
    asked = {kind: {"cov_type": kind} for kind in ("HC0", "HC1", "HC2", "HC3")}
    asked["cluster"] = {"cov_type": "cluster", "groups": groups}
    asked |= {name: asked["cluster"] | {"small_sample": name} for name in ("CR2", "CR3")}
    asked["hac"] = {"cov_type": "HAC", "lags": L}
    found = {kind: model.covariance(X, y, **how) for kind, how in asked.items()}
    ridge = case.penalty.matrix if case.penalty.entries else case.penalty.l2
    for n in range(y.shape[1]):
        dense = Sandwich(
            X, y[:, n], model.coef_[:, n], model.intercept_[n], case.model, case.link, ridge=ridge
        )
        expected = {kind: dense.hc(kind) for kind in ("HC0", "HC1", "HC2", "HC3")}
        expected |= {"CR2": dense.reduced(groups, 0.5), "CR3": dense.reduced(groups, 1.0)}
        expected |= {"cluster": dense.cluster(groups), "hac": dense.hac(L)}
        for kind, covariance in expected.items():
            sd = np.sqrt(np.diag(covariance))
            scale = np.outer(sd, sd)
            assert_allclose(found[kind][n] / scale, covariance / scale, atol=1e-8, err_msg=kind)
