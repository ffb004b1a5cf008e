"""What cannot be built or computed, and the type of the error that says so."""

import numpy as np
import pytest

import spikeglm as nmo

B = nmo.basis
INSTEAD = "Expected"  # every message says what was expected

REFUSED = {
    "order 1.5": lambda: B.BSplineEval(5, order=1.5),
    "order 1 of I-splines": lambda: B.ISplineEval(5, order=1),
    "fewer I-splines than a polynomial has": lambda: B.ISplineEval(2, order=4),
    "order 0": lambda: B.MSplineEval(5, order=0),
    "fewer functions than order": lambda: B.BSplineEval(3),
    "fewer cyclic functions than order": lambda: B.CyclicBSplineConv(3, 10),
    "cyclic order 1": lambda: B.CyclicBSplineEval(5, order=1),
    "one raised cosine": lambda: B.RaisedCosineLinearEval(1),
    "one log raised cosine": lambda: B.RaisedCosineLogConv(1, 10),
    "width 1": lambda: B.RaisedCosineLinearEval(5, width=1),
    "width 2.2": lambda: B.RaisedCosineLogEval(5, width=2.2),
    "width nan": lambda: B.RaisedCosineLogEval(5, width=np.nan),
    "time_scaling 0": lambda: B.RaisedCosineLogEval(5, time_scaling=0),
    "time_scaling -1": lambda: B.RaisedCosineLogConv(5, 10, time_scaling=-1),
    "no function": lambda: B.OrthExponentialEval(0, []),
    "one rate for two functions": lambda: B.OrthExponentialEval(2, [1.0]),
    "equal rates": lambda: B.OrthExponentialEval(2, [1.0, 1.0]),
    "window shorter than functions": lambda: B.OrthExponentialConv(3, 2, [1.0, 2.0, 3.0]),
    "window None": lambda: B.HistoryConv(None),
    "window 10.0": lambda: B.BSplineConv(5, 10.0),
    "window 0": lambda: B.BSplineConv(5, 0),
    "window -3": lambda: B.MSplineConv(5, -3),
    "window True": lambda: B.HistoryConv(True),
    "conv_kwargs axis": lambda: B.HistoryConv(3, conv_kwargs={"axis": 0}),
    "conv_kwargs unknown": lambda: B.HistoryConv(3, conv_kwargs={"mode": "same"}),
    "conv_kwargs causality": lambda: B.HistoryConv(3, conv_kwargs={"predictor_causality": "x"}),
    "shifted acausal": lambda: B.HistoryConv(
        3, conv_kwargs={"predictor_causality": "acausal", "shift": True}
    ),
    "bounds of three": lambda: B.BSplineEval(5, bounds=(0, 1, 2)),
    "bounds decreasing": lambda: B.BSplineEval(5, bounds=(1, 0)),
    "bounds equal": lambda: B.IdentityEval(bounds=(1, 1)),
    "bounds nan": lambda: B.BSplineEval(5, bounds=(0, np.nan)),
    "bounds infinite": lambda: B.BSplineEval(5, bounds=(0, np.inf)),
    "bounds of two inputs": lambda: B.BSplineEval(5, bounds=[(0, 1), (0, 1)]),
    "fourier negative": lambda: B.FourierEval(-1),
    "fourier nothing": lambda: B.FourierEval(0),
    "fourier range reversed": lambda: B.FourierEval((3, 1)),
    "fourier range negative": lambda: B.FourierEval((-1, 3)),
    "fourier range of three": lambda: B.FourierEval((1, 2, 3)),
    "fourier fractional": lambda: B.FourierEval(np.array([0.5, 1])),
    "fourier negative array": lambda: B.FourierEval(np.array([-1, 1])),
    "fourier list of two": lambda: B.FourierEval([2, 3]),
    "fourier ndim 0": lambda: B.FourierEval(3, ndim=0),
    "fourier ndim 1.5": lambda: B.FourierEval(3, ndim=1.5),
    "fourier mask name": lambda: B.FourierEval(3, frequency_mask="none"),
    "fourier mask shape": lambda: B.FourierEval(3, frequency_mask=[1, 0]),
    "fourier mask values": lambda: B.FourierEval(3, frequency_mask=[1, 0, 2]),
    "fourier mask answer": lambda: B.FourierEval(3, frequency_mask=lambda f: "yes"),
}
WRONG_KIND = {
    "bounds 1": lambda: B.BSplineEval(5, bounds=1),
    "bounds (1,)": lambda: B.BSplineEval(5, bounds=(1,)),
    "bounds None inside": lambda: B.BSplineEval(5, bounds=(None, 1)),
    "bounds text": lambda: B.BSplineEval(5, bounds=("a", "b")),
    "bounds list with None": lambda: B.FourierEval(3, ndim=2, bounds=[(0, 1), None]),
    "fill text": lambda: B.BSplineEval(5, fill_value="x"),
    "fourier 2.5": lambda: B.FourierEval(2.5),
    "fourier 2.0": lambda: B.FourierEval(2.0),
    "fourier text": lambda: B.FourierEval("all"),
    "fourier text array": lambda: B.FourierEval(np.array(["a"])),
    "functions text": lambda: B.BSplineEval("five"),
    "functions None": lambda: B.RaisedCosineLogConv(None, 10),
    "order None": lambda: B.MSplineEval(5, order=None),
    "fourier mask fails": lambda: B.FourierEval(3, frequency_mask=lambda f, g: True),
    "label 3": lambda: B.Zero(label=3),
}


