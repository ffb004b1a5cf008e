"""The estimator for one neuron."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..fit.fitting import SolverChoice, fit_columns
from ..fit.record import FitResult
from ..inference.covariances import Requested
from ..io.interop.random_keys import RandomKey
from ..regularizer import Penalty
from ..simulation.responses import Simulated
from ..typing import Array, ArrayLike, FloatArray
from .base import BaseGLM
from .batches import stepping
from .reading.fit_inputs import FitInputs, read_fit_inputs, read_rows
from .reading.lost_rows import announce_gaps
from .reading.parameter_checks import first_intercept
from .reading.read_arguments import read_likelihood
from .reading.simulation_arguments import Wanted
from .results import dispersion, estimate_errors, fitted, refits, simulating
from .results.score_requests import ScoreRequest

if TYPE_CHECKING:
    from sklearn.utils import Tags


class GLM(BaseGLM):
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

    def predict(self, X: ArrayLike, *, offset: ArrayLike | None = None) -> Any:
        """Return the mean response, e.g. spikes per bin: (T,), or (T, N) for a population.

        A pynapple object where ``X`` came from pynapple; a data frame where ``X`` has an index and
        y of the fit named its neurons.

        Parameters
        ----------
        X :
            (T, p) features. Where a row is not finite the prediction is NaN.
        offset :
            (T,) added to the linear predictor.

        Warns
        -----
        UserWarning
            If the link gives means that the model cannot have, e.g. negative counts.

        Examples
        --------
        >>> import numpy as np, spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(1000, 2))
        >>> y = np.random.default_rng(1).poisson(np.exp(X @ [0.5, -0.25] - 1.0))
        >>> model = nmo.GLM().fit(X, y)
        >>> model.predict([[0.0, 0.0], [1.0, 0.0]]).round(2)
        array([0.38, 0.63])
        """
        rows = read_rows(X)
        rate = fitted.mean_response(self, rows, offset)
        announce_gaps(rows, rate)
        return self._wrapped(rate, rows)

    def score(
        self,
        X: ArrayLike,
        y: ArrayLike,
        score_type: str = "log-likelihood",
        aggregate_sample_scores: Callable[[Array], Any] = np.mean,
        *,
        sample_weight: ArrayLike | None = None,
        offset: ArrayLike | None = None,
        null_mean: ArrayLike | None = None,
    ) -> Any:
        """Score the model on data.

        Parameters
        ----------
        X, y :
            Features and response; rows that are not finite are left out.
        score_type :
            ``"log-likelihood"`` (mean nats per bin, normalised), ``"pseudo-r2-McFadden"`` or
            ``"pseudo-r2-Cohen"`` (a gain over the null model, see ``null_mean``). McFadden's is a
            share for counts and choices only: it warns for continuous responses.
        aggregate_sample_scores :
            From scores per sample, (T,) or (T, N), to what is returned. With ``sample_weight`` it
            is called with ``weights=`` of their shape too, as ``numpy.average``.
        sample_weight :
            How often each row counts, as for :meth:`fit`, also for the null model: two is a row
            twice, zero no row. In a Pipeline it is ``score(X, y, sample_weight=...)``.
        offset :
            (T,) added to the linear predictor.
        null_mean :
            What a pseudo-R² counts from. None: the model without features fitted to the very rows
            that are scored, which are their mean response or, with an offset, the best intercept
            beside it. That null model has seen the rows; ``"training"`` takes the mean response of
            the rows of the fit instead. Also a number, one per neuron (N,), or predictions shaped
            like y.

        Raises
        ------
        NotImplementedError
            For another score type.
        TypeError
            If ``aggregate_sample_scores`` takes no ``weights`` and there are some.
        ValueError
            If X and y differ in rows or times, name neurons otherwise than the fit, no row is
            complete, or ``null_mean`` does not fit.

        Warns
        -----
        UserWarning
            If more than 5 % of the rows cannot be scored; it names the features to blame.

        Examples
        --------
        >>> import numpy as np, spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(1000, 2))
        >>> y = np.random.default_rng(1).poisson(np.exp(X @ [0.5, -0.25] - 1.0))
        >>> model = nmo.GLM().fit(X, y)
        >>> float(model.score(X, y).round(3))
        -0.827
        >>> float(model.score(X, y, "pseudo-r2-Cohen").round(3))
        0.119
        """
        asked = ScoreRequest(score_type, aggregate_sample_scores, sample_weight, offset, null_mean)
        return asked.of_numbers(self, X, y)

    def simulate(
        self,
        random_key: RandomKey = None,
        feedforward_input: ArrayLike | None = None,
        *,
        offset: ArrayLike | None = None,
        n_bins: int | None = None,
        duration: float | str | None = None,
        inputs: Any = None,
        feedback: Any = None,
        init_y: ArrayLike | None = None,
        warm_up: int = 0,
        n_repeats: int | None = None,
        max_rate: ArrayLike | None = None,
        on_runaway: str = "raise",
    ) -> Any:
        """Draw responses from the fitted model, given all features or with feedback.

        ``simulate(key, X)`` draws given the features, history included: samples are independent.
        With ``n_bins``, ``duration`` or ``inputs`` what is drawn in a bin becomes the history of
        the next ones: the model knows which terms see the responses (docs/coupling.md).

        Parameters
        ----------
        random_key :
            An int, a NumPy Generator or a JAX key; None for fresh entropy.
        feedforward_input :
            (T, p) features, without feedback.
        offset :
            (T,) added to the linear predictor; with feedback also (T, N).
        n_bins, duration :
            How long to simulate: bins, or seconds (``20.0``, ``"500 ms"``) where the fit knew
            their length.
        inputs :
            What the model sees beside its own past: a signal (T, ...), several in order or by
            label, or a design with the features of the fit.
        feedback :
            Which terms see the responses; None for those that the fit found to do so. A label,
            several, or for channels that are other neurons, or none, ``{label: [neuron or None of
            each channel]}``.
        init_y :
            (k, N) responses before the first bin of each epoch, the latest last; none before.
        warm_up :
            Bins that are simulated and thrown away before each epoch, with its first inputs.
        n_repeats :
            R simulations at once, each (T, N) or (T,); an array with R first, or a list of pynapple
            or pandas objects.
        max_rate :
            Mean per bin from which on activity runs away, a number or (N,); None for 1000 times the
            largest that is known of the fit and the inputs.
        on_runaway :
            ``"raise"`` a ValueError that says which neuron and when, or ``"stop"``: what comes
            later in that repeat is NaN.

        Returns
        -------
        Simulated
            ``y, rate = ...``: responses, and the means that they were drawn from, which are what
            ``predict`` says given the simulated history. Shaped like y of the fit, with times where
            inputs have them or the fit knew its bins; NaN where inputs are not known.

        Raises
        ------
        ValueError, TypeError
            If inputs are missing or do not fit, a term sees the bin it predicts, or activity runs
            away.

        Warns
        -----
        UserWarning
            If the model will run away by its mean field; if it settled far above the data of the
            fit; if the link gives means that the observation model cannot have.

        Examples
        --------
        >>> import numpy as np, spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(1000, 2))
        >>> y = np.random.default_rng(1).poisson(np.exp(X @ [0.5, -0.25] - 1.0))
        >>> model = nmo.GLM().fit(X, y)
        >>> counts, rate = model.simulate(0, X)
        >>> int(counts.sum()), int(y.sum()), round(float(rate.sum()), 1)
        (473, 441, 441.0)

        With feedback, of two neurons that see their own past and each other's:

        >>> counts = np.random.default_rng(2).poisson(0.2, (1000, 2))
        >>> past = nmo.basis.HistoryConv(3, label="past")
        >>> network = nmo.PopulationGLM().fit(past.design(counts), counts)
        >>> spikes, rate = network.simulate(0, n_bins=500, n_repeats=4)
        >>> again = network.predict(past.design(spikes[0]))
        >>> spikes.shape, bool(np.allclose(again[3:], rate[0, 3:]))
        ((4, 500, 2), True)
        """
        wanted = Wanted(
            n_bins, duration, inputs, offset, feedback,
            init_y, warm_up, n_repeats, max_rate, on_runaway,
        )  # fmt: skip
        if wanted.is_with_feedback:
            wanted.check_no_features(feedforward_input)
            return simulating.with_feedback(self, random_key, wanted)
        wanted.check_only_features(feedforward_input)
        rows = read_rows(feedforward_input)
        rate = fitted.mean_response(self, rows, offset)
        announce_gaps(rows, rate)
        samples = self._likelihood.model.sample_generator(
            random_key, rate, getattr(self, "scale_", 1.0)
        )
        return Simulated(self._wrapped(samples, rows), self._wrapped(rate, rows))

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
        penalty = self.read_penalty(inputs.shapes)
        return dispersion.estimate(inputs, result, penalty, dof_resid=dof_resid, weight=weight)

    def _uncertainties(
        self, X: ArrayLike, y: ArrayLike, wanted: Requested, **more: Any
    ) -> fitted.Uncertainties:
        return estimate_errors.uncertainties(self, X, y, wanted, **more)
