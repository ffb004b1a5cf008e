"""The estimator for one neuron."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ..fit.fitting import SolverChoice, fit_columns
from ..fit.record import FitResult
from ..inference.covariances import Requested
from ..regularizer import Penalty
from ..typing import ArrayLike, FloatArray
from .base import BaseGLM
from .batches import stepping
from .reading.fit_inputs import FitInputs, read_fit_inputs
from .reading.parameter_checks import first_intercept
from .reading.read_arguments import read_likelihood
from .results import dispersion, estimate_errors, fitted, refits
from .results.rates import Rates

if TYPE_CHECKING:
    from sklearn.utils import Tags


class GLM(Rates, BaseGLM):
    """Generalized linear model of one neuron's response.

    The response y_t follows the observation model with mean f(x_t . coef_ + intercept_ + offset_t).
    ``fit`` minimises the mean loss over rows plus the penalty on ``coef_``.

    Shapes: ``X`` (T, p), an array or a lazy ``Design``; ``y`` (T,); ``coef_`` (p,); ``intercept_``
    (1,). T counts time bins. Rows with NaN or inf in X or y take no part in a fit or a score.
    ``X`` may also be a dict or list of such tables; ``coef_``, a ``feature_mask`` and strengths
    then have an entry for each.

    Parameters
    ----------
    observation_model :
        The name of one in :mod:`spikeglm.observation_models`, such as ``"Poisson"``,
        ``"Bernoulli"`` or ``"Gaussian"``, or an observation model, also one's own (see
        ``observation_models.Observations``).
    inverse_link_function :
        From the linear predictor to the mean: a name (``"exp"``, ``"softplus"``, ``"logistic"``,
        ``"norm.cdf"``, ``"identity"``, ``"one_over_x"``, ``"one_over_sqrt_x"``), or a
        differentiable function; None takes the model's default.
    regularizer :
        ``"UnRegularized"`` (also None), ``"Ridge"``, ``"Lasso"``, ``"ElasticNet"``, for a design
        ``"Smoothness"``, or a regularizer.
    regularizer_strength :
        A number, or an array of the shape of ``coef_``; None means 1.0. It multiplies a penalty
        that is added to the *mean* loss per row. For an elastic net a tuple (strength, ratio); by
        the labels of the terms of a design a dict. ``"auto"``, for Ridge, Quadratic and Smoothness:
        what maximises the marginal likelihood of each neuron, for each entry or labelled term.
    solver_name :
        None takes the best; by name ``"LBFGS"``, ``"Newton"``, for sparse penalties
        ``"ProximalNewton"``, and others, see ``spikeglm.solvers``.
    solver_kwargs :
        ``tol`` (on the certificate: Newton decrement 1e-8, KKT violation 1e-7) and ``maxiter``
        (passes over the rows, 500).
    feature_mask :
        (p,) 1 where a feature may be used, 0 where its coefficient stays zero.
    fit_intercept :
        False leaves the intercept out: ``intercept_`` is zero, and an offset of ``fit`` is the only
        baseline.

    Attributes
    ----------
    coef_, intercept_ :
        Estimates, float64, (p,) and (1,).
    scale_ :
        (1,) dispersion: Pearson's sum over the sum of the weights less ``edf_``; NaN where nothing
        is left.
    dof_resid_ :
        (1,) sum of the weights less the number of parameters, shrunk or not.
    edf_ :
        (1,) effective degrees of freedom of the fit, intercept included: what a penalty leaves of
        that number. Only for models with a dispersion.
    regularizer_strength_, regularizer_entries_, log_marginal_likelihood_ :
        With ``"auto"``: the chosen strengths, (entries,), for a population (entries, N), NaN for
        neurons without a choice; what the entries are called; and what strengths maximise, in nats
        with all constants, (1,) or (N,).
    fit_report_ :
        Status, certificate and advice; print it, or ``.to_frame()``.
    feature_names_in_ :
        (p,) names of the features, where X gives all of them one that is text.

    References
    ----------
    McCullagh & Nelder (1989), Generalized Linear Models, chapter 2. Truccolo et al. (2005),
    J Neurophysiol 93:1074-89, eq. 2, for spike trains.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(1000, 2))
    >>> y = rng.poisson(np.exp(X @ [0.5, -0.25] - 1.0))
    >>> model = nmo.GLM().fit(X, y)
    >>> model.coef_.round(2), model.fit_report_.status
    (array([ 0.4 , -0.22]), ('converged',))

    With a baseline that is known, and nothing else:

    >>> known = nmo.GLM(fit_intercept=False).fit(X, y, offset=np.full(1000, -1.0))
    >>> known.coef_.round(2), known.intercept_
    (array([ 0.38, -0.21]), array([0.]))
    """

    def __init__(
        self,
        observation_model: Any = "Poisson",
        inverse_link_function: Any = None,
        regularizer: Any = None,
        regularizer_strength: ArrayLike | None = None,
        solver_name: str | None = None,
        solver_kwargs: dict[str, Any] | None = None,
        feature_mask: ArrayLike | None = None,
        fit_intercept: bool = True,
    ) -> None:
        self.observation_model = observation_model
        self.inverse_link_function = inverse_link_function
        self.regularizer = regularizer
        self.regularizer_strength = regularizer_strength
        self.solver_name = solver_name
        self.solver_kwargs = solver_kwargs
        self.feature_mask = feature_mask
        self.fit_intercept = fit_intercept

    def _check_counts_of_fit(self, X: ArrayLike, y: ArrayLike, **data: Any) -> None:
        refits.check_counts_of_fit(self, X, y, **data)

    def initialize_params(self, X: ArrayLike, y: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return where a fit starts: zero coefficients and the intercept of the mean response.

        Raises
        ------
        ValueError
            If the link cannot produce the mean response, or without an intercept that of zero
            coefficients.

        >>> import numpy as np, spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(1000, 2))
        >>> y = np.random.default_rng(1).poisson(np.exp(X @ [0.5, -0.25] - 1.0))
        >>> coef, intercept = nmo.GLM().initialize_params(X, y)
        >>> coef, intercept.round(3), round(float(np.log(y.mean())), 3)
        (array([0., 0.]), array([-0.819]), -0.819)
        """
        inputs = self.read_inputs(X, y)
        coef = np.zeros((inputs.rows.n_features, inputs.columns.n_columns))
        return inputs.shapes.user_coef(coef), first_intercept(inputs.columns)

    def __sklearn_tags__(self) -> Tags:
        """Describe a regressor to scikit-learn."""
        from sklearn.utils import RegressorTags

        tags = super().__sklearn_tags__()
        # The score is a log-likelihood, not the R² that scikit-learn would judge.
        tags.estimator_type, tags.regressor_tags = "regressor", RegressorTags(poor_score=True)
        return tags

    @property
    def _likelihood(self) -> Any:
        return read_likelihood(self.observation_model, self.inverse_link_function)

    def read_inputs(self, X: ArrayLike, y: ArrayLike, **more: Any) -> FitInputs:
        """Check data (also ``sample_weight`` and ``offset``) and return all that a fit needs."""
        return read_fit_inputs(
            X,
            y,
            ndim=self._response_ndim,
            likelihood=self._likelihood,
            feature_mask=self.feature_mask,
            has_intercept=self._has_intercept,
            **self._with_known_terms(more),
        )

    def _minimise(
        self,
        inputs: FitInputs,
        penalty: Penalty,
        solver: SolverChoice,
        start: tuple[FloatArray, FloatArray] | None = None,
    ) -> FitResult:
        rows, columns, keep = inputs.rows, inputs.columns, inputs.keep
        return fit_columns(rows, columns, penalty=penalty, keep=keep, solver=solver, start=start)

    def _expected(self, eta: FloatArray, inputs: FitInputs) -> FloatArray:
        return inputs.shapes.user(inputs.columns.likelihood.mean(eta))

    def _read_batch(self, X: ArrayLike, y: ArrayLike) -> stepping.Batch:
        inputs = self.read_inputs(X, y)
        penalty = self.read_penalty(inputs.shapes)
        return stepping.NumberBatch(inputs, stepping.in_the_users_units(inputs, penalty))

    def _dispersion(
        self, inputs: FitInputs, result: FitResult, *, dof_resid: FloatArray, weight: FloatArray
    ) -> dispersion.Dispersion:
        penalty = partial(self.read_penalty, inputs.shapes)
        return dispersion.estimate(inputs, result, penalty, dof_resid=dof_resid, weight=weight)

    def _uncertainties(
        self, X: ArrayLike, y: ArrayLike, wanted: Requested, **more: Any
    ) -> fitted.Uncertainties:
        return estimate_errors.uncertainties(self, X, y, wanted, **more)
