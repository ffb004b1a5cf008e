"""Random fits that were wrong once; each seed draws the same fit again."""

import pytest
from tests.fuzz import checks, problems


@pytest.mark.parametrize("seed", [2455, 45791, 46338, 46543, 54326])
def test_the_data_of_a_fit_are_not_taken_for_others(seed):
    case = problems.draw(seed)
    checks.fitted(case).standard_errors(case.X, case.y, **case.more)
