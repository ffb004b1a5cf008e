"""Curves as arrays: each number at its place, the largest channels, fewer points of very many."""

import numpy as np
import pandas as pd

from spikeglm.reporting.curve_arrays import MOST_CHANNELS, curve_arrays


def table(n_points=3, channels=None, neurons=("b", "a"), second=None):
    """A number that says where it belongs: 100 neuron + 10 channel + point."""
    rows = []
    for i in range(n_points):
        for j in range(second or 1):
            for s, channel in enumerate(channels or [None]):
                for n, neuron in enumerate(neurons):
                    value = 100 * (n + 1) + 10 * s + i + 0.1 * j
                    place = {"x": i / 10} | ({"y": j} if second else {})
                    place |= {"channel": channel} if channels else {}
                    rows.append(place | {"neuron": neuron, "value": value, "low": value - 1,
                                         "high": value + 1})  # fmt: skip
    return pd.DataFrame(rows)


def test_numbers_stand_where_the_table_says():
    mixed = table(channels=["l", "r"]).sample(frac=1, random_state=0)
    mixed = mixed.sort_values("x", kind="stable")
    found = curve_arrays("x", mixed, ["a", "b"])
    assert found.value.shape == (2, 2, 3)
    first = [found.channels[k] for k in found.kept[0]]
    assert first == ["r", "l"]  # the largest one
    np.testing.assert_allclose(found.value[0, 0], [210, 211, 212])
    np.testing.assert_allclose(found.low[1, 1], [99, 100, 101])


def test_channels_that_a_mask_leaves_out_are_not_drawn():
    found = curve_arrays("x", table(channels=["l", "r"]).assign(value=0.0), ["a", "b"])
    assert np.isnan(found.value[:, 1]).all() and (found.value[:, 0] == 0).all()


def test_of_many_channels_the_largest_are_kept():
    found = curve_arrays("x", table(channels=[f"c{k}" for k in range(9)]), ["a", "b"])
    assert found.kept.shape == (2, MOST_CHANNELS)
    assert [found.channels[k] for k in found.kept[0]] == [f"c{k}" for k in range(8, 2, -1)]


def test_points_are_left_out_evenly_and_the_ends_stay():
    whole = curve_arrays("x", table(n_points=200), ["a", "b"])
    part = whole.thinned(2 * 50 * 6)
    assert part.value.shape[2] == 50 and part.n_points == (200,)
    assert part.at[0][0] == 0 and part.at[0][-1] == 19.9
    np.testing.assert_allclose(part.value[0, 0], 200 + 10 * part.at[0])
    assert whole.thinned(1e9) is whole


def test_maps_keep_their_shape():
    whole = curve_arrays("map", table(n_points=40, second=30), ["a", "b"])
    part = whole.thinned(2 * 20 * 20)
    assert part.is_map and [len(a) for a in part.at] == [20, 20]
    i, j = (np.asarray(a) for a in part.at)
    np.testing.assert_allclose(part.value[0, 0].reshape(20, 20), 200 + 10 * i[:, None] + 0.1 * j)


def test_what_no_figure_can_show_is_left_out():
    three = pd.DataFrame({"x": [0], "y": [0], "z": [0], "value": [1.0]})
    assert curve_arrays("m", three, [0]) is None


def test_one_neuron_without_a_name_in_the_table():
    found = curve_arrays("x", pd.DataFrame({"x": ["p", "q"], "value": [1.0, 2.0]}), [0])
    assert found.is_text and found.value.shape == (1, 1, 2)
    assert np.isnan(found.low).all()
