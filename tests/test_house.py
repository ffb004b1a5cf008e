"""How the code is written: laws that a reader relies on and no linter knows."""

import ast
from functools import cache
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "spikeglm"
FILES = sorted(SOURCE.rglob("*.py"))
MOST_LINES = 45  # of a function
MOST_LINES_OF_A_FILE = 400
DOORS = {  # a room that is entered from below, only when it is asked for
    "basis/tree/basis.py": {"composite", "TransformerBasis"},
    "basis/tree/basis_parameters.py": {"Basis"},
    "basis/tree/kept_basis.py": {"Basis"},
    "rows/design.py": {"DesignReport"},
    "cli/main.py": {"app"},
    "glm/saving/persistence.py": {"__version__"},
    "plotting/style.py": {"PaperFigure"},  # a class of matplotlib's, which may not be there
}
every_file = pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))


@cache
def tree_of(path):
    return ast.parse(path.read_text())


def functions(path):
    return [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.FunctionDef)]


def lines_of(function):
    """Lines of a function without those of its docstring."""
    text = ast.get_docstring(function, clean=False)
    return function.end_lineno - function.lineno + 1 - (len(text.splitlines()) if text else 0)


@every_file
def test_no_function_is_longer_than_a_screen(path):
    assert {f.name for f in functions(path) if lines_of(f) > MOST_LINES} == set()


@every_file
def test_no_file_answers_more_than_one_question(path):
    """One that grows longer is split by meaning, not by length."""
    assert len(path.read_text().splitlines()) <= MOST_LINES_OF_A_FILE


@every_file
def test_own_modules_are_imported_at_the_top(path):
    inside = {
        name.name
        for function in functions(path)
        for node in ast.walk(function)
        if isinstance(node, ast.ImportFrom) and node.level
        for name in node.names
    }
    assert inside <= DOORS.get(str(path.relative_to(SOURCE)), set())


@every_file
def test_warnings_point_at_the_line_of_the_user(path):
    """`notices.warn` finds that line; a count of frames is wrong as soon as code moves."""
    calls = [node.func for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]
    raised = [
        f for f in calls if isinstance(f, ast.Attribute) and ast.unparse(f) == "warnings.warn"
    ]
    assert path.name == "notices.py" or not raised
