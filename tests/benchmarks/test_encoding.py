"""How the searches of simulated neurons are counted, and what those neurons are."""

import numpy as np
import pandas as pd
import pytest
from benchmarks.encoding import ablation, outcomes, power, simulated
from benchmarks.encoding.__main__ import OLD, by_seed, known_lines, lines
from benchmarks.encoding.lines import (
    BOTH,
    CHOSEN_ON,
    FRESH,
    HELD_OUT,
    SEARCHES,
    WEAK,
    Search,
    design,
    model_of,
)
from numpy.testing import assert_allclose

import spikeglm as nmo


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
    assert outcomes.cells(some).split(" | ")[:2] == ["1", "1.000 [0.21, 1.00]"]
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


def test_a_share_has_the_interval_of_wilson():
    n, k = 64, 32
    p, z = k / n, 1.959964
    low, high = (float(bound) for bound in outcomes.share(np.arange(n) < k)[7:-1].split(", "))
    for bound in (low, high):  # the ends are the shares from which k lies 1.96 of their errors
        assert_allclose(abs(p - bound) / np.sqrt(bound * (1 - bound) / n), z, rtol=0.1)
    assert outcomes.share(np.ones(64, dtype=bool)) == "1.000 [0.94, 1.00]"


def test_what_is_found_is_told_of_each_seed():
    both = pd.concat([rows("PS", "P"), rows("PS").assign(seed=3)])
    assert by_seed(both) == "2: 0.500, 3: 1.000"


def test_neurons_with_and_without_a_part_are_the_same_ones():
    whole = rows("PS", "P", "PS", "PS").assign(neurons=WEAK, search=ablation.WHOLE)
    without = rows("P", "PS", "PSA").assign(neurons=WEAK, search="smooth, best score")
    first, second = ablation.table(pd.concat([whole, without]))
    assert first.startswith(f"| {WEAK} | nothing | 2 | 4 | 0.750")
    assert first.endswith("| 0 | 0 |")
    assert " | 2 | 3 | 0.333 " in second
    assert second.endswith("| 2 | 1 |")


def test_ways_to_know_spikes_are_compared_on_the_neurons_that_both_searched():
    whole = rows("P", "PS", "P", "PS").assign(neurons=BOTH, search=ablation.SPIKES_KNOWN, seed=1)
    known = list(ablation.OTHER_SPIKES)[1]
    other = rows("PS", "PS").assign(neurons=BOTH, search=known, seed=1, neuron=[0, 2])
    first, second = ablation.spikes_table(pd.concat([whole, other]))
    assert " | 1 | 4 | 0.500 " in first
    assert " | 1 | 2 | 1.000 " in second
    assert second.endswith("| 0 | 2 |")
    (alone,) = ablation.spikes_table(other)
    assert alone.endswith("| ? | ? |")


def test_each_part_that_is_left_out_is_searched_on_fresh_neurons():
    titles = {line.search.title for line in lines(FRESH) if line.kind.title == WEAK}
    assert set(ablation.LEFT_OUT) <= titles


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


def test_searches_that_differ_by_their_rules_share_fits_and_find_what_a_search_finds(
    trajectory, monkeypatch
):
    monkeypatch.setattr(simulated, "N_BINS", 3000)
    monkeypatch.setattr("benchmarks.encoding.lines.N_BINS", 3000)
    monkeypatch.setattr("benchmarks.encoding.lines.behaviour", simulated.behaviour)
    monkeypatch.setattr(outcomes, "N_EACH", 1)
    outcomes.problem.cache_clear()
    kind = simulated.Kind("kind", couples="fired")
    for rule in ("hardcastle", "one_se"):
        search = Search("way", {"folds": HELD_OUT, "rule": rule}, ("spikes",), one_in=2)
        table = outcomes.computed(kind, search, 1)
        found = table["found"].tolist()
        assert table["neuron"].tolist() == [0, 2, 4, 6]
        counts = simulated.population(kind, 1, seed=1).counts
        expected = nmo.selection.search_terms(
            model_of(is_smooth=False),
            design(kind, counts, ("spikes",)),
            counts[:, ::2],
            folds=HELD_OUT,
            rule=rule,
            always=["spikes"],
        )
        initials = ["".join(w[0].upper() for w in name.split(" + ")) for name in expected.sets]
        assert found == ["-" if name == "N" else name for name in initials]
    assert outcomes.problem.cache_info().hits == 1
    outcomes.problem.cache_clear()


def test_the_numbers_of_spikes_can_be_bounded_in_a_model(trajectory, monkeypatch):
    monkeypatch.setattr("benchmarks.encoding.lines.behaviour", simulated.behaviour)
    counts = np.zeros((simulated.N_BINS, 2))
    counts[10] = 50
    kind = simulated.Kind("kind", couples="count")
    largest = [
        np.asarray(design(kind, counts, (name,)).rows(11, 12))[0, -6:].max()
        for name in ("spikes", "saturated")
    ]
    assert_allclose(largest, [50, 2])


def test_no_two_searches_have_one_name():
    titles = [search.title for search in SEARCHES]
    assert len(set(titles)) == len(titles)
