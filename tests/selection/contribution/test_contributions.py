"""Contributions of terms equal loops over single fits and the definitions written out."""

from itertools import permutations

import numpy as np
import pytest
from scipy.stats import poisson

from spikeglm import GLM, PopulationGLM, config_context
from spikeglm.basis import BSplineEval, HistoryConv
from spikeglm.exceptions import NothingToFitWarning
from spikeglm.inference import LinearShift, null_test
from spikeglm.selection import InterleavedBlocks, contributions, fixed_folds
from spikeglm.selection.contribution.shuffling import moves_of

T, N = 500, 2
RNG = np.random.default_rng(0)
X = RNG.normal(size=(T, 4)) @ (np.eye(4) + 0.5)
Y = RNG.poisson(np.exp(X @ [[0.3, 0.0], [0.0, -0.2], [0.2, 0.0], [0.0, 0.0]] - 1))
TERMS = {"a": [0], "b": [1, 2], "c": [3]}
FOLDS = fixed_folds(InterleavedBlocks(3, n_chunks=2), X)
POPULATION = PopulationGLM(solver_kwargs={"tol": 1e-10})
SINGLE = GLM(solver_kwargs={"tol": 1e-10})
HOW = ["unique", "alone", "zeroed", "shapley"]


def value(labels, table=X):
    """Held-out log-likelihood of the model of some terms, (K, N), in nats, by single fits."""
    features = [j for label in labels for j in TERMS[label]]
    out = np.empty((3, N))
    for k, (train, test) in enumerate(FOLDS.split()):
        for n in range(N):
            mean = np.full(len(test), Y[train, n].mean())
            if features:
                fit = SINGLE.fit(table[np.ix_(train, features)], Y[train, n])
                mean = fit.predict(table[np.ix_(test, features)])
            out[k, n] = poisson.logpmf(Y[test, n], mean).sum()
    return out


def nats(found, how):
    return found.losses.log_likelihood[found.place(how), :, 0]


@pytest.fixture(scope="module")
def found():
    return contributions(POPULATION, X, Y, folds=FOLDS, terms=TERMS, how=HOW)


def test_unique_and_alone_are_single_refits(found):
    full, constant = value("abc"), value("")
    for j, label in enumerate("abc"):
        without = value("abc".replace(label, ""))
        np.testing.assert_allclose(nats(found, "unique")[j], full - without, atol=1e-5)
        np.testing.assert_allclose(nats(found, "alone")[j], value(label) - constant, atol=1e-5)
    np.testing.assert_allclose(found.full.log_likelihood[0], full - constant, atol=1e-5)


def test_shapley_values_are_the_mean_over_all_orders_and_add_up(found):
    expected = np.zeros((3, 3, N))
    for order in permutations("abc"):
        for place, label in enumerate(order):
            gain = value("".join(sorted(order[: place + 1]))) - value(
                "".join(sorted(order[:place]))
            )
            expected["abc".index(label)] += gain / 6
    np.testing.assert_allclose(nats(found, "shapley"), expected, atol=1e-5)
    for of, of_full in zip(found.losses.parts, found.full.parts, strict=True):
        total = of[found.place("shapley")].sum(axis=0)
        np.testing.assert_allclose(total, of_full, rtol=1e-9)
    share, _ = found.fraction("shapley")
    np.testing.assert_allclose(share.sum(axis=0), 1.0)


@pytest.mark.parametrize("weight", [None, np.arange(T) % 4])
def test_zeroed_is_the_full_fit_at_the_training_mean_of_a_term(weight):
    more = {"folds": FOLDS, "terms": TERMS, "how": "zeroed", "sample_weight": weight}
    found = contributions(POPULATION, X, Y, **more)
    counts = np.ones(T) if weight is None else weight
    for k, (train, test) in enumerate(FOLDS.split()):
        for n in range(N):
            fit = SINGLE.fit(X[train], Y[train, n], sample_weight=counts[train])
            full = poisson.logpmf(Y[test, n], fit.predict(X[test]))
            for j, label in enumerate("abc"):
                table, of_term = X[test].copy(), X[train][:, TERMS[label]]
                table[:, TERMS[label]] = np.average(of_term, axis=0, weights=counts[train])
                loss = full - poisson.logpmf(Y[test, n], fit.predict(table))
                expected = (counts[test] * loss).sum()
                np.testing.assert_allclose(nats(found, "zeroed")[j, k, n], expected, atol=1e-5)


@pytest.mark.parametrize("way", ["shift", "rows"])
def test_shuffled_is_a_refit_to_columns_from_other_times(way):
    more = {"how": "shuffled", "n_shuffles": 3, "shuffle": way, "seed": 5}
    found = contributions(POPULATION, X, Y, folds=FOLDS, terms=TERMS, **more)
    moves = moves_of(way, np.ones(T, bool), 3, np.random.default_rng(5))
    full = value("abc")
    for j, label in enumerate("abc"):
        draws = []
        for move in moves:
            table = X.copy()
            table[:, TERMS[label]] = X[move.order][:, TERMS[label]]
            draws.append(full - value("abc", table))
        np.testing.assert_allclose(nats(found, "shuffled")[j], np.mean(draws, axis=0), atol=1e-5)
        spread = np.std(np.sum(draws, axis=1), axis=0, ddof=1) / np.sqrt(3)
        np.testing.assert_allclose(found.sampling_error[0, j], spread, atol=1e-5)


