"""What a page holds of numbers: off by half a step at most, and small."""

from base64 import b64decode

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from spikeglm.reporting.packing import packed

NUMBERS = st.floats(-1e6, 1e6, width=32) | st.just(np.nan)


def unpacked(data):
    """Undo it as a script does: code times step, from the lowest."""
    low, step = (np.frombuffer(b64decode(data[name]), "<f4") for name in ("low", "step"))
    codes = np.frombuffer(b64decode(data["codes"]), {8: "<u1", 16: "<u2"}[data["bits"]])
    codes = codes.reshape(data["shape"])
    values = low[:, None].astype(float) + codes * step[:, None].astype(float)
    return np.where(codes == 2 ** data["bits"] - 1, np.nan, values)


@pytest.mark.parametrize("bits", [8, 16])
@given(values=arrays(float, (3, 7), elements=NUMBERS))
def test_numbers_come_back(bits, values):
    back = unpacked(packed(values, bits=bits))
    assert (np.isnan(back) == np.isnan(values)).all()
    known = ~np.isnan(values)
    span = np.ptp(np.where(known, values, np.nan_to_num(values[:, :1])), axis=1, keepdims=True)
    size = np.abs(np.nan_to_num(values)).max(axis=1, keepdims=True)
    allowed = np.broadcast_to(span / 2**bits + 4e-7 * size + 1e-30, values.shape)
    assert (np.abs(back - values)[known] <= allowed[known]).all()


def test_what_is_not_finite_is_missing():
    back = unpacked(packed([[np.inf, 1.0, 2.0], [-np.inf, np.nan, np.inf]]))
    np.testing.assert_allclose(back, [[np.nan, 1, 2], [np.nan] * 3])
