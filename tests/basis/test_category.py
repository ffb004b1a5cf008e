"""Labels: text and numbers, known and unknown ones, in every container and composition."""

import numpy as np
import pandas as pd
import pynapple as nap
import pytest

import spikeglm as nmo

B = nmo.basis
same = np.testing.assert_array_equal


def sides(**kwargs):
    return B.Category(["R", "L"], **kwargs)


class TestNumbersOfNeMoS:
    def test_text(self):
        same(B.Category(["b", "a"]).compute_features(["a", "b", "c"]), [[1, 0], [0, 1], [0, 0]])

    def test_numbers(self):
        got = B.Category([10, 20]).compute_features([10, 15, 20, 30])
        same(got, [[1, 0], [0, 0], [0, 1], [0, 0]])

    def test_a_product_with_a_spline(self):
        product = B.Category(["L", "R"]) * B.BSplineEval(2, order=2)
        got = product.compute_features(["L", "R", "L"], [0, 0.5, 1])
        same(got, [[1, 0, 0, 0], [0, 0, 0.5, 0.5], [0, 1, 0, 0]])

    def test_a_grid_is_the_categories_and_the_identity(self):
        points, values = sides().evaluate_on_grid(2)
        same(points, ["L", "R"])
        same(values, np.eye(2))
        for n in (1, 3):
            with pytest.raises(ValueError, match="2 points"):
                sides().evaluate_on_grid(n)

    def test_categories(self):
        same(B.Category(["b", "a"]).categories, ["a", "b"])
        same(B.Category(["a", 1]).categories, ["1", "a"])
        same(B.Category(3).categories, [0, 1, 2])
        assert B.Category(0).n_basis_funcs == B.Category([]).n_basis_funcs == 0
        assert B.Category(["a"]).label == "Category"

    def test_integral_floats_are_integers_and_others_are_unknown(self):
        got = B.Category(2).compute_features([0.0, 1.0, 0.5, np.nan, np.inf])
        same(got, [[1, 0], [0, 1], [0, 0], [0, 0], [0, 0]])
        with pytest.raises(ValueError, match=r"0.5, nan"):
            B.Category(2, out_of_category=False).compute_features([0.0, 0.5, np.nan])

    def test_text_for_numbers_is_unknown(self):
        same(B.Category(2).compute_features(["0", "1"]), np.zeros((2, 2)))
        same(B.Category(["0", "1"]).compute_features([0, 1]), np.zeros((2, 2)))

    def test_points_keep_their_shape(self):
        labels = np.array([["L", "R", "L"], ["?", "L", "R"]])
        values = sides().evaluate(labels)
        assert values.shape == (2, 3, 2)
        same(values, labels[..., None] == np.array(["L", "R"]))

    def test_labels_sum_to_the_intercept(self):
        X = sides().compute_features(["L", "R", "R"])
        same(X.sum(axis=1), 1)
        same(nmo.identifiability_constraints.apply_identifiability_constraints(X)[1], [1])


@pytest.mark.parametrize(
    ("build", "error"),
    [
        (lambda: B.Category(2.5), TypeError),
        (lambda: B.Category("ab"), TypeError),
        (lambda: B.Category(None), TypeError),
        (lambda: B.Category({"a": 1}), TypeError),
        (lambda: B.Category([["a"], ["b", "c"]]), TypeError),
        (lambda: B.Category([1j]), TypeError),
        (lambda: B.Category(["a", None]), TypeError),
        (lambda: B.Category(2, out_of_category=1), TypeError),
        (lambda: B.Category(2, out_of_category="yes"), TypeError),
        (lambda: B.Category(-1), ValueError),
        (lambda: B.Category([1, 1]), ValueError),
        (lambda: B.Category([1, 1.0]), ValueError),
        (lambda: B.Category([[1, 2]]), ValueError),
        (lambda: B.Category([1, np.nan]), ValueError),
    ],
)
def test_what_are_no_categories(build, error):
    with pytest.raises(error, match="Expected"):
        build()


def test_bounds_are_neither_read_nor_set():
    basis = B.Category(2)
    with pytest.raises(AttributeError, match="bounds"):
        _ = basis.bounds
    with pytest.raises(AttributeError):
        basis.bounds = (0, 1)
    with pytest.raises(AttributeError):
        basis.n_basis_funcs = 3
    assert (basis + B.BSplineEval(4, bounds=(0, 1))).bounds == [None, (0.0, 1.0)]


def test_new_categories_are_new_functions():
    basis = sides()
    basis.categories = ["x", "y", "z"]
    assert basis.n_basis_funcs == 3
    with pytest.raises(ValueError, match="once"):
        basis.categories = ["x", "x"]
    same(basis.categories, ["x", "y", "z"])


LABELS = ["L", "R", "?", "L"]
HOT = [[1, 0], [0, 1], [0, 0], [1, 0]]


