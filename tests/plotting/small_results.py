"""Small results to draw, made once and quietly; one neuron of each population is silent."""

import warnings
from functools import cache

import numpy as np

import spikeglm as nmo
from spikeglm import inference, selection
from spikeglm.inference.filters import filter_band
from spikeglm.inference.time_rescaling import time_rescaling

T, BIN_S, SILENT = 900, 0.02, 3
RIDGE = {"regularizer": "Ridge", "regularizer_strength": 1e-3}


def quietly(make):
    """Remember what is made, without the warnings about the silent neuron."""

    @cache
    def made():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return make()

    return made


@quietly
def session():
    rng = np.random.default_rng(0)
    heading = np.cumsum(rng.normal(0, 0.3, T)) % (2 * np.pi)
    x, y = rng.uniform(0, 60, T), rng.uniform(0, 40, T) * (np.arange(T) % 3 > 0)
    x = np.where((x > 42) & (y > 24), x - 30, x)  # a corner where it never is
    cue = (np.arange(T) % 60 == 10).astype(float)
    after = np.convolve(cue, np.r_[0.0, np.hanning(8)])[:T]
    place = -((x - 30) ** 2) / 300
    both = np.cos(heading) + after
    eta = np.column_stack([1.2 * np.cos(heading), place, 2 * after, 0 * after, both])
    counts = rng.poisson(0.25 * np.exp(eta))
    counts[:, SILENT] = 0
    return heading, x, y, cue, counts


@quietly
def design():
    heading, x, y, cue, _ = session()
    basis = nmo.basis
    place = basis.BSplineEval(4, label="x (cm)") * basis.BSplineEval(4, label="y (cm)")
    circle = basis.CyclicBSplineEval(5, bounds=(0, 2 * np.pi), label="heading (rad)")
    past = basis.RaisedCosineLogConv(3, window_size=8, label="cue (per event)")
    return (circle + place + past).design(heading, x, y, cue)


@quietly
def model():
    return nmo.PopulationGLM(**RIDGE).fit(design(), session()[-1])


@quietly
def heading_curve():
    options = {"simultaneous": True, "n_draws": 500, "n_points": 30}
    return inference.partial_effect(model(), design(), session()[-1], "heading (rad)", **options)


@quietly
def slope():
    return inference.partial_effect(
        model(), design(), session()[-1], "heading (rad)", derivative=1, n_points=30
    )


@quietly
def cue_curve():
    return model().curve("cue (per event)", design(), session()[-1], bin_s=BIN_S)


@quietly
def place_curve():
    label = "(x (cm) * y (cm))"
    return model().curve(label, design(), session()[-1], scale="rate", bin_s=BIN_S, n_points=9)


@quietly
def heading_tuning():
    return inference.tuning(
        model(), design(), session()[-1], "heading (rad)", bin_s=BIN_S, n_bins=12, n_points=30
    )


@quietly
def place_tuning():
    label = "(x (cm) * y (cm))"
    return inference.tuning(model(), design(), session()[-1], label, bin_s=BIN_S, n_bins=10)


@quietly
def one_filter():
    kernel = np.random.default_rng(0).uniform(size=(20, 3))
    return filter_band(kernel, [0.5, -1.0, 0.2], covariance=0.01 * np.eye(3), bin_s=0.0005)


@quietly
def rescaling():
    mean = np.random.default_rng(0).gamma(2.0, 0.2, size=1000)
    return time_rescaling(np.random.default_rng(1).poisson(mean), mean)


@quietly
def residuals():
    return inference.residuals(model(), design(), session()[-1])


@quietly
def three_terms():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 3))
    truth = [[0.6, 0.0, 0.4, 0.0, 0.0], [0.0, 0.6, 0.4, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0]]
    y = rng.poisson(np.exp(X @ truth - 0.7))
    y[:, SILENT] = 0
    return X, y


@quietly
def asked():
    more = {"how": ["unique", "alone"], "over": np.arange(500) % 10, "bins": 3, "folds": 4}
    return selection.contributions(nmo.PopulationGLM(), *three_terms(), **more)


@quietly
def search():
    return selection.search_terms(nmo.PopulationGLM(), *three_terms(), folds=6)


@quietly
def comparison():
    X, y = three_terms()
    models = {"one": (nmo.PopulationGLM(), X[:, :1]), "all": (nmo.PopulationGLM(), X)}
    return selection.compare(models, y=y, folds=5)


