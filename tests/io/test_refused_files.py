"""Files that are no saved models, whatever they are, are refused, and nothing in them runs."""

import json
import pickle
import tracemalloc
import zipfile
from io import BytesIO

import numpy as np
import pytest

import spikeglm as nmo
from spikeglm.io.files import saved


def a_good_file(tmp_path):
    X = np.random.default_rng(0).normal(size=(50, 2))
    nmo.GLM().fit(X, np.ones(50)).save_params(tmp_path / "good.npz")
    return tmp_path / "good.npz"


class Bomb:
    """Leaves a mark when it is unpickled."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return (type(self.mark).touch, (self.mark,))


def refuse(path, match="could not be read"):
    with pytest.raises(ValueError, match=match) as caught:
        nmo.load_model(path)
    assert "Given:" in str(caught.value)
    assert "Expected:" in str(caught.value)


def test_a_pickle_is_refused_and_nothing_in_it_runs(tmp_path):
    mark = tmp_path / "ran"
    (tmp_path / "model.npz").write_bytes(pickle.dumps(Bomb(mark)))
    refuse(tmp_path / "model.npz")
    assert not mark.exists()


@pytest.mark.parametrize("entry", ["header", "array0", "extra"])
def test_an_archive_with_pickled_arrays_is_refused_and_nothing_runs(entry, tmp_path):
    mark = tmp_path / "ran"
    with np.load(a_good_file(tmp_path)) as archive:
        arrays = dict(archive)
    arrays[entry] = np.array([Bomb(mark)], dtype=object)
    np.savez(tmp_path / "bad.npz", **arrays)
    refuse(tmp_path / "bad.npz")
    assert not mark.exists()


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(share, tmp_path):
    whole = a_good_file(tmp_path).read_bytes()
    (tmp_path / "cut.npz").write_bytes(whole[: int(share * len(whole))])
    refuse(tmp_path / "cut.npz")


@pytest.mark.parametrize("seed", range(60))
def test_a_corrupted_file_is_refused_or_still_a_model(seed, tmp_path):
    rng = np.random.default_rng(seed)
    content = bytearray(a_good_file(tmp_path).read_bytes())
    for place in rng.integers(0, len(content), 4):
        content[place] = rng.integers(256)
    (tmp_path / "bad.npz").write_bytes(bytes(content))
    try:
        assert isinstance(nmo.load_model(tmp_path / "bad.npz"), nmo.GLM)
    except ValueError as error:
        assert "Given:" in str(error)


def model_of(cls="glm.GLM", *, params=None, fitted=None):
    return {"model": {"class": cls, "params": params or {}, "fitted": fitted or {}}}


def an_object(cls, **params):
    return {"object": {"class": cls, "params": params}}


HEADERS = {
    "nothing": {},
    "other class": model_of("os.system"),
    "a function of ours": model_of("glm.load_model"),
    "a class that is no model": model_of("regularizer.Ridge"),
    "a private name": model_of("glm._GLM"),
    "a module": model_of("glm.glm"),
    "no class": {"model": {"params": {}, "fitted": {}}},
    "no params": {"model": {"class": "glm.GLM"}},
    "params a list": model_of(params=[1]),
    "unknown argument": model_of(params={"alpha": 1.0}),
    "unknown object": model_of(params={"observation_model": an_object("os.path")}),
    "an abstract class": model_of(
        params={"observation_model": an_object("observation_models.Observations")}
    ),
    "missing array": model_of(params={"feature_mask": {"array": "array7"}}),
    "two kinds": model_of(params={"feature_mask": {"array": "a", "tuple": []}}),
    "no kind": model_of(params={"feature_mask": {}}),
    "strange kind": model_of(params={"solver_name": {"pickle": "x"}}),
    "strange number": model_of(params={"regularizer_strength": {"float": "1e5"}}),
    "strange scalar": model_of(params={"regularizer_strength": {"scalar": ["U999999999", "a"]}}),
    "strange object array": model_of(
        params={"feature_mask": {"array": {"shape": [9], "values": []}}}
    ),
    "strange dict": model_of(params={"solver_kwargs": {"dict": [[1]]}}),
    "a dict as a key": model_of(params={"solver_kwargs": {"dict": [[{"dict": []}, 1]]}}),
    "strange status": model_of(params={"solver_name": {"enum": ["solvers.Status", "well"]}}),
    "strange parameter": model_of(
        params={"observation_model": an_object("observation_models.PoissonObservations", evil=1)}
    ),
    "bad parameter": model_of(
        params={
            "observation_model": an_object(
                "observation_models.NegativeBinomialObservations", scale=-1
            )
        }
    ),
    "an estimate that is a method": model_of(fitted={"fit": 1}),
    "a private estimate": model_of(fitted={"__class__": 1}),
    "an estimate that is an argument": model_of(fitted={"solver_name": "x"}),
    "text as coefficients": model_of(fitted={"coef_": "text", "intercept_": "text"}),
    "text among coefficients": model_of(fitted={"coef_": {"dict": [["a", "x"]]}}),
    "a strange report": model_of(fitted={"fit_report_": 1}),
    "an empty report": model_of(
        fitted={"fit_report_": an_object("glm.FitReport", result=1, neurons=1, feature_names=1)}
    ),
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_that_makes_no_sense_is_refused(name, tmp_path):
    saved.write(tmp_path / "odd.npz", HEADERS[name], {})
    refuse(tmp_path / "odd.npz")


def test_a_newer_version_is_refused_by_name(tmp_path):
    header = {"format": "spikeglm-model", "version": 99}
    text = np.frombuffer(json.dumps(header).encode(), np.uint8)
    np.savez(tmp_path / "new.npz", header=text)
    refuse(tmp_path / "new.npz", match="version 99")


def test_other_files_are_refused(tmp_path):
    np.savez(tmp_path / "arrays.npz", a=np.ones(3))
    np.save(tmp_path / "array.npy", np.ones(3))
    (tmp_path / "text.npz").write_text("not a model")
    with zipfile.ZipFile(tmp_path / "zip.npz", "w") as archive:
        archive.writestr("header.npy", "not an array")
    for name in ("arrays.npz", "array.npy", "text.npz", "zip.npz"):
        refuse(tmp_path / name)


def test_estimates_of_the_wrong_shape_are_refused_when_used(tmp_path):
    with np.load(a_good_file(tmp_path)) as archive:
        arrays = dict(archive)
    arrays |= {name: np.ones((5, 5)) for name, a in arrays.items() if a.shape == (2,)}
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(ValueError):
        nmo.load_model(tmp_path / "bad.npz").predict(np.ones((3, 2)))


def archive_of(path, entries, *, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path


def npy(array):
    stream = BytesIO()
    np.lib.format.write_array(stream, np.asarray(array), version=(1, 0))
    return stream.getvalue()


def header_entry(**changes):
    header = {"format": "spikeglm-model", "version": 2} | changes
    return npy(np.frombuffer(json.dumps(header).encode(), np.uint8))


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_a_zip_bomb_is_not_unpacked(compression, tmp_path):
    bomb = npy(np.zeros(2**26 + 1, np.uint8))
    entries = [("header.npy", header_entry()), ("bomb.npy", bomb)]
    path = archive_of(tmp_path / "bomb.npz", entries, compression=compression)
    assert path.stat().st_size < 2**18
    refuse(path)


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_a_zip_bomb_that_lies_about_its_size_is_not_unpacked(compression, tmp_path):
    n = 2**26
    entries = [("bomb.npy", npy(np.zeros(n, np.uint8))), ("header.npy", header_entry())]
    path = archive_of(tmp_path / "bomb.npz", entries, compression=compression)
    honest = (n + 128).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(honest, (200).to_bytes(4, "little")))
    tracemalloc.start()
    refuse(path)
    assert tracemalloc.get_traced_memory()[1] < n / 8
    tracemalloc.stop()


@pytest.mark.parametrize(
    "name", ["../header.npy", "/etc/header.npy", "a/b.npy", "x.txt", ".npy", "C:\\x.npy"]
)
def test_entries_that_are_named_like_paths_are_refused(name, tmp_path):
    entries = [("header.npy", header_entry()), (name, npy(np.ones(2)))]
    refuse(archive_of(tmp_path / "paths.npz", entries))


def test_a_long_name_in_a_file_makes_no_long_message(tmp_path):
    """Found by the fuzzer: zipfile quotes names, and a name may have 65 535 characters."""
    content = npy(np.ones(2))
    path = archive_of(tmp_path / "long.npz", [("header.npy", header_entry()), ("a.npy", content)])
    start = path.read_bytes().rindex(b"PK\x03\x04") + 26  # where the length of the name stands
    changed = bytearray(path.read_bytes() + bytes(3000))
    changed[start : start + 2] = (2500).to_bytes(2, "little")
    path.write_bytes(changed)
    with pytest.raises(ValueError) as caught:
        nmo.load_model(path)
    assert len(str(caught.value)) < 1000


def test_two_entries_of_one_name_are_refused(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = archive_of(tmp_path / "twice.npz", [("header.npy", header_entry())] * 2)
    refuse(path)


def patched(content, old, new):
    assert old in content
    return content.replace(old, new)


ENTRIES = {
    "more bytes than its shape": npy(np.ones(3)) + b"12345678",
    "fewer bytes than its shape": npy(np.ones(3))[:-8],
    "an enormous shape": patched(npy(np.ones(3)), b"(3,), ", b"(3" + b"0" * 5 + b",)"),
    "a negative shape": patched(npy(np.ones((2, 1))), b"(2, 1)", b"(-2,-1)"[:6]),
    "a shape of truth values": patched(npy(np.ones(1)), b"(1,)", b"True"),
    "text without characters": patched(npy(np.array(["a"])), b"a\0\0\0", b"\xff\xff\xff\xff"),
    "a truth value of 2": npy(np.array([True]))[:-1] + b"\x02",
    "empty text": patched(npy(np.array(["a"])), b"<U1", b"<U0"),
    "records": npy(np.zeros(2, dtype=[("a", "f8")])),
    "another version": b"\x93NUMPY\x02\x00" + npy(np.ones(3))[8:],
    "no array": b"not an array",
    "nothing": b"",
}


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_must_be_what_it_says(name, tmp_path):
    entries = [("header.npy", header_entry(model={})), ("array0.npy", ENTRIES[name])]
    refuse(archive_of(tmp_path / "entry.npz", entries))


TEXTS = {
    "NaN": b'{"format": "spikeglm-model", "version": 2, "x": NaN}',
    "Infinity": b'{"format": "spikeglm-model", "version": 2, "x": -Infinity}',
    "deep": b"[" * 100_000 + b"]" * 100_000,
    "deep in place": b'{"format": "spikeglm-model", "version": 2, "model": {"class": "glm.GLM",'
    b'"fitted": {}, "params": {"feature_mask": ' + b"[" * 900 + b"]" * 900 + b"}}}",
    "a list": b"[1, 2]",
    "cut": b'{"format": "spikeglm-model", "vers',
    "not text": b"\xff\xfe\x00",
    "a version of text": b'{"format": "spikeglm-model", "version": "2"}',
    "no version": b'{"format": "spikeglm-model"}',
    "no model": b'{"format": "spikeglm-model", "version": 2}',
    "too long": b'{"format": "spikeglm-model", "version": 2, "x": "' + b"x" * 2**22 + b'"}',
    "a long number": b'{"format": "spikeglm-model", "version": ' + b"9" * 10_000 + b"}",
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_header_must_be_what_it_says(name, tmp_path):
    entry = npy(np.frombuffer(TEXTS[name], np.uint8))
    refuse(archive_of(tmp_path / "header.npz", [("header.npy", entry)]))


def test_a_header_that_could_not_be_read_again_is_not_written(tmp_path):
    with pytest.raises(ValueError, match="NumPy arrays"):
        saved.write(tmp_path / "long", {"x": "x" * 2**22}, {})
    assert not list(tmp_path.iterdir())
