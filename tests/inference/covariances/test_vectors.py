"""The numbers of R's sandwich: every kind of covariance, with both meanings of weights."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

import spikeglm as nmo
from spikeglm.inference.covariances import uncertainties
from spikeglm.inference.covariances.bandwidths import AndrewsLags, NeweyWestLags

R = json.loads((Path(__file__).parents[2] / "reference_data/sandwich.json").read_text())
X, GROUPS = np.array(R["X"]), np.array(R["cluster"])
TIGHT = {"solver_name": "Newton", "solver_kwargs": {"tol": 1e-12}}
FITS = {
    "poisson": ("Poisson", "poisson", None, "frequency"),
    "gamma": ("Gamma", "gamma", None, "frequency"),
    "poisson_weighted": ("Poisson", "poisson", "weights", "sampling"),
    "poisson_freq": ("Poisson", "poisson", "freq_weights", "frequency"),
}
OURS = np.array([3, 0, 1, 2])  # where R's parameters are here
ASKED = {
    "HC0": {"cov_type": "HC0"},
    "HC1": {"cov_type": "HC1"},
    "HC2": {"cov_type": "HC2"},
    "HC3": {"cov_type": "HC3"},
    "cluster_HC0_adj": {"cov_type": "cluster", "groups": GROUPS},
    "cluster_HC0_noadj": {"cov_type": "cluster", "groups": GROUPS, "small_sample": "none"},
    "cluster_HC1_adj": {
        "cov_type": "cluster",
        "groups": GROUPS,
        "small_sample": "G/(G-1)*(n-1)/(n-k)",
    },
    "NW_lag5": {"cov_type": "HAC", "lags": 5, "small_sample": "none"},
    "NW_lag5_adj": {"cov_type": "HAC", "lags": 5},
    "NW_auto": {"cov_type": "HAC", "lags": "newey-west", "small_sample": "none"},
}
CASES = [
    (name, kind) for name in FITS for kind in ASKED if kind in R[name] or kind in R[name]["HC"]
]


def fitted(name):
    model, y, weights, meaning = FITS[name]
    data = {} if weights is None else {"sample_weight": np.array(R[weights], float)}
    y = np.array(R["y"][y])
    model = nmo.GLM(model, inverse_link_function="exp", **TIGHT).fit(X, y, **data)
    return model, y, data, meaning


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_a_covariance_is_the_one_of_r(name, kind):
    model, y, data, meaning = fitted(name)
    expected = np.array(R[name].get(kind, R[name]["HC"].get(kind)))
    found = model.covariance(X, y, weights=meaning, **ASKED[kind], **data)
    sd = np.sqrt(np.diag(expected))
    scaled = found[np.ix_(OURS, OURS)] / np.outer(sd, sd)
    assert_allclose(scaled, expected / np.outer(sd, sd), atol=1e-8)


@pytest.mark.parametrize("name", ["poisson", "gamma", "poisson_weighted"])
@pytest.mark.parametrize(
    ("choice", "of_r"), [(NeweyWestLags(), "NW_auto_bw"), (AndrewsLags(), "andrews_bw")]
)
def test_automatic_bandwidths_are_those_of_r(name, choice, of_r, monkeypatch):
    model, y, data, _ = fitted(name)
    seen = {}
    own = type(choice).bandwidth

    def remembered(self, *args):
        seen["bandwidth"] = own(self, *args)
        return seen["bandwidth"]

    monkeypatch.setattr(type(choice), "bandwidth", remembered)
    word = "newey-west" if of_r == "NW_auto_bw" else "andrews"
    sure = next(uncertainties(model.on(X, y, **data), "HAC", lags=word))
    assert_allclose(seen["bandwidth"], R[name][of_r], rtol=1e-7)
    assert f"{int(R[name][of_r])} lags" in sure.method
