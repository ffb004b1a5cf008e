"""The folder of a report: whole files, true tables, escaped names, nothing from elsewhere."""

import json
import re
import warnings
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from benchmarks.reports.many import repeated
from tests.reporting.conftest import EVIL, MARKUP

import spikeglm as nmo
from spikeglm.reporting import report_folder
from spikeglm.reporting.drawings import drawings
from spikeglm.reporting.methods import methods
from spikeglm.reporting.of_model import subject_of_model
from spikeglm.reporting.page import page as page_of
from spikeglm.reporting.remarks import remarks
from spikeglm.reporting.subject import Subject

VOID = {"meta", "input", "img", "br", "link"}


class Outline(HTMLParser):
    """Elements that are open, text by element, attributes."""

    def __init__(self, text):
        super().__init__()
        self.open, self.attributes, self.words = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.attributes += [(tag, *pair) for pair in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("script", "style"):
            self.words.append(data)


@pytest.fixture(scope="module")
def html(page):
    return page.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def outline(html):
    return Outline(html)


@pytest.fixture(scope="module")
def words(outline):
    return " ".join(" ".join(outline.words).split())


def test_every_element_is_closed(outline):
    assert outline.open == []


def test_it_needs_nothing_but_itself(html, outline):
    for _, name, value in outline.attributes:
        if name == "src":
            assert value.startswith("data:")
        if name == "href":
            assert value.startswith(("#", "./"))
    style = re.search(r"<style>(.*?)</style>", html, flags=re.DOTALL)[1]
    assert "url(" not in style and "@import" not in style
    assert "default-src 'none'" in html


def test_links_lead_to_files_and_places(html, outline, page):
    ids = {value for _, name, value in outline.attributes if name == "id"}
    targets = [value for _, name, value in outline.attributes if name == "href"]
    assert {t[1:] for t in targets if t.startswith("#")} <= ids
    files = {t[2:] for t in targets if t.startswith("./")}
    assert files == {path.name for path in page.parent.iterdir()} - {page.name}


def test_names_are_text_and_never_markup(html, outline, words):
    assert EVIL not in html and "<i>" not in html
    assert EVIL in words and MARKUP in words
    data = json.loads(re.search(r'id="data">(.*?)</script>', html, flags=re.DOTALL)[1])
    assert data["neurons"][-1] == EVIL
    assert [curve["label"] for curve in data["curves"]] == ["place", MARKUP, "map"]


def test_tables_beside_it_are_those_of_the_result(found, page):
    for name, table in {"neurons": found.neurons(), "terms": found.table(), **found.tables}.items():
        file = {f"curve {MARKUP}": "curve_i_speed_i.csv"}.get(name, f"{name.replace(' ', '_')}.csv")
        back = pd.read_csv(page.parent / file, keep_default_na=False, na_values=[""])
        assert list(back) == list(table) and len(back) == len(table)
        for column in table.select_dtypes("number"):
            np.testing.assert_allclose(back[column], table[column], rtol=1e-8, err_msg=column)
        assert back["neuron"].tolist() == table["neuron"].astype(str).tolist()


def test_warnings_come_first_and_say_what_to_do(found, words):
    first = words.index("Warning: No fit to believe (silent): 1 of 6 neurons")
    assert first < words.index("Terms of the design")
    assert words.index("The response is zero everywhere") > first
    assert found.warnings and all(text in words for text in found.warnings)


def test_what_has_no_number_has_a_dash_and_a_reason(html):
    row = re.search(r'<tr data-k="4">(.*?)</tr>', html)[1]
    assert row.count(">–<") >= 5 and "nan" not in row.lower()
    assert "silent" in row and "no answer" in row
    visible = re.sub(r"<(script|style).*?</\1>", "", html, flags=re.DOTALL)
    assert not re.search(r">\s*(nan|None|inf)\s*<", visible)


def test_it_says_where_all_of_it_comes_from(found, words):
    origin = found.origin
    for part in (origin["data"], origin["made"], origin["settings"]["folds"], origin["machine"]):
        assert part in words
    assert f"spikeglm {nmo.__version__}" in words and f"numpy {np.__version__}" in words


def test_the_same_result_makes_the_same_page(found, page, tmp_path):
    again = nmo.report(replace(found), tmp_path / "new")
    assert again.read_bytes() == page.read_bytes()


def test_a_saved_result_makes_the_same_tables(found, page, tmp_path):
    found.save(tmp_path / "found.npz")
    again = nmo.report(nmo.load_encoding(tmp_path / "found.npz"), tmp_path / "out")
    for name in ("neurons.csv", "terms.csv", "methods.txt", "references.bib"):
        assert (again.parent / name).read_bytes() == (page.parent / name).read_bytes()


def test_a_report_that_stops_half_way_changes_nothing(found, page, tmp_path, monkeypatch):
    (tmp_path / "report.html").write_text("the old one")

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(report_folder, "_text", lambda content: stop)
    with pytest.raises(KeyboardInterrupt):
        nmo.report(found, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    assert (tmp_path / "report.html").read_text() == "the old one"


def test_what_cannot_be_written_or_reported_is_said(found, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ValueError, match="choose another folder"):
        nmo.report(found, tmp_path / "file")
    with pytest.raises(TypeError, match="encode"):
        nmo.report({"a": 1}, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_one_neuron_has_a_page_of_its_own(tmp_path):
    rng = np.random.default_rng(1)
    place = rng.uniform(0, 1, 900)
    design = nmo.basis.BSplineEval(5, label="place").design(place)
    one = nmo.encode(rng.poisson(np.exp(np.sin(6 * place) - 1)), design)
    text = nmo.report(one, tmp_path, title="A cell & its field").read_text(encoding="utf-8")
    Outline(text)
    assert "<h1>A cell &amp; its field</h1>" in text
    assert "1 of 1" not in text


def test_the_page_of_a_thousand_neurons_is_small_enough(found):
    many = repeated(found, 1000)
    subject = Subject.of_encoding(nmo.Encoding(many.model, many.tables, many.origin), None)
    said, how = remarks(subject), methods(subject)
    drawn = drawings(subject, said)
    text = page_of(subject, said=said, how=how, drawn=drawn, images=[], beside=[])
    assert len(text.encode()) < 15e6
    assert text.count("<tr data-k=") == 1000
    assert [len(curve["kept"]) > 0 for curve in drawn["curves"]] == [True] * 3


@pytest.mark.parametrize(("every", "is_warning"), [(25, True), (300, False)])
def test_lost_rows_are_told_on_the_page_however_few(every, is_warning, tmp_path):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(600, 2)), rng.poisson(1.0, 600)
    X[10::every, 1] = np.nan
    n_lost = len(X[10::every])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        model = nmo.GLM().fit(X, y)
        found = remarks(subject_of_model(model, X, y, offset=None, bin_s=None, title=None))
    told = [each for each in found if "took no part" in each.title]
    assert [each.is_warning for each in told] == [is_warning]
    assert f"{600 - n_lost} of 600 rows took part in any fit" in told[0].text
    assert f"'x1' NaN or inf ({n_lost} rows)" in told[0].text


@pytest.mark.parametrize("sees_its_past", [False, True])
def test_history_is_not_advised_where_the_model_has_it(sees_its_past):
    """A clock of a neuron, whose timing one bin of history cannot tell."""
    rng = np.random.default_rng(0)
    y = np.zeros(3000)
    y[np.cumsum(rng.integers(18, 23, size=140))] = 1
    basis = nmo.basis.HistoryConv(2, label="history")
    X = basis.design(y) if sees_its_past else rng.normal(size=(3000, 2))
    model = nmo.GLM(regularizer="Ridge", regularizer_strength=1e-4).fit(X, y)
    found = remarks(subject_of_model(model, X, y, offset=None, bin_s=None, title=None))
    told = [each.text for each in found if "timing" in each.title]
    assert len(told) == 1
    assert ("put spike history" in told[0]) is not sees_its_past
    assert ("The model has spike history already" in told[0]) is sees_its_past


def test_neurons_may_be_called_by_times_that_cannot_be_compared(tmp_path):
    """A table of degrees was sorted by names: of zones and of none there is no order."""
    names = [pd.Timestamp("2024-01-01"), pd.Timestamp("2024-01-01", tz="UTC"), "b", 3]
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(300, 2)), pd.DataFrame(rng.poisson(1.0, (300, 4)), columns=names)
    nmo.report(nmo.PopulationGLM().fit(X, y), tmp_path / "model", X=X, y=y)
    nmo.report(nmo.encode(y, X), tmp_path / "encoded")
    for folder in ("model", "encoded"):
        found = pd.read_csv(tmp_path / folder / "neurons.csv")["neuron"]
        assert found.tolist() == [str(name) for name in names]
