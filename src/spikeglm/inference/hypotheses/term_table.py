"""Does a neuron need a term? One test per neuron and term."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import errors, notebook, showing
from ...solvers import Status
from ...typing import Array, ArrayLike, BoolArray, FloatArray
from ..covariances import Requested, RowsInTime, uncertainties
from ..false_discovery import q_values
from ..fit_on_data import FitOnData, FittedModel, fit_of
from .asked_terms import AskedTerm, asked_terms
from .cells import Cells
from .few_events import ROUGH, has_few_events, score_where_better
from .refits import likelihood_ratio_tests
from .score_tests import score_tests
from .wald_tests import wald_tests

if TYPE_CHECKING:
    import pandas as pd

AUTO = "auto"
TESTS = (AUTO, "wald", "score", "lr")
_SHOWN = 30  # rows of a table that is printed


@dataclass(frozen=True, eq=False)
class TermTests:
    """Tests of J terms for N neurons; arrays are (J, N).

    Attributes
    ----------
    terms, neurons :
        What they are called.
    test, cov_type :
        Which test, on which covariance.
    by :
        (J, N) which test each is: of ``"auto"`` Wald's, or the score test where that is better.
    few_events :
        (N,) True for neurons with fewer than fifteen events per parameter of a fit without a
        penalty: Wald's tests of these are rough.
    statistic :
        Chi-squared (not divided by its degrees of freedom); NaN where there is none.
    df :
        Degrees of freedom: the rank that the term adds; of penalised terms what is left of that
        (mgcv's reference degrees of freedom).
    dof :
        (N,) degrees of freedom of the dispersion: then p values are those of F = statistic / df.
        Infinite where the dispersion is known: those of chi-squared.
    p_value, q_value :
        q by Benjamini & Hochberg over the neurons of a term.
    status :
        How the fit ended, or why there is no test.
    dispersion :
        (N,) what statistics are divided by: that of the fit with all terms, the larger model, as in
        R; one where the model states none; NaN of robust tests, in which it cancels.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(300, 2))
    >>> y = np.random.default_rng(1).poisson(np.exp(X[:, [0, 0]] - 1))
    >>> found = term_tests(nmo.PopulationGLM().fit(X, y), X, y)
    >>> found.q_value < 0.05
    array([[ True,  True],
           [False, False]])
    """

    terms: tuple[Any, ...]
    neurons: tuple[Any, ...]
    test: str
    cov_type: str
    statistic: FloatArray
    df: FloatArray
    dof: FloatArray
    p_value: FloatArray
    q_value: FloatArray
    status: Array
    dispersion: FloatArray
    by: Array
    few_events: BoolArray

    __repr__ = showing.of_fields

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas table with a row per neuron and term.

        >>> import spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(300, 2))
        >>> y = np.random.default_rng(1).poisson(np.exp(X[:, 0] - 1))
        >>> term_tests(nmo.GLM().fit(X, y), X, y).to_frame()[["neuron", "term", "df"]].values
        array([[0, 'x0', 1.0],
               [0, 'x1', 1.0]], dtype=object)
        """
        import pandas as pd

        J, N = self.statistic.shape
        by_neuron = {
            name: getattr(self, name).T.ravel()
            for name in ("statistic", "df", "p_value", "q_value", "status")
        }
        named = {
            "neuron": [n for n in self.neurons for _ in range(J)],
            "term": [t for _ in range(N) for t in self.terms],
            "test": self.by.T.ravel(),
        }
        frame = pd.DataFrame(named | by_neuron)
        frame.insert(5, "dof", np.repeat(self.dof, J))
        frame["few_events"] = np.repeat(self.few_events, J)
        return frame

    def __str__(self) -> str:
        n = self.statistic.size
        head = f"{_TITLES[self.test]} tests of {len(self.terms)} term(s), {len(self.neurons)} "
        head += f"neuron(s){self._said_of_others}; covariance: "
        head += f"{self.cov_type}{self._said_of_dispersion}"
        lines = showing.table([_HEADER, *self._rows()[:_SHOWN]], to_left=(0, 1, 6))
        more = [f"... {n - _SHOWN} more: to_frame() has all"] if n > _SHOWN else []
        return "\n".join([head, *lines, *more, *self._said_of_few])

    @property
    def _said_of_others(self) -> str:
        """What is said of tests that are not Wald's."""
        n = int((self.by == "score").sum())
        return f", {n} of them score tests" if self.test == AUTO and n else ""

    @property
    def _said_of_few(self) -> list[str]:
        """What is said of Wald tests that are rough."""
        is_rough = self.few_events & (self.by == "wald") & np.isfinite(self.p_value)
        n = int(is_rough.any(axis=0).sum())
        return [f"{n} neuron(s) with {ROUGH}"] if n else []

    @property
    def _said_of_dispersion(self) -> str:
        """What is said of a dispersion that was estimated."""
        is_one = np.isnan(self.dispersion) | (self.dispersion == 1.0)
        return "" if is_one.all() else "; dispersion: that of the fit with all terms"

    def _repr_html_(self) -> str:
        """Show the first tests in a notebook."""
        n = self.statistic.size
        lines = [f"{n - _SHOWN} more: to_frame() has all"] if n > _SHOWN else []
        lines += self._said_of_few
        title = f"{_TITLES[self.test]} tests{self._said_of_others}"
        table = notebook.table(self._rows()[:_SHOWN], _HEADER)
        about = f"covariance: {self.cov_type}{self._said_of_dispersion}"
        return notebook.box(title, about, table=table, lines=lines)

    def _rows(self) -> list[tuple[str, ...]]:
        """Return what is printed of each test; of those that are well no word is said."""
        out: list[tuple[str, ...]] = []
        for n, neuron in enumerate(self.neurons):
            for j, term in enumerate(self.terms):
                status = str(self.status[j, n])
                numbers = f"{self.statistic[j, n]:.4g}", f"{self.df[j, n]:.4g}"
                p = [showing.p_value(x[j, n]) for x in (self.p_value, self.q_value)]
                said = "" if status == Status.CONVERGED else status
                out.append((str(neuron), str(term), *numbers, *p, said))
        return out


