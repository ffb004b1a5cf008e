"""What belongs to coefficients or classes and has names is compared with those of the data."""

import numpy as np
import pandas as pd
import pytest
from tests.glm.kinds import COUNTS, LABELS, X

import spikeglm as nmo

NAMES = ["speed", "angle", "light"]
TABLE, Y = pd.DataFrame(X, columns=NAMES), COUNTS[:, 0]
MOVED = ["light", "speed", "angle"]
another_order = pytest.raises(ValueError, match=r"another order than.*What to do: ")


def test_groups_of_features_in_another_order_are_refused():
    mask = pd.DataFrame([[1, 1, 0], [0, 0, 1]], columns=NAMES)
    right = nmo.regularizer.GroupLasso(mask)
    moved = nmo.regularizer.GroupLasso(mask[MOVED])
    nmo.GLM(regularizer=right, regularizer_strength=0.01).fit(TABLE, Y)
    nmo.GLM(regularizer=moved, regularizer_strength=0.01).fit(X, Y)
    model = nmo.GLM(regularizer=moved, regularizer_strength=0.01)
    for call in (
        lambda: model.fit(TABLE, Y),
        lambda: nmo.selection.cross_validated(model, TABLE, Y, 3),
        lambda: nmo.selection.regularization_path(model, TABLE, Y, strengths=2),
    ):
        with another_order:
            call()


def test_both_parts_of_the_strength_of_an_elastic_net():
    strength, ratio = pd.Series(0.01, NAMES), pd.Series(0.5, NAMES)
    nmo.GLM(regularizer="ElasticNet", regularizer_strength=(strength, ratio)).fit(TABLE, Y)
    for parts in ((strength[MOVED], ratio), (0.01, ratio[MOVED])):
        with another_order:
            nmo.GLM(regularizer="ElasticNet", regularizer_strength=parts).fit(TABLE, Y)


@pytest.mark.parametrize("name", ["feature_mask", "regularizer_strength"])
def test_leaves_of_trees_of_masks_and_strengths(name):
    tree = {"eye": TABLE[["angle", "light"]], "head": TABLE[["speed"]]}
    values = {"eye": pd.Series([1.0, 0.0], ["angle", "light"]), "head": 1.0}
    nmo.GLM(regularizer="Ridge", **{name: values}).fit(tree, Y)
    values["eye"] = values["eye"][::-1]
    with pytest.raises(ValueError, match=rf"columns of {name}\['eye'\] come in another order"):
        nmo.GLM(regularizer="Ridge", **{name: values}).fit(tree, Y)


def test_given_coefficients_in_another_order_are_refused():
    """A loss at them was that of other features."""
    model = nmo.GLM().fit(TABLE, Y)
    right = pd.Series(model.coef_, NAMES), model.intercept_
    moved = right[0][MOVED], right[1]
    at = model.compute_loss((model.coef_, model.intercept_), TABLE, Y)
    assert model.compute_loss(right, TABLE, Y) == at
    state = model.initialize_optimizer_and_state(right, TABLE, Y)
    for call in (
        lambda: model.compute_loss(moved, TABLE, Y),
        lambda: model.fit(TABLE, Y, init_params=moved),
        lambda: model.initialize_optimizer_and_state(moved, TABLE, Y),
        lambda: model.update(moved, state, TABLE, Y),
    ):
        with another_order:
            call()


def test_coefficients_set_by_hand_in_another_order_are_refused():
    fit, model = nmo.GLM().fit(TABLE, Y), nmo.GLM()
    model.coef_, model.intercept_ = pd.Series(fit.coef_, NAMES), fit.intercept_
    np.testing.assert_array_equal(model.predict(TABLE), fit.predict(TABLE))
    model.coef_ = model.coef_[MOVED]
    for call in (model.predict, lambda table: model.score(table, Y)):
        with another_order:
            call(TABLE)


def test_probabilities_to_score_against_name_the_classes():
    model = nmo.ClassifierGLM(3).fit(X, LABELS)
    frequency = pd.Series([0.2, 0.3, 0.5], model.classes_)
    every = pd.DataFrame(np.tile(frequency, (len(X), 1)), columns=model.classes_)
    y = pd.Series(LABELS)
    scores = [
        model.score(X, y, "pseudo-r2-Cohen", null_mean=null)
        for null in (frequency, frequency.to_numpy(), every)
    ]
    np.testing.assert_allclose(scores, scores[0], rtol=1e-12)
    for moved in (frequency[::-1], every.iloc[:, ::-1]):
        with another_order:
            model.score(X, y, "pseudo-r2-Cohen", null_mean=moved)
    with pytest.raises(ValueError, match="rows of y and null_mean do not agree"):
        model.score(X, y, "pseudo-r2-Cohen", null_mean=every[::-1])


@pytest.mark.parametrize("names", [[1.0, np.nan, 3.0], ["a", np.nan, "b"]], ids=str)
def test_a_column_without_a_name_is_the_same_column(names, tmp_path):
    """NaN is not equal to NaN: the table of the fit was refused."""
    table = pd.DataFrame(X, columns=names)
    model = nmo.GLM().fit(table, Y)
    model.save_params(tmp_path / "model.npz")
    loaded = nmo.load_model(tmp_path / "model.npz")
    again = pd.DataFrame(X, columns=list(names))
    np.testing.assert_array_equal(loaded.predict(again), model.predict(table))
    with another_order:
        model.predict(table.iloc[:, ::-1])


def test_advice_names_no_attribute_that_is_missing():
    table = TABLE.set_axis([1, 4, 2], axis=1)
    model = nmo.GLM().fit(table, Y)
    with pytest.raises(ValueError, match="select the columns in the order of the fit") as caught:
        model.predict(table[[4, 1, 2]])
    assert "feature_names_in_" not in str(caught.value)
