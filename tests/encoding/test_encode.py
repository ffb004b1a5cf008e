"""The whole analysis in one call: its parts by hand, trouble, files, and going on after a stop."""

import json
import re
import warnings
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import spikeglm as nmo
from spikeglm.encoding import stages
from spikeglm.reporting.remarks import remarks
from spikeglm.reporting.subject import Subject
from spikeglm.selection.set_fits import SharedProblem

mpl.use("Agg")
RNG = np.random.default_rng(0)
PLACE, SPEED = RNG.uniform(0, 1, (2, 2400))
COUNTS = RNG.poisson(np.exp(np.outer(np.sin(6 * PLACE), [1.0, 0.0, 0.0]) - [1, 1, 50]))
BASIS = nmo.basis.BSplineEval(6, label="place") + nmo.basis.BSplineEval(5, label="speed")
DESIGN = BASIS.design(PLACE, SPEED)
FOLDS = nmo.selection.fixed_folds(nmo.selection.InterleavedBlocks(10, n_chunks=5), DESIGN)


def same(one, other):
    pd.testing.assert_frame_equal(one, other, check_dtype=False)


@pytest.fixture(scope="module")
def found():
    return nmo.encode(COUNTS, DESIGN, bin_s=0.02)


def test_what_drives_a_neuron_is_found(found):
    assert found.sets == {0: "place", 1: "none", 2: "?"}
    table = found.table().set_index(["neuron", "term"])
    assert table.loc[(0, "place"), "unique"] > 5 * table.loc[(0, "place"), "unique_se"]
    assert abs(table.loc[(0, "speed"), "unique"]) < 0.01


@pytest.mark.filterwarnings("ignore::spikeglm.errors.NothingToFitWarning")  # a silent neuron
def test_numbers_are_those_of_the_parts_called_by_hand(found):
    model = nmo.PopulationGLM(regularizer="Smoothness", regularizer_strength="auto")
    on_folds = {"folds": FOLDS}
    by_hand = nmo.selection.contributions(
        model, DESIGN, COUNTS, how=["unique", "alone"], **on_folds
    )
    same(found.tables["contributions"], by_hand.to_frame())
    searched = nmo.selection.search_terms(model, DESIGN, COUNTS, **on_folds)
    same(found.tables["search"], searched.to_frame())
    model.fit(DESIGN, COUNTS)
    assert_allclose(found.model.coef_, model.coef_)
    curve = model.curve("place", DESIGN, COUNTS, bin_s=0.02).to_frame().reset_index()
    same(found.curve("place"), curve)
    expected = by_hand.value("alone")
    wide = found.table().pivot(index="term", columns="neuron", values="alone")
    assert_allclose(wide.loc[["place", "speed"]].to_numpy(), expected)
    assert_allclose(found.neurons()["held_out"], by_hand.of_full()[0])


def test_the_search_finds_what_contributions_have_fitted(monkeypatch):
    fitted = []
    once = SharedProblem.fit
    monkeypatch.setattr(
        SharedProblem, "fit",
        lambda self, masks, neurons: fitted.append(masks.shape[1]) or once(self, masks, neurons),
    )  # fmt: skip
    nmo.encode(COUNTS[:, :2], DESIGN)
    constant, sets = 2, 2 * 3  # neurons; full, place alone, speed alone
    assert sum(fitted) == constant + sets


def test_the_screen_says_who_encodes_what(found):
    text = str(found)
    for part in ("3 neurons", "10 folds", "place", "1 of 2", "bits per spike", "silent"):
        assert part in text
    assert "<table" in found._repr_html_()
    assert max(len(line) for line in text.splitlines()) < 160


def test_the_screen_says_what_a_correction_over_neurons_leaves(found):
    """Of 40 neurons that are asked at 5 % each, some encode anything."""
    table = found.tables["contributions"].copy()
    is_meant = (table["neuron"] == 0) & (table["term"] == "place") & (table["how"] == "unique")
    note = "not when corrected over neurons (unique q > 0.05): place 1"
    for p, q, is_told in ((0.001, 0.04, False), (0.03, 0.3, True), (0.3, 0.9, False)):
        table.loc[is_meant, ["p_value", "q_value"]] = p, q
        told = replace(found, tables=found.tables | {"contributions": table})
        assert (note in str(told)) is is_told
        titles = [remark.title for remark in remarks(Subject.of_encoding(told, None))]
        assert any("place is encoded, not when corrected" in each for each in titles) is is_told


def test_one_neuron_has_a_row_per_term():
    one = nmo.encode(COUNTS[:, 0], DESIGN)
    assert one.sets == {0: "place"}
    assert "place" in str(one)
    assert "yes" in str(one)


