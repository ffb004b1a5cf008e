"""Numbers that NeMoS 0.2.9 gives in double precision: kernels, edges, Fourier, history."""

import numpy as np
import pytest

import spikeglm as nmo

B = nmo.basis
X0 = np.array([0, 0.1, 0.35, 0.5, 0.8, 1.0])


def close(got, expected):
    np.testing.assert_allclose(got, expected, rtol=0, atol=6e-6)


def test_m_spline_of_order_one_is_five_times_the_b_spline():
    close(
        B.MSplineEval(5, order=1).compute_features(X0),
        5 * B.BSplineEval(5, order=1).compute_features(X0),
    )


def test_m_splines_integrate_to_one_over_the_original_range():
    half = B.MSplineEval(5, order=3, bounds=(0, 2)).compute_features(2 * X0)
    close(2 * half, B.MSplineEval(5, order=3).compute_features(X0))


def test_m_spline_at_its_right_edge():
    close(B.MSplineEval(4, bounds=(0, 1)).compute_features([1.0]), [[0, 0, 0, 4]])


KERNELS = [
    (
        B.BSplineConv(5, 8),
        {
            1: [0.364431, 0.530612, 0.0991254, 0.0058309, 0],
            3: [0.00291545, 0.367347, 0.472303, 0.157434, 0],
            7: [0, 0, 0, 0, 1],
        },
    ),
    (
        B.RaisedCosineLogConv(3, window_size=6),
        {
            0: [1, 0.5, 0],
            1: [0, 0.181607, 0.88552],
            2: [0, 0, 0.423869],
            3: [0, 0, 0.150058],
            4: [0, 0, 0.0301042],
            5: [0, 0, 0],
        },
    ),
    (
        B.RaisedCosineLogConv(5, 8),
        {
            0: [1, 0.5, 0, 0, 0],
            1: [0, 0, 0.345301, 0.975466, 0.654699],
            2: [0, 0, 0, 0.374665, 0.984036],
            3: [0, 0, 0, 0.0391499, 0.693951],
            4: [0, 0, 0, 0, 0.369352],
            5: [0, 0, 0, 0, 0.147302],
            6: [0, 0, 0, 0, 0.0323492],
            7: [0, 0, 0, 0, 0],
        },
    ),
]


@pytest.mark.parametrize(("basis", "rows"), KERNELS, ids=["b-spline", "log-3", "log-5"])
def test_kernels(basis, rows):
    kernel = basis.setup_basis(np.zeros(10)).kernel_
    for row, expected in rows.items():
        close(kernel[row], expected)


ORTHOGONAL = [
    [-0.676778, 0.509183, 0.358048],
    [-0.549797, 0.0843338, -0.327204],
    [-0.345646, -0.387248, -0.464835],
    [-0.26989, -0.46525, -0.17855],
    [-0.173014, -0.453408, 0.380842],
    [-0.1321, -0.402023, 0.60971],
]


@pytest.mark.parametrize("rates", [[1, 2, 4], [4, 1, 2]])
def test_orthogonal_exponentials_up_to_sign(rates):
    X = B.OrthExponentialEval(3, rates).compute_features(X0)
    close(np.abs(X), np.abs(ORTHOGONAL))
    close(X * np.sign(X[0]) * np.sign(ORTHOGONAL[0]), ORTHOGONAL)


def test_orthogonal_exponential_kernel_up_to_sign():
    basis = B.OrthExponentialConv(3, 8, [1, 2, 4])
    kernel = basis.setup_basis(np.zeros(9)).kernel_
    expected = np.array(
        [
            [-0.640557, -0.482122, -0.37201, -0.293083, -0.234856, -0.190785, -0.156684, -0.129805],
            [0.59826, 0.0735264, -0.193999, -0.318521, -0.36463, -0.368783, -0.351483, -0.324178],
            [0.3862, -0.352509, -0.439036, -0.264572, -0.0200131, 0.208945, 0.390141, 0.517269],
        ]
    ).T
    close(kernel * np.sign(kernel[0]) * np.sign(expected[0]), expected)


def test_each_channel_is_scaled_to_its_own_range():
    X = B.RaisedCosineLinearEval(3).compute_features([[0, 10], [1, 20], [2, 30], [3, 50]])
    close(
        X,
        [
            [1, 0.5, 0, 1, 0.5, 0],
            [0.75, 0.933013, 0.25, 0.853553, 0.853553, 0.146447],
            [0.25, 0.933013, 0.75, 0.5, 1, 0.5],
            [0, 0.5, 1, 0, 0.5, 1],
        ],
    )


def test_raised_cosines_continue_outside_bounds_in_evaluate():
    basis = B.RaisedCosineLinearEval(4, bounds=(0, 1))
    close(basis.evaluate([1.2, -0.1]), [[0, 0, 0.0954915, 0.793893], [0.945503, 0.273005, 0, 0]])


