"""Hidden states: what they listen to, how long they last, how many there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors
from ..glm_hmm import GLMHMM, StatesChoice, StatesErrors, StateVisits
from ..glm_hmm.asking import asked, means
from . import style
from .style import axes_or_new
from .tables import with_data

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from ..typing import ArrayLike

_N_BINS = 9  # of a psychometric curve


def colour(state: int) -> str:
    """Return the colour of a state, the same in all figures.

    >>> colour(0) == style.CYCLE[0], colour(6) == style.CYCLE[0]
    (True, True)
    """
    return style.CYCLE[state % len(style.CYCLE)]


def _legend(ax: Axes, **options: Any) -> None:
    ax.legend(fontsize=style.SMALL_PT, frameon=False, handlelength=1.2, **options)


def _weights(
    model: GLMHMM, uncertainty: StatesErrors | None = None, neuron: int = 0
) -> pd.DataFrame:
    """Return a row per feature and state."""
    import pandas as pd

    names = [*model.feature_names_, "intercept"]  # type: ignore[attr-defined]
    values, error = _with_intercepts(model, neuron), None
    if uncertainty is not None:
        error = _with_intercepts(uncertainty, neuron)
    p, K = values.shape
    return pd.DataFrame(
        {
            "feature": np.repeat(names, K),
            "state": np.tile(np.arange(K), p),
            "weight": values.ravel(),
            "standard_error": np.full(p * K, np.nan) if error is None else error.ravel(),
        }
    )


def _with_intercepts(of: Any, neuron: int) -> Any:
    """Return coefficients over intercepts, (p + 1, K), of a model or of its errors."""
    names = ("coef_", "intercept_") if hasattr(of, "coef_") else ("coef", "intercept")
    coef, intercept = (np.asarray(getattr(of, name)) for name in names)
    if coef.ndim == 3:
        coef, intercept = coef[:, neuron], intercept[neuron]
    return np.vstack([coef, intercept])


@with_data(_weights)
def plot_state_weights(
    model: GLMHMM,
    uncertainty: StatesErrors | None = None,
    neuron: int = 0,
    ax: Axes | None = None,
) -> Axes:
    """Draw the weights of each state: what it listens to.

    Parameters
    ----------
    model :
        A fitted model whose X was one table.
    uncertainty :
        ``model.standard_errors(X, y)``: intervals of 95 % are drawn then.
    neuron :
        The number of the output, of several.
    ax :
        Axes to draw on; None makes a figure one column wide.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> X, y = np.random.default_rng(0).normal(size=(100, 1)), np.arange(100) % 2
    >>> plot_state_weights(nmo.GLMHMM(2).fit(X, y)).get_ylabel()
    'Weight'
    """
    ax = axes_or_new(ax, height_mm=55)
    table = _weights(model, uncertainty, neuron)
    names = list(dict.fromkeys(table["feature"]))
    K = int(table["state"].max()) + 1
    for k in range(K):
        part = table[table["state"] == k]
        place = np.arange(len(names)) + 0.12 * (k - (K - 1) / 2)
        ax.errorbar(
            place,
            part["weight"],
            yerr=None if uncertainty is None else 1.96 * part["standard_error"],
            color=colour(k),
            marker="o",
            markersize=3,
            linewidth=style.LINE_PT,
            elinewidth=style.THIN_PT,
            label=f"state {k}",
        )
    ax.axhline(0, color=style.GREY, linewidth=style.THIN_PT, zorder=0)
    ax.set_xticks(np.arange(len(names)), names)
    ax.set_xlim(-0.5, len(names) - 0.5)
    ax.set_ylabel("Weight")
    _legend(ax)
    return ax


def _transitions(model: GLMHMM) -> pd.DataFrame:
    """Return the transition matrix as a table."""
    import pandas as pd

    states = pd.RangeIndex(len(model.transition_prob_))
    return pd.DataFrame(model.transition_prob_, index=states, columns=states)


@with_data(_transitions)
def plot_state_transitions(model: GLMHMM, ax: Axes | None = None) -> Axes:
    """Draw the transition matrix, each entry with its number.

    Parameters
    ----------
    model :
        A fitted model.
    ax :
        Axes to draw on; None makes a figure half a column wide.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> X, y = np.random.default_rng(0).normal(size=(100, 1)), np.arange(100) % 2
    >>> plot_state_transitions(nmo.GLMHMM(2).fit(X, y)).get_xlabel()
    'State of the next trial'
    """
    ax = axes_or_new(ax, width_mm=50, height_mm=48)
    matrix = np.asarray(model.transition_prob_)
    ax.imshow(matrix, cmap="Greys", vmin=0, vmax=1)
    for (i, j), value in np.ndenumerate(matrix):
        shade = "white" if value > 0.5 else "black"
        ax.text(j, i, f"{value:.2f}", ha="center", va="center", color=shade)
    ax.set_xticks(range(len(matrix)))
    ax.set_yticks(range(len(matrix)))
    ax.set_xlabel("State of the next trial")
    ax.set_ylabel("State of a trial")
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.tick_params(length=0)
    return ax


def _posterior(probability: ArrayLike, start: int = 0, stop: int | None = None) -> pd.DataFrame:
    """Return a row per trial, a column per state."""
    import pandas as pd

    values = np.asarray(probability)[start:stop]
    return pd.DataFrame(values, index=pd.RangeIndex(start, start + len(values), name="trial"))


@with_data(_posterior)
def plot_state_probability(
    probability: ArrayLike,
    start: int = 0,
    stop: int | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the probability of each state over the trials of a session.

    Parameters
    ----------
    probability :
        (T, K), from ``smooth_proba`` or ``filter_proba``.
    start, stop :
        The trials to draw; None is the end.
    ax :
        Axes to draw on; None makes a figure one column wide.

    Examples
    --------
    >>> plot_state_probability([[0.9, 0.1], [0.2, 0.8]]).get_ylabel()
    'Probability'
    """
    ax = axes_or_new(ax, height_mm=42)
    table = _posterior(probability, start, stop)
    for k in table.columns:
        ax.plot(table.index, table[k], color=colour(k), label=f"state {k}")
    ax.set_ylim(-0.02, 1.02)
    ax.set_xlim(table.index[0], table.index[-1])
    ax.set_xlabel("Trial")
    ax.set_ylabel("Probability")
    _legend(ax, ncols=len(table.columns), loc="lower left", bbox_to_anchor=(0, 1.0))
    return ax