def test_units_and_errors_are_ratios_over_folds(found):
    h = found.place("unique")
    loss, spikes = nats(found, "unique"), found.n_spikes[0]
    for k, (_, test) in enumerate(FOLDS.split()):
        np.testing.assert_array_equal(spikes[k], Y[test].sum(axis=0))
    bits = loss.sum(axis=1) / spikes.sum(axis=0) / np.log(2)
    np.testing.assert_allclose(found.value("unique"), bits)
    off = loss / np.log(2) - bits[:, None] * spikes
    se = np.sqrt(np.square(off).sum(axis=1) * 3 / 2) / spikes.sum(axis=0)
    np.testing.assert_allclose(found.error("unique"), se)
    gain = -found.losses.deviance[h, :, 0].sum(axis=1) / found.null.deviance[0].sum(axis=0)
    np.testing.assert_allclose(found.value("unique", "deviance_explained"), gain)
    gain = -found.losses.squared_error[h, :, 0].sum(axis=1)
    gain /= found.null.squared_error[0].sum(axis=0)
    np.testing.assert_allclose(found.value("unique", "variance_explained"), gain)
    share, _ = found.fraction("unique")
    np.testing.assert_allclose(share, found.value("unique") / found.of_full()[0])
    frame = found.to_frame()
    assert len(frame) == N * 3 * len(HOW)
    row = frame.query("neuron == 1 and term == 'b' and how == 'unique'").iloc[0]
    assert row["bits_per_spike"] == found.value("unique")[1, 1]
    assert row["bits_per_spike_share"] == share[1, 1] and "refitted" in row["question"]


def test_some_orders_add_up_and_come_near_all_of_them():
    wide = np.column_stack([X, RNG.normal(size=(T, 2)) + X[:, :1]])
    more = {"folds": FOLDS, "how": "shapley"}
    found = contributions(POPULATION, wide, Y, **more)
    some = contributions(POPULATION, wide, Y, n_orders=12, **more)
    total = some.losses.log_likelihood[0, :, 0].sum(axis=0)
    np.testing.assert_allclose(total, some.full.log_likelihood[0], rtol=1e-9)
    off = (nats(some, "shapley") - nats(found, "shapley")).sum(axis=1)
    assert (np.abs(off) <= 4 * some.sampling_error[0] + 1e-9).all()
    assert (some.sampling_error > 0).all() and (found.sampling_error == 0).all()
    few = contributions(POPULATION, X, Y, n_orders=12, **more)  # no fewer sets than all 16
    assert (few.sampling_error == 0).all()
    with pytest.raises(ValueError, match="from 10 on"):
        contributions(POPULATION, X, Y, n_orders=3, **more)


def test_bins_divide_what_is_lost():
    phase = np.arange(T) % 50 + 0.5
    phase[:20] = np.nan
    more = {"how": ["unique", "zeroed"], "over": phase, "bins": [0, 10, 25, 40]}
    found = contributions(POPULATION, X, Y, folds=FOLDS, terms=TERMS, **more)
    whole = contributions(POPULATION, X, Y, folds=FOLDS, terms=TERMS, how=["unique", "zeroed"])
    for how in ("unique", "zeroed"):
        np.testing.assert_allclose(found.value(how), whole.value(how), rtol=1e-9)
        np.testing.assert_allclose(found.error(how), whole.error(how), rtol=1e-9)
    inside = (phase >= 10) & (phase < 25)
    gain = np.zeros(N)
    for train, test in FOLDS.split():
        test = test[inside[test]]
        for n in range(N):
            for features, sign in (([0, 1, 2, 3], 1), ([0, 3], -1)):
                fit = SINGLE.fit(X[np.ix_(train, features)], Y[train, n])
                gain[n] += (
                    sign * poisson.logpmf(Y[test, n], fit.predict(X[np.ix_(test, features)])).sum()
                )
    bits = gain / Y[inside].sum(axis=0) / np.log(2)
    np.testing.assert_allclose(found.by_bin("unique")[0][1, 1], bits, atol=1e-6)
    frame = found.bins_to_frame()
    assert len(frame) == 2 * 3 * 3 * N and frame["to"].max() == 40
    with pytest.raises(ValueError, match="over="):
        whole.by_bin()