@pytest.mark.parametrize(
    "container",
    [
        list,
        np.array,
        lambda x: np.array(x, dtype=object),
        lambda x: np.array(x, dtype="S"),
        pd.Series,
        lambda x: pd.Series(x, dtype="string"),
        lambda x: pd.Series(x, dtype="category"),
    ],
    ids=["list", "array", "objects", "bytes", "pandas", "string", "categorical"],
)
def test_containers_of_text(container):
    same(sides().compute_features(container(LABELS)), HOT)
    design = sides().design(container(LABELS))
    same(design.at(container(["R", "L"])).to_array(), [[0, 1], [1, 0]])
    same(design.read(1, 3), HOT[1:3])


def test_gaps_are_unknown_labels():
    for gap in (None, np.nan, pd.NA):
        same(sides().compute_features(pd.Series(["L", gap], dtype=object)), [[1, 0], [0, 0]])
    numbers = pd.Series([0, None, 1], dtype="Int64")
    same(B.Category(2).compute_features(numbers), [[1, 0], [0, 0], [0, 1]])


def test_a_label_is_one_sample():
    same(sides().compute_features("R"), [[0, 1]])


def test_pynapple_in_pynapple_out():
    trials = nap.Tsd(t=[0.0, 1.0, 2.0], d=[1, 0, 1])
    got = B.Category(2).compute_features(trials)
    assert type(got) is nap.TsdFrame
    same(got.values, [[0, 1], [1, 0], [0, 1]])
    both = (sides() + B.HistoryConv(1)).compute_features(["L", "R", "L"], trials)
    assert type(both) is nap.TsdFrame
    same(both.values[1:], [[0, 1, 1], [1, 0, 0]])


def test_unknown_labels_can_be_refused():
    basis = sides(out_of_category=False)
    same(basis.compute_features(["L", "R"]), np.eye(2))
    with pytest.raises(ValueError, match=r"'\?', 'up' \(3 samples\)"):
        basis.compute_features(["L", "?", "up", "?"])
    with pytest.raises(ValueError, match="'1'"):
        B.Category(2, out_of_category=False).compute_features(["1"])
    with pytest.raises(ValueError, match="none of the categories"):
        basis.design(["L", "R"]).at(["?"])


@pytest.mark.parametrize("bad", [None, {"a": 1}, [["a"], ["b", "c"]], nap.Ts(t=[1.0, 2.0]), [1j]])
def test_what_holds_no_labels(bad):
    with pytest.raises(TypeError):
        sides().compute_features(bad)


@pytest.mark.parametrize("known", [["L", "R"], [1, 2]])
def test_objects_of_other_kinds_are_unknown(known):
    odd = np.array(["L", 2, None, 3.5, (1, 2)], dtype=object)
    X = B.Category(known).compute_features(odd)
    assert X.sum() == 1
    same(B.Category(known).compute_features(odd[:2]), X[:2])


def test_a_grid_of_labels_and_numbers():
    x, y, values = (sides() * B.BSplineEval(3, order=2)).evaluate_on_grid(2, 4)
    same(x, [["L"] * 4, ["R"] * 4])
    same(y, [np.linspace(0, 1, 4)] * 2)
    spline = B.BSplineEval(3, order=2).evaluate_on_grid(4)[1]
    same(values[0], np.hstack((spline, np.zeros((4, 3)))))
    same(values[1], np.hstack((np.zeros((4, 3)), spline)))


class TestPipelines:
    def test_a_table_of_text(self):
        both = (sides(label="a") + sides(label="b")).to_transformer()
        table = np.array([["L", "R"], ["R", "R"]])
        same(both.fit_transform(table), [[1, 0, 0, 1], [0, 1, 0, 1]])
        same(both.transform([["?", "L"]]), [[0, 0, 1, 0]])

    @pytest.mark.parametrize("make", [lambda frame: frame, lambda frame: frame.to_numpy()])
    def test_text_beside_numbers(self, make):
        frame = pd.DataFrame({"side": ["L", "R", "R"], "x": [0.0, 1.0, 0.5]})
        basis = sides() + B.BSplineEval(2, order=2)
        same(
            basis.to_transformer().fit_transform(make(frame)),
            basis.compute_features(frame["side"], frame["x"]),
        )

    def test_a_fit(self):
        rng = np.random.default_rng(0)
        side = rng.choice(["L", "R"], 200)
        y = rng.poisson(np.where(side == "L", 1.0, 3.0))
        X = sides(out_of_category=False).design(side)
        model = nmo.GLM(regularizer="Ridge", regularizer_strength=1e-6).fit(X, y)
        for label in ("L", "R"):
            rate = model.predict(X.at([label]))
            np.testing.assert_allclose(rate, y[side == label].mean(), rtol=1e-4)


@pytest.mark.parametrize(
    ("categories", "labels"), [([1, 2], ["1", "2"]), (["1", "2"], [1, 2])], ids=["text", "numbers"]
)
def test_labels_of_another_kind_than_all_categories_are_told(categories, labels):
    """All features were zero, without a word."""
    with pytest.warns(UserWarning, match=r"no label that is a category\..*What to do: convert"):
        assert not nmo.basis.Category(categories).compute_features(labels).any()
