"""Rows in pieces on the workers of a cluster, and what travels to them."""

import numpy as np
import pytest

import spikeglm as nmo
from spikeglm.rows import StoredRows
from spikeglm.rows.dask_rows import DaskRows
from spikeglm.rows.sending import received, to_send

da = pytest.importorskip("dask.array")

T, P = 3000, 5
RNG = np.random.default_rng(0)
X = RNG.normal(size=(T, P))
GAPS = np.where(RNG.random((T, P)) < 0.001, np.nan, X)


def chunked(values=X, rows=700, columns=3):
    return da.from_array(values, chunks=(rows, columns))


def test_rows_that_are_read_are_those_of_the_array():
    rows = DaskRows.of_array(chunked())
    for start, stop in [(0, 10), (690, 1500), (T - 5, T + 5), (7, 7)]:
        np.testing.assert_array_equal(rows.read(start, stop), X[start:stop])
    np.testing.assert_array_equal(
        DaskRows.of_array(chunked(GAPS)).valid_rows(), np.isfinite(GAPS).all(axis=1)
    )


def test_what_is_stored_is_not_sent(tmp_path):
    stored = np.memmap(tmp_path / "X.dat", dtype=np.float64, mode="w+", shape=(T + 5, P))
    stored[5:] = GAPS
    stored.flush()
    content = to_send(StoredRows(stored[5:]))
    assert len(content) < 2000
    np.testing.assert_array_equal(received(content).read(3, 9), GAPS[3:9])


@pytest.mark.parametrize(
    ("wrong", "error", "match"),
    [(lambda: da.ones(5), ValueError, "2-dimensional"),
     (lambda: da.ones((5, 2), dtype=complex), TypeError, "real numbers"),
     (lambda: chunked()[chunked()[:, 0] > 0], ValueError, "compute_chunk_sizes")],
)  # fmt: skip
def test_arrays_that_cannot_be_used(wrong, error, match):
    with pytest.raises(error, match=match):
        nmo.GLM().fit(wrong(), np.ones(5))