def test_a_file_holds_all_of_it(found, tmp_path):
    found.save(tmp_path / "encoding.npz")
    loaded = nmo.load_encoding(tmp_path / "encoding.npz")
    assert str(loaded) == str(found)
    assert loaded.origin == found.origin
    assert list(loaded.tables) == list(found.tables)
    for name in found.tables:
        same(loaded.tables[name], found.tables[name])
    same(loaded.table(), found.table())
    assert_allclose(loaded.model.predict(DESIGN), found.model.predict(DESIGN))
    assert str(loaded.search) == str(found.search) and "hardcastle" in str(loaded.search)
    same(loaded.search.steps_frame(), found.tables["steps"])
    drawn = nmo.plotting.plot_search_steps.data(loaded.search, neuron=0)
    same(drawn, nmo.plotting.plot_search_steps.data(found.search, neuron=0))
    again = loaded.search.folds.split(), FOLDS.split()
    assert all((a == b).all() for (a, _), (b, _) in zip(*again, strict=True))


def test_what_was_warned_of_is_in_the_result(tmp_path):
    """Whoever opens the file, or the report, was not there when the warnings came."""
    few = {"how": "unique", "rule": "hardcastle", "folds": 5, "folder": tmp_path}
    design = nmo.basis.HistoryConv(30, label="past").design(COUNTS[:500, 0])
    pairs = [(np.arange(k % 2, 500, 2), np.arange(1 - k % 2, 500, 2)[k::5]) for k in range(5)]
    few["folds"] = [(train, np.setdiff1d(test, train)) for train, test in pairs]
    with pytest.warns(UserWarning) as told:
        found = nmo.encode(COUNTS[:500, 0], design, **few)
    texts = [str(one.message) for one in told]
    assert found.warnings and set(found.warnings) <= set(texts)
    assert any("share" in text for text in found.warnings), "folds leak"
    assert any("With 5 folds" in text for text in found.warnings), "from a stage"
    assert f"{len(found.warnings)} warning(s)" in str(found)
    found.save(tmp_path / "found.npz")
    assert nmo.load_encoding(tmp_path / "found.npz").warnings == found.warnings
    with pytest.warns(UserWarning, match="share"):
        again = nmo.encode(COUNTS[:500, 0], design, **few)
    assert again.warnings == found.warnings, "stages that were found in the folder"


def test_a_file_of_something_else_is_refused(found, tmp_path):
    found.model.save_params(tmp_path / "model.npz")
    with pytest.raises(ValueError, match=r"model\.npz"):
        nmo.load_encoding(tmp_path / "model.npz")
    (tmp_path / "text.npz").write_text("no file")
    with pytest.raises(ValueError, match=r"text\.npz"):
        nmo.load_encoding(tmp_path / "text.npz")


def test_parquet_and_xarray_have_the_table(found, tmp_path):
    found.to_parquet(tmp_path / "table.parquet")
    back = pd.read_parquet(tmp_path / "table.parquet")
    same(back, found.table())
    assert json.loads(json.dumps(back.attrs)) == found.origin
    cube = found.to_xarray()
    assert dict(cube.sizes) == {"neuron": 3, "term": 2}
    assert float(cube["is_encoded"].sel(neuron=0, term="place")) == 1
    assert np.isnan(float(cube["is_encoded"].sel(neuron=2, term="place")))


