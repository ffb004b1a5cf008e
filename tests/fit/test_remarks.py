"""What a report says of the features: what is special first, in the language of terms."""

import numpy as np
import pytest

import spikeglm as nmo
from spikeglm.rows import ArrayRows
from spikeglm.rows.terms import terms_of

B = nmo.basis
T = 2000
RNG = np.random.default_rng(0)
PLACE, ANGLE = RNG.uniform(12, 80, T), RNG.uniform(0, 2 * np.pi, T)
Y = RNG.poisson(0.4, T)
SPLINES = B.BSplineEval(9, label="place") + B.CyclicBSplineEval(7, label="angle")


def remarks(X, y=Y, model=nmo.GLM, **arguments):
    report = model(**arguments).fit(X, y).fit_report_
    assert all(line in str(report).splitlines() for line in report.result.remarks)
    return report.result.remarks


def test_splines_that_add_up_to_one_are_no_alarm_but_a_line_for_all():
    lines = remarks(SPLINES.design(PLACE, ANGLE))
    assert [line.split(":")[0] for line in lines] == ["place, angle, each"]
    assert all("add up to a constant, as splines do" in line for line in lines)
    assert not any("[0]" in line for line in lines)  # no list of functions


@pytest.mark.parametrize("penalty", ["Ridge", "Lasso"])
def test_under_a_penalty_there_is_nothing_to_say_of_splines(penalty):
    design = SPLINES.design(PLACE, ANGLE)
    assert remarks(design, regularizer=penalty, regularizer_strength=0.01) == ()
    assert remarks(design, RNG.integers(0, 3, T), nmo.ClassifierGLM, n_classes=3) == ()


def test_a_penalty_on_one_term_settles_that_term_alone():
    design = SPLINES.design(PLACE, ANGLE)
    strength = np.repeat([0.01, 0.0], [9, 7])
    (line,) = remarks(design, regularizer="Ridge", regularizer_strength=strength)
    assert line.startswith("angle: its functions add up")


@pytest.mark.parametrize("penalty, strength", [("UnRegularized", None), ("Ridge", 0.01)])
def test_functions_that_saw_no_data_come_first_with_what_the_data_cover(penalty, strength):
    basis = B.CyclicBSplineEval(7, label="angle") + B.BSplineEval(
        12, bounds=(0, 100), label="place"
    )
    first, *others = remarks(
        basis.design(ANGLE, PLACE), regularizer=penalty, regularizer_strength=strength
    )
    assert first.startswith("place: 2 of 12 functions are zero in all rows (place[0], place[11])")
    assert "data cover 12.0" in first and "of [0, 100]" in first
    assert len(others) == (penalty == "UnRegularized")


def test_the_range_is_that_of_samples_inside_of_the_bounds():
    place = np.append(PLACE, 500.0)
    design = B.BSplineEval(12, bounds=(0, 100), label="place").design(place)
    lost, line = remarks(design, np.append(Y, 0))
    assert lost.startswith(f"{T} of {T + 1} rows took part")
    assert f"{PLACE.min():.4g} to {PLACE.max():.4g} of [0, 100]" in line


def test_a_corner_of_a_product_that_was_never_visited():
    basis = B.BSplineEval(5, order=2, label="x") * B.BSplineEval(5, order=2, label="y")
    design = basis.design(np.append(PLACE / 2, 0), np.append(PLACE / 2 - 6, 0))  # on a diagonal
    (line,) = remarks(design, np.append(Y, 0), regularizer="Ridge")
    n_zero = int((design.to_array() == 0).all(axis=0).sum())
    assert n_zero > 5
    assert line.startswith(f"(x * y): {n_zero} of 25 functions are zero in all rows")
    assert line.endswith("data cover 0 to 39.98 and 0 to 33.98")


def test_a_silent_channel_is_named_as_a_channel():
    counts = RNG.poisson(0.3, (T, 4))
    counts[:, 2] = 0
    design = B.RaisedCosineLogConv(3, window_size=20, label="spikes").design(counts)
    lost, line = remarks(design)
    assert lost.startswith(f"{T - 20} of {T} rows took part")
    assert line == "spikes: 3 of 12 functions are zero in all rows (channel 2)"


