"""get_params and set_params of composed bases, and what scikit-learn does with them."""

import numpy as np
import pytest
from sklearn.base import clone

import spikeglm as nmo

B = nmo.basis


def make():
    return B.BSplineEval(5, label="x") + B.MSplineEval(4) * B.MSplineEval(6)


def test_parameters_go_by_label():
    params = make().get_params()
    product = "(MSplineEval * MSplineEval_1)"
    assert params["x__order"] == 4
    assert params["MSplineEval_1__n_basis_funcs"] == 6
    assert params["label"] == f"(x + {product})"
    assert params[f"{product}__label"] == product
    basis = make()
    assert basis.get_params()["x"] is basis["x"]
    leaf = B.BSplineEval(5, label="x").get_params()
    assert {key for key in params if key.startswith("x__")} == {f"x__{key}" for key in leaf}


def test_set_params_by_label_and_by_position():
    basis = make()
    returned = basis.set_params(x__n_basis_funcs=7, MSplineEval_1__order=2, x__label="position")
    assert returned is basis
    assert basis["position"].n_basis_funcs == 7
    assert basis["MSplineEval_1"].order == 2
    basis.set_params(basis1__n_basis_funcs=8, basis2__label="place", label="all")
    assert basis["position"].n_basis_funcs == 8
    assert (basis.label, basis.basis2.label) == ("all", "place")


def test_a_part_is_exchanged_and_keeps_label_and_shape():
    basis = make().set_input_shape(2, 3, 3)
    new = B.HistoryConv(3)
    basis.set_params(x=new)
    assert isinstance(basis["x"], B.HistoryConv)
    assert basis["x"] is not new
    assert basis.n_output_features == 2 * 3 + 3 * 24
    basis.set_params(x=B.Zero())
    assert basis.n_output_features == 3 * 24
    basis.basis1 = B.IdentityEval()
    assert basis.label.startswith("(x + ")
    basis.set_params(x=B.FourierEval(2, ndim=2))
    assert basis.n_inputs == 4
    assert basis.n_output_features is None
    assert basis["MSplineEval"].input_shape == [(3,)]


def test_a_part_can_be_exchanged_and_set_at_once():
    basis = make().set_params(x=B.BSplineEval(4), x__n_basis_funcs=9)
    assert basis["x"].n_basis_funcs == 9


@pytest.mark.parametrize(
    "params",
    [
        {"nonsense": 1},
        {"y__order": 1},
        {"x__nonsense": 1},
        {"x__order": 6},
        {"x__n_basis_funcs": 7, "MSplineEval__order": 5},
        {"x": B.HistoryConv(3), "MSplineEval__order": 5},
        {"x__label": "MSplineEval"},
        {"(MSplineEval * MSplineEval_1)": B.IdentityEval(label="x")},
    ],
)
def test_impossible_parameters_change_nothing(params):
    basis = make()
    with pytest.raises(ValueError, match="Expected"):
        basis.set_params(**params)
    assert repr(basis) == repr(make())


def test_a_part_is_exchanged_for_a_basis_only():
    with pytest.raises(TypeError, match="basis"):
        make().set_params(x=5)


def test_parameters_are_checked_together():
    spline = B.BSplineEval(5, order=4)
    assert spline.set_params(n_basis_funcs=2, order=2).n_basis_funcs == 2
    orthogonal = B.OrthExponentialEval(2, [1.0, 2.0])
    orthogonal.set_params(decay_rates=[1.0, 2.0, 4.0], n_basis_funcs=3)
    np.testing.assert_array_equal(orthogonal.decay_rates, [1, 2, 4])


def test_clones_are_independent_roots():
    basis = make().set_input_shape(1, 2, 2)
    twin = clone(basis["MSplineEval"])
    assert twin.input_shape == [(2,)]
    twin.set_input_shape(1)  # would be refused for a part of another basis
    assert clone(basis).set_params(x__n_basis_funcs=9)["x"].n_basis_funcs == 9
    assert basis["x"].n_basis_funcs == 5


class TestFourierMask:
    def test_new_frequencies_reset_a_mask_made_for_the_old_ones(self):
        basis = B.FourierEval(3, frequency_mask=[1, 0, 1])
        with pytest.warns(UserWarning, match="reset"):
            basis.frequencies = 4
        assert basis.frequency_mask == "no-intercept"
        assert basis.n_basis_funcs == 6

    @pytest.mark.filterwarnings("error")
    def test_equal_frequencies_keep_it(self):
        basis = B.FourierEval(3, frequency_mask=[1, 0, 1])
        basis.frequencies = np.arange(3)
        assert basis.n_basis_funcs == 3

    @pytest.mark.filterwarnings("error")
    def test_both_can_be_set_at_once(self):
        basis = B.FourierEval(3, frequency_mask=[1, 0, 1])
        basis.set_params(frequency_mask=[0, 0, 0, 1], frequencies=4)
        np.testing.assert_array_equal(basis.masked_frequencies, [[3]])

    def test_masks_by_name_stay(self):
        basis = B.FourierEval(3, frequency_mask=None)
        assert basis.frequency_mask == "all"
        basis.frequencies = 5
        assert basis.n_basis_funcs == 9

    def test_a_mask_by_question(self):
        basis = B.FourierEval(3, ndim=2, frequency_mask=lambda f, g: f == g)
        np.testing.assert_array_equal(basis.masked_frequencies, [[0, 1, 2], [0, 1, 2]])
        assert basis.n_basis_funcs == 5


def test_options_of_a_convolution_may_be_edited_in_place():
    basis = B.HistoryConv(2)
    assert basis.conv_kwargs == {}
    basis.conv_kwargs["shift"] = False
    np.testing.assert_array_equal(basis.compute_features([1.0, 2.0])[1], [2, 1])
    basis.conv_kwargs["axis"] = 1
    with pytest.raises(ValueError, match="axis 0"):
        basis.compute_features([1.0, 2.0])
