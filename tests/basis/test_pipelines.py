"""Transformers with scikit-learn: pipelines, searches, data frames, and what is not imported."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import Pipeline, make_pipeline

import spikeglm as nmo

B = nmo.basis
T = B.TransformerBasis
same = np.testing.assert_array_equal

X1 = np.random.default_rng(0).uniform(size=(90, 1))
Y = np.random.default_rng(1).poisson(np.exp(np.sin(6 * X1[:, 0])))


class TestOutput:
    def test_pandas(self):
        frame = pd.DataFrame({"x": X1[:, 0]}, index=np.arange(90) + 5)
        transformer = T(B.BSplineEval(4, label="x"))
        assert transformer.set_output(transform="pandas") is transformer
        got = clone(transformer).set_output().fit_transform(frame)
        assert list(got.columns) == ["x[0]", "x[1]", "x[2]", "x[3]"]
        same(got.index, frame.index)
        same(got.values, B.BSplineEval(4).compute_features(X1))
        assert type(transformer.set_output(transform="default").fit_transform(frame)) is np.ndarray
        with pytest.raises(ValueError, match="pandas"):
            transformer.set_output(transform="panda")

    def test_through_a_pipeline_and_the_configuration(self):
        import sklearn

        pipe = make_pipeline(T(B.BSplineEval(4))).set_output(transform="pandas")
        assert type(pipe.fit_transform(X1)) is pd.DataFrame
        same(pipe.get_feature_names_out(), [f"BSplineEval[{j}]" for j in range(4)])
        with sklearn.config_context(transform_output="pandas"):
            assert type(T(B.BSplineEval(4)).fit_transform(X1)) is pd.DataFrame


def pipeline(basis):
    return Pipeline([("b", T(basis)), ("glm", nmo.GLM("Poisson", regularizer="Ridge"))])


@pytest.mark.filterwarnings("ignore::spikeglm.exceptions.ConvergenceWarning")
class TestSearch:
    bounded = B.BSplineEval(5, bounds=(0, 1))

    @pytest.mark.parametrize(
        "grid",
        [
            {"b__n_basis_funcs": [4, 6]},
            {"b__order": [2, 3], "glm__regularizer_strength": [0.1, 1.0]},
            {"b__bounds": [(0, 1), (-1, 2)]},
            {"b__basis": [B.MSplineEval(4, bounds=(0, 1)), B.RaisedCosineLinearEval(4)]},
        ],
        ids=str,
    )
    def test_paths_of_one_basis(self, grid):
        search = GridSearchCV(pipeline(self.bounded), grid, cv=KFold(2), error_score="raise")
        search.fit(X1, Y)
        assert len(search.cv_results_["params"]) == np.prod([len(v) for v in grid.values()])
        assert search.predict(X1).shape == Y.shape

    @pytest.mark.parametrize(
        "grid",
        [
            {"transformerbasis__pos__n_basis_funcs": [4, 6]},
            {"transformerbasis__pos": [B.BSplineEval(4, bounds=(0, 1)), B.Zero()]},
            {"transformerbasis__basis1__n_basis_funcs": [4, 6]},
        ],
        ids=str,
    )
    def test_paths_of_a_composed_basis(self, grid):
        basis = B.BSplineEval(5, bounds=(0, 1), label="pos") + B.IdentityEval(label="x")
        pipe = make_pipeline(T(basis), nmo.GLM(regularizer="Ridge"))
        search = GridSearchCV(pipe, grid, cv=KFold(2), error_score="raise")
        search.fit(np.hstack((X1, X1[::-1])), Y)
        assert np.isfinite(search.cv_results_["mean_test_score"]).all()

    def test_a_basis_and_its_parameters_at_once_are_refused(self):
        grid = {"b__basis": [B.MSplineEval(5)], "b__n_basis_funcs": [4]}
        search = GridSearchCV(pipeline(self.bounded), grid, cv=2, error_score="raise")
        with pytest.raises(ValueError, match="at once"):
            search.fit(X1, Y)


def test_the_folder_imports_nothing_heavy():
    code = (
        "import sys, spikeglm as nmo\n"
        "nmo.basis.BSplineEval(4).to_transformer().fit_transform([[0.0], [1.0]])\n"
        "print(sorted({'sklearn', 'pandas', 'pynapple', 'jax'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
