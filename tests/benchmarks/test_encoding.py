"""How the searches of simulated neurons are counted, and what those neurons are."""

import numpy as np
import pandas as pd
import pytest
from benchmarks.encoding import outcomes, power, simulated
from benchmarks.encoding.__main__ import OLD, known_lines, lines
from benchmarks.encoding.lines import CHOSEN_ON, FRESH
from numpy.testing import assert_allclose


def rows(*found, spikes=2000, true=(0.5, 0.0, 0.2)):
    """Rows of neurons that encode position and speed."""
    table = {"neurons": "kind", "search": "way", "seed": 2, "neuron": np.arange(len(found))}
    table |= {"spikes": spikes, "ceiling": 0.0, "found": found}
    table |= {f"true_{letter}": s for letter, s in zip("PDS", true, strict=True)}
    table |= {f"gain_{letter}": 0.01 for letter in "PDSA"}
    table |= {f"p_{letter}": 0.2 for letter in "PDSA"}
    return pd.DataFrame(table)


def test_shares_are_of_neurons_and_of_terms_that_are_there_or_not():
    n, true, missed, added, *by_term = outcomes.cells(rows("PS", "PSA", "P", "PS")).split(" | ")
    assert n == "4"
    assert true.startswith("0.500")
    assert missed.startswith("0.125")  # one of eight
    assert added.startswith("0.125")
    assert by_term[1:3] == ["0.000", "nan"]  # direction is nobody's, speed is everybody's
    assert by_term[3] == "0.250 |"


def test_a_neuron_without_an_answer_is_not_found_also_if_it_encodes_nothing():
    nothing = rows("-", "?", true=(0.0, 0.0, 0.0))
    assert outcomes.cells(nothing).split(" | ")[1].startswith("0.500")


def test_neurons_of_few_spikes_do_not_count():
    some = pd.concat([rows("PS"), rows("-", spikes=999)])
    assert outcomes.cells(some).split(" | ")[:2] == ["1", "1.000 ± 0.000"]
    assert outcomes.wrong(some) == []


def test_each_wrong_term_has_a_line():
    first, second = outcomes.wrong(rows("PS", "PA"))
    assert "speed | missed, 0.20" in first
    assert "arousal | added" in second


def test_rows_of_a_line_and_seed_replace_those_before(tmp_path, monkeypatch):
    monkeypatch.setattr(outcomes, "NEURONS", tmp_path / "neurons.csv")
    outcomes.keep(rows("PS", "PS"))
    outcomes.keep(rows("-").assign(seed=3))
    outcomes.keep(rows("-", "P"))
    kept = outcomes.kept()
    assert kept.loc[kept["seed"] == 2, "found"].tolist() == ["-", "P"]
    assert kept["seed"].tolist() == [2, 2, 3]


def test_the_strength_that_is_found_in_95_percent_is_that_of_the_curve():
    rng = np.random.default_rng(0)
    ns2 = np.exp(rng.uniform(0, 7, 4000))
    chance = 1 / (1 + np.exp(-2 * np.log(ns2 / 40)))
    expected = 40 * 19**0.5  # odds of 19 to 1
    assert_allclose(power.needed(ns2, rng.uniform(size=4000) < chance), expected, rtol=0.15)


def test_lines_that_are_not_computed_are_kept_with_one_mark_and_fresh_ones_are_not():
    page = "| a | b | 64 |\n| a | c † | 64 |\n## Fresh neurons\n| a | d | 2 | 64 |\n"
    assert known_lines(page) == {
        "| a | b | ": f"| a | b{OLD} | 64 |",
        "| a | c | ": f"| a | c{OLD} | 64 |",
    }


def test_no_setting_of_a_fresh_line_is_chosen_on_fresh_neurons():
    assert not set(CHOSEN_ON) & set(FRESH)
    begins = [line.begins for line in lines(CHOSEN_ON)]
    assert len(set(begins)) == len(begins)


@pytest.fixture
def trajectory(monkeypatch):
    """A box, a head and a speed without RatInABox, which is asked by its seed."""
    asked = []

    def behaviour(seed=0):
        asked.append(seed)
        rng, T = np.random.default_rng(seed), simulated.N_BINS
        place, head = rng.uniform(size=(T, 2)), rng.uniform(0, 2 * np.pi, T)
        return simulated.Behaviour(place, head, rng.exponential(size=T), rng.normal(size=T))

    monkeypatch.setattr(simulated, "behaviour", behaviour)
    return asked


@pytest.mark.parametrize("couples", ["", "fired", "count"])
def test_simulated_neurons_are_what_they_say(trajectory, couples):
    kind = simulated.Kind("kind", couples=couples)
    neurons = simulated.population(kind, 1, seed=4)
    assert trajectory == [3]
    assert neurons.encoded.sum(axis=0).tolist() == [0, 1, 1, 2, 1, 2, 2, 3]
    strength = neurons.strength[neurons.encoded]
    assert (strength >= 0.3).all() and (strength <= 0.7).all()
    assert neurons.log_gain.any() == bool(couples)
    assert (neurons.log_gain <= simulated.CEILING).all() or couples == "fired"
    alone = neurons.counts[:, 0]  # its rate is constant, but for spikes before
    gain = np.exp(neurons.log_gain[:, 0])
    is_low = gain < np.median(gain) if couples else np.arange(len(alone)) < len(alone) // 2
    rates = [alone[some].sum() / gain[some].sum() for some in (is_low, ~is_low)]
    assert_allclose(rates[0], rates[1], rtol=0.25)
