"""What a fit says about itself, and the scores, losses and starts of a model."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.catalogue import Case

import spikeglm as nmo
from spikeglm.solvers import ADVICE, Status

POISSON = Case("Poisson", "exp")
X, Y = POISSON.data()


def test_every_status_but_success_comes_with_advice():
    assert set(ADVICE) == set(Status)
    assert [status for status, advice in ADVICE.items() if not advice] == [Status.CONVERGED]
    assert min(len(advice) for advice in ADVICE.values() if advice) > 40


@pytest.mark.parametrize("solver", ["LBFGS", "Newton"])
def test_the_table_of_a_healthy_population(solver):
    report = nmo.PopulationGLM(solver_name=solver).fit(X, Y).fit_report_
    frame = report.to_frame()
    assert list(frame.columns) == [
        "status", "newton_decrement", "n_iterations", "n_passes", "n_rows", "objective",
        "what_to_do",
    ]  # fmt: skip
    assert frame.index.name == "neuron"
    assert list(frame.index) == [0, 1]
    assert (frame["status"] == "converged").all()
    assert (frame["newton_decrement"] <= 1e-8).all()
    assert (frame["n_rows"] == len(X)).all()
    assert (frame["n_iterations"] > 0).all()
    assert (frame["what_to_do"] == "").all()
    assert report.converged
    assert report.problems() == ""
    assert report.aliased_features == ()


def test_the_text_says_how_many_how_exact_and_where():
    text = str(nmo.PopulationGLM(solver_name="Newton").fit(X, Y).fit_report_)
    for part in ("2 neuron(s): 2 converged", "decrement", "exact", f"{len(X)} rows", "threads"):
        assert part in text
    assert "estimated" in str(nmo.PopulationGLM(solver_name="LBFGS").fit(X, Y).fit_report_)


def test_what_there_is_to_say_of_the_fit_comes_before_how_it_was_computed():
    """Of two copies of a feature a reader is told first."""
    text = str(nmo.PopulationGLM().fit(X[:, [0, 0]], Y).fit_report_)
    assert text.index("combinations of others") < text.index("threads")
    assert text.startswith("2 neuron(s): 2 converged") and "\n\n" not in text


def test_healthy_fits_do_not_warn(recwarn):
    nmo.PopulationGLM().fit(X, Y)
    assert not recwarn.list


def test_names_of_data_frame_columns_name_the_features_and_the_neurons():
    pd = pytest.importorskip("pandas")
    table = pd.DataFrame(np.column_stack([X, np.ones(len(X))]), columns=list("abcd"))
    report = nmo.GLM().fit(table, pd.Series(Y[:, 0])).fit_report_
    assert report.aliased_features == ("d",)


def test_weights_of_zero_are_not_counted_as_rows():
    weights = (np.arange(len(X)) < 100).astype(float)
    model = nmo.GLM().fit(X, Y[:, 0], sample_weight=weights)
    assert model.fit_report_.to_frame()["n_rows"].item() == 100
    assert list(model.dof_resid_) == [96]


@pytest.mark.parametrize(
    ("regularizer", "expected"), [("UnRegularized", 400 - 3 - 1), ("Ridge", 400 - 5 - 1)]
)
def test_degrees_of_freedom_count_the_rank_or_the_features(regularizer, expected):
    table = np.column_stack([X, X[:, 0], np.ones(len(X))])
    model = nmo.GLM(regularizer=regularizer).fit(table, Y[:, 0])
    assert list(model.dof_resid_) == [expected]


def test_shapes_of_everything():
    one, many = nmo.GLM().fit(X, Y[:, 0]), nmo.PopulationGLM().fit(X, Y)
    assert one.coef_.shape == (3,)
    assert one.intercept_.shape == one.scale_.shape == one.dof_resid_.shape == (1,)
    assert many.coef_.shape == (3, 2)
    assert many.intercept_.shape == many.scale_.shape == many.dof_resid_.shape == (2,)
    assert one.n_features_in_ == 3
    assert one.coef_.dtype == many.intercept_.dtype == np.float64
    assert nmo.PopulationGLM().fit(X, Y[:, :1]).coef_.shape == (3, 1)


def test_the_loss_is_the_mean_over_rows_and_the_sum_over_neurons():
    coef, intercept = np.full((3, 2), 0.1), np.array([0.2, -0.1])
    loss = nmo.PopulationGLM().compute_loss((coef, intercept), X, Y)
    eta = X @ coef + intercept
    assert_allclose(loss, np.mean(np.exp(eta) - Y * eta, axis=0).sum(), rtol=1e-12)
    alone = [nmo.GLM().compute_loss((coef[:, n], intercept[n : n + 1]), X, Y[:, n]) for n in (0, 1)]
    assert_allclose(loss, sum(alone), rtol=1e-12)


@pytest.mark.parametrize("link", ["exp", "softplus", "identity"])
def test_a_fit_starts_at_the_mean_response(link):
    model = nmo.PopulationGLM(inverse_link_function=link)
    coef, intercept = model.initialize_params(X, Y)
    model.coef_, model.intercept_ = coef, intercept
    assert_allclose(model.predict(X), np.broadcast_to(Y.mean(axis=0), Y.shape), rtol=1e-7)


def test_initial_parameters_ignore_gaps():
    gappy = np.where(np.arange(len(X)) % 2, Y[:, 0], np.nan)
    _, intercept = nmo.GLM().initialize_params(X, gappy)
    assert_allclose(intercept, np.log(np.nanmean(gappy)))


def test_parameters_set_by_hand_predict_and_score():
    model = nmo.GLM()
    model.coef_, model.intercept_ = [0.1, 0.2, 0.3], [0.5]
    assert_allclose(model.predict(X), np.exp(X @ model.coef_ + 0.5))
    assert np.isfinite(model.score(X, Y[:, 0]))
    model.simulate(0, X)
    gaussian = nmo.GLM("Gaussian")
    gaussian.coef_, gaussian.intercept_ = np.zeros(3), np.zeros(1)
    with pytest.raises(ValueError, match="scale_"):
        gaussian.score(X, Y[:, 0])
    with pytest.raises(ValueError, match="scale_"):
        gaussian.covariance(X, Y[:, 0])
    fitted = nmo.GLM().fit(X, Y[:, 0])
    model.coef_, model.intercept_ = fitted.coef_, fitted.intercept_
    assert_allclose(model.covariance(X, Y[:, 0]), fitted.covariance(X, Y[:, 0]))


def test_scores_of_a_perfect_and_of_a_blind_model():
    y = np.exp(X @ [0.1, 0.2, -0.1])
    perfect = nmo.GLM("Gaussian", inverse_link_function="exp").fit(X, y)
    assert perfect.score(X, y, "pseudo-r2-Cohen") > 1 - 1e-9
    blind = nmo.GLM(feature_mask=np.zeros(3)).fit(X, Y[:, 0])
    for score_type in ("pseudo-r2-Cohen", "pseudo-r2-McFadden"):
        assert abs(blind.score(X, Y[:, 0], score_type)) < 1e-9


def test_scores_leave_out_rows_that_are_missing_for_some_neuron():
    model = nmo.PopulationGLM().fit(X, Y)
    gappy = Y.copy()
    gappy[:10, 0] = np.nan
    assert_allclose(model.score(X, gappy), model.score(X[10:], Y[10:]), rtol=1e-12)


def test_silent_units_can_be_scored_and_simulated():
    y = Y.copy()
    y[:, 1] = 0
    with pytest.warns(nmo.exceptions.NothingToFitWarning):
        model = nmo.PopulationGLM().fit(X, y)
    assert np.isfinite(model.score(X, y))
    assert model.simulate(0, X)[0][:, 1].sum() < 10


def test_features_in_another_order_are_refused():
    pd = pytest.importorskip("pandas")
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(80, 2)), columns=["speed", "position"])
    y = rng.poisson(1.0, 80)
    model = nmo.GLM().fit(X, y)
    assert model.feature_names_ == ("speed", "position")
    with pytest.raises(ValueError, match="'position' as column 0"):
        model.predict(X[["position", "speed"]])
    assert_allclose(model.predict(X.to_numpy()), model.predict(X))


def test_pandas_columns_name_the_neurons():
    pd = pytest.importorskip("pandas")
    rng = np.random.default_rng(0)
    y = pd.DataFrame(rng.poisson(1.0, (80, 2)), columns=["unit 7", "unit 9"])
    model = nmo.PopulationGLM().fit(rng.normal(size=(80, 2)), y)
    assert list(model.fit_report_.to_frame().index) == ["unit 7", "unit 9"]


@pytest.mark.filterwarnings("ignore::spikeglm.exceptions.ConvergenceWarning")
def test_a_neuron_without_an_optimum_has_no_standard_errors():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 2))
    y = np.column_stack([rng.poisson(1.0, 200), np.zeros(200)])
    model = nmo.PopulationGLM().fit(X, y)
    coef, intercept = model.standard_errors(X, y)
    assert np.isfinite(coef[:, 0]).all()
    assert np.isnan(coef[:, 1]).all()
    assert list(np.isnan(intercept)) == [False, True]


def test_masked_features_use_up_no_degrees_of_freedom():
    mask = np.array([1, 0, 1])
    masked = nmo.GLM("Gaussian", feature_mask=mask).fit(X, Y[:, 0])
    alone = nmo.GLM("Gaussian").fit(X[:, mask == 1], Y[:, 0])
    assert_allclose(masked.dof_resid_, alone.dof_resid_)
    assert_allclose(masked.scale_, alone.scale_)
