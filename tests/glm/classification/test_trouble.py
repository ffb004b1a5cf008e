"""Neurons in trouble beside healthy ones that must not notice, pynapple, and what is refused."""

import jax
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import spikeglm as nmo
from spikeglm.errors import ConvergenceWarning, NothingToFitWarning
from spikeglm.solvers import EMPTY

T, K = 300, 3
RNG = np.random.default_rng(0)
X = RNG.normal(size=(T, 3))
HEALTHY = np.argmax(X @ RNG.normal(size=(3, K)) + RNG.gumbel(size=(T, K)), axis=1)
both_solvers = pytest.mark.parametrize("solver", ["LBFGS", "Newton"])


def kind_of(status):
    """Return which warning tells of a status."""
    return NothingToFitWarning if status in EMPTY else ConvergenceWarning


def beside_a_healthy_neuron(sick, *, status, **arguments):
    """Fit [healthy, sick] and compare the healthy neuron with its fit alone."""
    y = np.column_stack([HEALTHY.astype(sick.dtype), sick])
    model = nmo.ClassifierPopulationGLM(K, **arguments)
    with pytest.warns(kind_of(status), match=status) as caught:
        model.fit(X, y)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert model.fit_report_.status == ("converged", status)
    assert list(model.fit_report_.to_frame()["what_to_do"].str.len() > 20) == [False, True]
    assert np.isfinite(model.coef_).all()
    assert np.isfinite(model.intercept_).all()
    alone = nmo.ClassifierGLM(K, **arguments).fit(X, HEALTHY)
    assert_allclose(model.coef_[:, 0], alone.coef_, rtol=1e-7, atol=1e-9)
    return model


@both_solvers
@pytest.mark.parametrize("regularizer", ["UnRegularized", "Ridge"])
@pytest.mark.parametrize("absent", range(K))
def test_a_class_that_a_neuron_never_shows(solver, regularizer, absent):
    others = [k for k in range(K) if k != absent]
    sick = np.where(absent == HEALTHY, others[0], HEALTHY)
    model = beside_a_healthy_neuron(
        sick, status="a class is absent", regularizer=regularizer, solver_name=solver
    )
    assert_allclose(model.predict_proba(X)[:, 1, absent].mean(), 0.5 / T, rtol=0.5)
    assert (model.coef_[:, 1, absent] == 0).all()
    two = nmo.ClassifierGLM(2, regularizer=regularizer).fit(X, sick)
    assert_allclose(model.coef_[:, 1, others], two.coef_, rtol=1e-6, atol=1e-8)
    assert (model.predict(X)[:, 1] == two.predict(X)).all()
    errors = model.standard_errors(X, np.column_stack([HEALTHY, sick]))
    assert np.isnan(errors[1][1, absent])
    assert_allclose(errors[0][:, 1, others], two.standard_errors(X, sick)[0], rtol=1e-4)


def test_a_class_that_a_neuron_never_shows_in_a_sparse_fit():
    sick = np.where(HEALTHY == 2, 0, HEALTHY)
    model = beside_a_healthy_neuron(
        sick, status="a class is absent", regularizer="ElasticNet", regularizer_strength=0.05
    )
    two = nmo.ClassifierGLM(2, regularizer="ElasticNet", regularizer_strength=0.05).fit(X, sick)
    assert_allclose(model.coef_[:, 1, :2], two.coef_, atol=1e-6)


@both_solvers
def test_a_neuron_of_a_single_class(solver):
    model = beside_a_healthy_neuron(np.full(T, 1), status="a single class", solver_name=solver)
    assert (model.predict(X)[:, 1] == 1).all()
    assert (model.coef_[:, 1] == 0).all()
    assert np.isnan(model.standard_errors(X, np.column_stack([HEALTHY, np.ones(T)]))[0][:, 1]).all()


@both_solvers
def test_a_neuron_without_labels(solver):
    beside_a_healthy_neuron(np.full(T, np.nan), status="no valid rows", solver_name=solver)


@both_solvers
def test_classes_that_a_feature_separates(solver):
    sick = np.digitize(X[:, 0], [-0.5, 0.5])
    model = beside_a_healthy_neuron(
        sick, status="separated", regularizer="UnRegularized", solver_name=solver
    )
    assert (model.predict(X)[:, 1] == sick).mean() > 0.99
    ridge = nmo.ClassifierGLM(K, regularizer_strength=1e-4, solver_name=solver).fit(X, sick)
    assert ridge.fit_report_.converged


