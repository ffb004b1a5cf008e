"""What a tired user passes to questions of held-out rows: what comes back says what was meant."""

import numpy as np
import pytest

import spikeglm as nmo
from spikeglm import selection

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 3))
COUNTS = RNG.poisson(1.0, 120)
MODEL = nmo.GLM(regularizer="Ridge")
QUESTIONS = {
    "contributions": {},
    "cross_validated": {"folds": 3},
    "regularization_path": {},
    "search_terms": {"folds": 3},
    "select_strength": {"folds": 3},
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_model_comes_first(name):
    ask = getattr(selection, name)
    with pytest.raises(TypeError, match=r"A model comes first, then X and y\. Given: ndarray"):
        ask(X, COUNTS, MODEL, **QUESTIONS[name])
    with pytest.raises(TypeError, match=r"Given: the class GLM.*nmo\.GLM\(\)"):
        ask(nmo.GLM, X, COUNTS, **QUESTIONS[name])


@pytest.mark.parametrize("folds", ["kfold", "5"])
def test_folds_that_are_a_text(folds):
    with pytest.raises(ValueError, match=rf"folds cannot be used.*'{folds}'.*InterleavedBlocks"):
        selection.cross_validated(MODEL, X, COUNTS, folds)