_TITLES = {AUTO: "Wald", "wald": "Wald", "score": "Score", "lr": "Likelihood-ratio"}
_HEADER = ("neuron", "term", "statistic", "df", "p", "q", "")


def term_tests(
    model: FittedModel,
    X: Any,
    y: ArrayLike,
    *,
    test: str = AUTO,
    terms: Any = None,
    cov_type: str = "model",
    groups: Any = None,
    lags: Any = None,
    sample_weight: ArrayLike | None = None,
    offset: ArrayLike | None = None,
) -> TermTests:
    """Test for each neuron whether a term adds anything beside all others.

    Parameters
    ----------
    model :
        A fitted ``GLM`` or ``PopulationGLM`` of N neurons.
    X, y, sample_weight, offset :
        The data of the fit.
    test :
        ``"wald"``: from estimates and their covariance; penalised terms are tested as in mgcv
        (Wood 2013). ``"lr"``: by the likelihood without the term, ``"score"``: by its slope there;
        both fit all terms and neurons once more, together, and are of fits without a penalty.
        ``"auto"``: Wald's, and the score test where that is better, of fits without a penalty on
        the covariance of the model: a term separates, or a neuron has fewer than fifteen events per
        parameter (of choices, of what is rarer). Not where these are more than ten tests of a
        neuron, each of which is a fit more; ``few_events`` tells of what is rough then.
    terms :
        None for all terms of a design, or all features of a plain array. Labels of terms, names of
        features, or a dict of names with the features that each stands for.
    cov_type, groups, lags :
        The covariance that Wald tests stand on, as of ``model.covariance``: ``"model"``, ``"HC0"``
        to ``"HC3"``, ``"cluster"``, ``"HAC"``. With another than ``"model"`` score tests are
        robust too (White 1982; Boos 1992).

    Returns
    -------
    TermTests
        One test per neuron and term; ``.to_frame()`` has a row for each. Where the dispersion is
        estimated (Gaussian, Gamma), it is that of the fit with all terms, as in R, and p values are
        those of F. NaN with a reason where there is no test: silent neurons, terms that separate,
        features that the data do not determine, any fit with a penalty that selects.

    Raises
    ------
    ValueError
        If there is no such test, term or covariance, or the data are not those of the fit.
    TypeError
        For classifiers.

    References
    ----------
    Wood (2017), Generalized Additive Models, 2nd ed., sections 2.1.5 and 6.12; for the score test
    Rao (1948), Math Proc Camb Phil Soc 44:50-7.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(500, 3))
    >>> y = np.random.default_rng(1).poisson(np.exp(0.5 * X[:, 0] - 1))
    >>> model = nmo.GLM().fit(X, y)
    >>> found = term_tests(model, X, y, test="lr", terms={"first": [0], "others": [1, 2]})
    >>> (found.p_value[:, 0] < 0.01).tolist(), found.df[:, 0]
    ([True, False], array([1., 2.]))
    """
    _check(test, cov_type)
    wanted = Requested(cov_type, groups, lags)
    fit = fit_of(model, X, y, sample_weight=sample_weight, offset=offset)
    if test == "score":  # others look at the covariance
        fit.check_estimates()
    asked = asked_terms(fit, terms)
    cells, by = _tested(fit, asked, test, wanted)
    labels = tuple(term.label for term in asked)
    return _told(cells, by, labels, fit, test, cov_type)


def _tested(
    fit: FitOnData, asked: tuple[AskedTerm, ...], test: str, wanted: Requested
) -> tuple[Cells, Array]:
    """Return the tests (J, N), and which each of them is."""
    optimum = fit.optimum
    by = np.full((len(asked), fit.n_neurons), "wald" if test == AUTO else test, dtype=object)
    if test == "score":
        rows = RowsInTime(optimum.rows, optimum.keep, optimum.time_axis, fit.bin_s)
        return score_tests(fit, asked, filler=wanted.filler(rows)), by
    sure = uncertainties(
        fit, wanted.cov_type, groups=wanted.groups, lags=wanted.lags, keep_void=True
    )
    if test == "lr":
        return likelihood_ratio_tests(fit, asked, sure), by
    cells = wald_tests(fit, asked, sure, is_robust=not wanted.is_model)
    if test == AUTO and wanted.is_model:
        by[score_where_better(fit, asked, cells)] = "score"
    return cells, by


def _told(
    cells: Cells, by: Array, terms: tuple[Any, ...], fit: FitOnData, test: str, cov_type: str
) -> TermTests:
    dispersion = fit.optimum.unit / fit.likelihood.model.loss_unit
    return TermTests(
        terms,
        fit.neurons,
        test,
        cov_type,
        cells.statistic,
        cells.df,
        cells.dof,
        cells.p_value,
        q_values(cells.p_value),
        cells.status,
        dispersion if cov_type == "model" else np.full(fit.n_neurons, np.nan),
        by,
        has_few_events(fit),
    )


def _check(test: str, cov_type: str) -> None:
    if test not in TESTS:
        raise errors.unknown_name("test", test, TESTS)
    if test == "lr" and cov_type != "model":
        raise errors.value_error(
            "There is no likelihood ratio on a robust covariance.",
            given=f"test={test!r} with cov_type={cov_type!r}",
            expected="cov_type='model'",
            todo="take test='wald' or test='score', which have robust versions.",
        )
