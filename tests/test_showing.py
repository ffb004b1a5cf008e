"""What is printed stays short, whatever the size of the data, and boxes in notebooks are sound."""

import dataclasses
import importlib
import pkgutil
from html.parser import HTMLParser

import numpy as np
import pytest

import spikeglm as nmo
from spikeglm.datasets import load_grasshopper
from spikeglm.inference.filters import filter_band
from spikeglm.inference.time_rescaling import time_rescaling
from spikeglm.io.interop.timeseries import time_axis_of
from spikeglm.rows import ArrayRows, StackedRows
from spikeglm.selection import cross_validated, regularization_path
from spikeglm.showing import shown, table

B = nmo.basis
RNG = np.random.default_rng(0)
T, P, N = 400, 30, 40
X, Y = RNG.normal(size=(T, P)), RNG.poisson(0.5, (T, N))
STRENGTH, MASK = np.full((P, N), 0.1), np.ones((P, N))
GROUPS = np.eye(P)
BASES = [
    B.BSplineEval(5, label="<b>place</b>") + B.HistoryConv(80, label="history"),
    B.Category([f"label {k}" for k in range(100)]),
    B.FourierEval(frequencies=np.arange(1, 80)),
    B.CustomBasis([np.sin], basis_kwargs={"weights": np.ones(1000)}),
    B.OrthExponentialEval(30, decay_rates=np.linspace(1, 50, 30)),
    B.RaisedCosineLogConv(8, window_size=100).to_transformer(),
]


def fitted():
    model = nmo.PopulationGLM(regularizer="Ridge", regularizer_strength=STRENGTH, feature_mask=MASK)
    return model.fit(X, Y)


def things():
    model = fitted()
    nap = pytest.importorskip("pynapple")
    axis = time_axis_of(nap.Tsd(t=np.arange(1000.0), d=np.zeros(1000)))
    design = (BASES[0]).design(RNG.uniform(size=T), Y[:, :30])
    sparse = nmo.PopulationGLM(regularizer=nmo.regularizer.GroupLasso(mask=GROUPS))
    return [
        model,
        sparse,
        model.fit_report_,
        model.fit_report_.result,
        model.read_inputs(X, Y),
        model.solver_state_,
        nmo.ClassifierGLM(3, feature_mask=np.ones((P, 3))),
        *(nmo.regularizer.Ridge().bind(STRENGTH, (P, N)), nmo.regularizer.Lasso().bind(1, (P, N))),
        sparse.regularizer.bind(0.1, (P, N)),
        design,
        design.source,
        ArrayRows(X),
        StackedRows((ArrayRows(X), ArrayRows(X)), ("a", "b")),
        axis,
        load_grasshopper(1),
        cross_validated(nmo.GLM(), X, Y[:, 0], 3),
        regularization_path(nmo.GLM(regularizer="Lasso"), X, Y[:, 0], strengths=3),
        filter_band(np.eye(50), np.ones(50), covariance=np.eye(50), bin_s=0.001),
        time_rescaling(Y[:, 0], np.full(T, 0.5)),
        *BASES,
    ]


@pytest.fixture(scope="module")
def all_things():
    return {f"{k} {type(thing).__name__}": thing for k, thing in enumerate(things())}


def test_terms_and_folds_of_data_frames_fit_on_a_line():
    pd = pytest.importorskip("pandas")
    labels = pd.Series(RNG.integers(0, 3, T)).to_frame()
    found = cross_validated(nmo.ClassifierGLM(3), pd.DataFrame(X[:, :2]), labels[0], 3)
    assert "prediction=<DataFrame (400, 3)>" in repr(found)
    product = B.BSplineEval(8, label="x") * B.BSplineEval(8, label="y")
    (term,) = product.design(X[:, 0], X[:, 1]).terms
    assert len(repr(term)) < 120


def test_nothing_prints_an_array_whole(all_things):
    for name, thing in all_things.items():
        text = repr(thing)
        assert len(text) < 1500, name
        assert text.count("\n") < 12, name
        longest = max((line.count(", 0.1, 0.1") for line in text.splitlines()), default=0)
        assert longest == 0, name


def public_dataclasses():
    for found in pkgutil.walk_packages(nmo.__path__, "spikeglm."):
        module = importlib.import_module(found.name)
        for name in getattr(module, "__all__", ()):
            cls = getattr(module, name)
            if isinstance(cls, type) and dataclasses.is_dataclass(cls):
                yield cls


def test_every_public_class_of_arrays_prints_their_shapes():
    seen = set(public_dataclasses())
    assert len(seen) > 20
    for cls in seen:
        types = [str(field.type) for field in dataclasses.fields(cls) if field.repr]
        if any("Array" in kind for kind in types):
            assert not hasattr(cls.__repr__, "__wrapped__"), f"{cls}: __repr__ = showing.of_fields"


class Checker(HTMLParser):
    """Checks that tags close in order, and collects the text and what was opened."""

    def __init__(self):
        super().__init__()
        self.open, self.text, self.tags = [], [], []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def parsed(thing):
    checker = Checker()
    checker.feed(thing._repr_html_())
    assert checker.open == []
    return checker, " ".join(" ".join(checker.text).split())


