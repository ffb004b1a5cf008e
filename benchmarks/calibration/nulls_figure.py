"""The figure of docs/is_it_real.md: ``python -m benchmarks.calibration.nulls_figure``."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np

import spikeglm as nmo
from spikeglm.inference import null_test
from spikeglm.plotting import TWO_COLUMNS_MM, paper_style, plot_null, size_inches, style

from .nulls import stationary

FIGURE = Path(__file__).parents[2] / "docs/figures/is_it_real.png"
BIN_S, N_ROWS, SEED = 0.1, 8000, 5


def main() -> None:
    """Draw two slow signals, the draws of a null, and those for a neuron with an effect."""
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    rng = np.random.default_rng(SEED)
    speed, gain = (stationary(rng, 1, n_rows=N_ROWS) for _ in range(2))
    drive = np.hstack([0.0 * speed, 0.6 * speed]) + 0.7 * gain
    y = rng.poisson(0.3 * np.exp(drive))
    model = nmo.PopulationGLM().fit(speed, y)
    test = null_test(model, speed, y, max_shift=len(y) // 4)
    with paper_style():
        size = size_inches(TWO_COLUMNS_MM, 55)
        figure, axes = plt.subplots(1, 3, figsize=size, width_ratios=[1.6, 1, 1])
        time = np.arange(len(y)) * BIN_S
        smooth = np.convolve(y[:, 0], np.ones(100) / (100 * BIN_S), "same")
        axes[0].plot(time, smooth, color=style.BLACK, linewidth=style.LINE_PT, label="rate (Hz)")
        axes[0].plot(time, speed + 3, color=style.BLUE, linewidth=style.LINE_PT, label="speed (sd)")
        p = test.independent_p_value[0]
        axes[0].set(xlabel="Time (s)", ylim=(0, 15), title=f"Unrelated, ordinary test: p = {p:.0e}")
        axes[0].legend(ncols=2)
        for n, title in enumerate(("no effect", "an effect")):
            plot_null(test, axes[n + 1], neuron=n)
            axes[n + 1].set_title(f"Linear shift, {title}")
        figure.savefig(FIGURE, dpi=130)
    print(test)


if __name__ == "__main__":
    main()
