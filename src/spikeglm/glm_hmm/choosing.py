"""How many states: fits of several numbers of them, compared on sessions they have not seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors, showing
from ..typing import ArrayLike, BoolArray, FloatArray, IntArray
from .asking import filtered_by
from .dispersions import best_dispersion
from .estimator import GLMHMM
from .fitting import Fitted, fit
from .lapses import LapseFit, held_out_bits, lapses_of, warn_unless_well, why_no_lapses
from .reading import Data, of_sessions, read_count, read_data
from .resuming import Bench

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class LapseBaseline:
    """How well a GLM with lapses predicts the sessions that numbers of states are compared on.

    Attributes
    ----------
    fit :
        To all sessions.
    bits_per_trial :
        (F,) as those of :class:`StatesChoice`.
    statuses :
        (F,) how the fit of each fold ended.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(300, 1))
    >>> y = (np.random.default_rng(1).random(300) < 0.5).astype(float)
    >>> found = nmo.glm_hmm.select_states(X, y, np.arange(0, 300, 50), n_states=[1], folds=3)
    >>> found.lapses.bits_per_trial.shape, found.lapses.fit.n_parameters
    ((3,), 4)
    """

    fit: LapseFit
    bits_per_trial: FloatArray
    statuses: tuple[str, ...]

    __repr__ = showing.of_fields


@dataclass(frozen=True, eq=False)
class StatesChoice:
    """Models of several numbers of states, and how well each predicts held-out sessions.

    Attributes
    ----------
    n_states :
        (M,) numbers of states.
    bits_per_trial :
        (M, F) log p(held-out responses of a fold) above that of the null model, per response, in
        bits. The filter runs on within a held-out session and begins anew with the next.
    models :
        M models, fitted to all sessions.
    log_likelihood, n_parameters, bic :
        (M,) of these.
    fold_of_session :
        (S,) where each session was held out.
    rule, chosen :
        How the number was chosen, and its place among the M.
    lapses :
        The baseline of choices of two: a GLM with lapses, which has no states; None where there
        is none (:func:`fit_lapses` says why).

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(600, 1))
    >>> y = np.random.default_rng(1).poisson(np.exp(2.0 * (np.arange(600) // 50 % 2)))
    >>> found = nmo.glm_hmm.select_states(X, y, np.arange(0, 600, 100), n_states=[1, 2], folds=3,
    ...                                   observation_model="Poisson", n_restarts=3)
    >>> found.best.n_states
    2
    """

    n_states: IntArray
    bits_per_trial: FloatArray
    models: tuple[GLMHMM, ...]
    log_likelihood: FloatArray
    n_parameters: IntArray
    bic: FloatArray
    fold_of_session: IntArray
    rule: str
    chosen: int
    lapses: LapseBaseline | None = None

    __repr__ = showing.of_fields

    @property
    def best(self) -> GLMHMM:
        """The model of the chosen number of states, fitted to all sessions."""
        return self.models[self.chosen]

    @property
    def mean(self) -> FloatArray:
        """(M,) held-out bits per trial, the mean over folds."""
        return np.asarray(self.bits_per_trial.mean(axis=1))

    @property
    def error_of_difference(self) -> FloatArray:
        """(M,) standard error, over folds, of the difference from the best mean."""
        best = self.bits_per_trial[int(self.mean.argmax())]
        return _error(self.bits_per_trial - best)

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas table with a row per number of states.

        Columns: ``bits_per_trial`` and ``error`` (held out, over folds); ``below_best`` and
        ``error_of_difference``; ``log_likelihood``, ``n_parameters`` and ``bic`` of the fit to all
        sessions; ``agreeing``, the share of its runs that found the same optimum; ``status``;
        ``chosen``; and where there is a lapse model ``above_lapses`` and ``error_above_lapses``,
        by how much bits per trial are above its own, over folds.

        >>> import numpy as np, spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(300, 1))
        >>> y = (np.random.default_rng(1).random(300) < 0.5).astype(float)
        >>> found = nmo.glm_hmm.select_states(X, y, np.arange(0, 300, 50), n_states=[1, 2], folds=3,
        ...                                   n_restarts=2)
        >>> found.to_frame()["chosen"].tolist()
        [True, False]
        """
        import pandas as pd

        reports = [model.fit_report_ for model in self.models]
        mean = self.mean
        table: dict[str, Any] = {
            "bits_per_trial": mean,
            "error": _error(self.bits_per_trial),
            "below_best": mean.max() - mean,
            "error_of_difference": self.error_of_difference,
            "log_likelihood": self.log_likelihood,
            "n_parameters": self.n_parameters,
            "bic": self.bic,
            "agreeing": [r.n_agreeing / r.n_ended for r in reports],
            "status": [r.status for r in reports],
            "chosen": np.arange(len(mean)) == self.chosen,
        }
        if self.lapses is not None:
            above = self.bits_per_trial - self.lapses.bits_per_trial
            table["above_lapses"] = above.mean(axis=1)
            table["error_above_lapses"] = _error(above)
        return pd.DataFrame(table, index=pd.Index(self.n_states, name="n_states"))


def select_states(
    X: ArrayLike,
    y: ArrayLike,
    session_starts: Any = None,
    *,
    n_states: Iterable[int] = range(1, 6),
    n_restarts: int = 20,
    folds: Any = 5,
    rule: str = "one_se",
    transition_inputs: ArrayLike | None = None,
    estimator: type[GLMHMM] = GLMHMM,
    folder: Any = None,
    **arguments: Any,
) -> StatesChoice:
    """Fit models of several numbers of states and compare them on held-out sessions.

    Parameters
    ----------
    X, y, session_starts, transition_inputs :
        As for :meth:`GLMHMM.fit`. Sessions are held out whole.
    n_states :
        Numbers to try; 1 is the plain GLM.
    n_restarts :
        Starts of each fit.
    folds :
        F: sessions are dealt to F folds in turn. Or (S,) the fold of each session.
    rule :
        ``"one_se"``: the smallest number within one standard error, over folds, of the difference
        from the best; ``"max"``: the best.
    estimator :
        :class:`ClassifierGLMHMM` for labels of several classes.
    folder :
        Where finished fits are kept, a file each: the same call, after it was interrupted, finds
        them there and goes on. None keeps nothing.
    **arguments :
        Of the estimator: observation_model, priors, seed, ...

    Raises
    ------
    ValueError, TypeError
        For arguments that cannot be used, or fewer sessions than folds.

    Warns
    -----
    ConvergenceWarning
        If a fit is no optimum.

    Notes
    -----
    The null model is a constant probability, or rate, of each output: that of the training
    sessions. For choices of two there is a second baseline: a GLM with lapses, whose penalty is
    that of the states (:class:`LapseBaseline`).

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(300, 1))
    >>> y = (np.random.default_rng(1).random(300) < 0.5).astype(float)
    >>> found = nmo.glm_hmm.select_states(X, y, np.arange(0, 300, 50), n_states=[1, 2], folds=3,
    ...                                   n_restarts=2)
    >>> found.bits_per_trial.shape
    (2, 3)
    """
    check_rule(rule)
    numbers = [read_count(n, "n_states") for n in n_states]
    models = [estimator(n, n_restarts=n_restarts, **arguments) for n in numbers]
    data = read_data(models[0], X, y, session_starts, transition_inputs)
    fold_of = _folds(folds, data.sessions.n_sessions)
    null = [null_bits(part, held_out) for part, held_out in _parts(data, fold_of)]
    bits = np.empty((len(models), int(fold_of.max()) + 1))
    for m, model in enumerate(models):
        whole = read_data(model, X, y, session_starts, transition_inputs)
        bench = Bench.at(folder, model, whole, fold_of)
        for f, (part, held_out) in enumerate(_parts(whole, fold_of)):
            of_fold = partial(_held_out, model, part, held_out, X, y)
            bits[m, f] = bench.held_out(f, of_fold) - null[f]
        given = {"session_starts": session_starts, "transition_inputs": transition_inputs}
        models[m] = bench.of_all(model, X, y, **given)
    log_likelihood = np.array([model.log_likelihood_ for model in models])
    n_parameters = np.array([model.n_parameters_ for model in models])
    n_seen = data.problem.emissions.n_seen
    return StatesChoice(
        np.array(numbers),
        bits,
        tuple(models),
        log_likelihood,
        n_parameters,
        -2.0 * log_likelihood + n_parameters * np.log(n_seen),
        fold_of,
        rule,
        _chosen(np.array(numbers), bits, rule),
        _lapses(data, fold_of, null),
    )


def _held_out(model: GLMHMM, training: Data, held_out: Data, X: ArrayLike, y: ArrayLike) -> float:
    """Return the log-likelihood per held-out response of a fit to other sessions, in bits."""
    found: Fitted = fit(model, training, X, y, None)
    log_likelihood = filtered_by(held_out, found.parameters).log_likelihood[0]
    return float(log_likelihood / held_out.problem.emissions.n_seen / np.log(2.0))


def _lapses(data: Data, fold_of: IntArray, null: list[float]) -> LapseBaseline | None:
    """Return the lapse model on the same folds; None where there is none."""
    if why_no_lapses(data) is not None:
        return None
    fits = [(lapses_of(part), held_out) for part, held_out in _parts(data, fold_of)]
    bits = [held_out_bits(found, held_out) for found, held_out in fits]
    statuses = tuple(found.status for found, _ in fits)
    of_all = lapses_of(data)
    warn_unless_well(of_all, *(found for found, _ in fits))
    return LapseBaseline(of_all, np.array(bits) - null, statuses)


def check_rule(rule: Any) -> None:
    """Raise ValueError unless a number of states can be chosen so.

    >>> check_rule("max")
    """
    if rule not in ("one_se", "max"):
        raise errors.unknown_name("rule", rule, ["one_se", "max"])


def _folds(folds: Any, n_sessions: int) -> IntArray:
    """Return (S,) the fold of each session."""
    if np.ndim(folds) == 0:
        n_folds = read_count(folds, "folds", 2)
        if n_sessions < n_folds:
            raise errors.value_error(
                "There are too few sessions to hold some out.",
                given=f"{n_sessions} session(s) and {n_folds} folds",
                expected="at least a session per fold",
                todo="pass session_starts (glm_hmm.session_starts(labels)), or fewer folds; one "
                "long session can be cut: session_starts=np.arange(0, len(y), 500).",
            )
        return np.arange(n_sessions) % n_folds
    fold_of = np.asarray(folds)
    if fold_of.shape != (n_sessions,) or len(np.unique(fold_of)) < 2:
        raise errors.value_error(
            "folds do not fit the sessions.",
            given=f"shape {fold_of.shape}, {len(np.unique(fold_of))} fold(s)",
            expected=f"({n_sessions},): the fold of each session that has data, at least two",
        )
    return np.unique(fold_of, return_inverse=True)[1].ravel()


def _parts(data: Data, fold_of: IntArray) -> Iterator[tuple[Data, Data]]:
    """Yield the data of the sessions that train, and of those that are held out, by fold."""
    for fold in range(int(fold_of.max()) + 1):
        yield of_sessions(data, fold_of != fold), of_sessions(data, fold_of == fold)


def null_bits(training: Data, held_out: Data) -> float:
    """Return the log-likelihood per held-out response of each output's mean, in bits."""
    then, now = training.problem.emissions, held_out.problem.emissions
    mean, model = _mean(then), then.likelihood.model
    y, there = _seen(now)
    at = np.broadcast_to(mean, y.shape)
    scale: Any = None
    if model.has_dispersion:
        past, was_there = _seen(then)
        deviance = np.asarray(model.deviance(past, np.broadcast_to(mean, past.shape), 1.0))
        scale = best_dispersion_of(model, deviance, was_there)
    elif then.likelihood.estimates_scale:
        past, was_there = _seen(then)
        scale = model.estimate_scale(past, np.broadcast_to(mean, past.shape), 1.0)
    density = model.log_likelihood(y, at, scale, lambda samples: samples)
    return float(np.where(there, density, 0.0).sum() / now.n_seen / np.log(2.0))


def best_dispersion_of(model: Any, deviance: FloatArray, there: BoolArray) -> FloatArray:
    """Return the dispersion (N,) of deviances (T, N), some of which are there."""
    mean = deviance.mean(axis=0, where=there)
    return best_dispersion(model, mean, mean)


def _seen(emissions: Any) -> tuple[FloatArray, BoolArray]:
    y = emissions.sessions.among(emissions.y)
    if emissions.seen is None:
        return y, np.ones(y.shape, dtype=bool)
    return y, emissions.sessions.among(emissions.seen)


def _mean(emissions: Any) -> FloatArray:
    y, there = _seen(emissions)
    return np.asarray(y.mean(axis=0, where=there))


def _error(values: FloatArray) -> FloatArray:
    """Return the standard error of the mean over folds, (M,)."""
    return np.asarray(values.std(axis=1, ddof=1) / np.sqrt(values.shape[1]))


def _chosen(numbers: IntArray, bits: FloatArray, rule: str) -> int:
    """Return the place of the chosen number of states."""
    mean = bits.mean(axis=1)
    best = int(mean.argmax())
    if rule == "max":
        return best
    within = mean >= mean[best] - _error(bits - bits[best])
    return int(np.flatnonzero(within)[numbers[within].argmin()])