def test_boxes_in_notebooks_are_sound_and_short(all_things):
    shown_in_notebooks = [t for t in all_things.values() if hasattr(t, "_repr_html_")]
    assert len(shown_in_notebooks) >= len(BASES) + 5
    for thing in shown_in_notebooks:
        checker, _ = parsed(thing)
        assert len(thing._repr_html_()) < 10_000
        assert checker.tags.count("style") == 1


def test_the_box_of_a_model_has_its_arguments_and_the_report_of_its_fit():
    _, text = parsed(nmo.GLM(regularizer="Ridge"))
    assert "GLM not fitted" in text and "'Ridge'" in text and "regularizer_strength" in text
    checker, text = parsed(fitted())
    assert "PopulationGLM fitted" in text and "<array (30, 40) of float64>" in text
    assert "Fit report" in text and "40 converged" in text and "and 28 more neurons" in text
    assert checker.tags.count("details") == 2


def test_neurons_in_trouble_come_first_in_the_box_of_a_report():
    silent = Y.copy()
    silent[:, 35] = 0
    with pytest.warns(nmo.errors.NothingToFitWarning):
        report = nmo.PopulationGLM().fit(X, silent).fit_report_
    _, text = parsed(report)
    assert text.index("35 silent") < text.index("0 converged")


def test_labels_of_users_are_text_not_html():
    basis = BASES[0]
    for thing in (basis, basis.design(np.linspace(0, 1, 200), np.zeros(200))):
        assert "<b>place</b>" not in thing._repr_html_()
        assert "<b>place</b>" in parsed(thing)[1]


def test_the_box_of_a_design_lists_its_terms():
    basis = B.BSplineEval(5, label="place") + B.HistoryConv(3, label="past")
    _, text = parsed(basis.design(np.linspace(0, 1, 50), np.zeros((50, 2))))
    assert "50 rows x 11 features" in text
    assert "place 0 to 4 1" in text and "past 5 to 10 2" in text


def test_builders_reports_and_contributions_are_boxes_with_what_they_print():
    builder = nmo.DesignBuilder(bin_s=0.1, epochs=[[0, 9]])
    builder = builder.events([2.0, 50.0], window=(0, 1), basis=4, label="<i>cue</i>")
    _, text = parsed(builder)
    assert "bin_s=0.1" in text and "<i>cue</i> events" in text and "window=(0.0, 1.0)" in text
    _, text = parsed(builder.boxcar([[1, 2]], label="on").design().report())
    assert "90 rows and 5 columns" in text and "1 event(s) seen by no row" in text
    for columns in (Y[:, 0], Y[:, :2]):
        found = nmo.selection.contributions(nmo.PopulationGLM(), X, columns.reshape(T, -1), folds=2)
        _, text = parsed(found)
        words = text.split()
        assert all(word in words for word in str(found).split())


def test_scikit_learn_shows_models_and_bases_within_its_own_boxes():
    from sklearn.pipeline import make_pipeline

    html = make_pipeline(BASES[-1], nmo.GLM())._repr_html_()
    assert "GLM" in html and "RaisedCosineLogConv" in html


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.zeros((3, 4), np.int8), "<array (3, 4) of int8>"),
        (np.arange(3), "array([0, 1, 2])"),
        (("a",), "('a',)"),
        ([], "[]"),
        (tuple(range(9)), "(0, 1, 2, ...) (9)"),
        ({"a": [np.ones(50)]}, "{'a': [<array (50,) of float64>]}"),
        ("x" * 500, repr("x" * 200) + "..."),
        (np.exp, "<function exp>"),
        (nmo.solvers.Status.CONVERGED, "'converged'"),
        (np.float64(2.5), "np.float64(2.5)"),
        (None, "None"),
    ],
    ids=str,
)
def test_a_value_within_a_line(value, text):
    assert shown(value) == text


def test_columns_of_a_table_stand_below_one_another_however_long_a_name_is():
    rows = [("neuron", "term", "p", ""), ("left CA1, shank 3, cell 12", "x", "1e-05", "silent")]
    header, line = table(rows, to_left=(0, 1, 3))
    assert header.index("p") == line.index("1e-05") + 4
    assert header.index("term") == line.index("x")
    assert header == header.rstrip()


def test_no_p_value_is_printed_as_zero():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(4000, 1))
    y = rng.poisson(np.exp(1.0 + 1.2 * X[:, 0]))
    model = nmo.GLM(regularizer="UnRegularized").fit(X, y)
    summary, tests = model.summary(X, y), nmo.inference.term_tests(model, X, y)
    assert tests.p_value[0, 0] == summary.p_value[-1, 0] == 0.0  # numbers stay numbers
    assert tests.to_frame()["p_value"][0] == 0.0
    for text in (str(summary), str(tests), summary._repr_html_(), tests._repr_html_()):
        assert "<1e-300" in text.replace("&lt;", "<")
    assert str(tests).splitlines()[-1].split()[-2:] == ["<1e-300", "<1e-300"]
