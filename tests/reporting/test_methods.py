"""The paragraph of methods: what was done and nothing else; all that it names is listed."""

import re

import numpy as np
import pytest

import spikeglm as nmo
from spikeglm.reporting.bibliography import works
from spikeglm.reporting.methods import methods
from spikeglm.reporting.remarks import remarks
from spikeglm.reporting.subject import Subject

RNG = np.random.default_rng(0)
PLACE, DRIFT = RNG.uniform(0, 1, 900), np.linspace(-1, 1, 900)
COUNTS = RNG.poisson(np.exp(np.sin(6 * PLACE) - 1))
BASIS = nmo.basis.BSplineEval(5, label="place") + nmo.basis.IdentityEval(label="drift")


def told(y=COUNTS, design=None, **more):
    design = BASIS.design(PLACE, DRIFT) if design is None else design
    return methods(Subject.of_encoding(nmo.encode(y, design, **more), None))


@pytest.fixture(scope="module")
def usual():
    return told(bin_s=0.02)


def test_works_that_are_named_are_listed_and_no_others(usual):
    groups = re.findall(r"\(([^()]*\d{4})\)", usual.text)
    in_text = {name for group in groups for name in group.split("; ")}
    assert in_text == {work.label for work in usual.works}
    keys = re.findall(r"@\w+\{(\w+),", usual.bibtex)
    assert keys == [work.key for work in usual.works]
    assert "@" not in usual.text and "VERSION" not in usual.bibtex and "YEAR" not in usual.bibtex


def test_what_was_done_is_said(usual):
    for part in (
        "one neuron in 900 bins of 20 ms (18 s)", "Poisson", "5 B-splines", "marginal likelihood",
        "10-fold cross-validation", "50 blocks", "bits per spike", "forward search",
        "one-sided signed rank test", "time rescaling", f"spikeglm {nmo.__version__}",
    ):  # fmt: skip
        assert part in usual.text, part
    assert "gap" not in usual.text  # nothing here reaches beyond its row
    assert "false discovery" not in usual.text  # of one neuron


def test_sentences_begin_and_end(usual):
    sentences = re.split(r"(?<=[a-z)\d])\. ", usual.text)
    assert all(sentence[0].isupper() for sentence in sentences)
    assert usual.text.endswith(".") and ".." not in usual.text and "  " not in usual.text


@pytest.mark.filterwarnings("ignore::UserWarning")  # five folds; no errors after a selection
def test_other_choices_are_told_as_others():
    ridge = told(design=np.column_stack([PLACE, DRIFT]), search="backward", rule="one_se")
    assert "ridge" in ridge.text and "held-out log-likelihood on the same folds" in ridge.text
    assert "backward search" in ridge.text and "one standard error" in ridge.text
    assert "Wood" not in ridge.text and "B-splines" not in ridge.text
    blocks = nmo.selection.ContiguousBlocks(5)
    past = nmo.basis.HistoryConv(4, label="past") + nmo.basis.BSplineEval(5, label="place")
    model = nmo.GLM("Gaussian", regularizer="Lasso", regularizer_strength=0.01)
    other = told(
        1.0 * COUNTS, past.design(COUNTS, PLACE), model=model, folds=blocks, how="alone",
        always=["past"],
    )  # fmt: skip
    assert "each fold was one run of consecutive rows, with a gap of 4 bins" in other.text
    for part in ("Gaussian", "lasso", "5-fold", "gap of 4 bins", "beside past", "single lags"):
        assert part in other.text, part
    for part in ("blocks that were dealt", "chosen", "bits per spike", "(unique)", "rescaling"):
        assert part not in other.text, part


@pytest.mark.parametrize("key", works())
def test_a_work_is_whole(key):
    work = works()[key]
    assert {"author", "title", "year"} <= work.fields.keys()
    is_article = work.bibtex.startswith("@article")
    assert not is_article or {"journal", "volume", "pages", "doi"} <= work.fields.keys()
    assert not re.search(r"[{}\\]|--", work.reference + work.label)
    assert re.search(r"\(\w+\)\. .+\. ", work.reference)


@pytest.mark.filterwarnings("ignore:72 of 900")  # that is what such folds are like
def test_of_folds_that_were_given_no_gap_is_claimed():
    past = nmo.basis.HistoryConv(4, label="past").design(COUNTS)
    folds = np.arange(len(COUNTS)) // 90
    subject = Subject.of_encoding(nmo.encode(COUNTS, past, folds=folds, how="alone"), None)
    text = methods(subject).text
    assert "Folds were given" in [remark.title for remark in remarks(subject)]
    assert "10-fold cross-validation: folds were given." in text and "gap" not in text


def test_rows_that_took_no_part_are_told():
    place = np.where(np.arange(len(PLACE)) < 200, np.nan, PLACE)
    design = nmo.basis.BSplineEval(5, label="place", bounds=(0, 1)).design(place)
    with pytest.warns(UserWarning, match="no part"):
        text = told(design=design, bin_s=0.02).text
    assert "900 bins of 20 ms (18 s), of which 700 could be used, were" in text
