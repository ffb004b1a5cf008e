"""Labels: defaults that number themselves, names of one's own, and parts by name."""

import pytest

import spikeglm as nmo

B = nmo.basis


def three():
    return B.BSplineEval(4) + B.BSplineEval(5) + B.BSplineEval(6)


def test_defaults_are_numbered_from_left_to_right():
    assert three().label == "((BSplineEval + BSplineEval_1) + BSplineEval_2)"
    mixed = B.BSplineEval(4) + B.MSplineEval(4) * B.BSplineEval(4)
    assert mixed.label == "(BSplineEval + (MSplineEval * BSplineEval_1))"


def test_a_name_renumbers_the_others():
    basis = three()
    basis["BSplineEval_1"].label = "pos"
    assert basis.label == "((BSplineEval + pos) + BSplineEval_1)"
    basis["pos"].label = None
    assert basis.label == three().label


@pytest.mark.parametrize("default", [None, "BSplineEval", "BSplineEval_7"])
def test_the_name_of_the_own_class_is_the_default(default):
    assert B.BSplineEval(4, label=default).label == "BSplineEval"


def test_labels_that_are_refused():
    with pytest.raises(TypeError, match="string"):
        B.BSplineEval(4, label=3)
    for taken in ("MSplineEval", "HistoryConv_2", "AdditiveBasis"):
        with pytest.raises(ValueError, match="class"):
            B.BSplineEval(4, label=taken)
    basis = B.BSplineEval(4, label="x") + B.HistoryConv(2, label="y")
    with pytest.raises(ValueError, match="once"):
        basis["y"].label = "x"
    assert basis["y"].label == "y"
    with pytest.raises(ValueError, match="once"):
        B.BSplineEval(4, label="x") + B.HistoryConv(2, label="x")


def test_a_composed_basis_can_have_a_name():
    basis = B.BSplineEval(4, label="x") * B.BSplineEval(4, label="y")
    basis.label = "place"
    whole = basis + B.HistoryConv(3)
    assert whole.label == "(place + HistoryConv)"
    assert whole["place"]["x"].label == "x"
    basis.label = 7
    assert basis.label == "7"
    for default in (None, "(x * y)", "MultiplicativeBasis"):
        basis.label = default
        assert basis.label == "(x * y)"
    with pytest.raises(ValueError, match="once"):
        whole["place"].label = "x"
    for other in ("AdditiveBasis", "HistoryConv"):
        with pytest.raises(ValueError, match="class"):
            basis.label = other


def test_parts_are_reached_by_name():
    basis = three()
    assert basis["BSplineEval_2"] is basis.basis2
    assert basis["(BSplineEval + BSplineEval_1)"] is basis.basis1
    basis["BSplineEval"].n_basis_funcs = 7
    assert basis.n_basis_funcs == 18


@pytest.mark.parametrize("key", ["nonsense", 0, slice(None)])
def test_an_unknown_name_lists_the_known_ones(key):
    with pytest.raises(IndexError, match="BSplineEval_2"):
        three()[key]


def test_a_subclass_of_ones_own_keeps_working():
    class Mine(B.BSplineEval):
        pass

    assert (Mine(4) + B.BSplineEval(4)).label == "(Mine + BSplineEval)"
