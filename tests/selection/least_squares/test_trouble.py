"""What exact Ridge does of outputs and features in trouble, and what it refuses."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold

from spikeglm import GLM, PopulationGLM
from spikeglm.plotting import plot_strength_choice
from spikeglm.selection import select_strength
from spikeglm.selection.least_squares.ridge_scores import LeastSquares

RNG = np.random.default_rng(8)
T = 90
X = RNG.normal(size=(T, 4))
Y = X[:, :3] + RNG.normal(size=(T, 3))
RIDGE = PopulationGLM("Gaussian", regularizer="Ridge")
STRENGTHS = [1.0, 0.1, 0.01]


@pytest.mark.parametrize("folds", ["loo", "gcv", "evidence"])
@pytest.mark.filterwarnings("ignore:.*strength stands on")
@pytest.mark.filterwarnings("ignore::spikeglm.exceptions.ConvergenceWarning")
def test_an_output_that_says_nothing_leaves_the_others(folds):
    y = np.column_stack([Y, np.full(T, np.nan), np.full(T, 7.0)])
    found = select_strength(RIDGE, X, y, folds=folds)
    alone = select_strength(RIDGE, X, Y, folds=folds)
    np.testing.assert_allclose(found.strength[:3], alone.strength)
    assert np.isnan(found.strength[3]) and found.reason[3] == "no fit (nothing to learn from)"
    if folds == "evidence":
        assert found.reason[4] == "no fit (nothing to learn from)"
    else:
        assert found.score[4] == 0
    np.testing.assert_allclose(found.model.coef_[:, 4], 0, atol=1e-12)
    assert found.to_frame()["neuron"].nunique() == 5 and "fold_0" not in found.to_frame()
    assert "fold" not in repr(found).splitlines()[0]


def test_a_row_that_alone_says_something_has_no_leave_one_out_error():
    x = np.column_stack([X, np.eye(T)[:, 0]])
    found = select_strength(RIDGE, x, Y, folds="loo", strengths=[1e-1, 1e-12])
    score = found.searches[0].fold_score[:, 0]
    assert np.isfinite(score[0]).all() and np.isnan(score[1]).all()
    assert "1 strength(s) without a fit" in found.reason[0]


def test_copies_of_features_share_their_coefficient():
    x = np.column_stack([X, X[:, 0]])
    found = select_strength(RIDGE, x, Y, folds=3, strengths=STRENGTHS)
    train, test = next(iter(KFold(3).split(x)))
    for s, strength in enumerate(STRENGTHS):
        fit = Ridge(strength * len(train) / 2).fit(x[train], Y[train])
        expected = -0.5 * ((Y[test] - fit.predict(x[test])) ** 2).mean(axis=0)
        np.testing.assert_allclose(found.searches[0].fold_score[s, 0], expected, rtol=1e-9)
    np.testing.assert_allclose(found.model.coef_[0], found.model.coef_[4], rtol=1e-7)


def test_strengths_that_one_decomposition_cannot_tell_from_none():
    x = np.column_stack([X, X[:, 0] + 1e-8 * X[:, 1]])
    with pytest.raises(ValueError, match="too weak"):
        select_strength(RIDGE, x, Y, folds="evidence", strengths=[1.0, 1e-18])
    by_folds = select_strength(RIDGE, x, Y, folds=3, strengths=[1.0, 1e-18])
    assert by_folds.r2 is None and np.isfinite(by_folds.score).all()


def test_constant_features_change_nothing():
    x = np.column_stack([X, np.full(T, 1e5)])
    for folds in ("loo", "evidence", 3):
        for coefficients in ("raw", "standardised"):
            more = {"folds": folds, "strengths": STRENGTHS, "coefficients": coefficients}
            found, plain = (select_strength(RIDGE, z, Y, **more) for z in (x, X))
            np.testing.assert_allclose(
                found.searches[0].fold_score, plain.searches[0].fold_score, rtol=1e-8
            )
            np.testing.assert_allclose(found.model.coef_[4], 0, atol=1e-12)


def test_the_fit_only_certifies_what_is_known():
    for folds in ("loo", 3):
        model = select_strength(RIDGE, X, Y, folds=folds, strengths=STRENGTHS).model
        assert model.fit_report_.is_well
        assert (model.fit_report_.result.n_iterations == 0).all()


def test_moments_are_read_once_whatever_the_folds_and_strengths(monkeypatch):
    read = np.zeros(T, dtype=int)
    original = LeastSquares._parts

    def counted(self, atoms):
        from spikeglm.selection.least_squares.moments import Reading

        moments = Reading.moments

        def count(reading, keep, outputs):
            read[keep] += 1
            return moments(reading, keep, outputs)

        monkeypatch.setattr(Reading, "moments", count)
        yield from original(self, atoms)
        monkeypatch.setattr(Reading, "moments", moments)

    monkeypatch.setattr(LeastSquares, "_parts", counted)
    select_strength(RIDGE, X, Y, folds=6)
    assert (read == 1).all()


@pytest.mark.parametrize(
    ("model", "more", "match"),
    [
        (PopulationGLM(regularizer="Ridge"), {}, "is for Ridge with a Gaussian model"),
        (PopulationGLM("Gaussian", regularizer="Lasso"), {}, "is for Ridge with a Gaussian model"),
        (RIDGE, {"rule": "one_se"}, "needs folds"),
        (RIDGE, {"by": "term"}, "needs folds"),
        (RIDGE, {"groups": np.arange(T)}, "needs folds"),
        (RIDGE, {"folds": "lo"}, "Did you mean 'loo'"),
        (RIDGE, {"strengths": np.array([[1.0, 2.0, 3.0], [0.1, 0.2, 0.3]])}, "same strengths"),
        (RIDGE, {"coefficients": "z"}, "scale of coefficients"),
        (PopulationGLM("Gaussian", regularizer="Ridge", feature_mask=np.eye(4)[:, :3]), {}, "mask"),
    ],
)
def test_what_cannot_be_chosen_without_folds_is_refused(model, more, match):
    with pytest.raises(ValueError, match=match):
        select_strength(model, X, np.abs(Y).round(), **({"folds": "loo"} | more))


def test_standardised_coefficients_are_of_one_strength():
    with pytest.raises(ValueError, match="one strength"):
        select_strength(GLM(regularizer="Lasso"), X, np.ones(T), coefficients="standardised")
    with pytest.raises(ValueError, match="one strength"):
        select_strength(RIDGE, X, Y, by="term", coefficients="standardised")


def test_a_choice_without_folds_is_drawn():
    choice = select_strength(RIDGE, X, Y, folds="evidence", strengths=STRENGTHS)
    assert plot_strength_choice(choice).get_ylabel() == "Log marginal likelihood (nats)"
