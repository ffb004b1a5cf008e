"""Penalties and proximal operators at fixed coefficients: numbers of NeMoS 0.2.9, to six digits."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from spikeglm.regularizer import ElasticNet, GroupLasso, Lasso, Ridge, UnRegularized

BETA = np.array([0.4, -0.2, 0.7])
STEP = 0.1
PARAMS = BETA, np.array([5.0])  # the intercept is never penalised
digits = {"rtol": 0, "atol": 6e-7}

# regularizer, strength, penalty, prox
ROWS = {
    "none": (UnRegularized(), None, 0.0, BETA),
    "Ridge": (Ridge(), 0.5, 0.172500, [0.380952, -0.190476, 0.666667]),
    "Ridge per feature": (Ridge(), [1, 2, 3], 0.855000, [0.363636, -0.166667, 0.538462]),
    "Lasso": (Lasso(), 0.5, 0.650000, [0.35, -0.15, 0.65]),
    "ElasticNet": (ElasticNet(), (0.5, 0.3), 0.315750, [0.371981, -0.178744, 0.661836]),
    "ElasticNet ratio 1/2": (ElasticNet(), 0.5, 0.411250, [0.365854, -0.170732, 0.658537]),
    "two groups": (
        GroupLasso([[1, 1, 0], [0, 0, 1]]), 0.5, 0.666228, [0.336754, -0.168377, 0.65],
    ),
    "third free": (GroupLasso([[1, 1, 0]]), 0.5, 0.316228, [0.336754, -0.168377, 0.7]),
    "one group": (GroupLasso(), 0.5, 0.719375, [0.358297, -0.179149, 0.627020]),
}  # fmt: skip
every_row = pytest.mark.parametrize("name", ROWS)
no_mask = pytest.mark.filterwarnings("ignore:GroupLasso has no mask")


@every_row
@no_mask
def test_penalty(name):
    regularizer, strength, penalty, _ = ROWS[name]
    assert_allclose(regularizer.bind(strength, (3, 1)).value(BETA[:, None]), [penalty], **digits)
    loss = regularizer.penalized_loss(lambda params, X, y: 2.0, PARAMS, strength)
    assert_allclose(loss(PARAMS, None, None), 2.0 + penalty, **digits)


@every_row
@no_mask
def test_proximal_operator(name):
    regularizer, strength, _, prox = ROWS[name]
    bound = regularizer.bind(strength, (3, 1))
    assert_allclose(bound.prox(BETA[:, None], STEP)[:, 0], prox, **digits)
    operator = regularizer.get_proximal_operator(PARAMS, strength)
    coef, intercept = operator(PARAMS, strength, STEP)
    assert_allclose(coef, prox, **digits)
    assert_allclose(intercept, PARAMS[1])


def test_a_group_over_two_tables_has_one_norm_and_one_size():
    """NeMoS's proximal operator is joint, its reported penalty (9.486833) is not: ours are both."""
    beta = np.array([[1.0], [2.0], [2.0], [4.0]])
    joint = GroupLasso({"a": [[1, 1]], "b": [[1, 1]]}).on_leaves(
        (2, 2), [np.array([[1, 1]]), np.array([[1, 1]])]
    )
    bound = joint.bind(1.0, (4, 1))
    assert_allclose(bound.value(beta), [10.0])
    assert_allclose(bound.prox(beta, 0.5)[:, 0], [0.8, 1.6, 1.6, 3.2])
