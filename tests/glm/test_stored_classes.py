"""Tags of stored classes: files of older code load, whatever moved since."""

from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

import spikeglm as nmo
from spikeglm.glm.saving.stored_classes import TAGS, StoredClasses
from spikeglm.observation_models import links
from spikeglm.observation_models.likelihood import Likelihood

KEPT = Path(__file__).parents[1] / "io" / "files" / "2026_11"
PREDICTIONS = np.load(KEPT / "predictions.npz")
OLD = sorted(path.stem for path in KEPT.glob("*.npz") if path.stem != "predictions")


@pytest.mark.parametrize("name", OLD)
def test_a_file_of_november_2026_predicts_what_it_did(name):
    """Written by the code of commit 61623a0, before modules moved into rooms."""
    model = nmo.load_model(KEPT / f"{name}.npz")
    if name == "unfitted":
        assert model.observation_model.scale == 0.4
        return
    X = PREDICTIONS["X"] * (0.01 if name == "link_OneOverX" else 1)
    ask = model.predict_proba if name.startswith("classifier") else model.predict
    assert_allclose(ask(X), PREDICTIONS[name], rtol=1e-13)
    assert "converged" in str(model.fit_report_) or name == "approximate"


@pytest.mark.parametrize("tag", TAGS)
def test_a_tag_names_one_class_and_the_class_names_the_tag(tag):
    classes = StoredClasses()
    assert classes.name_of(classes.class_of(tag)) == tag


NO_PARTS = {nmo.regularizer.Penalty, links.Curve}


def models_and_their_parts():
    for module in (nmo.glm, nmo.observation_models, nmo.regularizer, links):
        for cls in vars(module).values():
            is_ours = isinstance(cls, type) and cls.__module__.startswith("spikeglm.")
            if is_ours and cls not in NO_PARTS and not getattr(cls, "__abstractmethods__", None):
                yield cls


@pytest.mark.parametrize(
    "cls", sorted(set(models_and_their_parts()), key=repr), ids=lambda cls: cls.__name__
)
def test_whatever_a_model_holds_has_a_tag(cls):
    assert StoredClasses().name_of(cls) is not None


def test_classes_of_others_have_none():
    class Ridge(nmo.regularizer.Ridge):
        pass

    assert StoredClasses().name_of(Ridge) is None
    assert StoredClasses().name_of(type(Likelihood)) is None
    with pytest.raises(ValueError, match="unknown class"):
        StoredClasses().class_of("settings.Ridge")
