"""Names, arguments and small print that scripts written for NeMoS rely on."""

from inspect import signature

import numpy as np
import pynapple as nap
import pytest
from tests.basis.catalogue import ALL

import spikeglm as nmo
from spikeglm.basis.convolution.window import Window
from spikeglm.convolve import create_convolutional_predictor

B = nmo.basis
NAN = np.nan
same = np.testing.assert_array_equal


def close(got, expected):
    np.testing.assert_allclose(got, expected, rtol=0, atol=6e-6)


EVAL = {"bounds": None, "fill_value": NAN}
LOG = {"width": 2.0, "time_scaling": None, "enforce_decay_to_zero": True}
REQUIRED = object()
N = {"n_basis_funcs": REQUIRED}
W = {"window_size": REQUIRED}
CONV = {"conv_kwargs": None}
SIGNATURES = {
    "BSplineEval": {**N, "order": 4, **EVAL, "label": "BSplineEval"},
    "BSplineConv": {**N, **W, "order": 4, "label": "BSplineConv", **CONV},
    "CyclicBSplineEval": {**N, "order": 4, **EVAL, "label": "CyclicBSplineEval"},
    "CyclicBSplineConv": {**N, **W, "order": 4, "label": "CyclicBSplineConv", **CONV},
    "ISplineEval": {**N, "order": 4, **EVAL, "label": "ISplineEval"},
    "MSplineEval": {**N, "order": 4, **EVAL, "label": "MSplineEval"},
    "MSplineConv": {**N, **W, "order": 4, "label": "MSplineConv", **CONV},
    "RaisedCosineLinearEval": {**N, "width": 2.0, **EVAL, "label": "RaisedCosineLinearEval"},
    "RaisedCosineLinearConv": {
        **N, **W, "width": 2.0, "label": "RaisedCosineLinearConv", **CONV
    },
    "RaisedCosineLogEval": {**N, **LOG, **EVAL, "label": "RaisedCosineLogEval"},
    "RaisedCosineLogConv": {**N, **W, **LOG, "label": "RaisedCosineLogConv", **CONV},
    "OrthExponentialEval": {
        **N, "decay_rates": REQUIRED, **EVAL, "label": "OrthExponentialEval"
    },
    "OrthExponentialConv": {
        **N, **W, "decay_rates": REQUIRED, "label": "OrthExponentialConv", **CONV
    },
    "IdentityEval": {**EVAL, "label": "IdentityEval"},
    "HistoryConv": {**W, "label": "HistoryConv", **CONV},
    "FourierEval": {
        "frequencies": REQUIRED, "ndim": 1, "bounds": None, "frequency_mask": "no-intercept",
        "label": "FourierEval",
    },
    "Zero": {"label": "Zero"},
    "Category": {"categories": REQUIRED, "out_of_category": True, "label": None},
    "CustomBasis": {
        "funcs": REQUIRED, "ndim_input": 1, "output_shape": None, "basis_kwargs": None,
        "pynapple_support": True, "label": None, "is_complex": False, **EVAL,
    },
    "AdditiveBasis": {"basis1": REQUIRED, "basis2": REQUIRED, "label": None},
    "MultiplicativeBasis": {"basis1": REQUIRED, "basis2": REQUIRED, "label": None},
    "TransformerBasis": {"basis": REQUIRED},
}  # fmt: skip


class TestNames:
    def test_the_module_offers_what_nemos_offers_the_contract_and_what_laws_run_on(self):
        assert set(B.__all__) >= {*SIGNATURES, "Basis"}
        ours = set(B.__all__) - {*SIGNATURES, "Basis"}
        assert ours <= {row.name for row in ALL}

    @pytest.mark.parametrize("name", SIGNATURES)
    def test_arguments_in_this_order_with_these_defaults(self, name):
        got = {
            key: REQUIRED if argument.default is argument.empty else argument.default
            for key, argument in signature(getattr(B, name)).parameters.items()
        }
        assert list(got) == list(SIGNATURES[name])
        np.testing.assert_equal(got, SIGNATURES[name])

    def test_a_basis_is_not_callable(self):
        assert not callable(B.BSplineEval(4))

    def test_defaults_that_are_filled_in(self):
        assert B.RaisedCosineLogEval(3).get_params()["time_scaling"] == 50.0
        assert B.HistoryConv(3).get_params()["conv_kwargs"] == {}
        assert B.Category(3).get_params()["label"] == "Category"


