"""Figures that stand in a page: SVG while they are light, else PNG."""

from base64 import b64decode

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt

from spikeglm.reporting.figures import MOST_PATH_POINTS, image, path_points

mpl.use("Agg")


def line(n_points):
    figure, ax = plt.subplots()
    ax.plot(np.random.default_rng(0).normal(size=n_points))
    return figure


def test_few_points_are_drawn_as_lines_and_many_as_dots():
    few, many = image(line(50)), image(line(2 * MOST_PATH_POINTS))
    kind, _, content = few.partition(";base64,")
    assert kind == "data:image/svg+xml"
    assert 50 < path_points(b64decode(content).decode()) <= MOST_PATH_POINTS
    assert many.startswith("data:image/png;base64,")


def test_a_figure_is_closed_and_always_the_same():
    before = plt.get_fignums()
    assert image(line(50)) == image(line(50))
    assert plt.get_fignums() == before


@pytest.mark.parametrize(("svg", "n"), [("<svg/>", 0), ('<path d="M 0 0 L 1 1 z"/>', 3)])
def test_points_are_those_of_paths(svg, n):
    assert path_points(svg) == n
