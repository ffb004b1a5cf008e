"""The reference that near copies are compared with, and that the comparison can fail."""

import numpy as np
import pytest
from benchmarks.near_dependence import __main__ as table
from benchmarks.near_dependence import reference
from numpy.testing import assert_allclose
from tests.reference import numpy_glm


@pytest.mark.parametrize("model", reference.MODELS)
def test_the_reference_finds_what_dense_newton_finds(model):
    X = np.random.default_rng(0).normal(size=(300, 2))
    y, rule = table.responses(model, X[:, 0]), reference.MODELS[model]
    expected = numpy_glm.fit(X, y, model, rule.link, nb_scale=reference.NB_SCALE)
    eta = X @ expected.coef + expected.intercept
    assert_allclose(reference.fit(X, y, rule).astype(float), eta, atol=1e-6)


@pytest.mark.parametrize(("dtype", "exponent"), [(np.float64, 8), (np.float32, 5)])
def test_a_row_of_the_table_is_at_the_optimum(dtype, exponent):
    *_, status, rank, said, above, explained, _, _ = table.measured(
        "Poisson", exponent, dtype
    ).split("|")
    assert status.strip() == "converged"
    assert int(rank) == 2
    assert not said.strip()
    assert abs(float(above)) < 1e-10 < 0.01 < float(explained)


def test_what_float32_has_lost_is_said():
    row = table.measured("Poisson", 9, np.float32).split("|")
    assert row[4].strip() == "yes"
    assert float(row[5]) > 1e-4
