"""Random fits that were wrong once; each seed draws the same fit again."""

import numpy as np
import pytest
from tests.fuzz import checks, oracle, problems


@pytest.mark.parametrize("seed", [2455, 45791, 46338, 46543, 54326])
def test_the_data_of_a_fit_are_not_taken_for_others(seed):
    case = problems.draw(seed)
    checks.fitted(case).standard_errors(case.X, case.y, **case.more)


@pytest.mark.parametrize(("seed", "neuron"), [(45302, 2), (54326, 2), (54263, 2)])
def test_who_says_converged_is_at_the_optimum_where_one_row_hides_the_others(seed, neuron):
    """A mean at the edge of its link weighs 1e15 times as much as others, as may one of 1e-6."""
    case = problems.draw(seed)
    model = checks.fitted(case)
    problem = case.problem(neuron)
    here = problem.at(*checks.parameters(model, neuron))
    with np.errstate(invalid="ignore"):  # as stored, it may lie beyond the edge
        excess = problem.value(here) - oracle.minimum(problem, here)[1]
    assert model.fit_report_.status[neuron] != "converged" or excess <= 1e-9


@pytest.mark.parametrize("seed", [49046, 50056, 53318, 53346, 54263])
def test_nothing_is_found_any_more(seed):
    """Near copies with masks or in float32, and optima whose storage puts a row past an edge."""
    assert checks.examine(problems.draw(seed)).findings == []


@pytest.mark.parametrize("seed", [20266, 40320, 43768, 53524, 54010, 1000810, 1001770, 1004215])
def test_a_penalty_below_the_rounding_of_features_certifies_nothing(seed):
    """Combinations of features in units far apart, decided by less than X'X rounds."""
    assert checks.examine(problems.draw(seed)).findings == []


@pytest.mark.parametrize("seed", [1368, 20489, 45791, 46543, 54038, 54148, 1000506])
def test_small_tables_in_absurd_units_are_looked_at_again(seed):
    """Units 1e6 to 1e11 apart behind masks, kinks, labels or steep links: X'X sees none."""
    assert checks.examine(problems.draw(seed)).findings == []


@pytest.mark.parametrize("seed", [1412, 5579])
def test_sparse_classes_of_whom_nobody_is_left_in_float32(seed):
    """All neurons near enough for float64 at once, one of them without a class: a crash."""
    assert checks.examine(problems.draw(seed)).findings == []


def test_standard_errors_of_a_mean_at_its_edge_do_not_warn():
    """An infinite information, asked whether it is that of the fit: 0 times infinity."""
    assert checks.examine(problems.draw(9775)).findings == []


def test_lbfgs_without_a_step_is_judged_by_the_curvature_where_it_stands():
    """A start of curvature 1e38, an end of curvature 1: what it learned calls any point optimal."""
    assert checks.examine(problems.draw(3000334)).findings == []


def test_a_second_look_whose_newton_steps_lead_up_is_no_certificate():
    """A saddle behind near copies, where the observed curvature is none."""
    assert checks.examine(problems.draw(3000171)).findings == []


@pytest.mark.parametrize("seed", [3000688, 3003456, 3003943, 3006480, 3007982])
def test_what_a_penalty_leaves_alone_is_seen_in_the_rows(seed):
    """Few rows, where combinations of all features, next to constant, cost the penalty nothing."""
    assert checks.examine(problems.draw(seed)).findings == []


def test_without_an_intercept_strengths_are_measured_where_the_link_has_a_mean():
    """A lasso on one constant feature, with the link 1/sqrt(x) and responses of 1e-8: ignored."""
    assert checks.examine(problems.draw(16790)).findings == []


def test_a_lasso_too_weak_to_be_resolved_holds_nothing_where_the_curvature_vanishes():
    """Weighed in slopes of the start, which were 1e12 times those where it ended "converged"."""
    assert checks.examine(problems.draw(12383)).findings == []


def test_lbfgs_from_a_start_of_curvature_1e33_is_judged_by_the_curvature_at_its_end():
    """Steep links: steps had told of one direction, and the estimate called the rest optimal."""
    assert checks.examine(problems.draw(12713)).findings == []
