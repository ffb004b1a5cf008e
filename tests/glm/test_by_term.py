"""Masks, groups and strengths in the words of terms are those in numbers."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

import spikeglm as nmo

RNG = np.random.default_rng(0)
COUNTS = pd.DataFrame(RNG.poisson(0.8, (400, 3)), columns=["a", "b", "c"])
SPEED = RNG.uniform(0, 10, 400)
BASIS = nmo.basis.RaisedCosineLogConv(2, 5, label="coupling") + nmo.basis.BSplineEval(
    4, label="speed"
)
X = BASIS.design(COUNTS, SPEED)
OWN = np.kron(np.eye(3), np.ones((2, 1)))


def model_of(kind=nmo.PopulationGLM, **arguments):
    return kind(**({"regularizer": "Ridge", "regularizer_strength": 0.01} | arguments))


def mask_in_numbers(coupling, speed=1):
    return np.vstack([coupling, np.full((4, 3), speed)])


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ({"coupling": "own"}, mask_in_numbers(OWN)),
        ({"coupling": "others"}, mask_in_numbers(1 - OWN)),
        ({"coupling": "own", "speed": False}, mask_in_numbers(OWN, 0)),
        (
            {"coupling": ["c", "a"]},
            mask_in_numbers(np.repeat([[1], [0], [1]], 2, 0) @ np.ones((1, 3))),
        ),
        (
            {"coupling": np.arange(18).reshape(6, 3) % 2},
            mask_in_numbers(np.arange(18).reshape(6, 3) % 2),
        ),
        ({"speed": True}, mask_in_numbers(np.ones((6, 3)))),
    ],
    ids=["own", "others", "a term left out", "channels", "numbers", "what is not named is used"],
)
def test_a_mask_in_words_is_the_mask_in_numbers(said, meant):
    in_words = model_of(feature_mask=said).fit(X, COUNTS)
    in_numbers = model_of(feature_mask=meant).fit(X, COUNTS)
    np.testing.assert_array_equal(in_words.coef_, in_numbers.coef_)
    np.testing.assert_array_equal(in_words.coef_ != 0, meant.astype(bool))
    np.testing.assert_array_equal(in_words.predict(X), in_numbers.predict(X))


def test_own_goes_by_name_and_not_by_place():
    backwards = COUNTS[["c", "b", "a"]]
    model = model_of(feature_mask={"coupling": "own"}).fit(X, backwards)
    np.testing.assert_array_equal(model.coef_[:6] != 0, OWN[:, ::-1].astype(bool))
    some = model_of(feature_mask={"coupling": "own"}).fit(X, COUNTS[["b"]])
    np.testing.assert_array_equal(some.coef_[:6, 0] != 0, OWN[:, 1].astype(bool))


def test_without_names_own_goes_by_place_or_not_at_all():
    counts = COUNTS.to_numpy()
    model = model_of(feature_mask={"coupling": "own"}).fit(X, counts)
    np.testing.assert_array_equal(model.coef_[:6] != 0, OWN.astype(bool))
    with pytest.raises(ValueError, match="2 neurons without names"):
        model_of(feature_mask={"coupling": "own"}).fit(X, counts[:, :2])
    with pytest.raises(ValueError, match="neurons 'z'"):
        model_of(feature_mask={"coupling": "own"}).fit(X, COUNTS[["a"]].set_axis(["z"], axis=1))


def test_own_of_a_single_neuron_is_asked_for_by_name():
    with pytest.raises(ValueError, match=r"\{'coupling': \['a'\]\}"):
        model_of(nmo.GLM, feature_mask={"coupling": "own"}).fit(X, COUNTS["a"])
    model = model_of(nmo.GLM, feature_mask={"coupling": ["a"]}).fit(X, COUNTS["a"])
    np.testing.assert_array_equal(model.coef_[:6] != 0, OWN[:, 0].astype(bool))


def test_classes_share_a_mask_in_words():
    labels = np.where(SPEED > 5, "fast", "slow")
    model = nmo.ClassifierGLM(feature_mask={"coupling": False}).fit(X, labels)
    np.testing.assert_array_equal((model.coef_ != 0).all(axis=1), np.arange(10) >= 6)
    both = np.column_stack([labels, labels[::-1]])
    model = nmo.ClassifierPopulationGLM(feature_mask={"coupling": ["b"]}).fit(X, both)
    np.testing.assert_array_equal((model.coef_[:6] != 0).all(axis=(1, 2)), OWN[:, 1].astype(bool))


@pytest.mark.parametrize("regularizer", ["Ridge", "Lasso", "ElasticNet"])
def test_strengths_by_term_are_strengths_per_coefficient(regularizer):
    said, meant = {"speed": 0.003, "coupling": [0.01, 0.02, 0.05]}, np.full((10, 3), 0.003)
    meant[:6] = [0.01, 0.02, 0.05]
    if regularizer == "ElasticNet":
        said, meant = (said, 0.5), (meant, 0.5)
    fits = [
        model_of(regularizer=regularizer, regularizer_strength=strength).fit(X, COUNTS)
        for strength in (said, meant)
    ]
    np.testing.assert_array_equal(fits[0].coef_, fits[1].coef_)


def test_groups_of_terms_and_channels_are_masks():
    terms = np.repeat(np.eye(2), [6, 4], axis=1)
    channels = np.repeat(np.eye(4), [2, 2, 2, 4], axis=1)
    for word, mask in (("terms", terms), ("channels", channels)):
        said = {"coupling": 0.02, "speed": 0.0}
        meant = np.array([0.02] * (len(mask) - 1) + [0.0])
        fits = [
            model_of(regularizer=nmo.regularizer.GroupLasso(of), regularizer_strength=strength).fit(
                X, COUNTS
            )
            for of, strength in ((word, said), (mask, meant))
        ]
        np.testing.assert_array_equal(fits[0].coef_, fits[1].coef_)
        norms = np.add.reduceat(np.abs(fits[0].coef_[:6]), [0, 2, 4])
        assert (norms == 0).any() or word == "terms"  # some connection is left out


def test_words_reach_cross_validation_and_paths():
    model = model_of(
        feature_mask={"coupling": "own"}, regularizer_strength={"coupling": 1, "speed": 2}
    )
    numbers = model_of(
        feature_mask=mask_in_numbers(OWN), regularizer_strength=np.repeat([[1], [2]], [6, 4], 0)
    )
    plain = np.asarray(X)
    held_out = nmo.selection.cross_validated(model, plain, COUNTS, 3, terms=X).prediction
    expected = nmo.selection.cross_validated(numbers, X, COUNTS, 3).prediction
    np.testing.assert_allclose(held_out, expected, atol=1e-8)
    lasso = clone(model).set_params(regularizer="Lasso")
    path = nmo.selection.regularization_path(lasso, plain, COUNTS, strengths=3, terms=X)
    expected = nmo.selection.regularization_path(
        clone(numbers).set_params(regularizer="Lasso"), X, COUNTS, strengths=3
    )
    np.testing.assert_allclose(path.coef, expected.coef, atol=1e-8)


def test_trees_are_told_by_leaf_and_by_term():
    tree = {"run": BASIS.design(COUNTS, SPEED), "light": RNG.normal(size=(400, 1))}
    by_leaf = model_of(feature_mask={"run": 1, "light": 0}).fit(tree, COUNTS)
    assert not by_leaf.coef_["light"].any()
    by_term = model_of(feature_mask={"run.coupling": "own", "light": False}).fit(tree, COUNTS)
    np.testing.assert_array_equal(by_term.coef_["run"][:6] != 0, OWN.astype(bool))
    assert not by_term.coef_["light"].any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"feature_mask": {"copling": "own"}}, "'coupling', 'speed'.*'coupling'"),
        ({"feature_mask": {"coupling": "mine"}}, "'mine'.*'own', 'others'"),
        ({"feature_mask": {"coupling": ["d"]}}, "channel of 'coupling'.*'a', 'b', 'c'"),
        ({"feature_mask": {"coupling": [True, False, True]}}, "channel of 'coupling'"),
        ({"feature_mask": {"coupling": np.ones(5)}}, "shape.*5"),
        ({"feature_mask": {"coupling": np.full((6, 3), 0.5)}}, "only 0 and 1"),
        ({"regularizer_strength": {"coupling": 1.0}}, "add 'speed'"),
        ({"regularizer_strength": {"coupling": 1.0, "seed": 1.0}}, "'coupling', 'speed'.*'speed'"),
        ({"regularizer_strength": {"coupling": -1.0, "speed": 1.0}}, "not negative"),
    ],
)
def test_mistaken_words_are_answered_with_those_there_are(arguments, message):
    with pytest.raises(ValueError, match=f"(?s){message}"):
        model_of(**arguments).fit(X, COUNTS)


def test_words_need_terms():
    plain = np.asarray(X)
    for arguments in (
        {"feature_mask": {"coupling": "own"}},
        {"regularizer_strength": {"coupling": 1.0, "speed": 1.0}},
        {"regularizer": nmo.regularizer.GroupLasso("terms")},
    ):
        with pytest.raises(TypeError, match="terms=basis"):
            model_of(**arguments).fit(plain, COUNTS)
    with pytest.raises(ValueError, match="'terms', 'channels'"):
        nmo.regularizer.GroupLasso("term")
