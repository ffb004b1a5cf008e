"""What must hold for every fit; each check returns what it found, a line each."""

import pickle
import warnings
from typing import NamedTuple

import numpy as np
from tests.fuzz import losses, oracle
from tests.reference import numpy_glm

from spikeglm.errors import ConvergenceWarning

SMOOTH, KINKED = 1e-9, 1e-8  # what "converged" may miss, as a share of the unit of the loss
SPARSE = 1e-7  # and of the part of a penalty that has kinks
GAVE_UP = ("iteration limit", "stalled", "stopped early", "separated")


class Verdict(NamedTuple):
    """How the neurons of a fit ended, and everything that is wrong."""

    status: tuple[str, ...]
    findings: list[str]


def examine(case):
    """Fit a case, use the fit in every way, and judge each neuron."""
    before = pickle.dumps((case.X, case.y, case.more, case.arguments))
    findings = []
    try:
        model = fitted(case)
        findings += _uses(case, model)
    except (ValueError, TypeError) as error:
        possible = any(case.problem(n) is not None for n in range(case.n_neurons))
        return Verdict((), [f"refused: {error}"] if possible else [])
    except Exception as error:
        return Verdict((), [f"raised {type(error).__name__}: {error}"])
    if pickle.dumps((case.X, case.y, case.more, case.arguments)) != before:
        findings.append("an input changed")
    status = model.fit_report_.status
    for n, word in enumerate(status):
        findings += judged(case, n, word, *parameters(model, n))
    if len(status) > 1 and case.model != "labels":
        findings += _of_neighbours(case, model)
    return Verdict(status, findings)


def fitted(case):
    """Return the fitted model; a warning of NumPy's is an error."""
    with warnings.catch_warnings():
        _only_what_users_should_see()
        return case.estimator().fit(case.X, case.y, **case.more)


def parameters(model, n):
    """Return coefficients (p, K) and intercepts (K,) of neuron n."""
    n_classes = getattr(model, "classes_", np.zeros(1)).size
    coef, intercept = np.asarray(model.coef_), np.asarray(model.intercept_)
    if model._response_ndim == 2:
        coef, intercept = coef[:, n], intercept[n]
    return coef.reshape(-1, n_classes), intercept.reshape(n_classes)


def judged(case, n, word, coef, intercept):
    """Return whether there is a lower point than one that is said to be the optimum."""
    problem = case.problem(n)
    if problem is None or word != "converged":
        return []
    here = problem.at(coef, intercept)
    if not np.isfinite(problem.value(here)) and not problem.movable.any():
        return []  # there is nothing to fit, and nothing that could be better
    here = problem.within_rounding(here)
    V, lowest = _lowest(case, problem, here, n)
    if _is_at_an_edge(case, problem, V):
        return []
    excess = problem.value(here) - lowest
    if not _is_convex(case):  # the walk may have gone to another optimum
        excess = min(excess, oracle.expected_fall(problem, here))
    allowed = _allowed(case, problem, (here, V), n)
    if excess <= allowed:
        return []
    return [
        f"beaten: neuron {n}: {float(excess):.2e} nats per row above {float(lowest):.9g}, "
        f"allowed {allowed:.1e}"
    ]


def _only_what_users_should_see():
    warnings.simplefilter("error")
    for kind in (ConvergenceWarning, UserWarning):
        warnings.simplefilter("ignore", kind)


def _uses(case, model):
    """Call what users call after a fit."""
    findings = []
    if not all(np.isfinite(part).all() for part in (model.coef_, model.intercept_)):
        findings.append("parameters that are not finite")
    offset = {name: value for name, value in case.more.items() if name == "offset"}
    with warnings.catch_warnings():
        _only_what_users_should_see()
        predict = model.predict_proba if case.model == "labels" else model.predict
        predicted = np.asarray(predict(case.X, **offset))
        complete = np.isfinite(case.response.values).all(axis=1)
        if (complete & np.isfinite(predicted.reshape(len(complete), -1)).all(axis=1)).any():
            model.score(case.X, case.y, **offset)
        model.simulate(0, case.X, **offset)
        model.standard_errors(case.X, case.y, **case.more)
        str(model.fit_report_)
    return findings


