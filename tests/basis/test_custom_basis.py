"""Functions of one's own: their inputs, axes, outputs, bounds, and what may go wrong."""

from functools import partial

import numpy as np
import pynapple as nap
import pytest
from tests.basis.catalogue import both, itself, square

import spikeglm as nmo

B = nmo.basis
same = np.testing.assert_array_equal


def powers(**kwargs):
    return B.CustomBasis([itself, square], **kwargs)


class TestNumbersOfNeMoS:
    def test_powers(self):
        same(powers().compute_features([[2, 3], [4, 5]]), [[2, 4, 3, 9], [4, 16, 5, 25]])

    def test_functions_of_tables(self):
        def table(x):  # (n, 3) -> (n, 6)
            return np.hstack((x, 2 * x))

        basis = B.CustomBasis([table, lambda x: table(x) ** 2], ndim_input=2)
        x = np.random.default_rng(0).normal(size=(5, 3, 4))
        X = basis.compute_features(x)
        assert X.shape == (5, 48)
        assert basis.output_shape == (6,)
        assert basis.n_output_features == 48
        (part,) = basis.split_by_feature(X).values()
        assert part.shape == (5, 6, 4, 2)
        for k in range(4):
            same(part[:, :, k, 0], table(x[:, :, k]))
            same(part[:, :, k, 1], table(x[:, :, k]) ** 2)
        assert basis.evaluate(x).shape == (5, 6, 4, 2)
        assert len(basis.design(x).feature_names) == 48

    def test_points_lose_the_axes_that_are_looped_over(self):
        assert powers().evaluate(np.ones((7, 2, 3))).shape == (7, 6, 2)
        assert powers().evaluate(np.ones(7)).shape == (7, 2)
        assert B.CustomBasis(both).evaluate(np.ones(7), np.ones(7)).shape == (7, 2, 1)

    def test_beside_other_bases_they_keep_them(self):
        x = np.random.default_rng(0).uniform(size=(7, 2, 3))
        values = (powers() + B.BSplineEval(4)).evaluate(x, x)
        assert values.shape == (7, 2, 3, 6)
        same(values[..., 1], x * x)
        same(values[..., 2:], B.BSplineEval(4).evaluate(x))

    def test_there_is_no_grid(self):
        for basis in (powers(), powers() + B.BSplineEval(4)):
            with pytest.raises(AttributeError, match="grid"):
                basis.evaluate_on_grid(*[5] * basis.n_inputs)


@pytest.mark.parametrize(
    ("functions", "kwargs", "n"),
    [
        (itself, None, 1),
        (square, None, 1),
        (both, None, 2),
        (partial(both, np.ones(3)), None, 1),
        (partial(both, y=1.0), None, 1),
        (both, {"y": 1.0}, 1),
        (np.sin, None, 1),
        (np.hypot, None, 2),
        ([np.sin, itself], None, 1),
        (lambda x, *others: x, None, 1),
    ],
)
def test_inputs_are_what_the_functions_require(functions, kwargs, n):
    assert B.CustomBasis(functions, basis_kwargs=kwargs).n_inputs == n


def test_functions_take_keyword_arguments():
    basis = B.CustomBasis(square, basis_kwargs={"factor": 3.0})
    same(basis.compute_features([1.0, 2.0]), [[3.0], [12.0]])
    basis.basis_kwargs = {"factor": 1.0}
    same(basis.compute_features([1.0, 2.0]), [[1.0], [4.0]])


def test_several_inputs_are_paired():
    x, y = np.random.default_rng(0).normal(size=(2, 6, 3))
    X = B.CustomBasis(np.hypot).compute_features(x, y)
    np.testing.assert_allclose(X, np.hypot(x, y))


def test_functions_may_look_at_all_samples():
    x = np.random.default_rng(0).normal(size=5000)
    basis = B.CustomBasis(np.cumsum, label="total")
    design = basis.design(x)
    same(basis.compute_features(x)[:, 0], np.cumsum(x))
    same(design.read(4000, 4100)[:, 0], np.cumsum(x)[4000:4100])
    same(design.at(x[10:]).to_array()[:, 0], np.cumsum(x[10:]))


def test_what_a_function_does_to_its_input_stays_there():
    def spoil(x):
        x[:] = 0.0
        return x

    x = np.arange(4.0)
    X = B.CustomBasis([spoil, itself]).compute_features(x)
    same(X, np.column_stack((np.zeros(4), np.arange(4.0))))
    same(x, np.arange(4.0))


@pytest.mark.parametrize("functions", [itself, [itself, square]], ids=["one", "two"])
def test_pynapple_in_pynapple_out(functions):
    x = nap.Tsd(t=np.arange(5.0), d=np.arange(5.0))
    X = B.CustomBasis(functions).compute_features(x)
    assert type(X) is nap.TsdFrame
    same(X.values[:, 0], x.values)


