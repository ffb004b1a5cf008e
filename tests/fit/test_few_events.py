"""The line on few events per parameter: where it is, and where it would be a nuisance."""

import numpy as np
import pytest

import spikeglm as nmo

X = np.random.default_rng(0).normal(size=(400, 7))  # eight parameters
FEW = (np.arange(400) % 12 == 0).astype(float)  # 34 events
MANY = np.random.default_rng(1).poisson(1.0, 400).astype(float)
LINE = "fewer than 5 events per parameter"


def test_it_counts_neurons_and_says_the_fewest():
    report = str(nmo.PopulationGLM().fit(X, np.column_stack([FEW, MANY])).fit_report_)
    assert "1 of 2 columns (neurons, folds) have fewer than 5 events per parameter" in report
    assert "(the fewest 4.2)" in report
    assert LINE not in str(nmo.GLM().fit(X, MANY).fit_report_)


@pytest.mark.parametrize("y", [FEW, 1 - FEW], ids=["spikes", "silent bins"])
def test_of_choices_the_rarer_is_the_event(y):
    assert LINE in str(nmo.GLM("Bernoulli").fit(X, y).fit_report_)


@pytest.mark.parametrize("strength", [("Ridge", 0.1), ("Lasso", 0.01), ("Firth", None)])
def test_penalised_fits_are_not_nagged(strength):
    assert LINE not in str(nmo.GLM("Poisson", None, *strength).fit(X, FEW).fit_report_)


def test_only_parameters_that_are_free_count():
    per_feature = np.r_[np.zeros(3), np.full(4, 0.1)]
    some = nmo.GLM(regularizer="Ridge", regularizer_strength=per_feature).fit(X, FEW)
    assert LINE not in str(some.fit_report_)
    masked = nmo.GLM(feature_mask=np.arange(7) < 3).fit(X, FEW)
    assert LINE not in str(masked.fit_report_)
    copies = np.column_stack([X[:, :3], X[:, :3]])
    assert LINE not in str(nmo.GLM().fit(copies, FEW).fit_report_)
    assert LINE not in str(nmo.GLM("Gaussian").fit(X, FEW).fit_report_)


def test_silent_and_separated_neurons_have_statuses_instead():
    with pytest.warns(nmo.exceptions.ConvergenceWarning):
        report = (
            nmo.PopulationGLM()
            .fit(X, np.column_stack([0 * FEW, (X[:, 0] > 2.0).astype(float)]))
            .fit_report_
        )
    assert LINE not in str(report)