def _of_neighbours(case, model):
    """Compare a neuron of a population with the same neuron alone."""
    n = case.seed % case.n_neurons
    problem, word = case.problem(n), model.fit_report_.status[n]
    if problem is None:
        return []
    other = fitted(case.alone(n))
    alone = other.fit_report_.status[0]
    if not _is_convex(case):
        return []  # several optima: which is found depends on where the walk goes
    unstarted = () if problem.has_intercept else ("outside the link's range",)
    if word != alone and not {word, alone} <= {*GAVE_UP, *unstarted, "converged"}:
        return [f"neighbours: neuron {n} is {word} among others, {alone} alone"]
    points = [problem.at(*parameters(model, n)), problem.at(*parameters(other, 0))]
    told_by_rounding = any((point[:-1] != 0)[~problem.movable[:-1]].any() for point in points)
    if told_by_rounding and not judged(case, n, word, *parameters(model, n)):
        return []  # what is no constant is decided by the weights of all neurons
    values = [problem.value(point) for point in points]
    is_same = values[0] == values[1] or abs(values[0] - values[1]) <= _allowed(
        case, problem, points, n
    )
    if word == alone == "converged" and not is_same:
        return [f"neighbours: neuron {n} is at {values[0]}, alone at {values[1]}"]
    return []


def _lowest(case, problem, here, n):
    """Return the lowest point that is found from here and, where that is the same, from afar."""
    V, lowest = oracle.minimum(problem, here)
    if _is_convex(case):
        other, value = oracle.minimum(problem, _start(case, problem, n))
        if value < lowest:
            V, lowest = other, value
    return V, lowest


def _is_convex(case):
    return case.model == "labels" or (case.model, case.link) in losses.CONVEX


def _is_at_an_edge(case, problem, V):
    """Tell whether a mean is at the end of what the model can have but its link goes beyond.

    There a loss stops while it still falls (the certainty of a spike, by an exponential): no
    condition of an optimum holds, and observed curvatures are differences of what nearly cancels.
    """
    if case.model != "Bernoulli" or case.link in ("logistic", "norm.cdf"):
        return False
    with np.errstate(all="ignore"):
        mean, rest, *_ = losses.LINKS[case.link](problem.eta(V)[:, 0])
    return bool(min(mean.min(), rest.min()) < 1e-6)


def _allowed(case, problem, points, n):
    """Return by how much values may differ: by the certificate's tolerance, and by rounding.

    A smooth fit is certified to a decrement of 1e-8 units, 1e-16 of the loss; one with kinks to a
    slope of 1e-7 of its strength. Parameters are stored in float64: eta is off by its rounding, the
    loss by its square times a curvature; so is what a penalty squares.
    """
    y = case.response.values[:, n]
    y = y[np.isfinite(y)]
    mu = min(y.mean(), 1.0) if case.link in ("logistic", "norm.cdf") else y.mean()
    spread = ((y - mu) ** 2).mean() + (1e-7 * np.abs(y).max()) ** 2
    has_unit = case.model in ("Gaussian", "InverseGaussian")  # losses that depend on that of y
    has_unit |= case.model == "Gamma" and mu < y.mean()  # or of how far the link is from it
    unit = spread / numpy_glm.variance(case.model, mu) if has_unit else 1.0
    kinks = sum(float(problem.penalty.value(V[:-1])) for V in points)
    rounding = min(problem.rounding(V) for V in points)
    size = min(abs(float(problem.value(V))) for V in points)
    share = KINKED if problem.penalty.parts else SMOOTH
    steepest = max(1.0, min(problem.curvature(V) for V in points))
    stored = 4 * steepest * rounding**2 + 4 * min(problem.penalty.rounding(V[:-1]) for V in points)
    return share * unit + SPARSE * kinks + stored + 1e-13 * size


def _start(case, problem, n):
    """Return the point without features from which the oracle walks by itself."""
    if case.model == "labels":
        return oracle.start_of(problem, np.zeros(case.response.n_classes))
    y = case.response.values[:, n]
    mean = y[np.isfinite(y)].mean()
    if case.model == "Bernoulli":
        mean = np.clip(mean, 0.01, 0.99)
    elif case.model != "Gaussian":
        mean = max(mean, 1e-3)
    return oracle.start_of(problem, np.array([numpy_glm.LINKS[case.link][2](mean)]))
