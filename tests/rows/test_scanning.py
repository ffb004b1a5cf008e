"""Rows that are not finite are found by reading, in pieces, by several threads."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from spikeglm.rows import ArrayRows, scanning
from spikeglm.rows.scanning import valid_as_read


@pytest.mark.parametrize("n_threads", [1, 3])
@pytest.mark.parametrize("piece_bytes", [1, 64, 2**20])
def test_rows_that_are_not_finite_are_found(monkeypatch, n_threads, piece_bytes):
    monkeypatch.setattr(scanning, "_SCAN_BYTES", piece_bytes)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1000, 3))
    X[rng.random(X.shape) < 0.01] = np.nan
    X[[0, 999], 1] = np.inf, -np.inf
    expected = np.isfinite(X).all(axis=1)
    assert_array_equal(valid_as_read(ArrayRows(X), n_threads=n_threads), expected)


class Unread(ArrayRows):
    def read(self, start, stop):
        raise AssertionError("read")


def test_integers_are_finite_without_being_read():
    assert valid_as_read(Unread(np.ones((5, 2), np.int8)), n_threads=1).all()


def test_what_goes_wrong_while_reading_is_said():
    with pytest.raises(AssertionError, match="read"):
        valid_as_read(Unread(np.ones((5, 2))), n_threads=2)
