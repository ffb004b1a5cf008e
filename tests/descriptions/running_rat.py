"""A recording of which it is known what drives each neuron."""

from functools import cache

import numpy as np

from spikeglm.recordings import Intervals, Recording, Series, Units

BIN_S, N_BINS = 0.05, 6000
TEXT = """
[recording]
bin_s = 0.05
epochs = "epochs/session"

[[design.terms]]
kind = "tuning"
label = "position"
signals = ["series/position/x", "series/position/y"]
basis = [5, 5]

[[design.terms]]
kind = "tuning"
label = "speed"
signals = ["series/speed"]
basis = 5

[analysis]
rule = "score"
folds = { n_folds = 5, n_chunks = 3 }
model = { regularizer = "Ridge", regularizer_strength = 0.001 }
"""


@cache
def session(seed=0, *, silent=False):
    """An animal runs in a square: "place" fires in a field, "fast" with speed, "mute" never."""
    rng = np.random.default_rng(seed)
    t = BIN_S * (np.arange(N_BINS) + 0.5)
    x, y = 50 + 50 * np.sin(t / 9), 50 + 50 * np.sin(t / 7 + 1)
    speed = np.abs(10 + np.convolve(rng.normal(0, 20, N_BINS), np.ones(20) / 20, "same"))
    field = np.exp(-((x - 30) ** 2 + (y - 60) ** 2) / 800)
    rates = {"place": 0.3 + 12 * field, "fast": 0.3 * speed}
    units = {name: np.sort(np.repeat(t, rng.poisson(BIN_S * rate))) for name, rate in rates.items()}
    if silent:
        units["mute"] = np.empty(0)
    span = np.array([[0.0, BIN_S * N_BINS]])
    start = np.arange(2.0, 290.0, 6.0)
    columns = {"cue_time": start + 1, "side": ["l", "r"] * 24}
    trials = Intervals.of("trials", start, start + 4, columns)
    quality = {"quality": ["good", "mua", "good"][: len(units)]}
    return Recording(
        units=Units.of(units, quality, support=span),
        series={
            "position": Series("position", t, np.column_stack([x, y]), ("x", "y"), "cm"),
            "speed": Series("speed", t, speed, unit="cm/s"),
        },
        trials=trials,
    )
