"""Errors in two lines: the shape of the library's messages, and what has no shape."""

import ast
import json
from pathlib import Path

import pytest
import typer

import spikeglm
from spikeglm import errors
from spikeglm.cli.failures import BAD_INPUT, FAILED, in_words, told

SHAPED = (
    errors.value_error,
    errors.type_error,
    errors.index_error,
    errors.storage_error,
    errors.connection_error,
)


@pytest.mark.parametrize("kind", SHAPED, ids=lambda kind: kind.__name__)
def test_messages_of_the_library_fall_into_cause_and_remedy(kind):
    problem = kind("It is odd.", given="a: b. c", expected="an even one", todo="count.\nAgain.")
    assert in_words(problem) == (
        "It is odd. Given: a: b. c. Expected: an even one.",
        "count. Again.",
        BAD_INPUT,
    )
    short = kind("It is odd.", given="3", expected="an even one")
    assert in_words(short) == ("It is odd. Given: 3. Expected: an even one.", "", BAD_INPUT)


@pytest.mark.parametrize("todo", ["", "count."])
def test_what_to_do_is_told_where_it_is_known_only(todo, capsys):
    with pytest.raises(typer.Exit), told(as_json=True, debug=False):
        raise errors.value_error("It is odd.", given="3", expected="an even one", todo=todo)
    printed = capsys.readouterr()
    text = printed.err
    assert json.loads(printed.out)["todo"] == todo
    assert "Error: It is odd. Given: 3. Expected: an even one." in text
    assert ("What to do:" in text) == bool(todo)


REFUSING = ["value_error", "type_error", "index_error", "storage_error", "connection_error"]
"""Those that tell what is given and expected; "unknown_name" finds its own remedy."""


@pytest.mark.parametrize("folder", ["cli", "descriptions", "recordings"])
def test_what_a_command_refuses_has_a_remedy(folder):
    found = []
    for path in (Path(spikeglm.__file__).parent / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", None) in REFUSING:
                found.append((path.name, node.lineno, any(k.arg == "todo" for k in node.keywords)))
    assert found and [where for *where, has in found if not has] == []


def test_unknown_names_and_missing_packages_have_a_remedy():
    cause, todo, code = in_words(errors.unknown_name("rule", "scroe", ["score", "aic"]))
    assert cause == "Unknown rule. Given: 'scroe'. Expected: one of 'score', 'aic'."
    assert todo == "Did you mean 'score'?" and code == BAD_INPUT
    far = errors.unknown_name("rule", "zzz", ["score", "aic"])
    assert in_words(far) == ("Unknown rule. Given: 'zzz'. Expected: one of 'score', 'aic'.", "", 2)
    missing = errors.missing_package("pyarrow", purpose="Parquet", extra="storage")
    assert in_words(missing)[1:] == ('pip install "spikeglm[storage]"', BAD_INPUT)


def test_what_the_system_refuses_names_the_file(tmp_path):
    for path in (tmp_path / "none", tmp_path, tmp_path / "none" / "a.csv"):
        with pytest.raises(OSError) as caught:
            path.read_text()
        cause, todo, code = in_words(caught.value)
        assert str(tmp_path) in cause and todo and code == BAD_INPUT


def test_advice_in_an_error_of_the_system_is_the_remedy():
    problem = FileNotFoundError(2, "No such recording. What to do: did you mean 'b'?", "a.nwb")
    assert in_words(problem) == ("a.nwb: No such recording.", "did you mean 'b'?", BAD_INPUT)


@pytest.mark.parametrize("problem", [KeyError("x"), ZeroDivisionError(), ValueError("broken")])
def test_an_error_of_another_shape_is_not_the_users(problem):
    cause, todo, code = in_words(problem)
    assert type(problem).__name__ in cause and "--debug" in todo and code == FAILED


def test_a_full_memory_has_remedies():
    assert in_words(MemoryError())[2] == FAILED and "--dask" in in_words(MemoryError())[1]