def test_it_goes_on_where_it_was_stopped(found, tmp_path, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(stages.Studies, "search", stop)
        with pytest.raises(KeyboardInterrupt):
            nmo.encode(COUNTS, DESIGN, bin_s=0.02, folder=tmp_path)
    with monkeypatch.context() as patch:
        for done in ("fit", "tables_of_fit"):
            patch.setattr(stages, done, stop)
        patch.setattr(stages.Studies, "contribute", stop)
        again = nmo.encode(COUNTS, DESIGN, bin_s=0.02, folder=tmp_path)
        assert str(again) == str(found)
        others = COUNTS.copy()
        others[0, 0] += 1
        with pytest.raises(KeyboardInterrupt):  # other data: nothing of it is used
            nmo.encode(others, DESIGN, bin_s=0.02, folder=tmp_path)
        with pytest.raises(KeyboardInterrupt):  # other settings
            nmo.encode(COUNTS, DESIGN, bin_s=0.02, how="alone", folder=tmp_path)


def test_the_origin_says_what_was_done(found):
    assert found.origin["rows"] == 2400
    assert sum(found.origin["tested_rows"]) == 2400
    assert found.origin["versions"]["spikeglm"] == nmo.__version__
    assert "InterleavedBlocks" in found.origin["settings"]["folds"]
    again = nmo.encode(COUNTS, DESIGN, bin_s=0.02, how="alone")
    assert again.origin["data"] == found.origin["data"]


def test_plain_features_get_a_ridge_chosen_on_the_folds():
    X = np.column_stack([PLACE, SPEED])
    y = 2 * PLACE + 0.1 * RNG.normal(size=len(PLACE))
    one = nmo.encode(y, X, observation_model="Gaussian")
    assert one.sets == {0: "x0"}
    assert one.model.regularizer == "Ridge"
    assert one.measure in one.tables["contributions"]


def test_groups_of_terms_and_what_is_always_there():
    trend = np.linspace(-1, 1, len(PLACE))
    basis = BASIS + nmo.basis.IdentityEval(label="drift")
    one = nmo.encode(
        COUNTS[:, 0], basis.design(PLACE, SPEED, trend), always=["drift"],
        terms={"behaviour": ["place", "speed"]}, how="unique",
    )  # fmt: skip
    assert one.sets == {0: "behaviour"}
    table = one.table().set_index("term")
    assert table["is_encoded"].to_dict() == {"behaviour": True, "(rest)": None}


@pytest.mark.parametrize("trouble", ["half silent", "missing", "constant term", "short"])
def test_trouble_is_a_reason_and_never_a_stop(trouble):
    place, speed, counts = PLACE.copy(), SPEED.copy(), COUNTS[:, :2].copy()
    if trouble == "half silent":
        counts[1200:, 1] = 0
    elif trouble == "missing":
        place[100:140] = np.nan
    elif trouble == "constant term":
        speed[:] = 0.5
    else:
        place, speed, counts = place[:300], speed[:300], counts[:300]
    bounds = {"bounds": (0, 1)}
    basis = nmo.basis.BSplineEval(6, label="place", **bounds)
    basis = basis + nmo.basis.BSplineEval(5, label="speed", **bounds)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = nmo.encode(counts, basis.design(place, speed))
    assert found.sets[0] in ("place", "none", "?")
    if trouble in ("half silent", "missing"):
        assert found.sets[0] == "place"
    table, neurons = found.table(), found.neurons()
    assert len(table) == 4
    is_missing = table.select_dtypes("number").isna().any(axis=1) | table["is_encoded"].isna()
    assert (table.loc[is_missing, "reason"] != "").all()  # every gap is explained
    assert (neurons.loc[neurons["set"] == "?", "reason"] != "").all()
    assert (table.loc[table["reason"] == "", "unique_se"] > 0).all()


def spikes_and_builder(n_bins, bin_s=0.02, window=0.1):
    rng = np.random.default_rng(0)
    x = np.sin(np.arange(n_bins) / 30)
    times = np.repeat((np.arange(n_bins) + 0.5) * bin_s, rng.poisson(np.exp(1.2 * x - 1)))
    builder = nmo.DesignBuilder(bin_s=bin_s, epochs=[[0, n_bins * bin_s]])
    return times, builder.events([0.2, 0.9], window=(0, window), basis=3, label="cue")


@pytest.mark.parametrize("n_spikes", [0, 1])
@pytest.mark.parametrize("how", [{}, {"rule": "aic"}, {"search": "backward"}, {"search": "all"}])
def test_a_neuron_of_which_nothing_is_known_may_be_alone(n_spikes, how):
    times, builder = spikes_and_builder(400)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = nmo.encode({"dead": times[:n_spikes]}, builder, **how)
    assert set(found.sets.values()) <= {"?", "none"}
    assert len(found.table()) == 1 and str(found)
    assert set(found.search.steps_frame()["is_taken"]) <= {False}


@pytest.mark.parametrize("n_bins", [60, 100, 200, 400])
def test_a_short_session_has_folds_that_its_kernels_leave_room_for(n_bins):
    """Fifty blocks of few bins, beside gaps as long, left nothing to train on."""
    times, builder = spikes_and_builder(n_bins, window=0.2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = nmo.encode({"a": times}, builder)
    used = found.search.folds.to_frame()
    assert len(used) >= 5  # as many as a test over folds needs
    assert (used["n_train"] >= used["n_left_out"]).all()


@pytest.mark.parametrize("name", [0, "a"])
def test_a_session_with_one_neuron_takes_the_model_of_all_sessions(name):
    times, builder = spikes_and_builder(400)
    model = nmo.PopulationGLM(regularizer="Ridge", regularizer_strength=0.01)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert list(nmo.encode({name: times}, builder, model=model).sets) == [name]


def test_a_description_file_and_spike_times(tmp_path):
    rng = np.random.default_rng(1)
    cues = np.arange(1.0, 200.0, 2.0)
    t = np.arange(0, 202, 0.05)
    rate = 0.3 + 1.5 * np.exp(-(((t[:, None] - cues - 0.2) / 0.1) ** 2)).sum(axis=1)
    spikes = {"a": np.sort(np.repeat(t + 0.02, rng.poisson(rate)))}
    spikes["b"] = np.sort(rng.uniform(0, 202, 120))
    builder = nmo.DesignBuilder(bin_s=0.05, epochs=[[0, 202]])
    builder = builder.events(cues, window=(0, 0.5), basis=6, label="cue")
    by_hand = nmo.encode(spikes, builder.design())
    builder = nmo.DesignBuilder(bin_s=0.05, epochs=[[0, 202]])
    builder = builder.events("cues", window=(0, 0.5), basis=6, label="cue")
    builder.to_toml(tmp_path / "task.toml")
    found = nmo.encode(spikes, tmp_path / "task.toml", data={"cues": cues, "epochs": [[0, 202]]})
    assert found.sets == by_hand.sets == {"a": "cue", "b": "none"}
    same(found.table(), by_hand.table())


def test_figures_have_axes_with_names(found):
    population = found.plot()
    assert all(ax.get_ylabel() for ax in population.axes)
    one = found.plot(0)
    assert [ax.get_title(loc="left") for ax in one.axes[1:3]] == ["place", "speed"]
    assert found.plot(2) is not None  # a silent neuron has empty panels
    with pytest.raises(ValueError, match="neuron"):
        found.plot("nobody")


def test_arguments_that_cannot_be_meant():
    with pytest.raises(TypeError, match="classifiers"):
        nmo.encode(COUNTS, DESIGN, model=nmo.ClassifierGLM(2))
    with pytest.raises(ValueError, match="data="):
        nmo.encode(COUNTS, DESIGN, data={"cue": [1.0]})
    with pytest.raises(ValueError, match="curve"):
        nmo.encode(COUNTS[:300, 0], BASIS.design(PLACE[:300], SPEED[:300])).curve("nothing")


def test_terms_that_stand_for_others_are_named():
    """A forward search begins with the sum of two causes, and keeps it when both are there."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 4000))
    y = rng.poisson(np.exp(0.5 * (a + b) - 1))
    causes = [nmo.basis.IdentityEval(label=name) for name in "abc"]
    X = (causes[0] + causes[1] + causes[2]).design(a, b, a + b + 0.8 * rng.normal(size=len(a)))
    note = "not shown to add to the others (unique p > 0.05): c"
    forward = nmo.encode(y, X)
    assert forward.sets == {0: "a + b + c"}
    assert note in str(forward)
    assert f"{note} 2\n" in str(nmo.encode(np.column_stack([y, y]), X))
    backward = nmo.encode(y, X, search="backward")
    assert backward.sets == {0: "a + b"}
    assert "not shown" not in str(backward)


def test_strengths_of_a_population_are_chosen_for_a_model_that_was_given():
    """Strengths per neuron are arrays: that they were chosen was found by comparing these."""
    model = nmo.PopulationGLM(regularizer="Ridge")
    found = nmo.encode(COUNTS[:, :2], DESIGN, model=model, strengths=[0.001, 0.1], folds=FOLDS)
    assert found.sets[0] == "place" and found.model.regularizer_strength.shape == (1, 2)


def test_of_choices_nothing_is_said_about_spikes(tmp_path):
    y, X = (COUNTS[:600, 0] > 0).astype(float), np.column_stack([PLACE, SPEED])[:600]
    few = {"folds": 5, "how": "unique", "rule": "score", "observation_model": "Bernoulli"}
    found = nmo.encode(y, X, **few)
    model = nmo.GLM("Bernoulli")
    contributions = nmo.selection.contributions(model, X, y, folds=5)
    page = nmo.report(found, tmp_path).read_text(encoding="utf-8")
    body = re.sub(r"<(script|style).*?</\1>|spikeglm|spike train data", "", page, flags=re.DOTALL)
    said = {
        "screen": str(found),
        "search": str(found.search),
        "figure": nmo.plotting.plot_encoding.data(found).attrs["unit"],
        "axis": nmo.plotting.plot_contributions.data(contributions).attrs["ylabel"],
        "contributions": str(contributions),
        "summary": str(model.fit(X, y).summary(X, y)),
        "report": body,
    }
    for where, text in said.items():
        assert "spike" not in text.lower(), where
        assert "event" in text, where


def test_a_label_may_be_a_word_of_our_tables():
    basis = nmo.basis.BSplineEval(4, label="value") + nmo.basis.BSplineEval(4, label="neuron")
    few = {"folds": 5, "how": "unique", "rule": "score", "bin_s": 0.02}
    found = nmo.encode(COUNTS[:600, 0], basis.design(PLACE[:600], SPEED[:600]), **few)
    assert list(found.curve("value"))[:3] == ["value (input)", "value", "low"]
    assert found.curve("neuron")["neuron (input)"].max() == SPEED[:600].max()
