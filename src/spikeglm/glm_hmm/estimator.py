"""The estimator: a GLM whose weights depend on a hidden state that moves from trial to trial."""

from __future__ import annotations

from typing import Any, Self

from .. import errors
from ..glm.reading.known_labels import remember
from ..glm.saving import persistence
from ..io.interop.random_keys import RandomKey
from ..notices import warn
from ..typing import ArrayLike
from . import fitting, stepping
from .questions import StateQuestions
from .reading import read_data
from .slots import CHAIN, MODEL, changed


class GLMHMM(StateQuestions):
    """A GLM with hidden states: in each, responses follow the features by other weights.

    In trial t of a session the state z_t is one of K. The first is drawn from ``initial_prob_``,
    each further one from row z_{t-1} of ``transition_prob_``, and the response from the observation
    model with mean f(x_t . coef_[:, z_t] + intercept_[z_t]). ``fit`` maximises the log-likelihood
    of all responses, whatever the states, less the penalty on ``coef_``, by expectation
    maximisation from several starts.

    Shapes: ``X`` (T, p), an array or a lazy design; ``y`` (T,), or (T, N) for N outputs that share
    the states; T counts trials or time bins. Sessions are independent. Trials in which features or
    responses are missing (NaN) say nothing, but the state moves on; those before the first and
    after the last complete trial of a session are no part of it.

    Parameters
    ----------
    n_states :
        K.
    observation_model, inverse_link_function :
        As for :class:`~spikeglm.glm.GLM`.
    regularizer, regularizer_strength :
        A prior on the coefficients of each state: the penalty is minus its logarithm, in nats, for
        the whole recording, so that it counts the less the more trials there are. Ridge of strength
        s is a normal prior of variance 1 / s.
    dirichlet_initial_proba, dirichlet_transition_proba :
        (K,) and (K, K) >= 1: Dirichlet priors. alpha - 1 is added to the expected number of
        sessions that begin in a state, or moves from row to column; large entries on the diagonal
        make states sticky. None: all ones. Transitions also ``"sticky"``, 10 stays in each state,
        or ``("sticky", n)``.
    solver_name, solver_kwargs :
        Of the fits within, as for :class:`~spikeglm.glm.GLM`.
    maxiter :
        Most turns of a run.
    tol :
        What a run that has converged could still gain, in nats per response, about: it means the
        same for 200 and 200,000 trials.
    seed :
        Of the starts: an int, a NumPy Generator or a JAX key.
    hmm_initialization_funcs, model_initialization_funcs :
        How starts are found; :meth:`setup` writes them.
    n_restarts :
        Runs. All go on at once, and those that are behind after some turns are dropped. With
        ``init_params`` there is one.
    feature_mask :
        (p,) 1 where a feature may be used, 0 where coefficients stay zero; (p, K) for each state.

    shared_features :
        Whose weights are the same in all states: a list of features or labels of terms, and
        ``"intercept"``; or (p,) bools. With Ridge, or no penalty.
    frozen_weights :
        Weights that are known and stay so: a dict from features or labels of terms, and
        ``"intercept"``, to a number, or to an array shaped as these weights are in ``coef_``, also
        without the axis of states; NaN where a weight is learned. Those of a fitted GLM:
        :func:`~spikeglm.glm_hmm.weights_of`. No prior counts them.
    transition_strength :
        Of a ridge, in nats, on the weights of ``transition_inputs`` of :meth:`fit`.

    Attributes
    ----------
    coef_, intercept_ :
        (p, K) and (K,); of N outputs (p, N, K) and (N, K).
    scale_ :
        (K,) or (N, K) dispersions, the most likely ones; ones for a model that has none.
    initial_prob_, transition_prob_ :
        (K,), and (K, K) with row i the distribution of the next state given state i.
    transition_coef_ :
        (q, K, K), with ``transition_inputs``: weights on the log-odds of a move from row to column
        against staying; ``transition_prob_`` is then at inputs of zero.
    log_likelihood_ :
        log p(y), in nats, of the data of the fit.
    n_parameters_ :
        Free parameters.
    dof_resid_ :
        Responses less parameters.
    fit_report_ :
        How runs ended, and how many agree; print it, or ``.to_frame()``.
    one_ :
        What responses of 1 are, such as ``"right"``: set it after a fit of choices, and figures and
        reports call them so. A description that names one (``one = "right"``) does.

    States are in the order of the share of trials that they have, the largest first; with
    ``init_params``, or arguments that tell states apart (a mask, frozen weights, strengths or
    priors that are not alike), in the order of these.

    References
    ----------
    Escola, Fontanini, Katz & Paninski (2011), Neural Comput 23:1071-132. Ashwood et al. (2022), Nat
    Neurosci 25:201-12. Bishop (2006), Pattern Recognition and Machine Learning, section 13.2.

    Examples
    --------
    Choices that follow a stimulus in one state and are biased in the other:

    >>> import numpy as np, spikeglm as nmo
    >>> rng = np.random.default_rng(0)
    >>> truth = nmo.GLMHMM(2)
    >>> truth.coef_, truth.intercept_ = np.array([[4.0, 0.5]]), np.array([0.0, 2.0])
    >>> truth.initial_prob_, truth.scale_ = np.array([0.5, 0.5]), np.ones(2)
    >>> truth.transition_prob_ = np.array([[0.98, 0.02], [0.04, 0.96]])
    >>> X = rng.normal(size=(3000, 1))
    >>> choices, _, states = truth.simulate(1, X)
    >>> model = nmo.GLMHMM(2).fit(X, choices)
    >>> model.coef_.round(1), model.intercept_.round(1)
    (array([[4. , 0.4]]), array([-0.1,  2. ]))
    >>> model.fit_report_.status
    'converged'
    """

    def __init__(
        self,
        n_states: int,
        observation_model: Any = "Bernoulli",
        inverse_link_function: Any = None,
        regularizer: Any = "Ridge",
        regularizer_strength: ArrayLike | None = 1.0,
        dirichlet_initial_proba: ArrayLike | None = None,
        dirichlet_transition_proba: Any = None,
        solver_name: str | None = None,
        solver_kwargs: dict[str, Any] | None = None,
        maxiter: int = 1000,
        tol: float = 1e-8,
        seed: RandomKey = 123,
        hmm_initialization_funcs: dict[str, Any] | None = None,
        model_initialization_funcs: dict[str, Any] | None = None,
        *,
        n_restarts: int = 10,
        feature_mask: ArrayLike | None = None,
        transition_strength: float = 1.0,
        shared_features: Any = None,
        frozen_weights: Any = None,
    ) -> None:
        self.n_states = n_states
        self.observation_model = observation_model
        self.inverse_link_function = inverse_link_function
        self.regularizer = regularizer
        self.regularizer_strength = regularizer_strength
        self.dirichlet_initial_proba = dirichlet_initial_proba
        self.dirichlet_transition_proba = dirichlet_transition_proba
        self.solver_name = solver_name
        self.solver_kwargs = solver_kwargs
        self.maxiter = maxiter
        self.tol = tol
        self.seed = seed
        self.hmm_initialization_funcs = hmm_initialization_funcs
        self.model_initialization_funcs = model_initialization_funcs
        self.n_restarts = n_restarts
        self.feature_mask = feature_mask
        self.transition_strength = transition_strength
        self.shared_features = shared_features
        self.frozen_weights = frozen_weights

    def setup(
        self,
        initial_proba_init: Any = None,
        initial_proba_init_kwargs: dict[str, Any] | None = None,
        transition_proba_init: Any = None,
        transition_proba_init_kwargs: dict[str, Any] | None = None,
        glm_params_init: Any = None,
        glm_params_init_kwargs: dict[str, Any] | None = None,
        scale_init: Any = None,
        scale_init_kwargs: dict[str, Any] | None = None,
    ) -> None:
        """Say how starts are found; what is None stays as it is.

        Parameters
        ----------
        initial_proba_init :
            ``"uniform"``; ``"random"``; ``"dirichlet"`` (alphas); ``"kmeans"`` (minimum_prob).
        transition_proba_init :
            ``"sticky"`` (prob_stay=0.95); ``"uniform"``; ``"random"``; ``"dirichlet"``;
            ``"kmeans"``.
        glm_params_init :
            ``"split"`` (spread=1.0): the GLM of all trials, moved in random directions that add up
            to none over states; ``"random"`` (std_dev=1e-3): next to no weights; ``"kmeans"``: the
            GLM of each cluster of standardised features and responses.
        scale_init :
            ``"glm"``: that of the GLM of all trials; ``"constant"`` (scale_val=1.0); ``"kmeans"``.
        initial_proba_init_kwargs, transition_proba_init_kwargs :
            What stands in brackets above.
        glm_params_init_kwargs, scale_init_kwargs :
            What stands in brackets above.

        Notes
        -----
        Functions of your own take ``(n_states, X, y, session_starts, random_key)``, those of the
        last two also ``inverse_link_function`` and ``observation_model``, and return what they are
        called for; ``random_key`` is an int, another one for each run.

        Raises
        ------
        ValueError, TypeError
            For names, functions and arguments that cannot be used.

        Examples
        --------
        >>> import spikeglm as nmo
        >>> model = nmo.GLMHMM(3)
        >>> model.setup(transition_proba_init="sticky",
        ...             transition_proba_init_kwargs={"prob_stay": 0.99})
        >>> model.hmm_initialization_funcs["transition_proba_init_kwargs"]
        {'prob_stay': 0.99}
        """
        given = locals()
        for names, attribute in (
            (CHAIN, "hmm_initialization_funcs"),
            (MODEL, "model_initialization_funcs"),
        ):
            setattr(self, attribute, changed(getattr(self, attribute), names, given))

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        init_params: Any = None,
        session_starts: Any = None,
        *,
        transition_inputs: ArrayLike | None = None,
    ) -> Self:
        """Find the parameters under which responses are most likely, whatever the states.

        Parameters
        ----------
        X, y :
            (T, p) features and (T,) or (T, N) responses, in the order in which they were made.
        init_params :
            ``(coef, intercept, scale, initial_prob, transition_prob)`` to begin with, in place of
            ``n_restarts`` starts.
        session_starts :
            Where sessions begin: (T,) bools; the numbers of trials that begin one; a pynapple
            IntervalSet. None: where epochs of pynapple objects begin, or one session. For a label
            per trial: :func:`~spikeglm.glm_hmm.session_starts`.
        transition_inputs :
            (T, q) what the move that leads to each trial follows, by a multinomial logit. None:
            all trials have the same transition probabilities.

        Raises
        ------
        ValueError, TypeError
            For arguments or data that cannot be used; the message says what to do.

        Warns
        -----
        ConvergenceWarning
            If the best run has not converged, or a state is empty; ``fit_report_`` says more.

        Examples
        --------
        >>> import numpy as np, spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(400, 2))
        >>> y = np.random.default_rng(1).poisson(np.exp(0.5 * X[:, 0]))
        >>> nmo.GLMHMM(1, "Poisson").fit(X, y, session_starts=np.array([0, 100])).coef_.shape
        (2, 1)
        """
        data = read_data(self, X, y, session_starts, transition_inputs)
        result = fitting.fit(self, data, X, y, init_params)
        fitting.store(self, data, result)
        vars(self).pop("one_", None)  # what 1 was in other data
        remember(self, data.inputs)  # type: ignore[arg-type]  # it has what is asked for
        warn_unless_well(self)
        return self

    def compute_loss(
        self,
        params: Any,
        X: ArrayLike,
        y: ArrayLike,
        session_starts: Any = None,
        *,
        transition_inputs: ArrayLike | None = None,
    ) -> float:
        """Return minus the mean log-likelihood per response at parameters, without the penalty.

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(100, 1)), np.arange(100) % 2
        >>> model = nmo.GLMHMM(2)
        >>> loss = model.compute_loss(model.initialize_params(X, y), X, y)
        >>> 0.6 < loss < 0.9
        True
        """
        return stepping.loss(self, params, X, y, session_starts, transition_inputs)

    def initialize_params(
        self,
        X: ArrayLike,
        y: ArrayLike,
        session_starts: Any = None,
        *,
        transition_inputs: ArrayLike | None = None,
    ) -> Any:
        """Return the first parameters of a run, as ``init_params`` of :meth:`fit` takes them.

        With ``transition_inputs`` their weights are a sixth part.

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(100, 1)), np.arange(100) % 2
        >>> coef, intercept, scale, initial, transition = nmo.GLMHMM(2).initialize_params(X, y)
        >>> transition
        array([[0.95, 0.05],
               [0.05, 0.95]])
        """
        return stepping.first_parameters(self, X, y, session_starts, transition_inputs)

    def initialize_optimizer_and_state(
        self, init_params: Any, X: ArrayLike, y: ArrayLike
    ) -> stepping.EMState:
        """Return the state of EM before the first turn; :meth:`update` takes one.

        >>> import spikeglm as nmo
        >>> nmo.GLMHMM(2).initialize_optimizer_and_state(None, [[0.0]], [1.0]).iterations
        0
        """
        return stepping.EMState(0, float("nan"), float("nan"))

    def update(
        self,
        params: Any,
        opt_state: stepping.EMState,
        X: ArrayLike,
        y: ArrayLike,
        session_starts: Any = None,
        n_samples: int | None = None,
        *,
        transition_inputs: ArrayLike | None = None,
    ) -> tuple[Any, stepping.EMState]:
        """Take one turn of EM, and keep what it leads to as the parameters of the model.

        Returns
        -------
        params, state
            As ``init_params``; the state holds the log-likelihood of the parameters that were
            given.

        Examples
        --------
        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(100, 1)), np.arange(100) % 2
        >>> model = nmo.GLMHMM(2)
        >>> params = model.initialize_params(X, y)
        >>> state = model.initialize_optimizer_and_state(params, X, y)
        >>> params, state = model.update(params, state, X, y)
        >>> state.iterations, bool(model.score(X, y) > state.log_likelihood)
        (1, True)
        """
        return stepping.update(self, params, opt_state, X, y, session_starts, transition_inputs)

    def save_params(self, filename: Any) -> None:
        """Save constructor arguments and estimates; :func:`~spikeglm.glm.load_model` reads them.

        >>> import os, tempfile, numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(100, 1)), np.arange(100) % 2
        >>> model = nmo.GLMHMM(2).fit(X, y)
        >>> path = os.path.join(tempfile.mkdtemp(), "states.npz")
        >>> model.save_params(path)
        >>> bool(nmo.load_model(path).score(X, y) == model.score(X, y))
        True
        """
        persistence.save(self, filename)


def warn_unless_well(model: GLMHMM) -> None:
    """Say how a fit ended if it is no optimum, or a state is empty."""
    if not model.fit_report_.is_well:
        warn(model.fit_report_.problems(), errors.ConvergenceWarning)
