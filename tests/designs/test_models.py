"""Built designs in models: kernels are recovered, and everything by label works."""

import pickle

import numpy as np
import pytest

import spikeglm as nmo

B = nmo.basis
rng = np.random.default_rng(0)
T, BIN_S = 20_000, 0.01
CUES = np.sort(rng.uniform(0, 200, 250))
REWARDS = np.sort(rng.uniform(0, 200, 200))
SPEED = np.sin(np.arange(T) / 300) + 0.2 * rng.normal(size=T)


def built():
    return (
        nmo.DesignBuilder(bin_s=BIN_S, epochs=[[0, 200]])
        .events(CUES, window=(0, 0.5), basis=6, label="cue")
        .events(REWARDS, window=(-0.2, 0.4), basis=6, label="reward")
        .signal(SPEED, label="speed")
    )


def simulated(design, n=1):
    true = np.concatenate([[0, 1.2, 0.8, 0.2, -0.4, 0], [0, 0.5, 1.0, 1.0, 0, 0], [0.4]])
    eta = np.log(0.2) + design.to_array() @ true
    return true, np.random.default_rng(1).poisson(np.exp(eta)[:, None], (T, n))


def test_simulated_kernels_are_recovered():
    design = built().design()
    true, y = simulated(design)
    model = nmo.GLM().fit(design, y[:, 0])
    errors = model.standard_errors(design, y[:, 0])
    coef_error = errors[0] if isinstance(errors, tuple) else errors.coef
    z = (model.coef_ - true) / np.asarray(coef_error)
    assert np.abs(z).max() < 4 and 0.3 < np.sqrt((z**2).mean()) < 1.7
    curve = model.curve("reward", design, y[:, 0])
    assert curve.at[0][0] == pytest.approx(-0.2) and curve.at[0][-1] == pytest.approx(0.39)
    (_, reward, _) = design.terms
    centred = reward.functions(curve.at[0]) @ true[reward.columns]
    assert np.abs(curve.value - centred).max() < 0.25


def test_the_numbers_are_those_of_the_table_written_out():
    design = built().design()
    _, y = simulated(design, 2)
    lazy = nmo.PopulationGLM().fit(design, y)
    dense = nmo.PopulationGLM().fit(design.to_array(), y)
    np.testing.assert_allclose(lazy.coef_, dense.coef_, atol=1e-7)


def test_terms_are_known_by_label_from_end_to_end():
    design = built().design()
    _, y = simulated(design, 2)
    assert [term.label for term in design.terms] == ["cue", "reward", "speed"]
    model = nmo.PopulationGLM(
        regularizer="Ridge",
        regularizer_strength={"cue": 1e-4, "reward": 1e-3, "speed": 0},
        feature_mask={"speed": False},
    ).fit(design, y)
    assert (model.coef_[12] == 0).all() and [t.label for t in model.terms_] == [
        "cue",
        "reward",
        "speed",
    ]
    plain = nmo.PopulationGLM().fit(design, y)
    tests = nmo.inference.term_tests(plain, design, y)
    assert set(tests.to_frame().reset_index()["term"]) == {"cue", "reward", "speed"}
    smooth = nmo.PopulationGLM(regularizer="Smoothness", regularizer_strength=1e-3)
    chosen = nmo.selection.select_strength(smooth, design, y, folds=3, strengths=[1e-5, 1e-3, 1e-1])
    assert chosen.model.coef_.shape == (13, 2)


def test_gaps_of_folds_are_as_long_as_the_longest_kernel():
    design = built().design()
    folds = nmo.selection.fixed_folds(4, design)
    # 0.49 s of the past for the cue, 0.2 s of the future for the reward
    assert folds.to_frame()["n_left_out"].tolist() == [69, 138, 138, 69]


def gaps(window, **more):
    """Rows that are left out of five folds; pauses of trials are 1 s, 0.2 s, 1 s, 0.2 s, ..."""
    begin = np.cumsum(np.tile([1.2, 2.0], 5)) - 1.2
    trials = np.column_stack([begin, begin + 1.0])
    design = (
        nmo.DesignBuilder(bin_s=0.1, trials=trials)
        .events(begin, window=window, basis="lags", label="x", **more)
        .design()
    )
    fold = np.arange(100) // 10 % 5
    splitter = nmo.selection.TrialFolds(fold)
    return nmo.selection.fixed_folds(splitter, design).to_frame()["n_left_out"].tolist()


def test_gaps_reach_over_epochs_where_kernels_do():
    """Trials 0 | 1, 2 | 3, 4 | 5, 6 | ... : commas are 0.2 s; fold k has trials k and k + 5."""
    assert gaps((0, 0.2)) == [0] * 5  # ends within the shortest pause
    assert gaps((0, 0.5), within_trial=True) == [0] * 5
    # 4 rows of each neighbour that a kernel reaches; the first and the last trial have none
    assert gaps((0, 0.5)) == [4, 8, 8, 8, 4]


