"""A place cell of CA1 on a linear track: position, direction, and no more."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from spikeglm.encoding import Encoding

from .study import Claim, Study, curve, fit, ks, near, of_term, same_set, slope

CENTRE_CM, DIRECTION, DIRECTION_ERROR = 63.2, 3.275, 0.360  # of the book's model with a Gaussian
BACKWARD, SEARCH_FORWARD = "place_cell.toml", "place_cell.toml analysis.search=forward"
RUNNING_FORWARD = "place_cell.toml recording.epochs=epochs/forward design.terms.direction="


def study() -> Study:
    """Analyse the cell, and compare with the book; speed and history are not in its model."""
    found = {words: fit(words) for words in (BACKWARD, SEARCH_FORWARD, RUNNING_FORWARD)}
    all_rows, forward = found[BACKWARD], found[RUNNING_FORWARD]
    peaks = [float(at[rate.argmax()]) for at, rate in map(_over_position, (all_rows, forward))]
    distance, bound = ks(all_rows)
    p = of_term(all_rows, "direction", "unique_p")
    n_spikes, n_forward = (int(each.neurons()["n_spikes"].iloc[0]) for each in (all_rows, forward))
    share = forward.origin["rows"] / all_rows.origin["rows"]
    odds = math.exp(DIRECTION) * share / (1 - share)  # if it is as often at a place either way
    expected, both = odds / (1 + odds), {"position", "direction"}
    claims = (
        same_set(found[SEARCH_FORWARD], "position and direction suffice; forward search", both),
        same_set(all_rows, "position and direction suffice; backward search", both),
        near(f"field around {CENTRE_CM} cm", CENTRE_CM, peaks[0], 5, " cm"),
        Claim("direction matters (p = 1e-19, of a likelihood that takes rows for independent)",
              f"held out p = {p:.2g}; ten folds can give 0.00098 at least", p < 0.01),
        near(f"it fires running forward: {DIRECTION} ± {DIRECTION_ERROR}", DIRECTION,
             slope(all_rows, "direction"), 2 * DIRECTION_ERROR),
        Claim(f"running forward only: {expected:.0%} of the spikes, by that factor",
              f"{n_forward} of {n_spikes}, {n_forward / n_spikes:.0%}, in {share:.0%} of the time",
              abs(n_forward / n_spikes - expected) < 0.03),
        same_set(forward, "running forward, position suffices", {"position"}),
        near(f"running forward, the field is the same: {CENTRE_CM} cm", CENTRE_CM, peaks[1], 5,
             " cm"),
        Claim("KS distance 0.074, inside of 0.092", f"{distance:.3f}, bound {bound:.3f}",
              distance < bound),
    )  # fmt: skip
    return Study(
        title="Place cell",
        source="Kramer & Eden (2016), Case Studies in Neural Data Analysis, and its repository; "
        "`datasets.load_place_cell`.",
        encodings=found,
        claims=claims,
        remarks=REMARKS,
    )


def _over_position(found: Encoding) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return curve(found, "position")


REMARKS = (
    "A forward search takes history first: a cell that has just fired is in its field, so "
    "its last spikes stand for position and direction until these are there, and no step "
    "takes history out again. Its unique contribution is nothing, which the screen says; "
    "a backward search leaves it out. For terms that stand for others, ask backward, or "
    "have them in all models (`always=`).",
    "The backward search was added after the forward one had disagreed; the file has asked for "
    "it since.",
    "Speed alone tells much (the rat is slow at the ends of the track, where there is no "
    "field), and is not shown to add to position.",
    "Forward is where a velocity that is computed of the position is above zero, as in the book; "
    "at rest, that is the sign of noise. The run of such rows alone was seen before its three "
    "lines were written; what they expect are the book's numbers.",
)
