"""A model whose X is a dict of tables is read like one whose X is one table."""

import numpy as np
import pytest

import spikeglm as nmo
from spikeglm import plotting

STARTS = np.arange(0, 600, 100)


@pytest.fixture(scope="module")
def both():
    rng = np.random.default_rng(0)
    stimulus, history = rng.normal(size=(600, 1)), rng.normal(size=(600, 2))
    state = np.arange(600) // 150 % 2
    eta = np.where(state, 2 * stimulus[:, 0], -2 * history[:, 1])
    y = rng.binomial(1, 1 / (1 + np.exp(-eta)))
    tree, table = {"stimulus": stimulus, "history": history}, np.hstack([stimulus, history])
    fits = [
        nmo.GLMHMM(2, n_restarts=2, seed=1).fit(X, y, session_starts=STARTS) for X in (tree, table)
    ]
    return (*fits, tree, table, y)


def test_figures_of_weights_are_those_of_the_table(both):
    of_tree, of_table, tree, table, y = both
    drawn = [
        plotting.plot_state_weights.data(m, uncertainty=m.standard_errors(X, y, STARTS))
        for m, X in ((of_tree, tree), (of_table, table))
    ]
    columns = ["weight", "low", "high"]
    np.testing.assert_allclose(drawn[0][columns], drawn[1][columns], rtol=1e-6, atol=1e-9)
    assert list(drawn[0]["feature"].unique()) == [*of_tree.feature_names_, "intercept"]


@pytest.mark.parametrize("by", [[1, 0], "stimulus", "history_1", "intercept"])
def test_states_are_put_in_order(both, by):
    of_tree = both[0]
    again = nmo.glm_hmm.order_states(of_tree, by)
    weights = plotting.plot_state_weights.data(again)
    if isinstance(by, str):
        of_feature = weights[weights["feature"] == by]["weight"].to_numpy()
        assert (np.diff(of_feature) <= 0).all()
    else:
        np.testing.assert_array_equal(
            again.coef_["history"], np.asarray(of_tree.coef_["history"])[..., by]
        )


def test_states_of_a_tree_have_a_report_and_individuals(both, tmp_path):
    of_tree, _, tree, _, y = both
    nmo.report(of_tree, tmp_path, X=tree, y=y, session_starts=STARTS)
    assert "history_1" in (tmp_path / "report.html").read_text()
    animals = np.repeat(["a", "b"], 300)
    frame = nmo.glm_hmm.fit_individuals(of_tree, tree, y, animals, session_starts=STARTS).to_frame()
    assert set(frame["feature"]) == {*of_tree.feature_names_, "intercept"}