class TestOutputShape:
    @pytest.mark.parametrize(
        ("given", "kept"),
        [(None, None), (1, ()), (3, (3,)), ((2, 3), (2, 3)), ((), ()), ([4], (4,))],
    )
    def test_ways_to_say_it(self, given, kept):
        assert B.CustomBasis(itself, output_shape=given).output_shape == kept

    def test_it_is_found_when_the_functions_are_called(self):
        basis = B.CustomBasis(both, output_shape=7).set_input_shape(1, 1)
        assert basis.n_output_features == 7
        basis.setup_basis(np.ones(3), np.ones(3))
        assert basis.output_shape == (2,)
        assert basis.n_output_features == 2
        assert basis.compute_features(np.ones(0), np.ones(0)).shape == (0, 2)

    def test_within_sums_and_products(self):
        x, y = np.random.default_rng(0).uniform(size=(2, 9, 3))
        spline = B.BSplineEval(4)
        S = spline.compute_features(y).reshape(9, 3, 4)
        two = both(x, y).transpose(0, 2, 1)  # (9, 3, 2): per channel, both outputs
        whole = B.CustomBasis(both, label="two") * spline + B.CustomBasis(itself)
        X = whole.compute_features(x, y, y, x)
        assert X.shape == (9, whole.n_output_features) == (9, 3 * 2 * 4 + 3)
        parts = whole.split_by_feature(X)
        np.testing.assert_allclose(
            parts["(two * BSplineEval)"], np.einsum("tcf,tcb->tcfb", two, S).reshape(9, 3, 8)
        )
        same(parts["CustomBasis"][:, :, 0], x)

    def test_what_is_seen_at_once_is_one_channel_of_a_product(self):
        def total(x):
            return x.sum(axis=1)

        summed = B.CustomBasis(total, ndim_input=2)
        x = np.random.default_rng(0).uniform(size=(9, 3))
        with pytest.raises(ValueError, match="channels"):
            (summed * B.BSplineEval(4)).compute_features(x, x)
        squared = summed * B.CustomBasis(total, ndim_input=2)
        same(squared.compute_features(x, x)[:, 0], total(x) ** 2)
        assert squared.n_output_features == 1


class TestBounds:
    @pytest.mark.parametrize("fill", [np.nan, -3.0])
    def test_samples_outside_are_filled_channel_by_channel(self, fill):
        x = np.array([[0.5, 2.0], [0.5, 0.25]])
        basis = powers(bounds=(0, 1), fill_value=fill)
        same(basis.compute_features(x), [[0.5, 0.25, fill, fill], [0.5, 0.25, 0.25, 0.0625]])
        same(basis.design(x).valid_rows(), [np.isfinite(fill), True])
        same(basis.evaluate(x[:, 1]), [[2, 4], [0.25, 0.0625]])

    def test_each_input_has_its_own(self):
        basis = B.CustomBasis(np.hypot, bounds=[(0, 1), (0, 10)])
        X = basis.compute_features([1.0, 2.0, 1.0], [5.0, 5.0, 11.0])
        same(np.isnan(X[:, 0]), [False, True, True])


@pytest.mark.parametrize(
    ("build", "error"),
    [
        (lambda: B.CustomBasis(5), ValueError),
        (lambda: B.CustomBasis([]), ValueError),
        (lambda: B.CustomBasis([itself, "square"]), ValueError),
        (lambda: B.CustomBasis([itself, both]), ValueError),
        (lambda: B.CustomBasis(lambda *xs: xs[0]), ValueError),
        (lambda: powers(basis_kwargs=[1]), ValueError),
        (lambda: powers(basis_kwargs={"ndim_input": 1}), ValueError),
        (lambda: powers(ndim_input=0), ValueError),
        (lambda: powers(output_shape=0), ValueError),
        (lambda: powers(output_shape=(2, 0)), ValueError),
        (lambda: powers(output_shape=1.5), TypeError),
        (lambda: powers(bounds=(1, 0)), ValueError),
        (lambda: powers(bounds=1), TypeError),
        (lambda: powers(fill_value="x"), TypeError),
        (lambda: powers(is_complex=True) * B.FourierEval(3), ValueError),
        (lambda: powers(ndim_input=2).compute_features(np.ones(3)), ValueError),
        (lambda: B.CustomBasis(both).compute_features(np.ones(3), np.ones((3, 1))), ValueError),
        (lambda: B.CustomBasis(lambda x: x[1:]).compute_features(np.ones(3)), ValueError),
        (lambda: B.CustomBasis(lambda x: 1.0).compute_features(np.ones(3)), ValueError),
        (lambda: B.CustomBasis(lambda x: None).compute_features(np.ones(3)), TypeError),
        (lambda: B.CustomBasis([itself, lambda x: np.ones((len(x), 2))]).compute_features([1.0]),
         ValueError),
    ],
)  # fmt: skip
def test_what_is_refused(build, error):
    with pytest.raises(error, match="Expected"):
        build()


def test_in_a_pipeline():
    x = np.random.default_rng(0).normal(size=(8, 1))
    step = powers().to_transformer().fit(x)
    same(step.transform(x[:3]), powers().compute_features(x[:3, 0]))
    step.compute_features(x[:, 0])
    same(step.transform(x), powers().compute_features(x[:, 0]))
    assert list(step.get_feature_names_out()) == ["CustomBasis[0]", "CustomBasis[1]"]
