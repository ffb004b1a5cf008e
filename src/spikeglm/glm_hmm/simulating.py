"""States and responses drawn from a model."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .. import errors
from ..glm.reading.feature_tree import Layout
from ..glm.reading.fit_inputs import read_rows
from ..glm.reading.shapes import Shapes
from ..io.interop.random_keys import RandomKey, as_generator
from ..rows.contract import Rows
from ..rows.table_labels import like_rows
from ..typing import Array, ArrayLike, IntArray
from .asking import ATTRIBUTES, check_fitted, means_of_rows
from .blocks import Chain
from .driven_moves import Inputs
from .parameters import Parameters
from .reading import read_count, read_inputs, read_parameters
from .sessions import Sessions, read_session_starts

if TYPE_CHECKING:
    from .questions import StateQuestions


class SimulatedStates(NamedTuple):
    """What was drawn: ``y, rate, states``.

    >>> SimulatedStates([1], [0.5], [0]).states
    [0]
    """

    y: Any
    rate: Any
    states: Any


def simulate(
    model: StateQuestions,
    random_key: RandomKey,
    feedforward_input: ArrayLike,
    state_format: str,
    session_starts: Any,
    transition_inputs: ArrayLike | None = None,
) -> SimulatedStates:
    """Draw states and responses, given features."""
    if state_format not in ("one-hot", "index"):
        raise errors.unknown_name("state_format", state_format, ["one-hot", "index"])
    check_fitted(model)
    rows, generator = read_rows(feedforward_input), as_generator(random_key)
    starts = read_session_starts(session_starts, rows.n_rows, rows.time_axis)
    sessions = Sessions(rows.n_rows, np.arange(rows.n_rows), starts)
    inputs = read_inputs(model, transition_inputs, rows.n_rows, sessions)
    shapes, parameters = _parameters(model, rows, inputs)
    states = drawn_states(parameters.chain(starts, inputs), generator)
    K = parameters.n_states
    mean = means_of_rows(model, rows, *parameters.columns, K)
    rate = mean[np.arange(len(mean)), states]
    likelihood = model._likelihood
    has_scale = likelihood.model.has_dispersion or likelihood.estimates_scale
    scale = parameters.scale[0][states] if has_scale else None  # the model's own
    y = likelihood.model.sample_generator(generator, rate, scale)
    if shapes.n_neurons is None:
        y, rate = y[:, 0], rate[:, 0]
    shown: Array = states if state_format == "index" else np.eye(K, dtype=int)[states]
    return SimulatedStates(
        _labelled(model, y, rows), _labelled(model, rate, rows), like_rows(shown, rows, None, None)
    )


def drawn_states(chain: Chain, generator: np.random.Generator) -> IntArray:
    """Draw the states (T,) of the first run of a chain."""
    starts = chain.starts
    u = generator.random(len(starts)).tolist()
    # What is drawn is the number of cumulative probabilities, the last left out, that u exceeds.
    first = np.cumsum(chain.initial[0])[:-1].tolist()
    ladders = np.cumsum(chain.transition[..., 0, :, :], axis=-1)[..., :-1]
    moves, is_driven = ladders.tolist(), chain.is_driven
    states = [0] * len(starts)
    for t, (begins, value) in enumerate(zip(starts.tolist(), u, strict=True)):
        if begins:
            states[t] = bisect_right(first, value)
        else:
            rows = moves[t] if is_driven else moves
            states[t] = bisect_right(rows[states[t - 1]], value)
    return np.array(states, dtype=np.intp)


def _parameters(
    model: StateQuestions, rows: Rows, inputs: Inputs | None
) -> tuple[Shapes, Parameters]:
    """Return the parameters of a model as features of a table follow them."""
    K = read_count(model.n_states, "n_states")
    n_outputs = None if np.ndim(model.intercept_) == 1 else len(model.intercept_)
    layout = Layout.of(rows, getattr(model, "terms_", ()))
    shapes = Shapes(layout, n_outputs, K)
    given = [getattr(model, name) for name in ATTRIBUTES]
    likelihood = model._likelihood
    has_scale = likelihood.model.has_dispersion or likelihood.estimates_scale
    if inputs is None:
        return shapes, read_parameters(given, shapes, has_scale)
    given += [getattr(model, "transition_coef_", None)]
    return shapes, read_parameters(given, shapes, has_scale, inputs.n_inputs)


def _labelled(model: StateQuestions, values: Array, rows: Rows) -> Any:
    return like_rows(values, rows, getattr(model, "neuron_columns_", None), None)
