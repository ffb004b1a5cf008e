"""The choices of a rat: what is known of the file, and what packing keeps of it."""

from importlib import util
from pathlib import Path

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

import spikeglm as nmo
from spikeglm.datasets import load_rat_choices, rat_choices
from spikeglm.datasets.pack_recordings import pack_rat_choices

DATA = Path(util.find_spec("spikeglm.datasets").origin).parent / "data"


def test_what_is_known_of_the_file():
    rat = load_rat_choices()
    assert np.bincount(rat.choice).tolist() == [9365, 10635]
    assert rat.day[0] == 0 and rat.day[-1] == 79 and (np.diff(rat.day) >= 0).all()
    assert set(rat.inputs) == set(rat_choices.INPUTS)
    assert all(values.shape == (20_000, 2) for values in rat.inputs.values())


def test_inputs_mean_what_their_names_say():
    rat = load_rat_choices()
    first = np.append(True, np.diff(rat.day) > 0)  # of a day: nothing came before
    signs = {"c": rat.choice, "h": rat.answer, "r": rat.choice == rat.answer}
    for name, truth in signs.items():
        now, before = rat.inputs[name][:, 0], np.roll(2.0 * truth - 1, 1)
        is_known = (now != 0) & ~first  # some trials are not in the file
        assert is_known.mean() > 0.85
        assert_array_equal(now[is_known], before[is_known])
    louder = rat.inputs["s1"][:, 0] > rat.inputs["s2"][:, 0]
    assert abs(np.corrcoef(louder, rat.answer)[0, 1]) > 0.99


def test_the_rat_compares_the_sounds():
    rat = load_rat_choices()
    frame = rat.to_frame()
    X = frame[["s1", "s2"]].to_numpy()
    first, second = nmo.GLM("Bernoulli").fit(X, rat.choice).coef_
    assert first * second < 0 and 0.5 < abs(first / second) < 2


def test_packing_keeps_every_number(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    inputs = {name: rng.choice([-1.5, 0.25, 1.0], (9, 2)) for name in rat_choices.INPUTS}
    found = {
        "y": rng.choice([1.0, 2.0], 9), "answer": rng.choice([1, 2], 9), "inputs": inputs,
        "dayLength": np.array([4, 5]),
    }  # fmt: skip
    np.savez(tmp_path / "in.npz", D=np.array(found))
    path = pack_rat_choices(tmp_path / "in.npz", tmp_path)
    monkeypatch.setattr(rat_choices, "stored", lambda name: dict(np.load(path)))
    rat = load_rat_choices()
    assert_array_equal(rat.choice, found["y"] == 2)
    assert_array_equal(rat.answer, found["answer"] == 2)
    assert rat.day.tolist() == [0] * 4 + [1] * 5
    for name, values in inputs.items():
        assert_allclose(rat.inputs[name], values, rtol=0)


def test_the_file_is_small_licensed_and_names_no_source():
    assert (DATA / "rat_choices.npz").stat().st_size < 120_000
    assert "Permission is hereby granted" in (DATA / "PSYTRACK-LICENSE.txt").read_text()
    assert "does not say who recorded it" in load_rat_choices().citation
    assert "psytrack" in (DATA / "ATTRIBUTION.md").read_text()