@pytest.mark.parametrize("name", REFUSED)
def test_impossible_values(name):
    with pytest.raises(ValueError, match=INSTEAD):
        REFUSED[name]()


@pytest.mark.parametrize("name", WRONG_KIND)
def test_the_wrong_kind_of_thing(name):
    with pytest.raises(TypeError, match=INSTEAD):
        WRONG_KIND[name]()


def test_python_refuses_what_a_signature_does_not_have():
    for build in (
        lambda: B.BSplineConv(5),
        lambda: B.BSplineConv(5, 10, bounds=(0, 1)),
        lambda: B.BSplineEval(5, window_size=10),
    ):
        with pytest.raises(TypeError):
            build()
    with pytest.raises(AttributeError):
        _ = B.BSplineConv(5, 10).bounds


@pytest.mark.parametrize(
    "make",
    [
        B.IdentityEval,
        lambda: B.HistoryConv(3),
        lambda: B.FourierEval(3),
        B.Zero,
        lambda: B.Zero() + B.Zero(),
        lambda: B.Zero() * B.Zero(),
    ],
)
def test_the_number_of_functions_of_these_cannot_be_set(make):
    with pytest.raises(AttributeError):
        make().n_basis_funcs = 3


def test_zero_has_no_bounds_to_set():
    assert B.Zero().bounds is None
    with pytest.raises(AttributeError):
        B.Zero().bounds = (0, 1)


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ("order", 6),
        ("order", 1.5),
        ("n_basis_funcs", 3),
        ("bounds", (2, 1)),
        ("label", "MSplineEval"),
    ],
)
def test_a_refused_change_leaves_the_basis_as_it_was(change, value):
    basis = B.BSplineEval(5, bounds=(0, 1))
    before = repr(basis)
    with pytest.raises(ValueError, match=INSTEAD):
        setattr(basis, change, value)
    assert repr(basis) == before


def test_cyclic_order_is_checked_when_it_is_set():
    with pytest.raises(ValueError, match=INSTEAD):
        B.CyclicBSplineEval(5).order = 1


def test_whole_numbers_of_any_type_are_whole_numbers():
    assert B.BSplineEval(5, order=3.0).order == 3
    assert type(B.BSplineEval(np.int64(5), order=np.int32(3)).order) is int
    assert B.HistoryConv(np.int64(4)).n_basis_funcs == 4
    assert B.FourierEval(np.int64(3)).n_basis_funcs == 4


