"""Terms of tables: plain ones, designs, and tables side by side."""

import numpy as np
import pytest

import spikeglm as nmo
from spikeglm.rows import ArrayRows, StackedRows
from spikeglm.rows.terms import Term, terms_of

B = nmo.basis
X = np.random.default_rng(0).uniform(size=(30, 2))


def test_a_plain_table_is_one_term_of_which_nothing_is_known():
    (term,) = terms_of(ArrayRows(X))
    assert (term.label, term.columns, term.kind, term.shape) == ("", slice(0, 2), "other", (2,))
    assert term.penalties() == () and term.penalties_of_columns() == () and term.units == ()
    for question in (term.axis, term.grid, term.axes, lambda: term.functions([0.0])):
        with pytest.raises(ValueError, match=r"basis\.design"):
            question()


def test_tables_side_by_side_have_the_terms_of_each():
    design = (B.HistoryConv(2, label="past") + B.BSplineEval(4, label="x")).design(*X.T)
    both = StackedRows((ArrayRows(X), design), ("plain", "lazy"))
    assert [(term.label, term.columns) for term in terms_of(both)] == [
        ("plain", slice(0, 2)),
        ("lazy.past", slice(2, 4)),
        ("lazy.x", slice(4, 8)),
    ]
    assert terms_of(both)[2].axis(2).tolist() == [X[:, 1].min(), X[:, 1].max()]


def test_a_shape_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="shape"):
        Term("x", 0, 5, shape=(2, 3))


def test_penalties_of_all_channels_are_blocks():
    (term,) = B.BSplineEval(4).design(X).terms
    (S,), (whole,) = term.penalties(), term.penalties_of_columns()
    np.testing.assert_array_equal(whole, np.kron(np.eye(2), S))
