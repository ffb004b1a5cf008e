"""Choices of a rat that compares two sounds: what it heard, what it did before."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import spikeglm as nmo
from spikeglm.encoding import Encoding

from .study import HERE, Claim, Study, existing, of_term, slope

FILE = "sampleRatData.npz"


def encoding(path: Path) -> Encoding:
    """Return what 20 000 choices over 80 days depend on.

    Sounds have this trial's loudness in their first column; what happened before has that of the
    trial before.
    """
    with np.load(path, allow_pickle=True) as file:  # from the package, which is trusted
        recording = file["D"].item()
    now = {name: values[:, 0] for name, values in recording["inputs"].items()}
    data = {
        "trial": np.arange(len(recording["y"]), dtype=float),
        "first": now["s1"],
        "second": now["s2"],
        "past_sounds": now["s_avg"],
        "past_choice": now["c"],
        "past_answer": now["h"],
    }
    chose_second = recording["y"] - 1
    return nmo.encode(chose_second, HERE / "choices.toml", data=data, observation_model="Bernoulli")


def study(folder: Path) -> Study:
    """Analyse the choices."""
    found = encoding(existing(folder, FILE))
    first, second = slope(found, "first sound"), slope(found, "second sound")
    past = [slope(found, f"past {what}") for what in ("sounds", "choice", "answer")]
    now = [of_term(found, f"{which} sound", "unique") for which in ("first", "second")]
    encoded = found.table().set_index("term")["is_encoded"]
    gains = {
        name: of_term(found, f"past {name}", "unique") for name in ("sounds", "choice", "answer")
    }
    history = ("past sounds", "past choice", "past answer")
    claims = (
        Claim("the two sounds are compared: weights of opposite sign, about as large",
              f"{first:.2f} and {second:.2f}",
              bool(first * second < 0 and 0.5 < abs(first / second) < 2)),
        Claim("sounds count most", f"unique {now[0]:.2g} and {now[1]:.2g} bits, of the past "
              f"{max(gains.values()):.2g} at most", bool(min(now) > max(gains.values()))),
        Claim("choices depend on the trial before",
              ", ".join(f"{name} {'yes' if encoded[name] else 'no'}" for name in history),
              bool(any(encoded[name] for name in history))),
        Claim("it goes again where it would have been right (win-stay, lose-switch)",
              f"past answer {past[2]:.2f}; "
              f"{'encoded' if encoded['past answer'] else 'not encoded beside past choice'}, "
              f"unique p = {of_term(found, 'past answer', 'unique_p'):.2g}",
              bool(past[2] > 0 and encoded["past answer"])),
        Claim("the bias drifts over days",
              "drift of the bias " + ("yes" if encoded["drift"] else "no"),
              bool(encoded["drift"])),
    )  # fmt: skip
    return Study(
        title="Choices of a rat",
        source="`sampleRatData.npz` of the package psytrack. What is known of such tasks; "
        "the file has no published numbers.",
        encodings={"choices.toml": found},
        claims=claims,
        remarks=(
            "The answer of the trial before has the expected sign, and ten folds do not show that "
            "it helps beside the choice, with which it agrees in 64 % of trials.",
            "The first sound alone tells nothing, beside the second much: a comparison is in "
            "neither of them. `alone` would have missed it.",
            "A spike is a choice of the second side here: bits per spike are per such choice, and "
            "the KS distance, of intervals between them, means little.",
        ),
    )
