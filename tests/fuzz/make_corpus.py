"""Make the files of ``tests/fuzz/corpus``: ``python -m tests.fuzz.make_corpus``.

Files named ``good-*`` are models; files named ``bad-*`` each do one thing that must be refused.
What the fuzzer finds is added by hand, as ``found-*``, and must be refused or be a model.
"""

import io
import json
import pickle
import warnings
import zipfile
from pathlib import Path

import numpy as np

import spikeglm as nmo

CORPUS = Path(__file__).parent / "corpus"
EPOCH = (2020, 1, 1, 0, 0, 0)


def npy(array, *, pickled=False):
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.asarray(array), version=(1, 0), allow_pickle=pickled)
    return stream.getvalue()


def header(text):
    return npy(np.frombuffer(text.encode(), np.uint8))


def model_header(cls="glm.GLM", *, params=None, fitted=None, **changes):
    model = {"class": cls, "params": params or {}, "fitted": fitted or {}}
    return header(json.dumps({"format": "spikeglm-model", "version": 2, "model": model} | changes))


def nested(depth):
    """Return JSON nodes of tuples in tuples."""
    return {"a": 1} if depth == 0 else {"tuple": [nested(depth - 1)]}


def archive(entries, compression=zipfile.ZIP_STORED):
    """Return the bytes of a zip archive, the same bytes every time."""
    stream = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "w") as file:
        warnings.simplefilter("ignore")  # duplicate names
        for name, content in entries:
            file.writestr(zipfile.ZipInfo(name, EPOCH), content, compress_type=compression)
    return stream.getvalue()


class Call:
    """A pickle that calls ``print`` when it is opened."""

    def __reduce__(self):
        return print, ("this must never be printed",)


def fitted_models():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 2))
    y = rng.poisson(np.exp(X @ [[0.5, 0.0], [0.0, -0.5]]))
    tree = {"a": X[:, :1], "b": [X[:, 1:]]}
    return {
        "unfitted": nmo.GLM("Gamma", "exp", nmo.regularizer.Ridge(), solver_kwargs={"tol": 1e-6}),
        "glm": nmo.GLM().fit(X, y[:, 0]),
        "population": nmo.PopulationGLM(
            nmo.observation_models.NegativeBinomialObservations(0.3),
            regularizer="ElasticNet", regularizer_strength=(np.ones((1, 2)), 0.5),
            feature_mask=[[1, 0], [1, 1]],
        ).fit(X, y),
        "tree": nmo.GLM(
            regularizer="Ridge", regularizer_strength={"a": 1.0, "b": [2.0]}
        ).fit(tree, y[:, 0]),
        "classifier": nmo.ClassifierGLM(2).fit(X, np.where(y[:, 0] > 0, "spike", "none")),
    }  # fmt: skip


def good_files():
    for name, model in fitted_models().items():
        stream = CORPUS / f"good-{name}.npz"
        model.save_params(stream)
        with np.load(stream) as file:
            yield f"good-{name}", archive([(f"{key}.npy", npy(file[key])) for key in file.files])


def bad_files():
    """Return what must be refused: files that are no archive, bad archives, and bad headers."""
    named = NO_ARCHIVES | {name: archive(entries) for name, entries in BAD_ENTRIES.items()}
    named |= damaged_archives()
    named |= {name: archive([("header.npy", content)]) for name, content in BAD_HEADERS.items()}
    return {f"bad-{name}": content for name, content in named.items()}


HEAD = ("header.npy", model_header())
ONE = npy(np.ones(1))
ZEROS = npy(np.zeros(2**20, np.uint8))
LYING = npy(np.arange(3.0)).replace(b"(3,), ", b"(3" + b"0" * 4 + b",)")

NO_ARCHIVES = {
    "empty": b"",
    "text": b"coef_ = [1, 2, 3]",
    "npy": npy(np.ones(3)),
    "pickle": pickle.dumps(Call(), protocol=2),
}
BAD_ENTRIES = {
    "pickled-header": [("header.npy", npy(np.array(Call(), object), pickled=True))],
    "pickled-array": [HEAD, ("array0.npy", npy(np.array([Call()], object), pickled=True))],
    "duplicates": [HEAD, HEAD],
    "path-up": [HEAD, ("../../array0.npy", ONE)],
    "path-root": [HEAD, ("/tmp/array0.npy", ONE)],
    "no-header": [("array0.npy", ONE)],
    "entry-no-array": [HEAD, ("array0.npy", b"not an array")],
    "shape": [HEAD, ("array0.npy", LYING)],
    "records": [HEAD, ("array0.npy", npy(np.zeros(1, [("a", "f8")])))],
}
EVAL = {"object": {"class": "builtins.eval", "params": {"x": "1"}}}
OLD = {"name": "os.system", "params": {}}
BAD_HEADERS = {
    "json": header('{"format": "spikeglm-model", '),
    "nan": header('{"format": "spikeglm-model", "x": NaN}'),
    "deep-json": header("[" * 2000 + "]" * 2000),
    "deep-nodes": model_header(params={"feature_mask": nested(60)}),
    "newer": model_header(version=3),
    "class": model_header("os.system"),
    "object": model_header(params={"regularizer": EVAL}),
    "attribute": model_header(fitted={"__class__": 1}),
    "coef": model_header(fitted={"coef_": "text"}),
    "version-1": header(json.dumps(
        {"format": "spikeglm-model", "version": 1, "class": "GLM", "params": {"regularizer": OLD}}
    )),
}  # fmt: skip


def damaged_archives():
    whole = archive([HEAD, ("array0.npy", npy(np.arange(9.0)))])
    packed = archive([("array0.npy", ZEROS), HEAD], zipfile.ZIP_DEFLATED)
    length, lie = (n.to_bytes(4, "little") for n in (len(ZEROS), 200))
    return {
        "truncated": whole[: len(whole) // 2],
        "no-directory": whole[:-40],
        "checksum": whole.replace(np.float64(4.0).tobytes(), np.float64(5.0).tobytes()),
        "bzip2": archive([HEAD, ("array0.npy", ZEROS)], zipfile.ZIP_BZIP2),
        "lying-size": packed.replace(length, lie),
    }


def main():
    CORPUS.mkdir(exist_ok=True)
    for name, content in [*good_files(), *bad_files().items()]:
        (CORPUS / f"{name}.npz").write_bytes(content)


if __name__ == "__main__":
    main()