def _dwells(visits: StateVisits) -> pd.DataFrame:
    """Return a row per state and length: the share of visits that last longer."""
    import pandas as pd

    parts = []
    for k, stay in enumerate(visits.stay_prob):
        lengths = np.sort(visits.dwell_times(k))
        if len(lengths):
            longer = 1.0 - np.arange(1, len(lengths) + 1) / len(lengths)
            by_chain = stay ** lengths.astype(float)
            parts.append(
                pd.DataFrame(
                    {"state": k, "trials": lengths, "share_longer": longer, "by_chain": by_chain}
                )
            )
    columns = ["state", "trials", "share_longer", "by_chain"]
    return pd.concat(parts) if parts else pd.DataFrame(columns=columns)


@with_data(_dwells)
def plot_dwell_times(visits: StateVisits, ax: Axes | None = None) -> Axes:
    """Draw the share of visits that last longer than a number of trials, beside the chain's own.

    Visits that the edge of a session cuts off are left out. Dashed: the geometric distribution that
    the transition probabilities imply.

    Parameters
    ----------
    visits :
        From :func:`spikeglm.glm_hmm.state_visits`.
    ax :
        Axes to draw on; None makes a figure one column wide.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> X, y = np.zeros((200, 1)), np.arange(200) // 40 % 2
    >>> X[:, 0] = np.random.default_rng(0).normal(size=200)
    >>> model = nmo.GLMHMM(2).fit(X, y)
    >>> plot_dwell_times(nmo.glm_hmm.state_visits(model, X, y)).get_xlabel()
    'Trials in the state'
    """
    ax = axes_or_new(ax, height_mm=50)
    table = _dwells(visits)
    for k in dict.fromkeys(table["state"]):
        part = table[table["state"] == k]
        n = len(part)
        x = np.concatenate([[0.0], part["trials"]])
        ax.step(
            x,
            np.concatenate([[1.0], part["share_longer"]]),
            where="post",
            color=colour(k),
            label=f"state {k} ({n} visit{'s' * (n != 1)})",
        )
        grid = np.arange(x[-1] + 1)
        ax.plot(grid, visits.stay_prob[k] ** grid, color=colour(k), linestyle="--", linewidth=0.8)
    ax.set_xlabel("Trials in the state")
    ax.set_ylabel("Visits that last longer")
    ax.set_ylim(0, 1.02)
    ax.set_xlim(left=0)
    _legend(ax)
    return ax


def _choice(choice: StatesChoice) -> pd.DataFrame:
    """Return the table of the choice."""
    return choice.to_frame()


