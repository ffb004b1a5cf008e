"""Smoothness of terms: what it costs in words and numbers, and how its strengths are given."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import spikeglm as nmo
from spikeglm.regularizer import Quadratic, Smoothness

B = nmo.basis
RNG = np.random.default_rng(0)
T = 500
SPEED, ANGLE, PLACE = RNG.uniform(0, 40, T), RNG.uniform(0, 360, T), RNG.uniform(0, 1, (2, T))
COUNTS = RNG.poisson(0.5, (T, 2))
CONTEXT = RNG.choice(["a", "b", "c"], T)
BASIS = (
    B.BSplineEval(8, label="speed")
    + B.CyclicBSplineEval(7, bounds=(0, 360), label="direction")
    + B.MultiplicativeBasis(B.BSplineEval(5, label="x"), B.BSplineEval(6, label="y"), label="place")
    + B.HistoryConv(9, label="past")
    + B.Category(["a", "b", "c"], label="context")
)
X = BASIS.design(SPEED, ANGLE, *PLACE, COUNTS, CONTEXT)
TERMS = {term.label: term for term in X.terms}
ONE_CYCLE = (2 * np.pi) ** 4
LABELS = ("speed", "direction", "place[x]", "place[y]", "past")


def bound(strength=1.0, n_neurons=1, x=X, **choices):
    penalties, _ = Smoothness(**choices).on_terms(x.terms)
    return penalties.bind(strength, (x.n_features, n_neurons))


def cost(basis, w, x):
    """What coefficients of the only term of a basis cost at strength one."""
    return bound(x=basis.design(x)).value(w[:, None])[0]


def fitted_to(f, basis, x):
    """Coefficients with which a basis comes closest to a function."""
    return np.linalg.lstsq(basis.compute_features(x), f, rcond=None)[0]


def test_entries_are_the_matrices_of_the_terms():
    """The same as a user would write with ``Quadratic``: one strength for all channels."""
    entries = {}
    for label in ("speed", "direction", "past"):
        (S,) = TERMS[label].penalties_of_columns()
        entries[label] = (TERMS[label].columns, S / ONE_CYCLE)
    for name, S in zip(("place[x]", "place[y]"), TERMS["place"].penalties(), strict=True):
        entries[name] = (TERMS["place"].columns, S / ONE_CYCLE)
    strengths = dict(zip(entries, RNG.uniform(0.1, 2, (5, 3)), strict=True))
    W = RNG.normal(size=(X.n_features, 3))
    ours, same = bound(strengths, 3), Quadratic(entries).bind(strengths, W.shape)
    assert ours.labels == LABELS == Smoothness().entry_labels(X)
    assert_allclose(ours.value(W), same.value(W), rtol=1e-9)
    assert_allclose(ours.gradient(W), same.gradient(W), rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("b", [25, 40])
@pytest.mark.parametrize("range_", [1.0, 360.0])
@pytest.mark.parametrize("k", [1, 2])
def test_a_wave_costs_the_fourth_power_of_its_cycles(b, range_, k):
    x = np.linspace(0, range_, 2000)
    wave = 3 * np.sin(2 * np.pi * k * x / range_)
    expected = 0.5 * k**4 * np.mean(wave**2)
    for basis in (B.BSplineEval(b), B.MSplineEval(b), B.CyclicBSplineEval(b), B.BSplineEval(99, 2)):
        w = fitted_to(wave, basis, x)
        assert cost(basis, w, x) == pytest.approx(expected, rel=0.03)


def test_a_filter_costs_what_a_tuning_curve_does():
    lags = np.linspace(0, 1, 150)
    expected = 0.5 * 2**4 * 0.5
    assert cost(B.HistoryConv(150), np.sin(4 * np.pi * lags), SPEED) == pytest.approx(
        expected, rel=0.03
    )
    kernels = B.BSplineConv(20, 150).design(SPEED).terms[0]
    w = np.linalg.lstsq(kernels.functions(kernels.axis()), np.sin(4 * np.pi * lags), rcond=None)[0]
    assert cost(B.BSplineConv(20, 150), w, SPEED) == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize("sizes", [(12, 14), (20, 30)])
def test_a_map_costs_along_each_variable_about_the_mean_over_the_other(sizes):
    basis = B.BSplineEval(sizes[0], label="x") * B.BSplineEval(sizes[1], label="y")
    x, y = (g.ravel() for g in np.meshgrid(*[np.linspace(0, 1, 60)] * 2, indexing="ij"))
    wave = np.sin(4 * np.pi * x) * np.cos(2 * np.pi * (y - 0.1))
    design = basis.design(x, y)
    w = np.linalg.lstsq(np.asarray(design), wave, rcond=None)[0][:, None]
    along = [bound(strength, x=design).value(w)[0] for strength in ([1, 0], [0, 1])]
    # Functions at the ends are narrower, so what is there counts for more.
    assert_allclose(along, [0.5 * 2**4 / 4, 0.5 * 1**4 / 4], rtol=8 / min(sizes))


def test_lines_are_free_unless_the_null_space_has_a_penalty():
    x = np.linspace(0, 40, 800)
    line, wave = 0.5 + 0.1 * x, np.sin(2 * np.pi * x / 40)
    for basis in (B.BSplineEval(9), B.BSplineEval(9, 2), B.MSplineEval(12)):
        design = basis.design(x)
        w = fitted_to(line, basis, x)
        assert bound(x=design).value(w[:, None])[0] < 1e-9
        penalty = bound([0.0, 1.0], x=design, null_space=True)
        # the mean square over the range, whatever the functions
        assert penalty.value(w[:, None])[0] == pytest.approx(0.5 * np.mean(line**2), rel=2e-2)
        nearest = np.polyval(np.polyfit(x, wave, 1), x)
        found = penalty.value(fitted_to(wave, basis, x)[:, None])[0]
        assert found == pytest.approx(0.5 * np.mean(nearest**2), rel=0.05)


def test_roughness_and_what_is_not_rough_share_a_term_between_them():
    penalty = bound(null_space=True)
    names = [label + " null space" for label in ("speed", "direction", "place", "past")]
    assert set(names) < set(penalty.labels)
    squares = penalty.squares(1)
    for label, n_unseen in {"speed": 2, "direction": 1, "place": 4, "past": 2 * 2}.items():
        own = [label in name for name in penalty.labels]
        null = [label in name and name.endswith("null space") for name in penalty.labels]
        parts, null_parts = (
            [part for part, e in zip(penalty.parts, penalty.entry_of_part, strict=True) if on[e]]
            for on in (own, null)
        )
        assert sum(len(part.rows) for part in null_parts) == n_unseen
        columns = TERMS[label].columns
        S = [
            squares.matrix(np.array(on)[penalty.entry_of_row] * 1.0, columns) for on in (own, null)
        ]
        assert np.linalg.matrix_rank(S[0]) == len(S[0])
        assert len(parts) > len(null_parts)
        # log |S + lambda S0| = log |S + S0| + n log(lambda), so neither hides the other
        rough = S[0] - S[1]
        found = [np.linalg.slogdet(rough + factor * S[1])[1] for factor in (1.0, 7.0)]
        assert found[1] - found[0] == pytest.approx(n_unseen * np.log(7), rel=1e-6)


def test_a_strong_null_space_makes_terms_vanish_and_leaves_the_mean():
    design = BASIS.design(SPEED, ANGLE, *PLACE, COUNTS, CONTEXT)
    regularizer = Smoothness(null_space=True, ridge=True)
    model = nmo.PopulationGLM(regularizer=regularizer, regularizer_strength=1e7)
    model.fit(design, COUNTS)
    assert np.abs(model.coef_).max() < 1e-5
    rows = np.isfinite(np.asarray(design)).all(axis=1)
    assert_allclose(np.exp(model.intercept_), COUNTS[rows].mean(axis=0), rtol=1e-4)


def test_channels_can_have_strengths_of_their_own():
    penalty = bound(by_channel=["past"], null_space=["past"])
    tail = ("past[0]", "past[1]", "past[0] null space", "past[1] null space")
    assert penalty.labels == (*LABELS[:-1], *tail)
    W = np.zeros((X.n_features, 1))
    W[TERMS["past"].start + 12] = 1.0  # a lag of the second channel
    strengths = dict.fromkeys(LABELS[:-1], 0) | {"past": 0.0, "past[0]": 9.0}
    names = Smoothness(by_channel=["past"])
    first = names.on_terms(X.terms)[0].bind(strengths, W.shape)
    second = names.on_terms(X.terms)[0].bind(strengths | {"past[1]": 1.0}, W.shape)
    assert first.value(W) == [0.0] and second.value(W) > 0


def test_terms_without_roughness_have_a_ridge_only_if_asked():
    W = np.zeros((X.n_features, 1))
    W[TERMS["context"].columns, 0] = [1.0, 2.0, -2.0]
    assert bound().value(W) == [0.0]
    for ridge in (True, ["context"]):
        assert bound(ridge=ridge).value(W) == [4.5]
    strengths = dict.fromkeys(LABELS, 1.0)
    assert bound(strengths | {"context": 0}).value(W) == [0.0]
    with pytest.raises(ValueError, match=r"ridge=\['context'\]"):
        bound(strengths | {"context": 1.0})


OF_ALL = {"speed": 1, "direction": 2, "past": 5}


@pytest.mark.parametrize(
    ("said", "n_neurons", "meant"),
    [
        (3.0, 1, [3, 3, 3, 3, 3]),
        ([1, 2, 3, 4, 5], 1, [1, 2, 3, 4, 5]),
        (OF_ALL | {"place": 3.0}, 1, [1, 2, 3, 3, 5]),
        (OF_ALL | {"place": (3.0, 4.0)}, 1, [1, 2, 3, 4, 5]),
        (OF_ALL | {"place": [3.0, 4.0]}, 1, [1, 2, 3, 4, 5]),
        (OF_ALL | {"place[y]": 4, "place[x]": 3}, 1, [1, 2, 3, 4, 5]),
        (OF_ALL | {"place[y]": 4, "place": 3}, 1, [1, 2, 3, 4, 5]),
        (
            OF_ALL | {"place": 3, "past": [5, 6]},
            2,
            np.transpose([[1, 2, 3, 3, 5], [1, 2, 3, 3, 6]]),
        ),
        (
            OF_ALL | {"place": ([3, 7], 4)},
            2,
            np.transpose([[1, 2, 3, 4, 5], [1, 2, 7, 4, 5]]),
        ),
        (np.arange(10.0).reshape(5, 2), 2, np.arange(10.0).reshape(5, 2)),
        ([[1.0, 2.0]], 2, np.tile([1.0, 2.0], (5, 1))),
    ],
)
def test_strengths_in_words_are_those_of_entries(said, n_neurons, meant):
    meant = np.broadcast_to(np.reshape(meant, (5, -1)), (5, n_neurons))
    assert_allclose(bound(said, n_neurons).strength, meant)


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        (OF_ALL, ValueError, r"add 'place\[x\]', 'place\[y\]'; 0 leaves an entry out"),
        (OF_ALL | {"plaice": 1}, ValueError, "'place'"),
        (OF_ALL | {"place": (1, 2, 3)}, ValueError, "a tuple of 2"),
        (OF_ALL | {"place": np.ones((3, 1))}, ValueError, r"\(2, 2\)"),
        (OF_ALL | {"place": -1.0}, ValueError, "not negative"),
        (OF_ALL | {"place": "much"}, TypeError, "cannot be read as numbers"),
        (OF_ALL | {"place": np.nan}, ValueError, "finite"),
        ([1.0, 2.0], ValueError, r"\(5,\), \(1, 2\) or \(5, 2\)"),
    ],
)
def test_mistaken_strengths_are_answered_with_what_there_is(said, kind, words):
    with pytest.raises(kind, match=words):
        bound(said, 2)


def test_mistaken_choices_are_answered_with_what_there_is():
    with pytest.raises(TypeError, match="a list of labels"):
        Smoothness(null_space="place")
    with pytest.raises(ValueError, match="'speed'"):
        Smoothness(ridge=["sped"]).on_terms(X.terms)
    with pytest.raises(ValueError, match=r"basis\.design"):
        Smoothness().bind(1.0, (3, 1))
    with pytest.raises(TypeError, match="have no terms"):
        nmo.GLM(regularizer="Smoothness").fit(np.asarray(X), COUNTS[:, 0])


def test_strengths_of_named_matrices_are_given_by_name():
    S = np.array([[1.0, -1.0], [-1.0, 1.0]])
    pairs = Quadratic({"first": (slice(0, 2), S), "last": ([1, 2], S)})
    assert pairs.labels == ("first", "last")
    said = pairs.bind({"last": [3.0, 4.0], "first": 1.0}, (3, 2))
    assert_allclose(said.strength, [[1.0, 1.0], [3.0, 4.0]])
    with pytest.raises(ValueError, match="add 'last'"):
        pairs.bind({"first": 1.0}, (3, 1))
    with pytest.raises(TypeError, match="have no names"):
        Quadratic([(slice(0, 2), S)]).bind({"first": 1.0}, (3, 1))
    with pytest.raises(TypeError, match="named by text"):
        Quadratic({0: (slice(0, 2), S)})
    with pytest.raises(ValueError, match="entry 'first'"):
        Quadratic({"first": (slice(0, 2), S + np.triu(S))})


def test_a_population_shares_its_passes():
    """What a penalty settles of splines that add up to one is the same for all neurons."""
    rng = np.random.default_rng(0)
    x, z = rng.uniform(0, 1, (2, 3000))
    basis = nmo.basis.BSplineEval(8, label="x") + nmo.basis.BSplineEval(6, label="z")
    X = basis.design(x, z)
    Y = rng.poisson(np.exp(np.outer(np.sin(5 * x), np.linspace(0, 1, 12)) - 2))
    model = nmo.PopulationGLM(regularizer="Smoothness", regularizer_strength=1e-3).fit(X, Y)
    alone = nmo.GLM(regularizer="Smoothness", regularizer_strength=1e-3).fit(X, Y[:, -1])
    assert model.fit_report_.n_passes < 3 * alone.fit_report_.n_passes


def test_what_follows_from_others_but_for_some_digits_beside_what_no_penalty_sees():
    """Speed along an ellipse is a function of position: weights of 1e14 were called converged."""
    t = np.arange(400) / 25
    x, y = np.sin(0.55 * t), np.cos(0.82 * t)
    speed = np.hypot(0.55 * np.cos(0.55 * t), 0.82 * np.sin(0.82 * t))
    place = B.BSplineEval(5) * B.BSplineEval(5)
    place.label = "place"
    basis = place + B.BSplineEval(5, label="speed")
    rng = np.random.default_rng(0)
    counts = rng.poisson(0.5, 400)
    for digits in (0, 1e-12, 1e-11):
        design = basis.design(x, y, speed * (1 + digits * rng.normal(size=400)))
        model = nmo.GLM(regularizer="Smoothness", regularizer_strength=0.01).fit(design, counts)
        assert model.fit_report_.converged and np.abs(model.coef_).max() < 20
        slope = np.asarray(design).T @ (model.predict(design) - counts) / 400
        penalty, _ = Smoothness().on_terms(design.terms)
        slope += penalty.bind(0.01, (30, 1)).gradient(model.coef_[:, None])[:, 0]
        assert np.abs(slope).max() < 1e-6