@pytest.mark.parametrize("bounds", [(0, 1), [0, 1], np.array([0, 1])])
def test_bounds_are_kept_as_floats(bounds):
    assert B.BSplineEval(5, bounds=bounds).bounds == (0.0, 1.0)
    assert B.BSplineEval(5, bounds=[bounds]).bounds == ((0.0, 1.0),)
    both = B.FourierEval(3, ndim=2, bounds=[bounds, (0, 2)])
    assert both.bounds == ((0.0, 1.0), (0.0, 2.0))
    assert B.IdentityEval(bounds=(0, np.inf)).bounds == (0.0, np.inf)


def test_inputs_are_counted():
    both = B.BSplineEval(4) + B.HistoryConv(2)
    x = np.ones(5)
    for call in (both.compute_features, both.evaluate, both.setup_basis, both.design):
        with pytest.raises(TypeError, match=r"requires 2 input\(s\)"):
            call(x)
    for basis, n in ((B.BSplineEval(4), 2), (B.FourierEval(2, ndim=2), 1)):
        with pytest.raises(TypeError, match="requires"):
            basis.compute_features(*[x] * n)
        with pytest.raises(TypeError, match="requires"):
            basis.evaluate_on_grid(*[5] * n)


def test_inputs_are_numbers_of_one_length():
    both = B.BSplineEval(4) + B.HistoryConv(2)
    with pytest.raises(ValueError, match="number of samples"):
        both.compute_features(np.ones(5), np.ones(6))
    with pytest.raises(TypeError, match="numbers"):
        both.compute_features(np.ones(2), ["a", "b"])


@pytest.mark.parametrize(("n", "error"), [(0, ValueError), (-1, ValueError), (2.5, TypeError)])
def test_a_grid_has_points(n, error):
    with pytest.raises(error):
        B.BSplineEval(4).evaluate_on_grid(n)


def test_orthogonal_exponentials_need_enough_samples_that_tell_them_apart():
    basis = B.OrthExponentialEval(3, [1.0, 2.0, 4.0])
    with pytest.raises(ValueError, match="fewer samples"):
        basis.compute_features([0.0, 1.0])
    with pytest.raises(ValueError, match="too much alike"):
        B.OrthExponentialEval(12, np.linspace(1, 1.5, 12)).compute_features(np.linspace(0, 1, 50))
    with pytest.raises(ValueError, match="too much alike"):
        basis.compute_features([0.0, 1.0] * 5)


@pytest.mark.parametrize("rates", [[-1000.0, 1.0], [1.0, -1e300]])
def test_orthogonal_exponentials_that_overflow_are_no_error_of_linear_algebra(rates):
    with pytest.raises(ValueError, match="too large for double precision"):
        B.OrthExponentialEval(2, rates).compute_features(np.linspace(0, 1, 50))
    with pytest.raises(ValueError, match="too large for double precision"):
        B.OrthExponentialConv(2, 10, rates).compute_features(np.linspace(0, 1, 50))
    with pytest.raises(ValueError, match="too large for double precision"):
        B.OrthExponentialEval(2, rates).evaluate_on_grid(20)


@pytest.mark.parametrize("rate", [np.nan, np.inf])
def test_a_decay_rate_is_a_number(rate):
    with pytest.raises(ValueError, match="A decay rate is no number"):
        B.OrthExponentialEval(2, [rate, 1.0])


def test_frequencies_out_of_order_are_sorted():
    with pytest.warns(UserWarning, match="sorted"):
        basis = B.FourierEval(np.array([3, 1]))
    np.testing.assert_array_equal(basis.masked_frequencies, [[1, 3]])


def test_functions_of_history_have_one_channel():
    with pytest.raises(ValueError, match="one channel"):
        B.HistoryConv(3).evaluate(np.ones((4, 2)))
    np.testing.assert_array_equal(B.HistoryConv(3).evaluate(np.ones(4)), np.eye(4, 3))
    assert B.HistoryConv(3).evaluate(np.ones((4, 1))).shape == (4, 1, 3)
