"""Descriptions: what is written reads back as the same, and makes the same design."""

import tomllib

import numpy as np
import pandas as pd
import pynapple as nap
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spikeglm as nmo
from spikeglm.designs.toml_files import write_description

B = nmo.basis
rng = np.random.default_rng(0)
T = 300
TIMES = np.arange(T) * 0.1 + 0.05
TRIALS = pd.DataFrame(
    {
        "start": np.arange(10) * 3.0,
        "stop": np.arange(10) * 3.0 + 2.9,
        "cue": np.arange(10) * 3.0 + 0.5,
        "go": np.arange(10) * 3.0 + 1.2,
        "side": ["l", "r"] * 5,
        "contrast": rng.uniform(size=10),
    }
)
DATA = {
    "session": [[0.0, 30.0]],
    "trials": TRIALS,
    "speed": nap.Tsd(TIMES, rng.normal(size=T)),
    "x": rng.uniform(0, 10, T),
    "heading": rng.uniform(0, 360, T),
    "spikes": rng.poisson(0.3, (T, 2)),
    "lever": pd.DataFrame({"press": [1.0, 7.0]}),
}


def everything():
    return (
        nmo.DesignBuilder(bin_s=0.1, epochs="session", trials="trials", data=DATA)
        .events("cue", window=(-0.5, 1), by="side", basis=5, label="cue", within_trial=True)
        .events("cue", window=(0, 0.5), values="contrast", basis="lags", label="contrast")
        .events("lever.press", window=(0, 1), basis=B.RaisedCosineLogEval(5), label="press")
        .boxcar(("cue", "go"), label="delay")
        .boxcar("trials", by="side", label="side", channels=["r", "l"])
        .signal("speed", window=(-0.2, 0.4), how="nearest", basis=4)
        .tuning("x", basis=B.BSplineEval(5), label="place")
        .tuning("x", "heading", basis=B.BSplineEval(4) * B.CyclicBSplineEval(5, bounds=(0, 360)))
        .history(
            "spikes",
            window=0.5,
            neurons="own",
            label="history",
            basis=B.RaisedCosineLogEval(4, width=1.5),
        )
    )


def test_a_description_reads_back_as_itself_and_makes_the_same_design(tmp_path):
    builder = everything()
    text = builder.to_toml(tmp_path / "design.toml")
    for source in (text, tmp_path / "design.toml", str(tmp_path / "design.toml")):
        again = nmo.DesignBuilder.from_toml(source, DATA)
        assert again.to_toml() == text and again.plan.description == builder.plan.description
        want, found = builder.design(), again.design()
        assert found.feature_names == want.feature_names
        assert found.feature_mask == want.feature_mask == {"history": "own"}
        np.testing.assert_array_equal(found.to_array(), want.to_array())


def test_data_of_the_calls_are_described_by_the_label():
    cue = [1.0, 2.0]
    builder = nmo.DesignBuilder(bin_s=0.1, epochs=[[0, 5]]).events(
        cue, window=(0, 1), values=[1.0, 3.0], label="cue"
    )
    again = nmo.DesignBuilder.from_toml(builder.to_toml())
    data = {"epochs": [[0, 5]], "cue": cue, "cue_values": [1.0, 3.0]}
    np.testing.assert_array_equal(again.design(data).to_array(), builder.design().to_array())
    with pytest.raises(ValueError, match="name of data"):
        again.design()


def test_yaml_is_read_and_written_as_well(tmp_path):
    yaml = pytest.importorskip("yaml")
    path = tmp_path / "design.yaml"
    path.write_text(yaml.safe_dump(everything().plan.description))
    again = nmo.DesignBuilder.from_toml(path)
    assert again.to_toml() == everything().to_toml()
    written = again.to_toml(tmp_path / "again.yml")
    assert (tmp_path / "again.yml").read_text() == written != again.to_toml()
    description = nmo.DesignBuilder.from_toml(tmp_path / "again.yml").plan.description
    assert description == again.plan.description


texts = st.text(max_size=12)
numbers = st.integers() | st.floats(allow_nan=False) | st.booleans()
values = st.recursive(
    texts | numbers,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(texts.filter(lambda t: t != "terms"), values, max_size=4),
    st.lists(st.dictionaries(texts, values, min_size=1, max_size=4), max_size=3),
)
def test_any_description_is_written_so_that_it_reads_back(entries, terms):
    integers = [n for n in _leaves([entries, terms]) if type(n) is int]
    whole = entries | ({"terms": terms} if terms else {})
    if all(abs(n) < 2**63 for n in integers):
        assert tomllib.loads(write_description(whole)) == whole


def _leaves(value):
    if isinstance(value, dict):
        return [leaf for each in value.values() for leaf in _leaves(each)]
    return [x for each in value for x in _leaves(each)] if isinstance(value, list) else [value]


