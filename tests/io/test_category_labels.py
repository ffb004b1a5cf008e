"""Labels come in as text, as numbers, or as objects where both occur."""

import numpy as np
import pandas as pd
import pynapple as nap
import pytest

from spikeglm.io.interop.category_labels import to_labels


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (["a", "b"], "U"),
        ("a", "U"),
        (np.array([b"a"]), "U"),
        (pd.Series(["a", "b"], dtype="category"), "O"),
        (np.array(["a", 1, None], dtype=object), "O"),
        ([1, 2], "i"),
        ([True], "b"),
        (nap.Tsd(t=[0.0, 1.0], d=[1.0, 2.0]), "f"),
        (pd.DataFrame({"a": [1, 2]}), "i"),
    ],
)
def test_kinds_of_labels(given, kind):
    assert to_labels(given, name="x").dtype.kind == kind


@pytest.mark.parametrize(
    "given", [None, {"a": 1}, {"a"}, [["a"], ["b", "c"]], 1j, nap.Ts(t=[0.0, 1.0])]
)
def test_what_holds_no_labels(given):
    with pytest.raises(TypeError, match="side cannot be read"):
        to_labels(given, name="side")