@with_data(_choice)
def plot_states_choice(choice: StatesChoice, ax: Axes | None = None) -> Axes:
    """Draw held-out bits per trial over the number of states; the chosen one is filled.

    Bars are standard errors of the difference from the best, over folds.

    Parameters
    ----------
    choice :
        From :func:`spikeglm.glm_hmm.select_states`.
    ax :
        Axes to draw on; None makes a figure one column wide.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(300, 1))
    >>> y = (np.random.default_rng(1).random(300) < 0.5).astype(float)
    >>> found = nmo.glm_hmm.select_states(X, y, np.arange(0, 300, 50), n_states=[1, 2], folds=3,
    ...                                   n_restarts=2)
    >>> plot_states_choice(found).get_xlabel()
    'Number of states'
    """
    ax = axes_or_new(ax, height_mm=50)
    table = _choice(choice)
    ax.errorbar(
        table.index,
        table["bits_per_trial"],
        yerr=table["error_of_difference"],
        color=style.BLUE,
        marker="o",
        markersize=4,
        markerfacecolor="white",
        elinewidth=style.THIN_PT,
    )
    best = choice.chosen
    chosen = table["bits_per_trial"].iloc[best]
    ax.plot(table.index[best], chosen, "o", color=style.BLUE, markersize=4, zorder=5)
    ax.set_xticks(table.index)
    ax.set_xlabel("Number of states")
    ax.set_ylabel("Held-out bits per trial")
    return ax


def _psychometric(
    model: GLMHMM,
    X: ArrayLike,
    y: ArrayLike,
    session_starts: Any = None,
    feature: Any = 0,
) -> pd.DataFrame:
    """Return a row per state and bin of a feature: mean response, its error, and the model's."""
    import pandas as pd

    data, parameters = asked(model, X, y, session_starts)
    emissions, names = data.problem.emissions, data.inputs.rows.feature_names
    column = _column(feature, names)
    x = data.sessions.among(np.asarray(emissions.rows.read(0, emissions.rows.n_rows))[:, column])
    states = data.problem.smoothed(parameters).probability[:, 0]
    mean = data.sessions.among(means(model, data, parameters))[..., 0]
    there = data.sessions.among(emissions.keep)
    response = data.sessions.among(emissions.y)[:, 0]
    groups = _grouped(x, there)
    out = []
    for k in range(parameters.n_states):
        for group in range(groups.max() + 1):
            here = there & (groups == group)
            weight = states[here, k]
            total = weight.sum()
            if total < 1.0:
                continue
            share = weight @ response[here] / total
            spread = weight @ (response[here] - share) ** 2 / total
            out.append(
                {
                    "state": k,
                    "feature": weight @ x[here] / total,
                    "response": share,
                    "standard_error": np.sqrt(spread / total),
                    "model": weight @ mean[here, k] / total,
                    "n_trials": total,
                }
            )
    return pd.DataFrame(out)


def _column(feature: Any, names: tuple[str, ...]) -> int:
    if isinstance(feature, str):
        if feature not in names:
            raise errors.unknown_name("feature", feature, names)
        return names.index(feature)
    return int(feature)


def _grouped(x: Any, there: Any) -> Any:
    """Return the bin of each value: its own where there are few, else of as many trials each."""
    values = np.unique(x[there])
    if len(values) <= _N_BINS:
        return np.searchsorted(values, np.where(there, x, values[0]))
    inner = np.quantile(x[there], np.linspace(0, 1, _N_BINS + 1)[1:-1])
    return np.searchsorted(inner, np.where(there, x, values[0]), side="right")


@with_data(_psychometric)
def plot_psychometric(
    model: GLMHMM,
    X: ArrayLike,
    y: ArrayLike,
    session_starts: Any = None,
    feature: Any = 0,
    ax: Axes | None = None,
) -> Axes:
    """Draw the mean response over one feature, in each state.

    Points are responses, each trial counted by the posterior probability of the state, with
    standard errors; lines what the state's weights say of the same trials.

    Parameters
    ----------
    model, X, y, session_starts :
        A fitted model of one output, and data as for ``fit``.
    feature :
        Its name or number.
    ax :
        Axes to draw on; None makes a figure one column wide.

    Raises
    ------
    ValueError
        If there is no such feature.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> X, y = np.random.default_rng(0).normal(size=(100, 1)), np.arange(100) % 2
    >>> plot_psychometric(nmo.GLMHMM(2).fit(X, y), X, y).get_ylabel()
    'Mean response'
    """
    ax = axes_or_new(ax, height_mm=55)
    table = _psychometric(model, X, y, session_starts, feature)
    for k in dict.fromkeys(table["state"]):
        part = table[table["state"] == k]
        ax.plot(part["feature"], part["model"], color=colour(k), label=f"state {k}")
        ax.errorbar(
            part["feature"],
            part["response"],
            yerr=part["standard_error"],
            color=colour(k),
            linestyle="none",
            marker="o",
            markersize=3,
            elinewidth=style.THIN_PT,
        )
    names = model.feature_names_  # type: ignore[attr-defined]
    ax.set_xlabel(str(names[_column(feature, names)]))
    ax.set_ylabel("Mean response")
    _legend(ax)
    return ax