@pytest.mark.parametrize("penalty", ["UnRegularized", "Ridge"])
def test_terms_that_overlap_are_named_together(penalty):
    basis = B.BSplineEval(5, label="a") * B.BSplineEval(4, label="b") + B.BSplineEval(5, label="a2")
    basis = basis + B.BSplineEval(6, label="alone")
    design = basis.design(PLACE, ANGLE, PLACE, RNG.uniform(size=T))
    X = design.to_array()
    ones = np.ones((T, 1))
    rank = [np.linalg.matrix_rank(np.hstack([ones, part])) - 1 for part in (X, X[:, :25])]
    expected = (20 + 5 + 6 - 3) - rank[0]  # each term alone lacks one
    assert rank[1] == 19 and expected == 4
    first = remarks(design, regularizer=penalty)[0]
    assert first.startswith(f"(a * b), a2 overlap in {expected} combinations of features: ")
    assert ("the penalty decides" in first) == (penalty == "Ridge")


def test_copies_within_a_term_are_counted_beside_the_sum():
    both = np.column_stack([PLACE, PLACE, RNG.uniform(size=T)])
    (line,) = remarks(B.BSplineEval(4, label="x").design(both))
    assert line.startswith("x: 12 functions are combinations of others in 6 ways (x[0,0], ")


def test_columns_of_plain_tables_by_their_names():
    pd = pytest.importorskip("pandas")
    table = {"a": PLACE, "copy": 2 * PLACE, "one": np.ones(T), "off": np.zeros(T), "b": ANGLE}
    (line,) = remarks(pd.DataFrame(table))
    assert line == (
        "1 of 5 features are zero in all rows (off); 1 of 5 features are constant, as the "
        "intercept is (one); 2 features are combinations of others (a, copy): predictions are "
        "unique, their coefficients are those of smallest norm"
    )
    assert remarks(np.column_stack([PLACE, ANGLE])) == ()
    (far,) = remarks(np.column_stack([PLACE, np.full(T, 1e6)]))
    assert "constant" in far and "zero" not in far


@pytest.mark.parametrize("unit", [1e-300, 1e-200, 1e-160, 1e-145])
@pytest.mark.parametrize("model", ["Poisson", "Gaussian"])
def test_features_whose_squares_vanish_are_said_to_count_as_zero(unit, model):
    """They were called constant, and a little larger ones "separated"."""
    fit = nmo.GLM(model).fit(np.column_stack([PLACE, ANGLE * unit]), np.floor(PLACE))
    assert fit.fit_report_.status == ("converged",)
    assert fit.coef_[1] == 0
    (line,) = fit.fit_report_.result.remarks
    assert line.startswith("1 of 2 features are zero in all rows, or below 1e-140, ")
    alone = nmo.GLM(model).fit(np.column_stack([PLACE, ANGLE * 1e-130]), np.floor(PLACE))
    assert alone.coef_[1] != 0
    assert alone.fit_report_.result.remarks == ()


def test_leaves_of_a_tree_are_terms():
    design = B.BSplineEval(6, label="place").design(PLACE)
    lines = remarks({"lazy": design, "table": np.column_stack([ANGLE, ANGLE])})
    assert [line.split(":")[0] for line in lines] == ["table", "lazy.place"]


def test_the_terms_of_a_design_are_its_additive_components():
    counts = RNG.poisson(0.3, (50, 2))
    basis = B.HistoryConv(3, label="h") + B.BSplineEval(4, label="x") * B.FourierEval(2, label="f")
    design = basis.design(counts, np.linspace(0, 1, 50), np.linspace(0, 1, 50))
    for table in (design, design.at(counts[:30], *np.zeros((2, 30)))):
        first, second = table.terms
        assert (first.label, first.columns, first.n_channels) == ("h", slice(0, 6), 2)
        assert second.label == "(x * f)" and second.columns == slice(6, design.n_features)
    (whole,) = terms_of(ArrayRows(np.zeros((2, 3))))
    assert whole.columns == slice(0, 3) and whole.label == ""


def test_remarks_are_saved_with_the_model(tmp_path):
    model = nmo.GLM().fit(SPLINES.design(PLACE, ANGLE), Y)
    model.save_params(tmp_path / "model.npz")
    loaded = nmo.load_model(tmp_path / "model.npz")
    assert str(loaded.fit_report_) == str(model.fit_report_)
    assert loaded.fit_report_.result.remarks == model.fit_report_.result.remarks


def test_a_main_effect_beside_its_product_is_told_to_go():
    """Its coefficients were aliased, and nothing said what to do."""
    product = B.BSplineEval(5, label="a") * B.BSplineEval(4, label="b")
    design = (product + B.BSplineEval(5, label="a2")).design(PLACE, ANGLE, PLACE)
    hint = "all that 'a2' can say the other terms can, too"
    assert hint in remarks(design)[0]
    assert hint not in remarks(design, regularizer="Ridge")[0]
    twice = B.BSplineEval(5, label="a") + B.BSplineEval(5, label="a2")
    assert "can say" not in remarks(twice.design(PLACE, PLACE))[0]
