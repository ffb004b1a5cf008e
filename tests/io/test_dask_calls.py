"""Dask believes what it was told of a chunk; here each chunk is asked."""

import numpy as np
import pytest

import spikeglm as nmo

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 2))
Y = RNG.poisson(1.0, 300)
CHUNKS = {
    "short": lambda: X[200:250],
    "one row, which Dask would repeat": lambda: X[200:201],
    "narrow": lambda: X[200:, :1],
    "of text": lambda: X[200:].astype(str),
    "of one dimension": lambda: X[200:, 0],
    "complex": lambda: X[200:] * 1j,
}


def joined(chunk, like):
    """Return two chunks that are as they are said to be, and one that may not be."""
    of_chunk = da.from_delayed(dask.delayed(chunk)(), like[200:].shape, like.dtype)
    return da.concatenate([da.from_array(like[:200], chunks=100), of_chunk])


@pytest.mark.parametrize("chunk", CHUNKS)
def test_a_chunk_of_features_that_is_not_as_said_is_an_error(chunk):
    wrong = joined(CHUNKS[chunk], X)
    model = nmo.GLM().fit(X, Y)
    for use in (lambda: model.predict(wrong), lambda: nmo.GLM().fit(wrong, Y)):
        with pytest.raises(ValueError, match=r"A chunk of X is not what.*What to do: give"):
            use()


@pytest.mark.parametrize("n", [1, 50])
def test_a_chunk_of_a_response_or_signal_that_is_short_is_an_error(n):
    wrong = joined(lambda: Y[200 : 200 + n], Y)
    uses = (
        lambda: nmo.GLM().fit(X, wrong),
        lambda: nmo.GLM().fit(da.from_array(X, chunks=100), wrong),
        lambda: nmo.basis.HistoryConv(3).design(wrong),
    )
    for use in uses:
        with pytest.raises(ValueError, match=r"A chunk of .* is not what"):
            use()


def test_floats_said_to_be_integers_are_an_error():
    """As integers they would not be searched for NaN."""
    wrong = joined(lambda: np.full((100, 2), np.nan), X.round().astype(np.int64))
    with pytest.raises(ValueError, match=r"dtype float64.*dtype int64"):
        nmo.GLM().fit(wrong, Y)


def test_chunks_of_a_narrower_dtype_are_fine():
    narrow = joined(lambda: X[200:].astype(np.float32), X)
    assert nmo.GLM().fit(narrow, Y).fit_report_.converged
