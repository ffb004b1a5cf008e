"""What is encoded, written, read and decoded is what it was, whatever it was."""

import datetime
import enum
import json
import re
from collections import OrderedDict
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_array_equal
from tests.io.same import same

from spikeglm.io.files import saved
from spikeglm.io.files.json_nodes import MOST_LEVELS, Reader, Writer
from spikeglm.pytrees import FeaturePytree


@dataclass(frozen=True, eq=False)
class Part:
    """An object that may be saved."""

    a: object = None
    b: object = None


class Word(enum.StrEnum):
    ONE = "one"
    TWO = "two"


class Registry:
    classes = {"parts.Part": Part, "parts.Word": Word}  # noqa: RUF012

    def name_of(self, cls):
        return next((name for name, known in self.classes.items() if known is cls), None)

    def class_of(self, name):
        return self.classes[name]


def through_json(value):
    writer = Writer(Registry())
    node = json.loads(json.dumps(writer.node(value), allow_nan=False))
    return Reader(Registry(), writer.arrays).value(node)


def through_a_file(value, folder):
    writer = Writer(Registry())
    path = saved.write(folder / "value", {"node": writer.node(value)}, writer.arrays)
    header, arrays = saved.read(path)
    return Reader(Registry(), arrays).value(header["node"])


DTYPES = st.one_of(
    hnp.boolean_dtypes(),
    hnp.integer_dtypes(endianness="?"),
    hnp.unsigned_integer_dtypes(endianness="?"),
    hnp.floating_dtypes(endianness="?"),
    hnp.complex_number_dtypes(endianness="?"),
    hnp.unicode_string_dtypes(endianness="?"),
    hnp.byte_string_dtypes(),
    hnp.datetime64_dtypes(endianness="?"),
    hnp.timedelta64_dtypes(endianness="?"),
)
ARRAYS = DTYPES.flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, min_side=0, max_side=3))
)
PLAIN = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.sampled_from(Word)
)
SCALARS = st.one_of(
    st.sampled_from([np.float64(0.1), np.float32("nan"), np.int8(-3), np.bool_(True)]),
    st.sampled_from([np.str_("left"), np.uint64(2**64 - 1), np.bytes_(b"x")]),
    st.sampled_from([np.datetime64("2020-01-01"), np.longdouble("0.1"), np.complex128(1j)]),
)
VALUES = st.recursive(
    PLAIN | SCALARS | ARRAYS,
    lambda parts: st.one_of(
        st.lists(parts, max_size=3),
        st.lists(parts, max_size=3).map(tuple),
        st.dictionaries(st.text() | st.integers() | st.booleans(), parts, max_size=3),
        st.builds(Part, parts, parts),
    ),
    max_leaves=8,
)


@given(VALUES)
@settings(max_examples=300)
def test_every_value_comes_back(value):
    assert same(value, through_json(value))


@given(VALUES)
@settings(max_examples=60)
def test_every_value_comes_back_from_a_file(tmp_path_factory, value):
    assert same(value, through_a_file(value, tmp_path_factory.mktemp("values")))


@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_keep_their_order_in_memory_and_can_be_written_to(order, tmp_path):
    array = np.asarray(np.arange(6.0).reshape(2, 3), order=order)
    loaded = through_a_file(array, tmp_path)
    assert loaded.flags[f"{order}_CONTIGUOUS"]
    loaded[0, 0] = 7.0


def test_one_array_has_one_entry():
    array, writer = np.arange(3), Writer(Registry())
    writer.node({"a": array, "b": [array]})
    assert len(writer.arrays) == 1


def test_arrays_of_objects_keep_their_objects():
    labels = np.array([["left", 1], [None, 2.5]], dtype=object)
    assert same(labels, through_json(labels))


def test_tables_come_back():
    table = pd.DataFrame({"area": ["V1", "V2"], "depth": [1.5, 2.0]}, index=["left", "right"])
    pd.testing.assert_frame_equal(through_json(table), table)


@pytest.mark.parametrize(
    "time",
    [
        pd.Timestamp("2026-01-31 12:00:00.123456789"),
        pd.Timestamp("2026-01-31 12:00", tz="Europe/Berlin"),
        datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.UTC),
        datetime.date(2026, 1, 31),
    ],
)
def test_dates_and_times_come_back(time):
    """Tables of sessions call their columns so; a model of such neurons could not be loaded."""
    again = through_json(time)
    assert again == time and type(again) is type(time)


@pytest.mark.parametrize("payload", [["Timestamp", 5], ["eval", "now"], ["date", "garbage"]])
def test_what_is_no_time_is_refused(payload):
    with pytest.raises(ValueError, match=r"time|isoformat"):
        Reader(Registry(), {}).value({"time": payload})


def test_what_is_like_an_array_or_a_dict_becomes_one():
    assert_array_equal(through_json(jnp.arange(3)), [0, 1, 2])
    assert_array_equal(through_json(pd.Series([1.0, 2.0])), [1.0, 2.0])
    text = np.array(["a", "bc"], dtype=np.dtypes.StringDType())
    assert_array_equal(through_json(text), ["a", "bc"])
    assert same(through_json(OrderedDict(a=1)), {"a": 1})
    with pytest.warns(FutureWarning):
        tree = FeaturePytree(a=np.ones(2))
    assert same(through_json(tree), {"a": np.ones(2)})


def test_functions_and_strangers_are_named_but_not_saved():
    node = Writer(Registry()).node(len)
    assert node == {"unsaved": {"name": "builtins.len", "params": {}}}
    with pytest.raises(ValueError, match=r"builtins\.len"):
        Reader(Registry(), {}).value(node)


def test_what_is_nested_too_deeply_is_not_written():
    value = 1
    for _ in range(MOST_LEVELS + 1):
        value = [value]
    with pytest.raises(ValueError, match="levels"):
        Writer(Registry()).node(value)


@pytest.mark.parametrize(
    "value", [np.zeros(2, dtype=[("a", float)]), np.zeros(1, dtype="V3")], ids=["records", "void"]
)
def test_what_cannot_be_stored_is_refused(value):
    with pytest.raises(ValueError, match=re.escape("cannot be saved")):
        Writer(Registry()).node(value)
