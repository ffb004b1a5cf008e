"""Labels of every kind go in and come out; what is no label, or none known, is refused."""

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import spikeglm as nmo

RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 2))
CODES = np.digitize(X[:, 0], [-0.5, 0.5])
LABELS = {
    "int": np.array([0, 1, 2]),
    "other ints": np.array([-5, 3, 70]),
    "float": np.array([0.0, 1.0, 2.0]),
    "halves": np.array([-0.5, 0.25, 8.0]),
    "text": np.array(["left", "right", "stay"]),
    "bytes": np.array([b"left", b"right", b"stay"]),
    "objects": np.array(["left", "right", "stay"], dtype=object),
    "int8": np.array([1, 2, 3], dtype=np.int8),
    "uint64": np.array([1, 2, 2**60], dtype=np.uint64),
}
of_labels = pytest.mark.parametrize("name", LABELS)
both = pytest.mark.parametrize("kind", [nmo.ClassifierGLM, nmo.ClassifierPopulationGLM])


def response(kind, labels):
    y = labels[CODES]
    return y if kind is nmo.ClassifierGLM else np.column_stack([y, y[::-1]])


@both
@of_labels
def test_labels_of_every_type(kind, name):
    y = response(kind, LABELS[name])
    model = kind(3).fit(X, y)
    numbered = kind(3).fit(X, response(kind, np.arange(3)))
    assert_allclose(model.coef_, numbered.coef_, rtol=1e-12)
    known = LABELS[name].astype(str) if name == "bytes" else LABELS[name]
    assert_array_equal(model.classes_, known)
    assert_array_equal(model.predict(X), known[numbered.predict(X)])
    assert set(np.unique(model.simulate(0, X)[0])) <= set(known)
    assert model.score(X, y) == pytest.approx(numbered.score(X, response(kind, np.arange(3))))
    assert model.compute_loss((model.coef_, model.intercept_), X, y) > 0


def test_lists_series_and_categories():
    y = LABELS["text"][CODES]
    expected = nmo.ClassifierGLM(3).fit(X, y)
    for given in (y.tolist(), pd.Series(y), pd.Series(y, dtype="category"), pd.array(y)):
        model = nmo.ClassifierGLM(3).fit(X, given)
        assert_allclose(model.coef_, expected.coef_, rtol=1e-12)
        assert_array_equal(model.classes_, expected.classes_)


def test_jax_labels():
    jnp = pytest.importorskip("jax.numpy")
    model = nmo.ClassifierGLM(3).fit(jnp.asarray(X), jnp.asarray(LABELS["other ints"][CODES]))
    assert_array_equal(model.classes_, [-5, 3, 70])
    with pytest.raises(ValueError, match="no classes of this model"):
        model.score(X, jnp.full(90, 4))


def test_booleans():
    model = nmo.ClassifierGLM().fit(X, X[:, 0] > 0)
    assert model.predict(X).dtype == bool
    assert (model.predict(X) == (X[:, 0] > 0)).mean() > 0.9


@pytest.mark.parametrize(
    ("name", "gap"),
    [("float", np.nan), ("halves", np.inf), ("objects", None), ("objects", np.nan),
     ("objects", pd.NA)],
)  # fmt: skip
def test_rows_without_a_label_are_left_out(name, gap):
    y = LABELS[name][CODES].copy()
    y[[3, 50]] = gap
    kept = np.delete(np.arange(90), [3, 50])
    model = nmo.ClassifierGLM(3).fit(X, y)
    expected = nmo.ClassifierGLM(3).fit(X[kept], y[kept])
    assert_allclose(model.coef_, expected.coef_, rtol=1e-9)
    assert_allclose(model.score(X, y), model.score(X[kept], y[kept]))
    assert model.dof_resid_ == expected.dof_resid_


