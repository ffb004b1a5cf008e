"""What a model of hidden states can be asked once it has parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from .. import notebook
from ..estimator import Estimator
from ..glm.saving.pickling import cloned, state_to_write
from ..io.interop.random_keys import RandomKey
from ..typing import ArrayLike
from . import asking, simulating, uncertainty
from .reading import read_model
from .responses import Responses

if TYPE_CHECKING:
    from .report import StatesReport


class StateQuestions(Estimator):
    """The questions that parameters answer, from a fit or set by hand.

    ``session_starts`` and ``transition_inputs`` are as for ``fit``.
    """

    n_states: int
    observation_model: Any
    inverse_link_function: Any
    regularizer: Any
    regularizer_strength: Any
    dirichlet_initial_proba: Any
    dirichlet_transition_proba: Any
    solver_name: str | None
    solver_kwargs: dict[str, Any] | None
    hmm_initialization_funcs: dict[str, Any] | None
    model_initialization_funcs: dict[str, Any] | None
    maxiter: int
    tol: float
    seed: RandomKey
    n_restarts: int
    transition_strength: float
    feature_mask: Any
    coef_: Any
    intercept_: Any
    scale_: Any
    initial_prob_: Any
    transition_prob_: Any
    transition_coef_: Any
    log_likelihood_: float
    n_parameters_: int
    dof_resid_: float
    n_features_in_: int
    fit_report_: StatesReport
    one_: Any

    def smooth_proba(
        self,
        X: ArrayLike,
        y: ArrayLike,
        session_starts: Any = None,
        *,
        transition_inputs: ArrayLike | None = None,
    ) -> Any:
        """Return p(state of each trial | all responses of its session), (T, K).

        NaN before the first and after the last complete trial of a session. A TsdFrame with the
        columns ``state_0``, ... where X or y came from pynapple.

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(100, 1)), np.arange(100) % 2
        >>> nmo.GLMHMM(2).fit(X, y).smooth_proba(X, y).shape
        (100, 2)
        """
        return asking.smooth(*asking.asked(self, X, y, session_starts, transition_inputs))

    def filter_proba(
        self,
        X: ArrayLike,
        y: ArrayLike,
        session_starts: Any = None,
        *,
        transition_inputs: ArrayLike | None = None,
    ) -> Any:
        """Return p(state of each trial | responses of its session up to it), (T, K).

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(100, 1)), np.arange(100) % 2
        >>> bool(np.allclose(nmo.GLMHMM(2).fit(X, y).filter_proba(X, y).sum(axis=1), 1))
        True
        """
        data, parameters = asking.asked(self, X, y, session_starts, transition_inputs)
        return asking.by_row(data, asking.filtered_by(data, parameters).probability[:, 0])

    def decode_state(
        self,
        X: ArrayLike,
        y: ArrayLike,
        session_starts: Any = None,
        state_format: str = "one-hot",
        *,
        transition_inputs: ArrayLike | None = None,
    ) -> Any:
        """Return the states that are most likely together (Viterbi), each session by itself.

        ``"one-hot"`` is (T, K), ``"index"`` (T,); both are floats, NaN outside of sessions.

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(100, 1)), np.arange(100) % 2
        >>> nmo.GLMHMM(2).fit(X, y).decode_state(X, y, state_format="index").shape
        (100,)
        """
        return asking.decode(
            *asking.asked(self, X, y, session_starts, transition_inputs), state_format
        )

    def score(
        self,
        X: ArrayLike,
        y: ArrayLike,
        session_starts: Any = None,
        *,
        transition_inputs: ArrayLike | None = None,
    ) -> float:
        """Return log p(y), in nats, the sum over all sessions and outputs.

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(100, 1)), np.arange(100) % 2
        >>> model = nmo.GLMHMM(2).fit(X, y)
        >>> bool(np.isclose(model.score(X, y), model.log_likelihood_))
        True
        """
        data, parameters = asking.asked(self, X, y, session_starts, transition_inputs)
        return float(asking.filtered_by(data, parameters).log_likelihood[0])

    def predict(
        self,
        X: ArrayLike,
        y: ArrayLike,
        session_starts: Any = None,
        *,
        transition_inputs: ArrayLike | None = None,
    ) -> Any:
        """Return the mean response of each trial, given the responses before it in its session.

        It averages over what is known of the state *before* the response is seen, so it may be
        compared with that response. (T,), or (T, N); NaN outside of sessions and where features are
        missing.

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(100, 1)), np.arange(100) % 2
        >>> model = nmo.GLMHMM(2).fit(X, y)
        >>> bool(abs(model.predict(X, y).mean() - 0.5) < 0.1)
        True
        """
        return asking.predict(self, *asking.asked(self, X, y, session_starts, transition_inputs))

    def standard_errors(
        self,
        X: ArrayLike,
        y: ArrayLike,
        session_starts: Any = None,
        *,
        transition_inputs: ArrayLike | None = None,
    ) -> uncertainty.StatesErrors:
        """Return how sure weights and transitions are, given the data of the fit.

        Raises
        ------
        ValueError, TypeError
            For data that cannot be used.

        Warns
        -----
        UserWarning
            If log p(y) does not bend down in all directions: all errors are NaN then.

        Examples
        --------
        >>> import numpy as np, spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(400, 1))
        >>> y = np.random.default_rng(1).poisson(np.exp(0.3 * X[:, 0] + np.arange(400) // 200))
        >>> model = nmo.GLMHMM(2, "Poisson").fit(X, y)
        >>> model.standard_errors(X, y).intercept.round(2)
        array([0.04, 0.07])
        """
        return uncertainty.standard_errors(
            *asking.asked(self, X, y, session_starts, transition_inputs)
        )

    def simulate(
        self,
        random_key: RandomKey,
        feedforward_input: ArrayLike,
        state_format: str = "index",
        session_starts: Any = None,
        *,
        transition_inputs: ArrayLike | None = None,
    ) -> simulating.SimulatedStates:
        """Draw states and responses, given features.

        Parameters
        ----------
        random_key :
            An int, a NumPy Generator or a JAX key.
        feedforward_input :
            (T, p) features; where they are missing a state is drawn, and no response.
        state_format :
            ``"index"`` (T,) or ``"one-hot"`` (T, K).
        session_starts :
            As for :meth:`fit`.

        Returns
        -------
        SimulatedStates
            ``y, rate, states``: responses and the means that they were drawn from, (T,) or (T, N),
            and the states.

        Examples
        --------
        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(100, 1)), np.arange(100) % 2
        >>> drawn = nmo.GLMHMM(2).fit(X, y).simulate(0, X)
        >>> drawn.y.shape, drawn.states.shape
        ((100,), (100,))
        """
        return simulating.simulate(
            self, random_key, feedforward_input, state_format, session_starts, transition_inputs
        )

    def __getstate__(self) -> dict[str, Any]:
        """Return the attributes as pickle can write them."""
        return state_to_write(vars(self))

    def __sklearn_clone__(self) -> Self:
        """Return an unfitted copy."""
        return cloned(self)

    def __sklearn_is_fitted__(self) -> bool:
        """Tell scikit-learn whether there are estimates."""
        return all(hasattr(self, name) for name in asking.ATTRIBUTES)

    def _repr_html_(self) -> str:
        parts = [self.fit_report_._repr_html_()] if hasattr(self, "fit_report_") else []
        about = "fitted" if self.__sklearn_is_fitted__() else "not fitted"
        return notebook.of_parameters(self, about, parts=parts)

    @property
    def _likelihood(self) -> Any:
        return read_model(self)

    def _responses(self, X: ArrayLike, y: ArrayLike) -> Responses:
        """Return what states are to explain."""
        return Responses(y, self._likelihood)