def test_own_and_other_spikes_are_told_apart_by_the_mask():
    counts = np.random.default_rng(2).poisson(0.2, (3000, 3))
    design = (
        nmo.DesignBuilder(bin_s=BIN_S, epochs=[[0, 30]])
        .history(counts, window=0.1, basis=5, neurons="own", label="self")
        .history(counts, window=0.05, basis=4, neurons="others", label="coupling")
    ).design()
    model = nmo.PopulationGLM(
        feature_mask=design.feature_mask, regularizer="Ridge", regularizer_strength=1e-3
    ).fit(design, counts)
    used = model.coef_ != 0
    own = np.repeat(np.eye(3, dtype=bool), 5, axis=0)
    others = np.repeat(~np.eye(3, dtype=bool), 4, axis=0)
    np.testing.assert_array_equal(used, np.vstack([own, others]))
    reference = nmo.GLM(regularizer="Ridge", regularizer_strength=1e-3)
    alone = np.r_[0:5, 19:27]
    reference.fit(design.to_array()[:, alone], counts[:, 0])
    np.testing.assert_allclose(model.coef_[alone, 0], reference.coef_, atol=1e-7)


def test_a_model_knows_that_its_history_is_its_own_spikes():
    counts = np.random.default_rng(2).poisson(0.2, (3000, 2))
    grid = nmo.DesignBuilder(bin_s=BIN_S, epochs=[[0, 30]])
    design = grid.history(counts, window=0.1, basis=5, label="past").design()
    model = nmo.PopulationGLM(regularizer="Ridge", regularizer_strength=1e-2).fit(design, counts)
    assert model.feedback_ == {"past": (0, 1)}
    silent = design.at({"epochs": [[0, 30]], "past": [[], []]})
    drawn, _ = model.simulate(1, inputs=silent)
    again, _ = model.simulate(1, inputs={"epochs": [[0, 30]]})
    np.testing.assert_array_equal(drawn.values, again.values)
    assert np.abs(drawn.values.mean(axis=0) - counts.mean(axis=0)).max() < 0.05


def test_a_simulation_is_told_that_it_lacks_the_times_of_its_bins():
    times = BIN_S * (np.arange(500) + 0.5)
    design = nmo.DesignBuilder(rows=times).signal(SPEED[:500], label="speed").design()
    model = nmo.GLM().fit(design, np.random.default_rng(3).poisson(0.2, 500))
    with pytest.raises(ValueError, match=r"named 'speed'\. Expected: 'rows' among them"):
        model.simulate(0, inputs={"speed": SPEED[:200]})
    assert model.simulate(0, inputs={"rows": times[:200], "speed": SPEED[:200]}).y.shape == (200,)


def test_rows_that_are_lost_are_the_edges_of_windows():
    counts = np.random.default_rng(2).poisson(0.2, 3000)
    design = (
        nmo.DesignBuilder(bin_s=BIN_S, epochs=[[0, 10], [12, 32]])
        .history(counts, window=0.2, label="past")
        .design()
    )
    assert np.flatnonzero(design.edges_of_windows()).tolist() == [*range(20), *range(1000, 1020)]
    np.testing.assert_array_equal(design.edges_of_windows(), ~design.valid_rows())


def test_a_design_is_pickled_indexed_and_shown():
    design = built().design()
    again = pickle.loads(pickle.dumps(design))
    np.testing.assert_array_equal(again.read(100, 300), design.read(100, 300))
    assert again.terms[1].label == "reward" and "reward" in design._repr_html_()
    np.testing.assert_array_equal(design[[5, 900, 3]], design.to_array()[[5, 900, 3]])


def test_a_built_design_reads_the_same_on_dask():
    pytest.importorskip("dask")
    from spikeglm.rows.dask_rows import DaskRows

    design = built().design()
    rows = DaskRows.of_rows(design)
    np.testing.assert_array_equal(rows.read(5000, 5100), design.read(5000, 5100))
    assert [term.label for term in rows.terms] == ["cue", "reward", "speed"]


def test_axes_of_a_map_are_called_as_their_signals_in_the_unit_of_the_label():
    t = np.arange(0, 20, 0.1)
    data = {"series/position/x": (t, np.sin(t)), "series/position/y": (t, np.cos(t))}
    start = nmo.DesignBuilder(bin_s=0.1, epochs=[[0, 20]])
    named = start.tuning(*data, basis=(4, 4), label="place (cm)").design(data)
    assert named.terms[0].inputs == ("x (cm)", "y (cm)")
    drawn = start.tuning(*data.values(), basis=4, label="place").design()
    assert drawn.terms[0].inputs == ("place 1", "place 2")
