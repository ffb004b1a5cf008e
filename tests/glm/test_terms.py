"""What columns mean travels with a model: from a design, from a tree, and to a plain array."""

import pickle
import warnings
from copy import deepcopy

import numpy as np
import pytest
from sklearn.pipeline import Pipeline

import spikeglm as nmo

RNG = np.random.default_rng(0)
COUNTS = RNG.poisson(0.8, (300, 2))
SPEED = RNG.uniform(0, 10, 300)


def basis_of():
    return nmo.basis.RaisedCosineLogConv(2, 5, label="coupling") + nmo.basis.BSplineEval(
        4, label="speed"
    )


def places(terms):
    return [(term.label, term.start, term.stop, term.n_channels) for term in terms]


PLACES = [("coupling", 0, 4, 2), ("speed", 4, 8, 1)]


def test_a_fit_to_a_design_knows_its_terms():
    model = nmo.PopulationGLM().fit(basis_of().design(COUNTS, SPEED), COUNTS)
    assert places(model.terms_) == PLACES


@pytest.mark.parametrize(
    "say", [lambda basis: basis, lambda basis: basis.terms, lambda basis: list(basis.terms)]
)
def test_a_fit_to_an_array_is_told_its_terms(say):
    basis = basis_of()
    X = basis.compute_features(COUNTS, SPEED)
    model = nmo.PopulationGLM().fit(X, COUNTS, terms=say(basis))
    assert places(model.terms_) == PLACES
    design = basis.design(COUNTS, SPEED)
    assert model.feature_names_ == design.feature_names
    np.testing.assert_array_equal(model.coef_, nmo.PopulationGLM().fit(X, COUNTS).coef_)
    np.testing.assert_array_equal(model.predict(X), model.predict(design))


def test_a_tree_has_the_terms_of_its_leaves():
    tree = {"run": basis_of().design(COUNTS, SPEED), "light": RNG.normal(size=(300, 2))}
    model = nmo.PopulationGLM().fit(tree, COUNTS)
    assert places(model.terms_)[:2] == [("run.coupling", 0, 4, 2), ("run.speed", 4, 8, 1)]
    assert places(model.terms_)[2][:3] == ("light", 8, 10)


def test_terms_that_do_not_fit_say_what_to_do():
    basis = basis_of()
    X = basis.compute_features(COUNTS, SPEED)
    with pytest.raises(ValueError, match=r"8 columns, but X has 7.*design"):
        nmo.PopulationGLM().fit(X[:, 1:], COUNTS, terms=basis)
    with pytest.raises(TypeError, match="the basis that computed X"):
        nmo.PopulationGLM().fit(X, COUNTS, terms=["coupling", "speed"])
    design = basis.design(COUNTS, SPEED)
    assert places(nmo.PopulationGLM().fit(design, COUNTS, terms=basis).terms_) == PLACES
    other = nmo.basis.BSplineEval(8, label="other").design(SPEED)
    with pytest.raises(ValueError, match="terms of its own"):
        nmo.PopulationGLM().fit(design, COUNTS, terms=other)


def test_a_second_fit_forgets_the_terms_of_the_first():
    basis = basis_of()
    X = basis.compute_features(COUNTS, SPEED)
    model = nmo.PopulationGLM().fit(X, COUNTS, terms=basis).fit(X, COUNTS)
    assert places(model.terms_) == [("", 0, 8, 1)]


