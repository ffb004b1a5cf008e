"""Settings said anew: what they replace, what they mean, and what is none."""

import copy

import pytest

from spikeglm.descriptions.overrides import overridden, value_of

WORDS = {
    "recording": {"path": "a.nwb"},
    "design": {"terms": [{"label": "past", "window": 1.0}, {"label": "past.long", "window": 2.0}]},
}


def test_what_was_given_stays_as_it_is():
    before = copy.deepcopy(WORDS)
    overridden(WORDS, ["recording.path=b.nwb", "design.terms.past.window=0.1", "analysis.seed=3"])
    assert before == WORDS


@pytest.mark.parametrize(
    ("override", "place", "expected"),
    [
        ("recording.path=b.nwb", ("recording", "path"), "b.nwb"),
        ("recording.path=/a = b.nwb", ("recording", "path"), "/a = b.nwb"),
        ("recording.bin_s=0.05", ("recording", "bin_s"), 0.05),
        ("analysis.folds={n_folds = 5}", ("analysis", "folds", "n_folds"), 5),
        ("analysis.folds.n_chunks=3", ("analysis", "folds", "n_chunks"), 3),
        ("output.report=false", ("output", "report"), False),
        ("analysis.how=['unique']", ("analysis", "how"), ["unique"]),
    ],
)
def test_a_setting_is_replaced_or_added(override, place, expected):
    found = overridden(WORDS, [override])
    for key in place:
        found = found[key]
    assert found == expected and type(found) is type(expected)


def test_the_longest_label_names_a_term():
    found = overridden(WORDS, ["design.terms.past.long.window=9", "design.terms.past.basis=4"])
    past, longer = found["design"]["terms"]
    assert longer["window"] == 9 and past == {"label": "past", "window": 1.0, "basis": 4}


def test_nothing_takes_a_setting_out():
    assert "path" not in overridden(WORDS, ["recording.path="])["recording"]
    assert overridden(WORDS, ["output.folder="])["output"] == {}  # was not there


@pytest.mark.parametrize("wrong", ["folds=5", "analysis.folds", "analysis.=5", "=5", ""])
def test_what_is_no_setting_is_refused(wrong):
    with pytest.raises(ValueError, match=r"section\.key=value"):
        overridden(WORDS, [wrong])


def test_a_term_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="Did you mean 'past'"):
        overridden(WORDS, ["design.terms.pasd.window=1"])


def test_a_number_has_no_parts():
    with pytest.raises(ValueError, match="no parts"):
        overridden(WORDS, ["recording.path.x=1"])


def test_text_that_is_no_toml_is_text():
    assert value_of("2024-13-45") == "2024-13-45"
    assert value_of('"5"') == "5" and value_of("5") == 5


def test_a_term_is_taken_out_whole():
    found = overridden(WORDS, ["design.terms.past="])
    assert [term["label"] for term in found["design"]["terms"]] == ["past.long"]
    assert overridden(WORDS, ["design.terms.past=", "design.terms.past.long="])["design"] == {
        "terms": []
    }
    with pytest.raises(ValueError, match="no value of its own"):
        overridden(WORDS, ["design.terms.past=8"])


def test_a_term_is_known_without_the_unit_in_its_label():
    terms = [{"label": "speed (cm/s)", "basis": 6}, {"label": "x (cm)"}, {"label": "x (px)"}]
    words = {"design": {"terms": terms}}
    found = overridden(words, ["design.terms.speed.basis=4", "design.terms.x (px).basis=3"])
    assert [each.get("basis") for each in found["design"]["terms"]] == [4, None, 3]
    assert len(overridden(words, ["design.terms.speed="])["design"]["terms"]) == 2
    with pytest.raises(ValueError, match="term of the design"):  # which of the two?
        overridden(words, ["design.terms.x.basis=4"])
