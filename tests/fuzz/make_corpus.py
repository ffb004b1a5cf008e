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
    head, nodes = ("header.npy", model_header()), {"a": 1}
    for _ in range(60):
        nodes = {"tuple": [nodes]}
    whole = archive([head, ("array0.npy", npy(np.arange(9.0)))])
    lying = npy(np.arange(3.0)).replace(b"(3,), ", b"(3" + b"0" * 4 + b",)")
    zeros = npy(np.zeros(2**20, np.uint8))
    calls = [npy(np.array(call, object), pickled=True) for call in (Call(), [Call()])]
    yield "bad-empty", b""
    yield "bad-text", b"coef_ = [1, 2, 3]"
    yield "bad-npy", npy(np.ones(3))
    yield "bad-pickle", pickle.dumps(Call(), protocol=2)
    yield (
        "bad-pickled-header",
        archive([("header.npy", calls[0])]),
    )
    yield (
        "bad-pickled-array",
        archive([head, ("array0.npy", calls[1])]),
    )
    yield "bad-truncated", whole[: len(whole) // 2]
    yield "bad-no-directory", whole[:-40]
    yield "bad-checksum", whole.replace(np.float64(4.0).tobytes(), np.float64(5.0).tobytes())
    yield "bad-duplicates", archive([head, head])
    yield "bad-path-up", archive([head, ("../../array0.npy", npy(np.ones(1)))])
    yield "bad-path-root", archive([head, ("/tmp/array0.npy", npy(np.ones(1)))])
    yield "bad-no-header", archive([("array0.npy", npy(np.ones(1)))])
    yield "bad-entry-no-array", archive([head, ("array0.npy", b"not an array")])
    yield "bad-shape", archive([head, ("array0.npy", lying)])
    yield "bad-records", archive([head, ("array0.npy", npy(np.zeros(1, [("a", "f8")])))])
    yield "bad-bzip2", archive([head, ("array0.npy", zeros)], zipfile.ZIP_BZIP2)
    yield (
        "bad-lying-size",
        archive([("array0.npy", zeros), head], zipfile.ZIP_DEFLATED).replace(
            len(zeros).to_bytes(4, "little"), (200).to_bytes(4, "little")
        ),
    )
    yield "bad-json", archive([("header.npy", header('{"format": "spikeglm-model", '))])
    yield "bad-nan", archive([("header.npy", header('{"format": "spikeglm-model", "x": NaN}'))])
    yield "bad-deep-json", archive([("header.npy", header("[" * 2000 + "]" * 2000))])
    yield "bad-deep-nodes", archive([("header.npy", model_header(params={"feature_mask": nodes}))])
    yield "bad-newer", archive([("header.npy", model_header(version=3))])
    yield "bad-class", archive([("header.npy", model_header("os.system"))])
    yield (
        "bad-object",
        archive(
            [
                (
                    "header.npy",
                    model_header(
                        params={
                            "regularizer": {
                                "object": {"class": "builtins.eval", "params": {"x": "1"}}
                            }
                        }
                    ),
                )
            ]
        ),
    )
    yield "bad-attribute", archive([("header.npy", model_header(fitted={"__class__": 1}))])
    yield "bad-coef", archive([("header.npy", model_header(fitted={"coef_": "text"}))])
    yield "bad-version-1", archive([("header.npy", header(
        '{"format": "spikeglm-model", "version": 1, "class": "GLM", '
        '"params": {"regularizer": {"name": "os.system", "params": {}}}}'
    ))])  # fmt: skip


def main():
    CORPUS.mkdir(exist_ok=True)
    for name, content in [*good_files(), *bad_files()]:
        (CORPUS / f"{name}.npz").write_bytes(content)


if __name__ == "__main__":
    main()