@pytest.mark.parametrize("copied", [deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_terms_are_copied_with_their_model(copied):
    X = basis_of().design(COUNTS, SPEED)
    model = nmo.PopulationGLM().fit(X, COUNTS)
    again = copied(model)
    assert places(again.terms_) == PLACES
    np.testing.assert_array_equal(again.curve("speed").value, model.curve("speed").value)


def test_functions_of_ones_own_do_not_keep_a_model_from_being_saved(tmp_path):
    own = nmo.basis.CustomBasis([lambda x: x, lambda x: x**2], label="own")
    model = nmo.GLM().fit(own.design(SPEED), COUNTS[:, 0])
    with pytest.warns(UserWarning, match="no basis_: functions of your own"):
        model.save_params(tmp_path / "model.npz")
    loaded = nmo.load_model(tmp_path / "model.npz")
    assert places(loaded.terms_) == [("own", 0, 2, 1)]
    assert not hasattr(loaded, "basis_")
    np.testing.assert_array_equal(
        loaded.predict(own.design(SPEED)), model.predict(own.design(SPEED))
    )


@pytest.mark.parametrize("how", ["a design", "an array", "a tree"])
def test_a_saved_model_predicts_from_new_signals(how, tmp_path):
    basis = basis_of()
    design = basis.design(COUNTS, SPEED)
    X, terms = design, None
    if how == "an array":
        X, terms = basis.compute_features(COUNTS, SPEED), basis
    if how == "a tree":
        X = {"run": design}
    model = nmo.PopulationGLM().fit(X, COUNTS, terms=terms)
    model.save_params(tmp_path / "model.npz")
    loaded = nmo.load_model(tmp_path / "model.npz")
    new = COUNTS[:50], np.linspace(3, 4, 50)  # a smaller range: bases must not adapt to it
    expected = model.predict({"run": design.at(*new)} if how == "a tree" else design.at(*new))
    found = loaded.basis_["run"].design(*new) if how == "a tree" else loaded.basis_.design(*new)
    np.testing.assert_array_equal(
        loaded.predict({"run": found} if how == "a tree" else found), expected
    )
    label = "run.speed" if how == "a tree" else "speed"
    np.testing.assert_array_equal(loaded.curve(label).value, model.curve(label).value)
    refitted = nmo.PopulationGLM().fit(np.asarray(design), COUNTS)
    assert not hasattr(refitted, "basis_")


def test_a_report_names_terms_and_channels_and_not_each_of_their_columns():
    just_fired = np.arange(300) % 3 == 0  # nobody fires twice in a row
    first = np.where(just_fired, 1, 0)
    counts = np.column_stack([first, RNG.poisson(0.8, 300)])
    design = nmo.basis.HistoryConv(2, label="coupling").design(counts)
    with pytest.warns(Warning, match="separated by channel 0 of coupling"):
        model = nmo.GLM().fit(design, first)
    assert "coupling[" not in model.fit_report_.problems()


def test_a_file_is_inspected_by_terms(tmp_path, capsys):
    nmo.PopulationGLM().fit(basis_of().design(COUNTS, SPEED), COUNTS).save_params(
        tmp_path / "m.npz"
    )
    nmo.inspect_npz(tmp_path / "m.npz")
    lines = capsys.readouterr().out.splitlines()
    assert "terms_: coupling (2 channels x 2), speed (4)" in lines
    assert any(line.startswith("basis_: '(coupling + speed)'") for line in lines)


def told(X, **more):
    return nmo.PopulationGLM(**ARGUMENTS).fit(X, COUNTS, terms=basis_of_counts(), **more)


ARGUMENTS = {
    "feature_mask": {"coupling": "own"},
    "regularizer": "Ridge",
    "regularizer_strength": {"coupling": 0.1, "speed": 0.2},
}


def basis_of_counts():
    basis = basis_of()
    basis.compute_features(COUNTS, SPEED)
    return basis


def test_arrays_in_files_and_on_clusters_are_told_their_terms(tmp_path):
    design = basis_of().design(COUNTS, SPEED)
    expected = nmo.PopulationGLM(**ARGUMENTS).fit(design, COUNTS)
    stored = np.memmap(tmp_path / "X", dtype=float, mode="w+", shape=design.shape)
    stored[:] = design
    model = told(stored)
    np.testing.assert_array_equal(model.coef_, expected.coef_)
    low = model.curve("speed", stored, COUNTS).low
    np.testing.assert_allclose(low, expected.curve("speed", design, COUNTS).low)
    array = pytest.importorskip("dask.array").from_array(np.asarray(design), chunks=(100, -1))
    model = told(array)
    np.testing.assert_allclose(model.coef_, expected.coef_, atol=1e-12)
    assert model.feature_names_ == design.feature_names


def test_a_pipeline_passes_the_terms_of_its_basis():
    inputs = np.column_stack([COUNTS, SPEED])
    transformer = basis_of().set_input_shape(2, ()).to_transformer()
    pipeline = Pipeline([("basis", transformer), ("model", nmo.PopulationGLM(**ARGUMENTS))])
    pipeline.fit(inputs, COUNTS, model__terms=transformer)
    expected = nmo.PopulationGLM(**ARGUMENTS).fit(basis_of().design(COUNTS, SPEED), COUNTS)
    np.testing.assert_allclose(pipeline[-1].coef_, expected.coef_, atol=1e-12)


def test_coefficients_without_errors_point_to_the_curve_of_their_term():
    basis = nmo.basis.BSplineEval(4, label="speed")
    X = basis.compute_features(SPEED)
    model = nmo.GLM().fit(X, COUNTS[:, 0], terms=basis)
    with pytest.warns(UserWarning, match=r"model.curve\('speed', X, y\)"):
        model.standard_errors(X, COUNTS[:, 0])
    assert np.isfinite(model.curve("speed", X, COUNTS[:, 0]).low).all()
    classifier = nmo.ClassifierGLM(regularizer="UnRegularized")
    classifier.fit(X, COUNTS[:, 0] > 0, terms=basis)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        classifier.standard_errors(X, COUNTS[:, 0] > 0)