@quietly
def sets():
    X, y = three_terms()
    wanted = [["x0"], ["x0", "x1"], ["x0", "x1", "x2"]]
    return selection.fit_term_sets(nmo.PopulationGLM(), X, y, wanted, folds=4, fits_all_rows=True)


@quietly
def encoding():
    return nmo.encode(session()[-1][:, [0, 1, 3]], design(), bin_s=BIN_S, folds=5)


@quietly
def coupled():
    rng = np.random.default_rng(0)
    y = rng.poisson(0.4, (1200, 4))
    y[1:, 1] += rng.poisson(0.5 * y[:-1, 0])
    y[:, SILENT] = 0
    X = nmo.basis.HistoryConv(2, label="past").design(y)
    return inference.coupling(nmo.PopulationGLM().fit(X, y), X, y)


@quietly
def receptive():
    rng = np.random.default_rng(0)
    stimulus = rng.normal(size=(800, 6))
    drive = np.convolve(stimulus[:, 2], [0, 0.8, 0.4])[:800]
    X = nmo.basis.HistoryConv(5, label="stimulus").design(stimulus)
    y = rng.poisson(np.exp(drive - 1))
    return nmo.GLM(**RIDGE).fit(X, y).curve("stimulus", X, y, bin_s=BIN_S)


@quietly
def built():
    builder = nmo.DesignBuilder(bin_s=0.1, epochs=[[0, 6], [8, 15]])
    builder = builder.events([2.0, 9.0], window=(-0.5, 1), basis=4, label="cue")
    return builder.boxcar([[1, 3]], values=[-2.0], label="load").design()


@quietly
def simulated():
    """Four repeats (R, T, N)."""
    return np.stack([model().simulate(seed, design())[0] for seed in range(4)])


@quietly
def null():
    X, y = three_terms()
    one = nmo.GLM().fit(X[:300, :1], y[:300, 0])
    return inference.null_test(one, X[:300, :1], y[:300, 0], max_shift=60, n_shifts=60)


@quietly
def path():
    X, y = three_terms()
    lasso = nmo.PopulationGLM(regularizer="Lasso")
    return selection.regularization_path(lasso, X, y[:, :3], strengths=5)


@quietly
def choice():
    X, y = three_terms()
    lasso = nmo.PopulationGLM(regularizer="Lasso")
    return selection.select_strength(lasso, X, y[:, :3], strengths=5, folds=4)


@quietly
def ranks():
    X, y = three_terms()
    return nmo.ReducedRankRegression(folds=3).fit(X, y[:, :3].astype(float)).rank_choice_


@quietly
def ceiling():
    signal = np.sin(np.outer(np.arange(80) / 5, [1.0, 2.0, 0.5]))
    repeats = signal + np.random.default_rng(0).normal(size=(8, 80, 3))
    return inference.noise_ceiling(repeats, signal)


@quietly
def rates():
    return inference.predicted_rates(model(), design(), session()[-1], bin_s=BIN_S)


@quietly
def differences():
    return inference.comparison(model(), design(), session()[-1], "heading (rad)", bin_s=BIN_S)


@quietly
def states():
    """A model of two states, its data, and where sessions start."""
    truth = nmo.GLMHMM(2)
    truth.coef_, truth.intercept_ = np.array([[4.0, 0.0], [0.0, 1.0]]), np.array([0.0, 1.0])
    truth.scale_, truth.initial_prob_ = np.ones(2), np.full(2, 0.5)
    truth.transition_prob_ = np.array([[0.96, 0.04], [0.05, 0.95]])
    X, starts = np.random.default_rng(0).normal(size=(600, 2)), np.arange(0, 600, 100)
    y = truth.simulate(1, X, session_starts=starts).y
    return nmo.GLMHMM(2, n_restarts=2, tol=1e-5).fit(X, y, session_starts=starts), X, y, starts


@quietly
def state_errors():
    model, X, y, starts = states()
    return model.standard_errors(X, y, starts)


@quietly
def visits():
    return nmo.glm_hmm.state_visits(*states())


@quietly
def state_accuracy():
    model, X, y, starts = states()
    return nmo.glm_hmm.state_accuracy(model, X, y, starts, correct=(X[:, 0] > 0) == (y > 0))


@quietly
def states_choice():
    _, X, y, starts = states()
    options = {"n_states": [1, 2], "folds": 2, "n_restarts": 1, "tol": 1e-4}
    return nmo.glm_hmm.select_states(X, y, starts, **options)
