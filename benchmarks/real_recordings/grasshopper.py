"""An auditory receptor of a grasshopper: the sound, and its own spikes."""

from __future__ import annotations

import numpy as np

from spikeglm.encoding import Encoding

from .study import Claim, Study, curve, fit, ks, near, of_term, same_set

WORDS = {1: "grasshopper.toml", 2: "grasshopper.toml recording.path=datasets://grasshopper/2"}
HAND = {1: (0.81, 0.49, 1.76), 2: (0.61, 0.65, 1.32)}
"""Held-out bits per spike of stimulus, history and both, by an earlier analysis without encode."""


def encoding(recording: int) -> Encoding:
    """Return what the receptor encodes in one of its two recordings."""
    return fit(WORDS[recording])


def claims(found: Encoding, recording: int) -> tuple[Claim, ...]:
    """Compare with what is known of the receptor."""
    stimulus, history, both = HAND[recording]
    lag, filtered = curve(found, "stimulus")
    back, refractory = curve(found, "history")
    peak, trough = 1e3 * lag[filtered.argmax()], 1e3 * lag[filtered.argmin()]
    short, late = refractory[back <= 0.002].max(), np.abs(refractory[back >= 0.012]).max()
    distance, bound = ks(found)
    held_out = float(found.neurons()["held_out"].iloc[0])
    where = f"recording {recording}: "
    return (
        same_set(found, where + "driven by sound and its own spikes", {"stimulus", "history"}),
        near(where + f"stimulus alone {stimulus} bits per spike, by hand", stimulus,
             of_term(found, "stimulus", "alone"), 0.1),
        near(where + f"history alone {history}, by hand", history,
             of_term(found, "history", "alone"), 0.1),
        near(where + f"both {both}, by hand", both, held_out, 0.2),
        Claim(where + "the filter peaks 6.5 to 7 ms before the spike, with a negative lobe at 9 to "
              "10 ms", f"{peak:.1f} and {trough:.1f} ms",
              bool(6 <= peak <= 7.5 and 8.5 <= trough <= 10.5)),
        Claim(where + "refractory: -5 or less below 2 ms, nothing after 12 ms",
              f"{short:.1f} or less; within {late:.1f} of 0", bool(short < -4 and late < 1)),
        Claim(where + "rescaled intervals still reject the model", f"{distance:.3f} > {bound:.3f}",
              distance > bound),
    )  # fmt: skip


def study() -> Study:
    """Analyse both recordings."""
    found = {recording: encoding(recording) for recording in WORDS}
    return Study(
        title="Auditory receptor of a grasshopper",
        source="Rokem et al. (2006), J Neurophysiol 95:2541-52; `datasets.load_grasshopper`.",
        encodings={WORDS[k]: each for k, each in found.items()},
        claims=tuple(claim for k, each in found.items() for claim in claims(each, k)),
        remarks=(
            "Both together tell more than the two alone add up to: the sound says when, the "
            "refractory time says how often.",
            "Numbers by hand are of five folds and other bases; agreement is to .1 bits per spike, "
            "and to .2 for both.",
        ),
    )
