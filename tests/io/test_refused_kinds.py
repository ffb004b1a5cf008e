"""What is no file, and files that would take far more memory than they have bytes, are refused."""

import json
import os
import socket
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from tests.io.test_refused_files import a_good_file, archive_of, header_entry, npy, refuse

import spikeglm as nmo
from spikeglm.io.files import saved

posix = pytest.mark.skipif(os.name != "posix", reason="pipes and devices of another kind")
MOST = 2**26  # bytes that refusing a small file may take


def make(kind, path):
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(str(path))
    else:
        path.symlink_to(kind)


def fit_with_checkpoint(path):
    with nmo.config_context(checkpoint=path):
        nmo.GLM().fit(np.eye(9)[:, :2], np.ones(9))


USES = {
    "load_model": nmo.load_model,
    "inspect_npz": nmo.inspect_npz,
    "checkpoint": fit_with_checkpoint,
}


def try_all(names):
    """Print what each use of each file raises; for a process of its own."""
    for name in names:
        for use, call in USES.items():
            try:
                call(name)
            except ValueError as error:
                print(name, use, "What to do" in str(error))


@posix
def test_what_is_no_file_is_refused_at_once(tmp_path, monkeypatch):
    """In a process of its own: a pipe would be waited for, and /dev/zero read, without end."""
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    kinds = ["pipe", "socket", "/dev/zero", "/dev/null"]
    names = [f"{k}.npz" for k in range(len(kinds))]
    for kind, name in zip(kinds, names, strict=True):
        make(kind, Path(name))
    code = f"from tests.io.test_refused_kinds import try_all; try_all({names})"
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(root)!r}); {code}"],
        capture_output=True, text=True, check=True, timeout=100,
    )  # fmt: skip
    assert done.stdout.splitlines() == [f"{name} {use} True" for name in names for use in USES]


def peak_of_refusing(path):
    tracemalloc.start()
    refuse(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


MANY = {
    "lists": b"[" + b"[]," * 2**21 + b"0]",
    "dicts": b"[" + b"{}," * 2**21 + b"0]",
    "dicts of one": b"[" + b'{"a":0},' * 2**20 + b"0]",
    "lists within the bounds of bytes": b"[" + b"[]," * (2**20) + b"0]",
    "numbers": b"[" + b"1.5," * 2**18 + b"0]",
    "deep": b"[" * 2**20 + b"]" * 2**20,
}


@pytest.mark.parametrize("name", MANY)
def test_a_header_of_many_parts_takes_little_memory(name, tmp_path):
    """Lists and dicts of a few letters each take up to 40 times their text."""
    text = b'{"format": "spikeglm-model", "version": 2, "model": ' + MANY[name] + b"}"
    entry = npy(np.frombuffer(text, np.uint8))
    path = archive_of(tmp_path / "many.npz", [("header.npy", entry)], compression=8)
    assert path.stat().st_size < 2**17
    assert peak_of_refusing(path) < MOST


def test_a_model_that_could_not_be_read_again_is_not_written(tmp_path):
    model = nmo.GLM(solver_kwargs={"mine": [[0]] * 2**18})
    with pytest.raises(ValueError, match=r"lists and dicts to be saved.*NumPy arrays"):
        model.save_params(tmp_path / "model.npz")
    assert list(tmp_path.iterdir()) == []


def test_an_array_that_is_copied_again_and_again_is_refused(tmp_path):
    pytest.importorskip("pandas")
    frame = {"frame": {"columns": [["a", {"array": "big"}]], "index": {"array": "big"}}}
    header = header_entry(
        model={"class": "glm.GLM", "params": {}, "fitted": {"mine_": [frame] * 100}}
    )
    entries = [("header.npy", header), ("big.npy", npy(np.zeros(2**20)))]
    path = archive_of(tmp_path / "copies.npz", entries, compression=8)
    assert peak_of_refusing(path) < 16 * 2**23


@pytest.fixture
def good(tmp_path):
    path = a_good_file(tmp_path)
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
    header = json.loads(arrays.pop("header").tobytes())
    return header, arrays


def result_in(header):
    return header["model"]["fitted"]["fit_report_"]["object"]["params"]["result"]["object"]


FIELDS = sorted(vars(nmo.GLM().fit(np.eye(9)[:, :2], np.ones(9)).fit_report_.result))
MAY_BE_NONE = (
    "feature_mean", "offset_mean", "offset_square", "poisson_ratio", "scale", "scale_error",
    "separating",
)  # fmt: skip
DAMAGE = {
    "None": None,
    "a number": 3.5,
    "text in a list": ["x"],
    "an empty list": [],
    "a dict": {"dict": []},
    "a truth value in a tuple": {"tuple": [True]},
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("field", FIELDS)
def test_a_damaged_record_of_a_fit_is_refused(field, damage, good, tmp_path):
    """A certificate of None was loaded, and failed in to_frame()."""
    header, arrays = good
    if DAMAGE[damage] is None and field in MAY_BE_NONE:
        return
    result_in(header)["params"][field] = DAMAGE[damage]
    saved.write(tmp_path / "bad.npz", header, arrays)
    refuse(tmp_path / "bad.npz")


@pytest.mark.parametrize("field", FIELDS)
def test_arrays_of_another_length_in_a_record_are_refused(field, good, tmp_path):
    header, arrays = good
    node = result_in(header)["params"][field]
    if not isinstance(node, dict) or "array" not in node or field == "aliased":
        return
    name = node["array"]
    for wrong in (np.repeat(arrays[name], 3, axis=0), arrays[name][..., None], arrays[name][:0]):
        result_in(header)["params"][field] = {"array": "wrong"}
        saved.write(tmp_path / "bad.npz", header, arrays | {"wrong": wrong})
        refuse(tmp_path / "bad.npz")


@pytest.mark.parametrize(
    ("estimate", "wrong"),
    [("n_features_in_", "two"), ("feature_names_", 2), ("neuron_columns_", 2),
     ("feature_columns_", 1), ("coef_", "text"), ("edf_", {"tuple": ["x"]}), ("classes_", 1)],
)  # fmt: skip
def test_damaged_estimates_are_refused(estimate, wrong, good, tmp_path):
    header, arrays = good
    header["model"]["fitted"][estimate] = wrong
    saved.write(tmp_path / "bad.npz", header, arrays)
    refuse(tmp_path / "bad.npz")


@pytest.mark.parametrize(
    ("part", "wrong"), [("neurons", {"tuple": []}), ("feature_names", {"tuple": ["a"]})]
)
def test_a_report_of_other_names_than_its_record_is_refused(part, wrong, good, tmp_path):
    header, arrays = good
    header["model"]["fitted"]["fit_report_"]["object"]["params"][part] = wrong
    saved.write(tmp_path / "bad.npz", header, arrays)
    refuse(tmp_path / "bad.npz")
