"""All folds in one fit give what one fit per fold gives."""

import numpy as np
import pytest

from spikeglm import GLM, PopulationGLM
from spikeglm.basis import HistoryConv
from spikeglm.errors import ConvergenceWarning
from spikeglm.selection import cross_validated, interleaved_blocks

RNG = np.random.default_rng(0)
X = RNG.normal(size=(600, 4))
Y = RNG.poisson(np.exp(X @ RNG.normal(0, 0.3, (4, 3)) - 1))
FOLDS = interleaved_blocks(600, 4, block_rows=30)


@pytest.mark.parametrize("y", [Y[:, 0], Y], ids=["one neuron", "population"])
@pytest.mark.parametrize("missing", [False, True])
def test_each_row_is_predicted_by_the_fit_that_left_it_out(y: np.ndarray, missing: bool) -> None:
    y = y.astype(float)
    if missing:
        y[(slice(5, 40), 0)[: y.ndim]] = np.nan
    make = GLM if y.ndim == 1 else PopulationGLM
    model = make(regularizer="Ridge", regularizer_strength=0.1)
    held_out = cross_validated(model, X, y, FOLDS)
    for fold in range(4):
        rows = fold == FOLDS
        alone = make(regularizer="Ridge", regularizer_strength=0.1)
        alone.fit(X[~rows], y[~rows])
        np.testing.assert_allclose(held_out.prediction[rows], alone.predict(X[rows]), rtol=1e-6)
        null = np.broadcast_to(np.nanmean(y[~rows], axis=0), y[rows].shape)
        np.testing.assert_allclose(held_out.training_mean[rows], null, rtol=1e-12)
    assert not hasattr(model, "coef_")


def test_rows_that_are_not_finite_are_not_predicted() -> None:
    spoilt = X.copy()
    spoilt[[3, 50], 1] = np.inf, np.nan
    held_out = cross_validated(GLM(), spoilt, Y[:, 0], FOLDS)
    assert list(np.flatnonzero(np.isnan(held_out.prediction))) == [3, 50]


def test_a_warning_names_the_neuron_and_the_fold() -> None:
    only_in_fold_2 = np.where(FOLDS[:, None] == 2, Y, Y * [1, 0, 1])
    with pytest.warns(ConvergenceWarning, match="1 without fold 2"):
        cross_validated(PopulationGLM(), X, only_in_fold_2, FOLDS)


def test_a_lazy_design_and_pynapple_are_taken() -> None:
    nap = pytest.importorskip("pynapple")
    counts = nap.Tsd(t=np.arange(600) / 100, d=Y[:, 0])
    design = HistoryConv(3).design(counts)
    lazy = cross_validated(GLM(), design, counts, FOLDS)
    written = cross_validated(GLM(), design.to_array(), Y[:, 0], FOLDS)
    np.testing.assert_allclose(lazy.prediction, written.prediction, rtol=1e-6)
    assert np.isnan(lazy.prediction[:3]).all()


def test_blocks_are_dealt_in_turn_and_every_fold_gets_one() -> None:
    folds = interleaved_blocks(1003, 5, block_rows=100)
    assert set(folds) == set(range(5))
    assert (np.diff(np.flatnonzero(folds == 0)) > 1).sum() == 2


@pytest.mark.parametrize("arguments", [(10, 1, 2), (10, 5, 3), (10, 2, 0)])
def test_impossible_folds_are_refused(arguments: tuple[int, int, int]) -> None:
    n_rows, n_folds, block_rows = arguments
    with pytest.raises(ValueError, match="What to do"):
        interleaved_blocks(n_rows, n_folds, block_rows=block_rows)


def test_folds_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="folds"):
        cross_validated(GLM(), X, Y[:, 0], np.zeros(600))
    with pytest.raises(ValueError, match="folds"):
        cross_validated(GLM(), X, Y[:, 0], FOLDS[:-1])


def test_a_feature_that_one_fold_lacks_leaves_its_predictions_sane() -> None:
    rare = np.zeros(600)
    rare[FOLDS == 0] = RNG.normal(size=(FOLDS == 0).sum())  # constant where fold 0 is held out
    held_out = cross_validated(GLM(), np.column_stack([X, rare]), Y[:, 0], FOLDS)
    plain = cross_validated(GLM(), X, Y[:, 0], FOLDS)
    rows = FOLDS == 0
    np.testing.assert_allclose(held_out.prediction[rows], plain.prediction[rows], rtol=0.5)