@both_solvers
def test_features_that_are_constant_or_copies(solver):
    wide = np.column_stack([X, np.full(T, 3.0), X[:, 0] + X[:, 1]])
    model = nmo.ClassifierGLM(K, regularizer="UnRegularized", solver_name=solver)
    model.fit(wide, HEALTHY)
    plain = nmo.ClassifierGLM(K, regularizer="UnRegularized").fit(X, HEALTHY)
    assert model.fit_report_.converged
    assert set(model.fit_report_.aliased_features) == {"x0", "x1", "x3", "x4"}
    assert (model.coef_[3] == 0).all()
    assert_allclose(model.predict_proba(wide), plain.predict_proba(X), atol=1e-7)
    assert model.dof_resid_ == plain.dof_resid_
    errors = model.standard_errors(wide, HEALTHY)[0]
    assert np.isnan(errors[[0, 1, 4]]).all()
    assert np.isfinite(errors[2]).all()


def test_no_features_leave_the_frequencies():
    model = nmo.ClassifierGLM(K).fit(X[:, :0], HEALTHY)
    assert_allclose(model.predict_proba(X[:2, :0])[0], np.bincount(HEALTHY) / T)


def test_rows_that_are_not_finite_are_left_out():
    spoilt = X.copy()
    spoilt[[3, 9], [0, 2]] = np.nan, np.inf
    keep = np.isfinite(spoilt).all(axis=1)
    model = nmo.ClassifierGLM(K).fit(spoilt, HEALTHY)
    expected = nmo.ClassifierGLM(K).fit(X[keep], HEALTHY[keep])
    assert_allclose(model.coef_, expected.coef_, rtol=1e-9)
    assert_allclose(model.score(spoilt, HEALTHY), model.score(X[keep], HEALTHY[keep]))


def test_too_few_passes():
    with pytest.warns(ConvergenceWarning, match="maxiter"):
        nmo.ClassifierGLM(K, solver_name="LBFGS", solver_kwargs={"maxiter": 2}).fit(X, HEALTHY)


WRONG = [
    (lambda m: m.fit(X[:, 0], HEALTHY), ValueError, "2-dimensional"),
    (lambda m: m.fit(X, HEALTHY[:, None]), ValueError, "ClassifierPopulationGLM"),
    (lambda m: m.fit(X[1:], HEALTHY), ValueError, "same number of samples"),
    (lambda m: m.fit(X, HEALTHY, (np.zeros((3, K)),)), ValueError, "two parts"),
    (lambda m: m.fit(X, HEALTHY, {"coef": 1}), TypeError, "tuple"),
    (lambda m: m.fit(X, HEALTHY, (np.zeros(3), np.zeros(K))), ValueError, "do not fit"),
    (lambda m: m.fit(X, HEALTHY, (np.zeros((3, K)), np.zeros(1))), ValueError, "intercept"),
    (lambda m: m.fit(X, HEALTHY, (np.full((3, K), np.nan), np.zeros(K))), ValueError, "finite"),
    (lambda m: m.fit(X * np.nan, HEALTHY), ValueError, "NaN"),
    (lambda m: m.fit(X, HEALTHY, offset=np.zeros(T)), ValueError, "leave it out"),
    (lambda m: m.fit(X, HEALTHY, sample_weight=-np.ones(T)), ValueError, "negative"),
    (lambda m: m.fit(X, HEALTHY).predict(X[:, :2]), ValueError, "expecting 3 features"),
    (lambda m: m.fit(X, HEALTHY).score(X, HEALTHY, "accuracy"), NotImplementedError, "McFadden"),
    (lambda m: m.set_params(feature_mask=np.ones(3)).fit(X, HEALTHY), ValueError, "feature_mask"),
    (
        lambda m: m.set_params(feature_mask=np.full((3, K), 2)).fit(X, HEALTHY),
        ValueError,
        "0 and 1",
    ),
    (
        lambda m: m.set_params(regularizer_strength=np.ones((2, K))).fit(X, HEALTHY),
        ValueError,
        "regularizer_strength",
    ),
    (lambda m: m.set_params(regularizer_strength=-1.0).fit(X, HEALTHY), ValueError, "negative"),
    (lambda m: m.set_params(inverse_link_function="exp").fit(X, HEALTHY), ValueError, "softmax"),
    (lambda m: m.set_params(inverse_link_function=np.exp).fit(X, HEALTHY), ValueError, "softmax"),
    (lambda m: m.set_params(inverse_link_function=3).fit(X, HEALTHY), TypeError, "link"),
    (lambda m: m.set_params(solver_name="nothing").fit(X, HEALTHY), ValueError, "solver"),
]