BASES = {
    "BSpline": B.BSplineEval(5, order=3, bounds=(0, 10)),
    "Cyclic": B.CyclicBSplineEval(6, bounds=(0.0, 2 * np.pi), fill_value=0.0),
    "Category": B.Category(["a", "b"]),
    "Fourier": B.FourierEval(3, bounds=(0, 1)),
    "Identity": B.IdentityEval(bounds=(0, 1)),
    "conv": B.RaisedCosineLogConv(5, 20, conv_kwargs={"shift": 2}),
    "product": B.BSplineEval(5) * B.MSplineEval(5) * B.CyclicBSplineEval(4),
}


@pytest.mark.parametrize("name", BASES)
def test_every_basis_can_be_said_in_words(name):
    from spikeglm.designs.words import basis_from, in_words

    words = in_words(BASES[name])
    again = basis_from(tomllib.loads(write_description({"basis": words}))["basis"])
    assert in_words(again) == words
    points = ["a", "b"] if name == "Category" else np.linspace(0, 1, 7)
    inputs = [points] * again.n_inputs
    np.testing.assert_array_equal(again.evaluate(*inputs), BASES[name].evaluate(*inputs))


def test_functions_of_ones_own_cannot_be_said():
    builder = nmo.DesignBuilder(bin_s=0.1, epochs="session").tuning(
        "x", basis=B.CustomBasis([np.sin]), label="x"
    )
    with pytest.raises(TypeError, match="your own"):
        builder.to_toml()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("bin_s = ", "no TOML"),
        ("bins = 3", "entry of a design"),
        ('[[terms]]\nkind = "event"', "kind of term"),
        ('[[terms]]\nkind = "events"\nlabel = "a"', "not complete"),
        ('[[terms]]\nkind = "events"\nlabel = "a"\ntimes = "t"\nwindow = [0, 1]\nlag = 1', "lag"),
        (
            '[[terms]]\nkind = "tuning"\nlabel = "a"\nsignals = ["t"]\nbasis = {name = "Spline"}',
            "Unknown basis",
        ),
    ],
)
def test_what_describes_no_design_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        nmo.DesignBuilder.from_toml(text)


# The plan that a design keeps


def test_the_same_features_of_other_data_have_the_ranges_and_channels_of_the_first():
    design = everything().design()
    later = dict(DATA, session=[[0.0, 15.0]], x=DATA["x"][:150] / 3, heading=DATA["heading"][:150])
    later["spikes"] = DATA["spikes"][:150]
    later["trials"] = TRIALS[TRIALS["side"] == "l"]
    new = design.at(later)
    assert new.feature_names == design.feature_names
    place = next(term for term in design.terms if term.label == "place")
    known = place.functions(later["x"])
    inside = np.isfinite(known).all(axis=1)
    np.testing.assert_allclose(new.to_array()[inside, place.columns], known[inside], atol=1e-12)
    cue = design.terms[0]
    assert (np.nan_to_num(new.to_array()[:, cue.start + 5 : cue.stop]) == 0).all()  # no "r" there
    assert "no event of r" in new.report().status[0]
    with pytest.raises(TypeError, match="by their names"):
        design.at(DATA["x"])
    with pytest.raises(ValueError, match="columns"):
        design.at(dict(later, spikes=DATA["spikes"][:150, :1]))


def test_a_saved_model_makes_the_same_features(tmp_path):
    design = everything().design()
    y = np.random.default_rng(1).poisson(0.5, (T, 2))
    model = nmo.PopulationGLM(
        regularizer="Ridge", regularizer_strength=0.1, feature_mask=design.feature_mask
    ).fit(design, y)
    model.save_params(tmp_path / "model.npz")
    loaded = nmo.load_model(tmp_path / "model.npz")
    later = dict(DATA, x=DATA["x"] / 2)
    want, found = design.at(later), loaded.basis_.design(later)
    np.testing.assert_array_equal(found.to_array(), want.to_array())
    np.testing.assert_array_equal(
        np.asarray(loaded.predict(found)), np.asarray(model.predict(want))
    )
    assert [term.label for term in loaded.terms_] == [term.label for term in design.terms]


def test_a_frozen_basis_is_described_by_the_range_that_it_keeps():
    builder = nmo.DesignBuilder(bin_s=0.1, epochs="session", data=DATA).tuning("x", basis=6)
    plan = builder.design().basis
    again = nmo.designs.DesignPlan.from_toml(plan.to_toml())
    later = dict(DATA, x=5 + DATA["x"] / 3)
    np.testing.assert_allclose(again.design(later).to_array(), plan.design(later).to_array())
    assert plan.description["terms"][0]["basis"]["bounds"] == [DATA["x"].min(), DATA["x"].max()]
