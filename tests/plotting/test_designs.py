"""Pictures of designs."""

import numpy as np
import pytest

import spikeglm as nmo
from spikeglm.plotting import plot_design, plot_design_correlation

BUILDER = (
    nmo.DesignBuilder(bin_s=0.1, epochs=[[0, 5], [8, 15]])
    .events([2.0, 9.0], window=(-0.5, 1), basis=5, label="cue")
    .boxcar([[1, 3]], values=[-2.0], label="load")
)


def test_each_column_is_a_line_of_the_image_and_gaps_are_grey():
    design = BUILDER.design()
    ax = plot_design(design, start_s=1.0, stop_s=10.0)
    (image,) = ax.images
    drawn = image.get_array()
    assert drawn.shape == (6, 90)
    drawn = np.ma.filled(drawn, np.nan)
    gap = np.isnan(drawn).all(axis=0)
    assert np.flatnonzero(gap).tolist() == list(range(40, 70))
    X = design.to_array()[(design.time_axis.times > 1) & (design.time_axis.times < 10)].T
    largest = np.abs(X).max(axis=1, keepdims=True)
    np.testing.assert_allclose(drawn[:, ~gap], X / largest, atol=1e-12)
    assert np.nanmin(drawn) == -1
    assert [label.get_text() for label in ax.get_yticklabels()] == ["cue", "load"]


def test_correlations_of_terms_are_written_out():
    report = BUILDER.design().report()
    ax = plot_design_correlation(report)
    written = [text.get_text() for text in ax.texts]
    assert written == [f"{value:.2f}" for value in report.term_correlation.ravel()]
    assert "vif" in plot_design_correlation.data(report).columns


def test_what_cannot_be_drawn_is_refused():
    design = BUILDER.design()
    for start, stop in [(20, 30), (3, 2)]:
        with pytest.raises(ValueError, match="cannot be drawn"):
            plot_design(design, start_s=start, stop_s=stop)
    with pytest.raises(ValueError, match="no times"):
        plot_design(nmo.basis.HistoryConv(3).design(np.zeros(9)))