@pytest.mark.parametrize(("call", "kind", "words"), WRONG)
def test_what_is_refused(call, kind, words):
    with pytest.raises(kind, match=words):
        call(nmo.ClassifierGLM(K))


@pytest.mark.parametrize(
    "link",
    [None, "log_softmax", "jax.nn.log_softmax", jax.nn.log_softmax],
    ids=["none", "its name", "a dotted name", "the function"],
)
def test_names_of_the_link(link):
    model = nmo.ClassifierGLM(K, inverse_link_function=link).fit(X, HEALTHY)
    assert_allclose(model.coef_, nmo.ClassifierGLM(K).fit(X, HEALTHY).coef_)


nap = pytest.importorskip("pynapple")
TIMES = 0.01 * np.arange(T)


def test_pynapple_in_and_out():
    frame, labels = nap.TsdFrame(t=TIMES, d=X), nap.Tsd(t=TIMES, d=HEALTHY)
    model = nmo.ClassifierGLM(K).fit(frame, labels)
    plain = nmo.ClassifierGLM(K).fit(X, HEALTHY)
    assert_allclose(model.coef_, plain.coef_, rtol=1e-12)
    predicted, p = model.predict(frame), model.predict_proba(frame)
    assert isinstance(predicted, nap.Tsd)
    assert_array_equal(predicted.values, plain.predict(X))
    assert isinstance(p, nap.TsdFrame)
    assert list(p.columns) == [0, 1, 2]
    assert_allclose(p.values, plain.predict_proba(X))
    assert_allclose(model.predict_proba(frame, "log-proba").values, plain.predict_log_proba(X))
    drawn, log_p = model.simulate(3, frame)
    assert isinstance(drawn, nap.Tsd)
    assert_array_equal(drawn.values, plain.simulate(3, X)[0])
    assert isinstance(log_p, nap.TsdFrame)
    assert model.score(frame, labels) == pytest.approx(plain.score(X, HEALTHY))


def test_pynapple_and_text():
    frame, text = nap.TsdFrame(t=TIMES, d=X), np.array(["a", "b", "c"])[HEALTHY]
    model = nmo.ClassifierGLM(K).fit(frame, text)
    predicted = model.predict(frame)
    assert isinstance(predicted, nap.Tsd)
    assert_array_equal(predicted.values, model.predict(X))
    assert_array_equal(model.simulate(0, frame)[0].values, model.simulate(0, X)[0])
    series = nap.Tsd(t=TIMES, d=text)
    assert_allclose(nmo.ClassifierGLM(K).fit(frame, series).coef_, model.coef_)
    assert list(model.predict_proba(frame).columns) == ["a", "b", "c"]


def test_pynapple_populations():
    y = np.column_stack([HEALTHY, HEALTHY[::-1]])
    frame = nap.TsdFrame(t=TIMES, d=X)
    labels = nap.TsdFrame(t=TIMES, d=y, columns=["here", "there"], metadata={"depth": [1, 2]})
    model = nmo.ClassifierPopulationGLM(K).fit(frame, labels)
    assert model.fit_report_.neurons == ("here", "there")
    predicted, p = model.predict(frame), model.predict_proba(frame)
    assert list(predicted.columns) == ["here", "there"]
    assert list(predicted.metadata["depth"]) == [1, 2]
    assert isinstance(p, nap.TsdTensor)
    assert p.shape == (T, 2, K)


def test_times_must_agree():
    frame, labels = nap.TsdFrame(t=TIMES, d=X), nap.Tsd(t=TIMES + 1, d=HEALTHY)
    for call in (nmo.ClassifierGLM(K).fit, nmo.ClassifierGLM(K).fit(X, HEALTHY).score):
        with pytest.raises(ValueError, match="times"):
            call(frame, labels)


def test_an_offset_without_numbers_leaves_nothing_to_fit():
    """The fit of no rows at all had coefficients of zero."""
    X, y = np.arange(6.0)[:, None], np.arange(6) % 2
    with pytest.raises(ValueError, match=r"none of them complete: offset"):
        nmo.ClassifierGLM(2).fit(X, y, offset=np.full((6, 2), np.nan))
    with pytest.raises(ValueError, match="offset is too large"):
        nmo.ClassifierGLM(2).fit(X, y, offset=np.tile([0.0, 1e300], (6, 1)))