def test_terms_of_a_design_and_what_belongs_to_none():
    place, past = RNG.uniform(size=T), RNG.poisson(1.0, T)
    basis = BSplineEval(4, label="place") + HistoryConv(3, label="past")
    y = RNG.poisson(np.exp(np.sin(6 * place)))
    model, design = GLM(regularizer="Ridge", regularizer_strength=0.01), basis.design(place, past)
    assert contributions(model, design, y).terms == ("place", "past")
    found = contributions(model, design, y, terms="place", how=["unique", "alone", "shapley"])
    assert found.terms == ("place", "(rest)")
    np.testing.assert_allclose(  # of two, what one loses is what the other does not reach alone
        found.value("unique")[0] + found.value("alone")[1], found.of_full()[0], rtol=1e-6
    )
    text = str(found)
    assert "bits per spike" in text and "place" in text and "none below" not in text
    shuffled = contributions(model, design, y, how="shuffled", n_shuffles=1)
    assert np.isfinite(shuffled.value()).all() and shuffled.value()[0, 0] > 0


def test_p_values_of_a_null_are_those_of_its_test():
    more = {"folds": FOLDS, "terms": TERMS, "how": ["alone", "unique"]}
    null = LinearShift(max_shift=60)
    found = contributions(POPULATION, X, Y, null=null, **more)
    model = PopulationGLM(solver_kwargs={"tol": 1e-10}).fit(X, Y)
    test = null_test(model, X, Y, term=["x1", "x2"], null=null)
    np.testing.assert_array_equal(found.p_value[1, 1], test.p_value)
    assert np.isnan(found.p_value[0]).all() and found.p_of[0] == ""
    assert "linear_shift" in found.p_of[1]
    with pytest.raises(ValueError, match="unique"):
        contributions(POPULATION, X, Y, folds=FOLDS, terms=TERMS, how="alone", null=null)


def test_neurons_without_fits_have_a_reason_and_harm_no_other(found):
    late = np.where(np.arange(T) < 340, 0, Y[:, 0])  # all spikes in the last fold
    y = np.column_stack([Y[:, 0], np.zeros(T, int), late])
    three = fixed_folds(3, X)
    with pytest.warns(NothingToFitWarning, match="silent"):
        some = contributions(POPULATION, X, y, folds=three, terms=TERMS, how=HOW)
    alone = contributions(POPULATION, X, y[:, :1], folds=three, terms=TERMS, how=HOW)
    for how in HOW:
        np.testing.assert_allclose(some.value(how)[:, 0], alone.value(how)[:, 0], rtol=1e-7)
        assert np.isnan(some.value(how)[:, 1:]).all()
        assert np.isfinite(some.value(how, "deviance_explained")[:, 2]).all()
    assert np.isnan(some.p_value[..., 1]).all() and (alone.reason == "").all()
    assert (some.reason[..., 1] == "no fold counts (silent)").all()
    late = "fold 2 does not count (silent); no spikes tested in folds that count"
    assert (some.reason[..., 2] == late).all()
    assert "does not count" in str(some)


def test_what_cannot_be_asked_is_refused():
    more = {"folds": FOLDS}
    wide = RNG.normal(size=(T, 11))
    with pytest.raises(ValueError, match=r"11 terms: 2\^11 sets.*n_orders"):
        contributions(SINGLE, wide, Y[:, 0], how="shapley", **more)
    both = {"a": [0, 1], "b": [1, 2]}
    with pytest.raises(ValueError, match="share no features"):
        contributions(SINGLE, X, Y[:, 0], how="shapley", terms=both, **more)
    assert contributions(SINGLE, X, Y[:, 0], terms=both, **more).terms == ("a", "b", "(rest)")
    with pytest.raises(ValueError, match="way to ask"):
        contributions(SINGLE, X, Y[:, 0], how="dropout", **more)
    with pytest.raises(ValueError, match="way to shuffle"):
        contributions(SINGLE, X, Y[:, 0], how="shuffled", shuffle="phases", **more)
    with pytest.raises(ValueError, match="such bins"):
        contributions(SINGLE, X, Y[:, 0], over=np.arange(T), bins=[3, 2], **more)
    with pytest.raises(ValueError, match="number per row"):
        contributions(SINGLE, X, Y[:, 0], over=np.arange(5), **more)


def test_stored_tables_and_little_memory_give_the_same(tmp_path):
    h5py = pytest.importorskip("h5py")
    y = Y.astype(float)
    y[20:60, 1] = np.nan
    more = {"folds": FOLDS, "terms": TERMS, "how": "all", "n_shuffles": 1}
    whole = contributions(POPULATION, X, y, **more)
    with h5py.File(tmp_path / "session.h5", "w") as file:
        file["X"], file["y"] = X, y
        with config_context(memory=100_000):
            stored = contributions(POPULATION, file["X"], file["y"], **more)
    for of, of_stored in zip(whole.losses.parts, stored.losses.parts, strict=True):
        np.testing.assert_allclose(of_stored, of, atol=1e-5)


def test_strengths_that_data_choose_are_taken_as_given_to_all_sets():
    model = PopulationGLM(regularizer="Ridge", regularizer_strength="auto")
    found = contributions(model, X, Y, folds=FOLDS, terms=TERMS, how=["unique", "shapley"])
    np.testing.assert_allclose(
        found.losses.log_likelihood[1].sum(axis=0), found.full.log_likelihood, rtol=1e-9
    )
    assert not hasattr(model, "coef_")