class TestRefusals:
    def test_sizes_that_are_not_set(self):
        for basis in (
            *(B.Category(3), B.CustomBasis(np.sin), B.IdentityEval(), B.HistoryConv(3)),
            *(B.FourierEval(3), B.Zero(), B.Zero() + B.Zero(), B.Zero() * B.Zero()),
        ):
            with pytest.raises(AttributeError):
                basis.n_basis_funcs = 3

    def test_labels_have_no_bounds(self):
        with pytest.raises(AttributeError):
            _ = B.Category(3).bounds
        with pytest.raises(AttributeError):
            B.Category(3).bounds = (0, 1)

    @pytest.mark.parametrize("ndim", ["two", None, [2]])
    def test_a_number_of_dimensions_is_a_number(self, ndim):
        with pytest.raises(TypeError):
            B.FourierEval(3, ndim=ndim)

    @pytest.mark.parametrize("basis", [B.BSplineEval(4), B.HistoryConv(2), B.FourierEval(3)])
    def test_text_is_no_number(self, basis):
        with pytest.raises(TypeError, match="numbers"):
            basis.compute_features(["a", "b"])

    @pytest.mark.parametrize("n", [0, 2])
    def test_methods_of_one_variable_take_one_input(self, n):
        for method in ("compute_features", "evaluate", "evaluate_on_grid", "setup_basis"):
            with pytest.raises(TypeError):
                getattr(B.BSplineEval(4), method)(*[5] * n)

    def test_spikes_are_counted_first(self):
        spikes = {0: nap.Ts([0.1, 0.2]), 1: nap.Ts([0.3, 0.4])}
        for x in (nap.TsGroup(spikes), spikes[0]):
            with pytest.raises(TypeError, match="count"):
                B.HistoryConv(3).compute_features(x)


class TestScaling:
    def test_one_bin_windows_are_at_zero(self):
        for basis in (B.BSplineConv(4, 1), B.RaisedCosineLogConv(3, 1)):
            same(basis.setup_basis(np.ones(5)).kernel_, basis.evaluate([0.0]))

    def test_grids_follow_the_bounds_of_each_part(self):
        basis = B.BSplineEval(4, bounds=(2, 5)) + B.HistoryConv(3) + B.MSplineEval(4)
        x, lag, y, _ = basis.evaluate_on_grid(4, 3, 5)
        same(x[:, 0, 0], [2, 3, 4, 5])
        same(lag[0, :, 0], [0, 0.5, 1])
        same(y[0, 0, :], np.linspace(0, 1, 5))

    def test_two_dimensions_of_three_channels(self):
        x, y = np.random.default_rng(0).uniform(size=(2, 9, 3))
        basis = B.FourierEval(2, ndim=2)
        X = basis.compute_features(x, y)
        assert X.shape == (9, 3 * basis.n_basis_funcs)
        assert basis.input_shape == [(3,), (3,)]
        (part,) = basis.split_by_feature(X).values()
        assert part.shape == (9, 3, basis.n_basis_funcs)


class TestOutsideOfBounds:
    """``evaluate`` gives the functions as formulas; only ``compute_features`` fills."""

    def test_b_splines_are_undefined(self):
        assert np.isnan(B.BSplineEval(4, bounds=(0, 1)).evaluate([-0.1, 1.1])).all()

    def test_m_splines_are_zero(self):
        same(B.MSplineEval(4, bounds=(0, 1)).evaluate([-0.1, 1.1]), np.zeros((2, 4)))

    def test_log_raised_cosines_end_where_the_logarithm_does(self):
        basis = B.RaisedCosineLogEval(4, bounds=(0, 1), time_scaling=10)
        values = basis.evaluate([-0.05, -0.11, 1.5])
        same(np.isnan(values).all(axis=1), [False, True, False])

    def test_identity_fills(self):
        same(B.IdentityEval(bounds=(0, 1), fill_value=-1).evaluate([0.5, 2]), [[0.5], [-1]])

    def test_the_interval_is_closed(self):
        X = B.BSplineEval(3, order=2, bounds=(0, 1)).compute_features([0.0, 1.0])
        same(X, [[1, 0, 0], [0, 0, 1]])


class TestExponentials:
    RATES_124 = np.array(
        [
            [-0.676778, 0.509183, 0.358048],
            [-0.549797, 0.0843338, -0.327204],
            [-0.345646, -0.387248, -0.464835],
            [-0.26989, -0.46525, -0.17855],
            [-0.173014, -0.453408, 0.380842],
            [-0.1321, -0.402023, 0.60971],
        ]
    )

    @pytest.mark.parametrize("rates", [[1, 2, 4], [4, 1, 2], [2, 4, 1]])
    def test_the_order_of_rates_changes_no_more_than_signs(self, rates):
        X = B.OrthExponentialEval(3, rates).compute_features([0, 0.1, 0.35, 0.5, 0.8, 1])
        signs = np.sign(X[0]) * np.sign(self.RATES_124[0])
        close(X * signs, self.RATES_124)

    def test_missing_samples_stay_missing_and_do_not_count(self):
        x = np.array([0, 0.1, NAN, 0.35, 0.5, 0.8, 1])
        X = B.OrthExponentialEval(3, [1, 2, 4]).compute_features(x)
        close(abs(np.delete(X, 2, axis=0)), abs(self.RATES_124))
        assert np.isnan(X[2]).all()


