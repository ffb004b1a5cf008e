"""A comparison that was interrupted goes on where it stopped, and no other one takes its fits."""

import numpy as np
import pytest

import spikeglm as nmo
from spikeglm.glm_hmm import choosing

STARTS = np.arange(0, 600, 100)
SETTINGS = {"n_states": [1, 2], "n_restarts": 2, "folds": 3, "tol": 1e-4}


def data(seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(600, 2))
    listens = np.arange(600) // 50 % 2 == 0
    heard = rng.random(600) < 1 / (1 + np.exp(-4 * X[:, 0]))
    return X, np.where(listens, heard, rng.random(600) < 0.8).astype(float)


@pytest.fixture
def fits(monkeypatch):
    """Count fits to folds; the nth can be made to stop everything."""
    made = {"n": 0, "last": None}
    fit = choosing.fit

    def counted(model, *others):
        if made["n"] == made["last"]:
            raise KeyboardInterrupt
        made["n"] += 1
        return fit(model, *others)

    monkeypatch.setattr(choosing, "fit", counted)
    return made


def select(folder, X, y, **more):
    return nmo.glm_hmm.select_states(X, y, STARTS, folder=folder, **SETTINGS | more)


def test_it_goes_on_where_it_stopped_and_finds_the_same(tmp_path, fits):
    X, y = data()
    expected = select(None, X, y)
    assert not any(tmp_path.iterdir())
    fits.update(n=0, last=4)
    with pytest.raises(KeyboardInterrupt):
        select(tmp_path, X, y)
    assert sorted(p.stem for p in tmp_path.iterdir()) == [
        "states_1", "states_1_fold_0", "states_1_fold_1", "states_1_fold_2", "states_2_fold_0",
    ]  # fmt: skip
    fits.update(n=0, last=None)
    found = select(tmp_path, X, y)
    assert fits["n"] == 2
    np.testing.assert_array_equal(found.bits_per_trial, expected.bits_per_trial)
    np.testing.assert_array_equal(found.lapses.bits_per_trial, expected.lapses.bits_per_trial)
    assert found.to_frame().equals(expected.to_frame())
    for now, then in zip(found.models, expected.models, strict=True):
        np.testing.assert_array_equal(now.coef_, then.coef_)
        np.testing.assert_array_equal(
            now.smooth_proba(X, y, STARTS), then.smooth_proba(X, y, STARTS)
        )


@pytest.mark.parametrize(
    "more",
    [{"seed": 1}, {"tol": 1e-3}, {"regularizer_strength": [[2.0], [1.0]]}, {"feature_mask": [1, 0]},
     {"folds": [0, 0, 1, 1, 2, 2]}],
)  # fmt: skip
def test_other_settings_are_computed_anew(tmp_path, fits, more):
    X, y = data()
    select(tmp_path, X, y)
    fits["n"] = 0
    found = select(tmp_path, X, y, **more)
    assert fits["n"] == 6
    np.testing.assert_array_equal(found.bits_per_trial, select(None, X, y, **more).bits_per_trial)


def test_other_data_are_computed_anew(tmp_path, fits):
    X, y = data()
    select(tmp_path, X, y)
    others = y.copy()
    others[7] = np.nan
    inputs = {"transition_inputs": np.arange(600.0)[:, None] / 600}
    for changed, more in (((X, others), {}), ((1.01 * X, y), {}), ((X, y), inputs)):
        fits["n"] = 0
        select(tmp_path, *changed, **more)
        assert fits["n"] == 6
    fits["n"] = 0
    nmo.glm_hmm.select_states(X, y, np.arange(0, 600, 50), folder=tmp_path, **SETTINGS | inputs)
    assert fits["n"] == 6


def test_labels_of_other_names_are_other_data(tmp_path, fits):
    X, y = data()
    more = {"estimator": nmo.ClassifierGLMHMM, "n_states": [1]}
    for pair in (("left", "right"), ("no", "yes")):
        fits["n"] = 0
        found = select(tmp_path, X, np.where(y > 0, pair[1], pair[0]), **more)
        assert fits["n"] == 3 and found.best.classes_.tolist() == list(pair)
    again = select(tmp_path, X, np.where(y > 0, "yes", "no"), **more)
    assert fits["n"] == 3 and again.best.classes_.tolist() == ["no", "yes"]


def test_what_was_warned_of_is_said_again(tmp_path):
    X, y = data()
    for _ in "ab":
        with pytest.warns(nmo.errors.ConvergenceWarning):
            select(tmp_path, X, y, n_states=[2], maxiter=1)


def test_fits_with_own_functions_are_not_kept(tmp_path):
    """Two functions of one name would be the same to a file."""

    def mine(n_states, X, y, session_starts, random_key):
        return np.eye(n_states)

    model = nmo.GLMHMM(2)
    model.setup(transition_proba_init=mine)
    own = {"hmm_initialization_funcs": model.hmm_initialization_funcs}
    with pytest.raises(TypeError, match="functions of your own"):
        select(tmp_path, *data(), **own)
    assert not any(tmp_path.iterdir())


def test_a_file_is_no_folder(tmp_path):
    X, y = data()
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="folder= is where finished parts are kept"):
        select(tmp_path / "file", X, y)
