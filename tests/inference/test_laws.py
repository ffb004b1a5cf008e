"""Laws for every question about a fit: which changes of the data do not matter."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.inference.questions import (
    KINDS,
    OF_ALL,
    OF_DESIGNS,
    OF_ROWS,
    PER_UNIT,
    PLAIN,
    QUESTIONS,
    TERMS,
    T,
    X,
    Y,
    answers,
    assert_same,
    designed,
    fitted,
    responses,
)

pytestmark = [
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::spikeglm.errors.ConvergenceWarning"),
]


@pytest.mark.parametrize("kind", KINDS)
def test_a_neuron_of_a_population_has_the_answers_that_it_has_alone(kind):
    population, design = designed(kind)
    everything, y = QUESTIONS | OF_DESIGNS, responses(kind)
    found = answers(population, design, y, everything)
    alone = answers(fitted(kind, design, y[:, 1]), design, y[:, 1], everything)
    # Neurons are on an axis of their own, which curves of one neuron have not.
    keys = found.keys() & alone.keys()
    assert len(keys) >= len(alone) - 3
    for key in keys - {(q, field) for q, _ in keys for field in OF_ALL}:
        mine = found[key][..., 1] if found[key].shape[-1:] == (3,) else found[key]
        assert_allclose(
            mine, alone[key].reshape(mine.shape), rtol=2e-5, atol=1e-7, err_msg=str(key)
        )


@pytest.mark.parametrize("kind", KINDS)
def test_frequency_weights_are_rows_that_repeat(kind):
    y, weights = responses(kind), np.random.default_rng(0).integers(0, 4, T)
    rows = np.repeat(np.arange(T), weights)
    weighted = TERMS.design(*X[:, :2].T)
    repeated = TERMS.design(*X[rows, :2].T)
    of_weights = {"sample_weight": weights.astype(float)}
    everything = QUESTIONS | OF_DESIGNS
    found = answers(fitted(kind, weighted, y, **of_weights), weighted, y, everything, **of_weights)
    expected = answers(fitted(kind, repeated, y[rows]), repeated, y[rows], everything)
    assert_same(found, expected)


@pytest.mark.parametrize("kind", PLAIN)
@pytest.mark.parametrize("how", ["weight zero", "NaN in y", "NaN in X"])
def test_rows_that_take_no_part_are_as_if_left_out(kind, how):
    y, kept = responses(kind), np.arange(T) % 5 != 2
    data, features, given = {}, X.copy(), y.copy()
    if how == "weight zero":
        data = {"sample_weight": kept.astype(float)}
    elif how == "NaN in y":
        given[~kept] = np.nan
    else:
        features[~kept, 1] = np.nan
    found = answers(fitted(kind, features, given, **data), features, given, QUESTIONS, **data)
    expected = answers(fitted(kind, X[kept], y[kept]), X[kept], y[kept], QUESTIONS)
    assert_same(found, expected)


@pytest.mark.parametrize("kind", ["Poisson", "Bernoulli", "Gaussian", "Gamma", "NegativeBinomial"])
def test_units_and_origins_of_features_do_not_matter(kind):
    """Features far from zero, such as times or positions on a screen, in any unit."""
    unit, origin, y = np.array([1e3, 1e-3, 5.0]), np.array([1e5, 2.0, -3.0]), responses(kind)
    moved = X * unit + origin
    found = answers(fitted(kind, moved, y), moved, y, QUESTIONS | OF_ROWS)
    expected = answers(fitted(kind, X, y), X, y, QUESTIONS | OF_ROWS)
    for key in [key for key in expected if key[0].endswith("summary")]:
        if key[1] in PER_UNIT:
            found[key], expected[key] = found[key][1:] * unit[:, None], expected[key][1:]
        elif key[1] in ("statistic", "p_value"):
            found[key], expected[key] = found[key][1:], expected[key][1:]
    for key in list(expected):
        if key[0] in ("covariance", "HC3"):
            two = found[key][:3, :3] * np.outer(unit, unit)[..., None]
            found[key], expected[key] = two, expected[key][:3, :3]
        elif key[0] == "profile":
            found[key] = found[key] * (unit[2] if key[1] != "level" else 1.0)
        elif key[0] == "bootstrap":
            del found[key], expected[key]
    assert_same(found, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kind", PLAIN)
def test_the_order_of_neurons_and_of_features_does_not_matter(kind):
    y, order = responses(kind), np.array([2, 0, 1])
    found = answers(fitted(kind, X[:, order], y[:, order]), X[:, order], y[:, order], QUESTIONS)
    expected = answers(fitted(kind, X, y), X, y, QUESTIONS)
    by_feature = {"statistic", "p_value", "q_value", "df", "edf", "edf1"} | PER_UNIT
    for key, value in expected.items():
        if key[0] == "profile" or key[0] in ("covariance", "HC3"):
            continue
        value = value[..., order] if value.shape[-1:] == (3,) else value
        if key[1] in by_feature and value.ndim == 2:
            first = len(value) - 3 if key[0].endswith("summary") else 0
            place = first + order
            value = np.concatenate([value[:first], value[place], value[first + 3 :]])
        assert_allclose(found[key], value, rtol=2e-5, atol=1e-6, err_msg=str(key))


@pytest.mark.parametrize("question", [*QUESTIONS, "predicted", "null", "bootstrap"])
def test_other_responses_weights_and_offsets_are_refused(question):
    kind = "NegativeBinomial" if question == "overdispersion" else "Poisson"
    ask, model = (QUESTIONS | OF_ROWS)[question], fitted(kind, X, Y)
    ask(model, X, Y)
    weights, more = np.linspace(0.5, 1.5, T), Y.copy()
    more[3] += 1.0
    with pytest.raises(ValueError, match="not the data of the fit"):
        ask(model, X, more)
    if question in QUESTIONS or question == "predicted":
        for features, shuffled in ((2 * X, Y), (X, Y[::-1])):
            with pytest.raises(ValueError, match="not the data of the fit"):
                ask(model, features, shuffled)
    if question != "null":
        for data in ({"sample_weight": weights}, {"offset": weights}):
            with pytest.raises(ValueError, match="not the data of the fit"):
                ask(model, X, Y, **data)


@pytest.mark.parametrize("kind", ["Poisson", "Gaussian", "auto"])
def test_data_are_not_changed_and_may_be_read_only(kind):
    model, design = designed(kind)
    features, y = np.array(X, order="F"), responses(kind).copy()
    features[7, 1], features[9, 0], y[3, 0] = np.inf, np.nan, np.nan
    before, design_before = features.copy(), np.asarray(design).copy()
    for array in (features, y):
        array.flags.writeable = False
    plain = "Poisson" if kind == "auto" else kind
    answers(fitted(plain, features, y), features, y, QUESTIONS | OF_ROWS)
    assert_array_equal(features, before)
    answers(model, design, responses(kind), QUESTIONS | OF_DESIGNS | OF_ROWS)
    assert_array_equal(np.asarray(design), design_before)


@pytest.mark.parametrize("kind", ["Poisson", "NegativeBinomial"])
def test_rows_from_a_file_and_single_precision_have_the_answers_of_an_array(kind, tmp_path):
    y = responses(kind)
    in_file = np.memmap(tmp_path / "X", dtype=float, mode="w+", shape=X.shape)
    in_file[:] = X
    single = X.astype(np.float32)
    expected = answers(fitted(kind, X, y), X, y, QUESTIONS | OF_ROWS)
    assert_same(answers(fitted(kind, in_file, y), in_file, y, QUESTIONS | OF_ROWS), expected)
    found = answers(fitted(kind, single, y), single, y, QUESTIONS | OF_ROWS)
    assert_same(found, expected, rtol=1e-3, atol=1e-4)
