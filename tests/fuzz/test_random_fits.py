"""Fits drawn at random: who says converged is at the optimum, and nobody else is harmed.

500 of them by default; ``pytest tests/fuzz --fuzz-fits 20000 --fuzz-seed 500`` takes the 20 000
from seed 500 on. A failure prints code that draws the same case again.
"""

from collections import Counter

from tests.fuzz import checks, problems

AT_ONCE = 25


def pytest_generate_tests(metafunc):
    if "first" in metafunc.fixturenames:
        start, n = (metafunc.config.getoption(f"--fuzz-{name}") for name in ("seed", "fits"))
        blocks = [(i, min(AT_ONCE, start + n - i)) for i in range(start, start + n, AT_ONCE)]
        metafunc.parametrize(("first", "n_cases"), blocks)


def test_random_fits(first, n_cases):
    status, findings = Counter(), []
    for seed in range(first, first + n_cases):
        case = problems.draw(seed)
        verdict = checks.examine(case)
        status.update(verdict.status)
        findings += [f"{finding}\n{case}" for finding in verdict.findings]
    assert not findings, "\n\n".join(["", *findings])
    if n_cases == AT_ONCE:  # else whoever finds no optimum at all would pass
        assert status["converged"] > sum(status.values()) / 4, status
