"""Bands of a penalised fit as mgcv has them: K Vp K' with R's own model matrix and covariance.

`predict(type="terms", se.fit=TRUE)` of a centred smooth is sqrt(rowSums((X_j Vp_jj) * X_j)), and
that of the linear predictor sqrt(rowSums((X Vp) * X)). Simultaneous bands are simulated from the
same Vp, as Ruppert, Wand & Carroll (2003), section 6.5, do.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

import spikeglm as nmo
from spikeglm.inference import comparison, partial_effect, predicted_rates
from spikeglm.rows.terms import Term

MGCV = json.loads((Path(__file__).parents[2] / "reference_data/mgcv_fixed.json").read_text())
X, Y, OFFSET = (np.array(MGCV[name], dtype=float) for name in ("X", "y", "offset"))
V = np.roll(np.array(MGCV["Vp"]), -1, axis=(0, 1))  # the intercept comes first in R
PARAMETERS = np.roll(MGCV["coef"], -1)
T = len(Y)


@dataclass(frozen=True)
class AtRows:
    """Functions that are known in the rows of R's model matrix: points are numbers of rows."""

    table: np.ndarray
    kind = "value"
    units = ("",)

    @property
    def n_functions(self):
        return self.table.shape[1]

    def axes(self, n_points, channel):
        return (np.arange(float(len(self.table))),)

    def functions(self, points, channel):
        return self.table[np.asarray(points[0], dtype=int)]

    def penalties(self, channel):
        return ()

    def coverage(self):
        return ()


ENDS = [(first - 2, last - 1) for first, last in MGCV["first_last"]]
TERMS = tuple(
    Term(label, *ends, inputs=(label,), meaning=AtRows(X[:, slice(*ends)]))
    for label, ends in zip(("s(x)", "s(z)"), ENDS, strict=True)
)


@pytest.fixture(scope="module")
def model():
    entries = [(slice(*e), np.array(S)) for e, S in zip(ENDS, MGCV["S"], strict=True)]
    penalty = nmo.regularizer.Quadratic(entries)
    strength = np.array(MGCV["sp"]) / T
    glm = nmo.GLM(regularizer=penalty, regularizer_strength=strength)
    return glm.fit(X, Y, offset=OFFSET, terms=TERMS)


@pytest.mark.parametrize("which", [0, 1])
def test_the_band_of_a_smooth_is_mgcvs(model, which):
    columns = slice(*ENDS[which])
    K = X[:, columns]  # centred over the rows, as R centres smooths
    error = np.sqrt(((K @ V[columns, columns]) * K).sum(axis=1))
    found = partial_effect(model, X, Y, TERMS[which].label, simultaneous=True, offset=OFFSET)
    assert_allclose(found.value, K @ PARAMETERS[columns], atol=1e-7)
    assert_allclose(found.standard_error, error, rtol=1e-6)
    assert_allclose(found.pointwise_high - found.value, 1.959963984540054 * error, rtol=1e-6)
    rng = np.random.default_rng(0)
    draws = rng.multivariate_normal(np.zeros(len(V[columns])), V[columns, columns], 40_000) @ K.T
    reach = np.quantile(np.abs(draws / error).max(axis=1), 0.95)
    assert_allclose(found.critical_value, reach, rtol=0.01)


def test_the_predictor_has_mgcvs_errors(model):
    design = np.column_stack([X, np.ones(T)])
    error = np.sqrt(((design @ V) * design).sum(axis=1))
    found = predicted_rates(model, X, Y, X, offset=OFFSET, new_offset=np.zeros(T))
    assert_allclose(np.log(found.mean), design @ PARAMETERS, atol=1e-7)
    assert_allclose(found.standard_error, error, rtol=1e-6)
    other = slice(*ENDS[1])
    level = design.copy()
    level[:, other] = X[:, other].mean(axis=0)
    link = partial_effect(model, X, Y, "s(x)", scale="link", offset=OFFSET)
    assert_allclose(link.standard_error, np.sqrt(((level @ V) * level).sum(axis=1)), rtol=1e-6)


def test_a_difference_of_two_points_has_the_error_of_the_contrast(model):
    columns = slice(*ENDS[0])
    k = X[3, columns] - X[8, columns]
    found = comparison(model, X, Y, "s(x)", 3.0, 8.0, offset=OFFSET)
    error = np.sqrt(k @ V[columns, columns] @ k)
    assert_allclose(np.log(found.ratio), k @ PARAMETERS[columns], atol=1e-7)
    assert_allclose(np.log(found.ratio_high / found.ratio), 1.959963984540054 * error, rtol=1e-6)
