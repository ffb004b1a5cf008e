"""Choices of a rat that compares two sounds: what it heard, what it did before."""

from __future__ import annotations

from .study import Claim, Study, fit, of_term, slope

WORDS = "choices.toml"


def study() -> Study:
    """Analyse what 20 000 choices over 80 days depend on."""
    found = fit(WORDS)
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
        source="`datasets.load_rat_choices`, as distributed with the package psytrack. What is "
        "known of such tasks; the file has no published numbers.",
        encodings={WORDS: found},
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