class TestWindows:
    @pytest.mark.parametrize(
        ("causality", "shift", "offset", "first", "last"),
        [
            ("causal", None, -1, 4, 0),
            ("causal", True, -1, 4, 0),
            ("causal", False, 0, 3, 0),
            ("anti-causal", None, 4, 0, 4),
            ("anti-causal", True, 4, 0, 4),
            ("anti-causal", False, 3, 0, 3),
            pytest.param("acausal", None, 2, 1, 2, marks=pytest.mark.filterwarnings("ignore")),
            pytest.param("acausal", False, 2, 1, 2, marks=pytest.mark.filterwarnings("ignore")),
        ],
    )
    def test_the_table_of_offsets_for_four_bins(self, causality, shift, offset, first, last):
        """Row t sees ``x[t + offset - i]`` with weight i: this many rows at either end do not."""
        assert Window.of(4, causality, shift).newest == offset
        kernel = np.array([[1.0], [10.0], [100.0], [1000.0]])
        x = np.random.default_rng(0).integers(0, 9, 12)
        got = create_convolutional_predictor(kernel, x, causality, shift)[:, 0]
        assert np.isnan(got).sum() == first + last
        for t in range(first, 12 - last):
            np.testing.assert_allclose(got[t], sum(10**i * x[t + offset - i] for i in range(4)))

    def test_an_anti_causal_kernel_is_not_mirrored(self):
        basis = B.RaisedCosineLogConv(3, 6, conv_kwargs={"predictor_causality": "anti-causal"})
        X = basis.compute_features(np.eye(20)[10])
        close(X[4], [1, 0.5, 0])  # the narrow function is at the farthest bin, six ahead
        close(X[9], [0, 0, 0])

    def test_short_epochs_are_missing_with_one_warning(self):
        support = nap.IntervalSet([0, 10, 12, 20], [8.5, 11.5, 14.5, 30.0])
        x = nap.Tsd(t=np.arange(31.0), d=np.ones(31)).restrict(support)
        convolved = create_convolutional_predictor
        for convolve in (B.HistoryConv(4).compute_features, lambda x: convolved(np.eye(4), x)):
            with pytest.warns(UserWarning, match="2 of 4 epochs are shorter") as caught:
                X = convolve(x)
            (warning,) = caught
            assert warning.filename == __file__
            assert np.isnan(X.values[(x.t > 9) & (x.t < 15)]).all()
            assert np.isfinite(X.values).all(axis=1).sum() == 5 + 7

    def test_a_centred_window_of_even_length_is_not_centred(self):
        basis = B.HistoryConv(4, conv_kwargs={"predictor_causality": "acausal"})
        with pytest.warns(UserWarning, match="even"):
            basis.compute_features(np.ones(9))

    @pytest.mark.filterwarnings("error")
    def test_no_samples_are_not_too_few(self):
        assert B.HistoryConv(4).compute_features(np.ones(0)).shape == (0, 4)


class TestSwitchingOff:
    def test_nothing_at_points(self):
        assert B.Zero().evaluate(np.ones((4, 3))).shape == (4, 3, 0)
        assert B.Zero().compute_features(np.ones((4, 3))).shape == (4, 0)
        assert B.Zero().n_basis_funcs == 0

    def test_categories_that_there_are_not(self):
        assert B.Category(0).compute_features([1, 2]).shape == (2, 0)


class TestTransformers:
    def test_parameters_without_those_of_the_basis(self):
        transformer = B.BSplineEval(5).to_transformer()
        assert set(transformer.get_params(deep=False)) == {"basis"}
        assert {"basis", "n_basis_funcs", "order"} < set(transformer.get_params())

    def test_all_names_are_shown(self):
        shown = dir(B.BSplineEval(5).to_transformer())
        assert {"fit", "transform", "n_basis_funcs", "order", "compute_features"} <= set(shown)

    def test_features_of_two_inputs_are_cut_left_to_right(self):
        basis = (B.HistoryConv(2) + B.IdentityEval()).set_input_shape(2, 1)
        X = np.random.default_rng(0).normal(size=(9, 3))
        features = basis.to_transformer().fit_transform(X)
        same(features, basis.compute_features(X[:, :2], X[:, 2]))
        with pytest.raises(ValueError, match="expecting 3 features"):
            basis.to_transformer().fit(X[:, :2])
