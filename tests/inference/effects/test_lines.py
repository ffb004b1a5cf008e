"""What a plain column does: a line, whose slope is its coefficient, with the band of that."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import spikeglm as nmo
from spikeglm.inference import partial_effect, tuning

RNG = np.random.default_rng(0)
TABLE = pd.DataFrame(RNG.normal([3.0, 0.0], 2.0, (600, 2)), columns=["speed", "pupil"])
COUNTS = RNG.poisson(np.exp(0.3 * TABLE["speed"] - 1.5))
RATES = np.column_stack([COUNTS, COUNTS[::-1]])
FORMS = {
    "frame": (TABLE, "speed"),
    "array": (TABLE.to_numpy(), "x0"),
    "dict": ({name: TABLE[[name]].to_numpy() for name in TABLE}, "speed"),
}


def flat(coef):
    return np.concatenate(list(coef.values())) if isinstance(coef, dict) else coef


@pytest.mark.parametrize("form", FORMS)
def test_the_curve_of_a_plain_column_is_a_line(form):
    X, name = FORMS[form]
    model = nmo.GLM().fit(X, COUNTS)
    curve = model.curve(name, X, COUNTS)
    speed = TABLE["speed"].to_numpy()
    assert_allclose(curve.at[0][[0, -1]], [speed.min(), speed.max()])
    slope, away = flat(model.coef_)[0], curve.at[0] - speed.mean()
    assert_allclose(curve.value, slope * away, rtol=1e-9, atol=1e-12)
    error = np.sqrt(model.covariance(X, COUNTS)[0, 0])
    assert_allclose(curve.standard_error, error * np.abs(away), rtol=1e-6)
    assert curve.names == (name,) and nmo.plotting.plot_curve(curve).get_xlabel() == name
    found = partial_effect(model, X, COUNTS, name, [1.0, 2.0], derivative=1)
    assert_allclose(found.value, slope, rtol=1e-6)


def test_without_the_data_of_the_fit_points_are_asked_for():
    model = nmo.PopulationGLM().fit(TABLE, RATES)
    assert_allclose(np.diff(model.curve("speed", at=[0.0, 1.0]).value, axis=0)[0], model.coef_[0])
    with pytest.raises(ValueError, match=r"what 'speed' covered.*model\.curve\('speed', X, y\)"):
        model.curve("speed")


def test_a_classifier_has_lines_too():
    model = nmo.ClassifierGLM(2).fit(TABLE, COUNTS > 0)
    curve = model.curve("pupil", TABLE, COUNTS > 0)
    assert curve.value.shape == (100, 2) and np.isfinite(curve.low).all()


def test_what_is_neither_a_term_nor_a_column_is_told():
    model = nmo.GLM().fit(TABLE, COUNTS)
    with pytest.raises(
        ValueError, match=r"no term or column 'sped'.*'speed', 'pupil'.*terms=basis"
    ):
        model.curve("sped", TABLE, COUNTS)
    whole = nmo.GLM().fit({"both": TABLE.to_numpy()}, COUNTS)
    with pytest.raises(ValueError, match="nothing is known but their numbers"):
        whole.curve("both")


def test_columns_left_out_by_nan_rows_cover_what_is_there():
    table = TABLE.copy()
    table.loc[3, "speed"] = np.nan
    model = nmo.GLM().fit(table, COUNTS)
    assert np.isfinite(model.curve("speed", table, COUNTS).value).all()


def test_tuning_to_a_plain_column_asks_for_the_signal_or_takes_it():
    model = nmo.GLM().fit(TABLE, COUNTS)
    found = tuning(model, TABLE, COUNTS, "speed", variable=TABLE["speed"], n_bins=4)
    assert found.n_rows.sum() == 600
    found_too = tuning(model, TABLE, COUNTS, "speed", n_bins=4)
    assert_allclose(found_too.raw, found.raw)
