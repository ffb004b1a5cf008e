"""Pages of fits that were not made by ``encode``: tests and coefficients, no contributions."""

import json
import re
from base64 import b64decode

import numpy as np
import pandas as pd
import pytest

import spikeglm as nmo

RNG = np.random.default_rng(0)
PLACE = RNG.uniform(0, 1, 800)
X = np.column_stack([PLACE, RNG.normal(size=800)])
COUNTS = RNG.poisson(np.exp(np.outer(PLACE, [1.0, 0.0, 0.0]) - [1, 1, 60]))


def drawn(page):
    return json.loads(re.search(r'id="data">(.*?)</script>', page.read_text(), flags=re.DOTALL)[1])


@pytest.mark.filterwarnings("ignore::spikeglm.errors.NothingToFitWarning")  # a silent neuron
def test_a_population_of_a_table(tmp_path):
    model = nmo.PopulationGLM().fit(X, COUNTS)
    page = nmo.report(model, tmp_path, X=X, y=COUNTS, bin_s=0.01)
    text = page.read_text(encoding="utf-8")
    assert "No fit to believe (silent): 1 of 3 neurons" in text
    assert "Wald tests" in text and "cross-validation" not in text
    tests = pd.read_csv(tmp_path / "tests.csv")
    expected = nmo.inference.term_tests(model, X, COUNTS)
    np.testing.assert_allclose(tests["p_value"], expected.p_value.T.ravel(), rtol=1e-8)
    (curve,) = drawn(page)["curves"]
    assert curve["label"] == "Coefficients" and curve["at"] == [["x0", "x1"]]
    low = np.asarray(model.coef_)[:, 0].min()
    start = np.frombuffer(b64decode(curve["value"]["low"]), "<f4")[0]
    assert start == pytest.approx(low, rel=1e-6)


def test_one_neuron_of_a_design_has_its_curves(tmp_path):
    design = nmo.basis.BSplineEval(5, label="place").design(PLACE)
    model = nmo.GLM(regularizer="Smoothness", regularizer_strength="auto")
    page = nmo.report(model.fit(design, COUNTS[:, 0]), tmp_path, X=design, y=COUNTS[:, 0])
    assert [curve["label"] for curve in drawn(page)["curves"]] == ["place"]
    assert "A fit of a neuron" in page.read_text()
    table = pd.read_csv(tmp_path / "curve_place.csv")
    expected = model.curve("place", design, COUNTS[:, 0])
    np.testing.assert_allclose(table["value"], expected.value, rtol=1e-7, atol=1e-9)


def test_what_is_missing_or_too_much_is_said(tmp_path, found):
    model = nmo.GLM().fit(X, COUNTS[:, 0])
    with pytest.raises(ValueError, match="X=X, y=y"):
        nmo.report(model, tmp_path)
    with pytest.raises(ValueError, match="not the data of the fit"):
        nmo.report(model, tmp_path, X=X, y=2 * COUNTS[:, 0])
    with pytest.raises(TypeError, match="classifiers"):
        labels = nmo.ClassifierGLM(2).fit(X, COUNTS[:, 0] > 0)
        nmo.report(labels, tmp_path, X=X, y=COUNTS[:, 0] > 0)
    with pytest.raises(ValueError, match="leave them out"):
        nmo.report(found, tmp_path, X=X)
    with pytest.raises(ValueError, match="not fitted"):
        nmo.report(nmo.GLM(), tmp_path, X=X, y=COUNTS[:, 0])
    assert list(tmp_path.iterdir()) == []


def test_the_result_comes_before_the_folder(tmp_path):
    model = nmo.GLM().fit(X, COUNTS[:, 0])
    with pytest.raises(TypeError, match=r"result comes first.*folder=GLM.*pass X=X, y=y"):
        nmo.report(tmp_path, model)


@pytest.mark.parametrize(("bin_s", "said"), [(0.02, "20 to 240 ms"), (None, "1 to 12 bins")])
def test_lags_are_told_in_the_unit_in_which_they_are_drawn(bin_s, said, tmp_path):
    rng = np.random.default_rng(0)
    spikes = rng.poisson(0.4, 600)
    X = nmo.basis.HistoryConv(12, label="past").design(spikes)
    model = nmo.GLM(regularizer="Ridge").fit(X, spikes)
    page = nmo.report(model, tmp_path, X=X, y=spikes, bin_s=bin_s).read_text(encoding="utf-8")
    assert f">{said}<" in page
    assert "588 of 600 rows took part in any fit." in page
    assert "Not: windows that leave their epoch (12 rows)." in page
