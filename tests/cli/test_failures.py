"""Errors in two lines: the shape of the library's messages, and what has no shape."""

import pytest

from spikeglm import errors
from spikeglm.cli.failures import BAD_INPUT, FAILED, in_words

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
        "It is odd. Given: a: b. c.",
        "count. Again. Expected: an even one.",
        BAD_INPUT,
    )
    short = kind("It is odd.", given="3", expected="an even one")
    assert in_words(short) == ("It is odd. Given: 3.", "Expected: an even one.", BAD_INPUT)


def test_unknown_names_and_missing_packages_have_a_remedy():
    cause, todo, code = in_words(errors.unknown_name("rule", "scroe", ["score", "aic"]))
    assert cause == "Unknown rule. Given: 'scroe'." and code == BAD_INPUT
    assert todo.startswith("Did you mean 'score'?") and "'aic'" in todo
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