class TestFourier:
    @pytest.mark.parametrize(
        ("basis", "b"),
        [
            (B.FourierEval(5), 8),
            (B.FourierEval(5, frequency_mask="all"), 9),
            (B.FourierEval(5, ndim=2), 48),
            (B.FourierEval([np.arange(3), (1, 4)], ndim=2), 18),
            (B.FourierEval(3, frequency_mask=[1, 0, 1]), 3),
            (B.FourierEval(3, frequency_mask=[0, 0, 1]), 2),
            (B.FourierEval(3, frequency_mask=[0, 0, 0]), 0),
            (B.FourierEval([2, (1, 3)], ndim=2), 8),
            (B.FourierEval(3, ndim=2, frequency_mask="all"), 17),
            (B.FourierEval(1), 0),
        ],
    )
    def test_number_of_functions(self, basis, b):
        assert basis.n_basis_funcs == b
        xs = [X0] * basis.n_inputs
        assert basis.compute_features(*xs).shape == (6, b)

    def test_all_frequencies(self):
        got = B.FourierEval(3, frequency_mask="all").compute_features(X0)[1]
        close(got, [1, 0.809017, 0.309017, 0.587785, 0.951057])

    def test_two_dimensions(self):
        got = B.FourierEval(2, ndim=2).compute_features(X0, X0[::-1] ** 2)
        close(got[1], [-0.637424, 0.809017, -0.0627905, -0.770513, 0.587785, -0.998027])
        close(got[2], [0, -0.587785, -0.809017, 1, 0.809017, -0.587785])

    def test_selected_tuples(self):
        basis = B.FourierEval([2, (1, 3)], ndim=2)
        np.testing.assert_array_equal(basis.masked_frequencies, [[0, 0, 1, 1], [1, 2, 1, 2]])
        every = B.FourierEval(3, ndim=2, frequency_mask="all").masked_frequencies
        np.testing.assert_array_equal(every[0], [0, 0, 0, 1, 1, 1, 2, 2, 2])
        np.testing.assert_array_equal(every[1], [0, 1, 2, 0, 1, 2, 0, 1, 2])

    def test_samples_outside_of_the_period_wrap(self):
        close(B.FourierEval(3, bounds=(0, 1)).compute_features([1.25]), [[0, -1, 1, 0]])


class TestHistory:
    NAN = np.nan

    @pytest.mark.parametrize(
        ("options", "missing", "rows"),
        [
            ({}, [0, 1, 2], {3: [3, 2, 1], 4: [4, 3, 2], 5: [5, 4, 3], 6: [6, 5, 4]}),
            ({"shift": False}, [0, 1], {2: [3, 2, 1], 6: [7, 6, 5]}),
            (
                {"predictor_causality": "anti-causal"},
                [4, 5, 6],
                {0: [4, 3, 2], 1: [5, 4, 3], 2: [6, 5, 4], 3: [7, 6, 5]},
            ),
            (
                {"predictor_causality": "acausal"},
                [0, 6],
                {1: [3, 2, 1], 2: [4, 3, 2], 3: [5, 4, 3], 4: [6, 5, 4], 5: [7, 6, 5]},
            ),
        ],
    )
    def test_which_lag_is_where(self, options, missing, rows):
        X = B.HistoryConv(3, conv_kwargs=options).compute_features(np.arange(1.0, 8.0))
        assert np.isnan(X[missing]).all()
        for row, expected in rows.items():
            np.testing.assert_array_equal(X[row], expected)
        assert np.isnan(X).all(axis=1).sum() == len(missing)

    def test_two_channels(self):
        x = np.zeros((6, 2))
        x[1, 0] = x[2, 1] = 1
        X = B.HistoryConv(2).compute_features(x)
        assert np.isnan(X[:2]).all()
        expected = [[1, 0, 0, 0], [0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0]]
        np.testing.assert_array_equal(X[2:], expected)

    def test_on_a_grid(self):
        points, values = B.HistoryConv(3).evaluate_on_grid(5)
        np.testing.assert_allclose(points, np.linspace(0, 1, 5))
        np.testing.assert_array_equal(values, np.eye(5, 3))


def test_a_product_pairs_every_two_functions():
    basis = B.BSplineEval(2, order=2) * B.BSplineEval(3, order=2)
    X = basis.compute_features([0, 0.5, 1], [0, 0.25, 1])
    close(X, [[1, 0, 0, 0, 0, 0], [0.25, 0.25, 0, 0.25, 0.25, 0], [0, 0, 0, 0, 0, 1]])


def test_identity_is_the_input_in_its_own_units_within_bounds():
    x = np.array([-1, 0, 0.5, 1, 5, 20.0])
    np.testing.assert_array_equal(B.IdentityEval().compute_features(x)[:, 0], x)
    bounded = B.IdentityEval(bounds=(0, 10))
    expected = [np.nan, 0, 0.5, 1, 5, np.nan]
    np.testing.assert_array_equal(bounded.compute_features(x)[:, 0], expected)
    np.testing.assert_array_equal(bounded.evaluate(x)[:, 0], expected)
    np.testing.assert_array_equal(bounded.evaluate_on_grid(3)[1][:, 0], [0, 5, 10])


def test_sizes_follow_the_parts():
    basis = (B.BSplineEval(5) + B.RaisedCosineLogConv(4, 10)).set_input_shape(1, 3)
    assert basis.n_output_features == 17
    basis.basis2.n_basis_funcs = 6
    assert basis.n_output_features == 23


def test_the_text_of_a_basis_is_the_call_that_makes_it():
    basis = B.BSplineEval(4) + B.RaisedCosineLogConv(5, 10, conv_kwargs={"shift": False}, label="h")
    assert repr(basis) == (
        "'(BSplineEval + h)': AdditiveBasis(\n"
        "    basis1=BSplineEval(n_basis_funcs=4, order=4),\n"
        "    basis2='h': RaisedCosineLogConv(n_basis_funcs=5, window_size=10, width=2.0, "
        "time_scaling=50.0, enforce_decay_to_zero=True, conv_kwargs={'shift': False}),\n"
        ")"
    )


def test_time_scaling_defaults_to_fifty():
    assert B.RaisedCosineLogEval(3).get_params()["time_scaling"] == 50.0
    assert B.RaisedCosineLogConv(3, 5).time_scaling == 50.0