def test_a_missing_label_costs_the_other_neurons_nothing():
    y = response(nmo.ClassifierPopulationGLM, LABELS["float"])
    gappy = y.copy()
    gappy[:20, 1] = np.nan
    model = nmo.ClassifierPopulationGLM(3).fit(X, gappy)
    assert_allclose(model.coef_[:, 0], nmo.ClassifierGLM(3).fit(X, y[:, 0]).coef_, rtol=1e-6)
    alone = nmo.ClassifierGLM(3).fit(X[20:], y[20:, 1])
    assert_allclose(model.coef_[:, 1], alone.coef_, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize(("name", "gap"), [("int", np.nan), ("text", None)])
def test_rows_without_features_have_no_prediction(name, gap):
    model = nmo.ClassifierGLM(3).fit(X, LABELS[name][CODES])
    spoilt = X.copy()
    spoilt[7, 1] = np.nan
    predicted, p = model.predict(spoilt), model.predict_proba(spoilt)
    assert (predicted[7] is None) if gap is None else np.isnan(predicted[7])
    assert np.isnan(p[7]).all()
    assert_array_equal(np.delete(predicted, 7), np.delete(model.predict(X), 7))
    labels, log_p = model.simulate(0, spoilt)
    assert (labels[7] is None) if gap is None else np.isnan(labels[7])
    assert np.isnan(log_p[7]).all()


@both
def test_classes_can_be_set_and_forgotten(kind):
    y = response(kind, LABELS["text"])
    model = kind(3)
    assert model.set_classes(y) is model
    assert_array_equal(model.classes_, LABELS["text"])
    model.classes_ = None
    with pytest.raises(RuntimeError, match="set_classes"):
        model.initialize_params(X, y)


@both
def test_what_needs_classes_says_so(kind):
    y = response(kind, LABELS["int"])
    fitted = kind(3).fit(X, y)
    model = kind(3)
    model.coef_, model.intercept_ = fitted.coef_, fitted.intercept_
    params = fitted.coef_, fitted.intercept_
    for call in (
        lambda: model.predict(X),
        lambda: model.predict_proba(X),
        lambda: model.simulate(0, X),
        lambda: model.score(X, y),
        lambda: model.compute_loss(params, X, y),
        lambda: model.initialize_params(X, y),
        lambda: model.covariance(X, y),
    ):
        with pytest.raises(RuntimeError, match="set_classes"):
            call()
    assert_allclose(model.set_classes(y).predict_proba(X), fitted.predict_proba(X))


@pytest.mark.parametrize("n_classes", [1, 0, -2, 2.5, "3", [2, 3], np.nan, {}])
def test_impossible_numbers_of_classes(n_classes):
    with pytest.raises(ValueError, match="n_classes"):
        nmo.ClassifierGLM(n_classes).fit(X, CODES)


@pytest.mark.parametrize("n_classes", [3, 3.0, np.int8(3), np.array([3]), None])
def test_possible_numbers_of_classes(n_classes):
    assert nmo.ClassifierGLM(n_classes).fit(X, CODES).coef_.shape == (2, 3)


@both
@pytest.mark.parametrize("n_classes", [2, 4])
def test_more_or_fewer_labels_than_classes(kind, n_classes):
    y = response(kind, LABELS["text"])
    for call in (lambda: kind(n_classes).fit(X, y), lambda: kind(n_classes).set_classes(y)):
        with pytest.raises(ValueError, match=f"n_classes={n_classes}"):
            call()


def test_one_label_only():
    with pytest.raises(ValueError, match="only one class"):
        nmo.ClassifierGLM().fit(X, np.zeros(90))


@pytest.mark.parametrize(
    ("fitted_on", "asked"),
    [("int", np.full(90, 3)), ("int", np.full(90, 0.5)), ("text", np.full(90, "up")),
     ("text", np.zeros(90)), ("int", np.full(90, "left"))],
)  # fmt: skip
def test_unseen_labels(fitted_on, asked):
    model = nmo.ClassifierGLM(3).fit(X, LABELS[fitted_on][CODES])
    with pytest.raises(ValueError, match="no classes of this model"):
        model.score(X, asked)


@pytest.mark.parametrize(
    "y",
    [
        np.array(["a", 1] * 45, dtype=object),
        np.array([(1, 2)] * 90 + [None], dtype=object)[:90],
        np.zeros(90) + 1j,
        {"a": 1},
    ],
    ids=["mixed", "tuples", "complex", "dict"],
)
def test_what_is_no_label(y):
    with pytest.raises(TypeError):
        nmo.ClassifierGLM().fit(X, y)


def test_a_response_that_is_a_number():
    with pytest.raises(ValueError, match="use GLM"):
        nmo.ClassifierGLM(None).fit(X, X[:, 1])


@pytest.mark.parametrize("name", ["int", "text"])
def test_pickles_and_saved_files_keep_the_labels(name, tmp_path):
    model = nmo.ClassifierGLM(3, regularizer_strength=0.1).fit(X, LABELS[name][CODES])
    model.save_params(tmp_path / "model.npz")
    for copied in (pickle.loads(pickle.dumps(model)), nmo.load_model(tmp_path / "model.npz")):
        assert_array_equal(copied.predict(X), model.predict(X))
        assert_allclose(copied.predict_proba(X), model.predict_proba(X))
        assert str(copied.fit_report_) == str(model.fit_report_)
