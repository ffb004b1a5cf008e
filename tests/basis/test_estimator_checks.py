"""scikit-learn's own checks of a transformer; what fails is listed with its reason."""

import warnings

import joblib
import numpy as np
import pytest
from sklearn.utils.estimator_checks import check_estimator

import spikeglm as nmo

B = nmo.basis

EVERY_BASIS = {
    "check_do_not_raise_errors_in_init_or_set_params": (
        "what is no basis is refused at once, as in NeMoS: its attributes are those of the "
        "transformer, so there is nothing to wait for"
    ),
    "check_estimators_overwrite_params": (
        "OfEveryWidth says the shape of its input, which the basis keeps; "
        "test_fit_does_not_change_the_basis looks at the real class"
    ),
}
CONVOLUTIONS = {
    "check_methods_sample_order_invariance": "features of a time bin depend on the bins before it",
    "check_methods_subset_invariance": "features of a time bin depend on the bins before it",
}
BASES = [
    (B.BSplineEval(5), {}),
    (B.CyclicBSplineEval(4), {}),
    (B.MSplineEval(4), {}),
    (B.RaisedCosineLinearEval(3), {}),
    (B.RaisedCosineLogEval(3), {}),
    (B.FourierEval(3), {}),
    (B.IdentityEval(), {}),
    (B.HistoryConv(1, conv_kwargs={"shift": False}), {}),
    (B.HistoryConv(2), CONVOLUTIONS),
    (B.RaisedCosineLogConv(3, window_size=4), CONVOLUTIONS),
]


class OfEveryWidth(B.TransformerBasis):
    """Takes the columns of any table as channels of its one input: the checks bring 1 to 10."""

    def fit(self, X, y=None):
        shape = np.asarray(X).shape
        if len(shape) == 2 and shape[1] > 0:
            self.set_input_shape((shape[1],))
        return super().fit(X, y)


@pytest.mark.parametrize(("basis", "expected"), BASES, ids=lambda x: str(x) if x else "")
def test_the_checks_of_scikit_learn(basis, expected):
    expected = EVERY_BASIS | expected
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = check_estimator(
            OfEveryWidth(basis), expected_failed_checks=expected, on_skip=None
        )
    assert sum(result["status"] == "passed" for result in results) > 35
    failed = {result["check_name"] for result in results if result["status"] == "xfail"}
    assert failed == set(expected)  # what does not fail any more need not be listed


@pytest.mark.parametrize("basis", [B.BSplineEval(5), B.FourierEval(3) * B.IdentityEval()])
def test_fit_does_not_change_the_basis(basis):
    X = np.random.default_rng(0).uniform(size=(30, basis.n_inputs))
    basis.compute_features(*X.T)
    transformer = B.TransformerBasis(basis)
    before = joblib.hash(transformer.basis)
    transformer.fit(X)
    transformer.fit(3 * X)
    assert joblib.hash(transformer.basis) == before
