"""Whatever is in a file, ``load_model`` gives a model or a clear ValueError, and runs nothing.

The fuzzer starts from the files of ``corpus`` (made by ``make_corpus.py``) and changes bytes, whole
entries, or single values of the header. To search longer, and elsewhere each time:
``SPIKEGLM_FUZZ=20000 pytest --hypothesis-profile=fresh tests/fuzz``.
"""

import copy
import io
import json
import os
import sys
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.fuzz.make_corpus import archive, npy

import spikeglm as nmo
from spikeglm.estimator import Estimator

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.npz"))
GOOD = [path for path in CORPUS if path.name.startswith("good")]
EXAMPLES = os.environ.get("SPIKEGLM_FUZZ")
fuzzed = settings(
    max_examples=int(EXAMPLES or 200),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

FORBIDDEN = ("pickle.find_class", "os.", "subprocess.", "shutil.", "socket.", "ctypes.", "exec")
_watch = {"on": False, "seen": []}


def _hook(event, arguments):
    if not _watch["on"] or not event.startswith((*FORBIDDEN, "open")):
        return
    if event != "open" or "w" in str(arguments[1]) or "a" in str(arguments[1]):
        _watch["seen"].append((event, arguments))


sys.addaudithook(_hook)  # Python calls it for everything that touches the world; it stays installed


def outcome_of(content, folder):
    """Load a file of these bytes; return the model, or the text of the ValueError."""
    path = folder / "model.npz"
    path.write_bytes(content)
    _watch.update(on=True, seen=[])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # NumPy's, of headers in an old style
            outcome = nmo.load_model(path)
    except ValueError as error:
        outcome = str(error)
        assert all(part in outcome for part in ("Given:", "Expected:", "What to do:"))
        assert len(outcome) < 2000
    finally:
        _watch["on"] = False
    assert _watch["seen"] == []
    return outcome


def assert_is_safe(content, folder):
    outcome = outcome_of(content, folder)
    if not isinstance(outcome, str):
        assert isinstance(outcome, Estimator)
        repr(outcome), str(getattr(outcome, "fit_report_", ""))
        nmo.inspect_npz(folder / "model.npz")


@pytest.fixture(autouse=True, scope="module")
def _everything_is_imported():
    import pandas  # noqa: F401  (importing is running; here it is done before anybody watches)

    for path in GOOD:
        nmo.load_model(path)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_the_corpus(path, tmp_path, capsys):
    outcome = outcome_of(path.read_bytes(), tmp_path)
    if path.name.startswith("good"):
        assert isinstance(outcome, Estimator)
    elif path.name.startswith("bad"):
        assert isinstance(outcome, str)
    assert capsys.readouterr().out == ""
    assert path.stat().st_size < 6000


@fuzzed
@given(st.data())
def test_changed_bytes(tmp_path, data):
    content = bytearray(data.draw(st.sampled_from(CORPUS), label="seed").read_bytes())
    places = st.integers(0, max(0, len(content) - 1))
    for place in data.draw(st.lists(places, min_size=1, max_size=8), label="places"):
        if content:
            content[place] = data.draw(st.integers(0, 255))
    assert_is_safe(bytes(content), tmp_path)


@fuzzed
@given(st.sampled_from(CORPUS), st.sampled_from(CORPUS), st.data())
def test_pieces_of_two_files(tmp_path, first, second, data):
    first, second = first.read_bytes(), second.read_bytes()
    end, start = (data.draw(st.integers(0, len(part))) for part in (first, second))
    assert_is_safe(first[:end] + second[start:], tmp_path)


@fuzzed
@given(st.binary(max_size=400))
def test_any_bytes_as_a_header(tmp_path, text):
    assert_is_safe(archive([("header.npy", npy(np.frombuffer(text, np.uint8)))]), tmp_path)


@fuzzed
@given(
    st.sampled_from(GOOD),
    hnp.scalar_dtypes().flatmap(
        lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, min_side=0, max_side=4))
    ),
    st.data(),
)
def test_arrays_of_other_types_and_shapes(tmp_path, seed, array, data):
    entries = entries_of(seed.read_bytes())
    name = data.draw(st.sampled_from(sorted(entries)))
    assert_is_safe(archive((entries | {name: npy(array)}).items()), tmp_path)


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_complex_numbers_where_real_ones_belong(path, tmp_path):
    entries = entries_of(path.read_bytes())
    for name in entries.keys() - {"header.npy"}:
        array = np.load(io.BytesIO(entries[name]))
        if array.dtype.kind in "biuf":
            complex_one = npy(array.astype(complex) + 1j)
            assert_is_safe(archive((entries | {name: complex_one}).items()), tmp_path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda parts: (
        st.lists(parts, max_size=3) | st.dictionaries(st.text(max_size=6), parts, max_size=2)
    ),
    max_leaves=4,
)
KINDS = ["float", "scalar", "array", "tuple", "dict", "frame", "enum", "object", "unsaved"]
CLASSES = [f"{home}.{name}" for home in ("glm", "regularizer", "solvers", "observation_models")
           for name in dir(getattr(nmo, home))]  # fmt: skip
NODES = (
    JSON
    | st.dictionaries(st.sampled_from(KINDS), JSON, min_size=1, max_size=1)
    | st.builds(lambda cls: {"object": {"class": cls, "params": {}}}, st.sampled_from(CLASSES))
    | st.builds(lambda entry: {"array": entry}, st.sampled_from(["array0", "array1", "header"]))
)


@fuzzed
@given(st.sampled_from(GOOD), NODES, st.data())
def test_other_values_in_the_header(tmp_path, seed, node, data):
    entries = entries_of(seed.read_bytes())
    header = json.loads(np.load(io.BytesIO(entries["header.npy"])).tobytes())
    place = data.draw(st.sampled_from(list(places_in(header))), label="place")
    text = json.dumps(replaced(header, place, node)).encode()
    entries["header.npy"] = npy(np.frombuffer(text, np.uint8))
    assert_is_safe(archive(entries.items()), tmp_path)


def entries_of(content):
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return {name: file.read(name) for name in file.namelist()}


def places_in(tree, path=()):
    """Yield the path to every value of a JSON tree."""
    branches = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, value in branches:
        yield (*path, key)
        if isinstance(value, (dict, list)):
            yield from places_in(value, (*path, key))


def replaced(tree, path, value):
    changed = copy.deepcopy(tree)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return changed
