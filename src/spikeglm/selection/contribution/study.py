"""What each term contributes to held-out prediction: every way to ask, on the same folds."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...glm import GLM
from ...inference.false_discovery import q_values
from ...typing import Array, ArrayLike, BoolArray
from ..held_out_sums import Sums
from ..measures import Measure, measures_of, read_measure
from ..set_problem import Scored, SetProblem, warn_of_trouble
from .bins import Bins
from .kinds import read_how
from .losses import Loss, Study
from .result import Contributions
from .significance import Significance, against_null, over_folds


def contributions(
    model: GLM,
    X: ArrayLike,
    y: ArrayLike,
    *,
    folds: Any = 5,
    terms: Any = None,
    how: Any = "unique",
    over: ArrayLike | None = None,
    bins: Any = 10,
    null: Any = None,
    n_orders: int | None = None,
    n_shuffles: int = 5,
    shuffle: str = "shift",
    groups: ArrayLike | None = None,
    sample_weight: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    seed: int = 0,
) -> Contributions:
    """Tell what each term of a model contributes to the prediction of rows it has not seen.

    All sets of terms that this takes, all folds and neurons are columns of one fit. The model
    itself is left as it is.

    Parameters
    ----------
    model :
        A :class:`GLM` or :class:`PopulationGLM`; strengths are the same for all sets of terms, see
        :func:`fit_term_sets`.
    X, y, sample_weight, offset :
        As for ``fit``; X is the full design.
    folds, groups :
        As for :func:`cross_validated`.
    terms :
        Labels of terms, names of features, or named groups: ``{"position": ["x", "y"], "speed":
        ["speed"]}``. None: each labelled term, or each feature where there are none. Features in no
        term make one more, ``"(rest)"``.
    how :
        One or several of these, or ``"all"``; what is lost or gained is held-out log-likelihood,
        deviance and squared error:

        ``"unique"``
            the full model less a fit without the term. Small for terms that tell the same.
        ``"alone"``
            a fit of the term alone less the constant model. Large for whatever goes along with what
            drives the neuron.
        ``"zeroed"``
            the full model less the same fit with the term's part of the linear predictor held at
            its training mean. No refit: others do not take its place.
        ``"shuffled"``
            the full model less a fit to rows in which the term's columns come from other times,
            both in training and in test (Musall et al. 2019): mean of ``n_shuffles`` draws.
        ``"shapley"``
            the gain by the term, averaged over all orders in which terms may enter. They add up to
            the full model less the constant one. 2^J models of J terms, J <= 10; ``n_orders`` draws
            that many orders instead.
    over, bins :
        A number per row (T,), such as the time within a trial, and a number of bins or their edges:
        contributions are also told by bin, :meth:`Contributions.by_bin`.
    null :
        None: p values by signed ranks over folds. ``"linear_shift"`` or another null of
        :func:`spikeglm.inference.null_test`, by its name or as an object: p values of ``"unique"``
        against draws that are as slow as the data.
    n_orders, n_shuffles, seed :
        What is drawn by chance.
    shuffle :
        ``"shift"``: around the rows that take part, by at least a tenth of them, which keeps what
        is slow slow; ``"rows"``: every row for itself, as Musall et al. do.

    Raises
    ------
    ValueError
        If there is no such term or way to ask, too many terms for Shapley values, or terms that
        share features; and as :func:`fit_term_sets`.
    TypeError
        If the model is a classifier.

    Warns
    -----
    ConvergenceWarning
        If fits have no certificate; ``Contributions.reason`` says which.
    NothingToFitWarning
        Instead, if that is of data that say nothing alone, as of silent units.
    UserWarning
        If folds leak, see :func:`cross_validated`.

    References
    ----------
    Musall, Kaufman, Juavinett, Gluf & Churchland (2019), Nat Neurosci 22:1677-86; Shapley (1953),
    Contributions to the Theory of Games II, 307-17.

    Examples
    --------
    Speed and acceleration of the pupil go together; the neuron sees speed:

    >>> import numpy as np, spikeglm as nmo
    >>> rng = np.random.default_rng(0)
    >>> speed = rng.normal(size=4000)
    >>> pupil = 0.8 * speed + 0.6 * rng.normal(size=4000)
    >>> y = rng.poisson(np.exp(0.5 * speed - 1))
    >>> basis = nmo.basis.IdentityEval(label="speed") + nmo.basis.IdentityEval(label="pupil")
    >>> X = basis.design(speed, pupil)
    >>> found = nmo.selection.contributions(nmo.GLM(), X, y, how=["unique", "alone"])
    >>> found.value("unique").round(2).ravel() + 0.0, found.value("alone").round(2).ravel()
    (array([0.05, 0.  ]), array([0.16, 0.12]))
    """
    ways = read_how(how)
    data = {"sample_weight": sample_weight, "offset": offset}
    problem = SetProblem.read(model, X, y, folds=folds, terms=terms, groups=groups, **data)
    options = Options(over, bins, null, n_orders, n_shuffles, shuffle, seed)
    return contributions_of(problem, y, ways, options, data)


class Options(NamedTuple):
    """Arguments of :func:`contributions` beside what is fitted."""

    over: ArrayLike | None = None
    bins: Any = 10
    null: Any = None
    n_orders: int | None = None
    n_shuffles: int = 5
    shuffle: str = "shift"
    seed: int = 0


def contributions_of(
    problem: SetProblem,
    y: ArrayLike,
    ways: tuple[str, ...],
    options: Options,
    data: dict[str, Any],
) -> Contributions:
    """Return contributions in a problem that has been read; it may know fits of other studies."""
    over, bins, null, n_orders, n_shuffles, shuffle, seed = options
    divided = None if over is None else Bins.of(over, bins, problem.inputs.rows)
    if divided is not None:
        problem = problem.in_bins(divided.of_rows, divided.n_bins + 1)
    rng = np.random.default_rng(seed)
    study = Study.planned(problem, ways, rng, n_orders=n_orders, n_shuffles=n_shuffles, way=shuffle)
    scored = study.fitted()
    warn_of_trouble(scored, problem)
    found = study.losses(scored)
    losses = _stacked([found[name].sums for name in ways])
    sure = _significance(study, losses, y, null, seed, data)
    return _result(study, scored, found, losses, sure, divided)


def _significance(
    study: Study, losses: Sums, y: ArrayLike, null: Any, seed: int, data: dict[str, Any]
) -> Significance:
    """Test what is lost in each fold, in the usual unit; or the fit to all rows against a null."""
    if null is not None:
        return _against_null(study, y, null, seed, data)
    unit = _usual(study.problem)
    counts = np.isfinite(study.problem.constant.sums.deviance[0]).all(axis=0)
    problem = study.problem
    size = unit.size(problem.constant.sums.each(lambda values: values[0]), *problem.responses)
    has_unit = np.where(counts, size.sum(axis=0), 0.0).sum(axis=0) > 0  # no spikes, no bits per one
    sure = over_folds(unit.worth(losses).sum(axis=2), counts, study.how)
    return sure._replace(p_value=np.where(has_unit, sure.p_value, np.nan))


def _against_null(
    study: Study, y: ArrayLike, null: Any, seed: int, data: dict[str, Any]
) -> Significance:
    """Test the fit to all rows; the rows know their terms."""
    given = {name: values for name, values in data.items() if values is not None}
    rows = study.problem.inputs.rows
    about = study.problem.model, rows, y, study.players, study.how, null
    return against_null(*about, seed=seed, feature_names=rows.feature_names, **given)


def _stacked(parts: list[Sums]) -> Sums:
    return Sums(*(np.stack(each) for each in zip(*(part.parts for part in parts), strict=True)))


def _result(
    study: Study,
    scored: Scored,
    found: dict[str, Loss],
    losses: Sums,
    sure: Significance,
    bins: Bins | None,
) -> Contributions:
    problem, ways = study.problem, study.how
    null = problem.constant.sums.each(lambda values: values[0])
    n_rows, n_spikes = problem.responses
    return Contributions(
        how=ways,
        terms=tuple(study.players),
        neurons=problem.neurons,
        folds=problem.folds,
        losses=losses,
        full=scored.sums.each(lambda values: values[0]).minus(null),
        null=null,
        n_rows=n_rows,
        n_spikes=n_spikes,
        sampling_error=np.stack([found[name].sampling_error for name in ways]),
        p_value=sure.p_value,
        q_value=q_values(sure.p_value),
        p_of=sure.p_of,
        reason=np.stack([_reasons(study, found[name].trouble) for name in ways]),
        measures=measures_of(problem.inputs.columns.likelihood.model),
        bins=bins,
        event=problem.inputs.columns.likelihood.model.event,
    )


def _reasons(study: Study, trouble: Array) -> Array:
    """Return what there is to know of each term and neuron, (J, N)."""
    problem = study.problem
    labels = np.asarray(problem.folds.labels)
    counts = np.isfinite(problem.constant.sums.deviance[0]).all(axis=0)
    of_neurons = [_of_neuron(problem, labels, counts[:, n], n) for n in range(problem.n_neurons)]
    out = np.full((len(study.players), problem.n_neurons), "", dtype=object)
    for j, features in enumerate(study.players.values()):
        never = labels[problem.training.is_constant[:, features].all(axis=1)]
        is_constant = f"constant in training without {_folds(never)}" if len(never) else ""
        for n, of_neuron in enumerate(of_neurons):
            lost = np.flatnonzero((trouble[j, :, n] != "") & counts[:, n])
            why = _listed(np.unique(trouble[j, lost, n].astype(str)))
            is_lost = f"no fit without {_folds(labels[lost])} ({why})" if len(lost) else ""
            out[j, n] = "; ".join(filter(None, (is_constant, of_neuron, is_lost)))
    return out


def _of_neuron(problem: SetProblem, labels: Array, counts: BoolArray, n: int) -> str:
    """Return what there is to know of a neuron, given the folds (K,) that count."""
    said = []
    if not counts.all():
        why = _listed(np.unique(problem.constant.status[0, ~counts, n].astype(str)))
        does_not = "do not" if (~counts).sum() > 1 else "does not"
        some = f"{_folds(labels[~counts])} {does_not} count"
        said.append(f"{some if counts.any() else 'no fold counts'} ({why})")
    spikes = problem.responses[1].sum(axis=0)[counts, n]
    if counts.any() and not spikes.any() and _usual(problem).per == "spikes":
        event = problem.inputs.columns.likelihood.model.event
        said.append(f"no {event}s tested in folds that count")
    return "; ".join(said)


def _usual(problem: SetProblem) -> Measure:
    """Return the unit in which contributions are told first."""
    return read_measure(None, measures_of(problem.inputs.columns.likelihood.model))


def _folds(labels: Array) -> str:
    return f"fold{'s' if len(labels) > 1 else ''} {_listed(labels)}"


def _listed(labels: Array) -> str:
    return ", ".join(map(str, labels.tolist()))
