"""What all models share once they say how they read data: :class:`BaseGLM`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from .. import errors, notebook
from ..estimator import Estimator
from ..fit.fitting import SolverChoice
from ..fit.record import FitResult
from ..io.interop.timeseries import TimeAxis
from ..notices import warn
from ..regularizer import Penalty
from ..solvers import SolverAdapterState
from ..typing import Array, ArrayLike, FloatArray
from .batches import stepping
from .reading.assigned_arguments import FeatureMask, RegularizerArgument
from .reading.fit_inputs import FitInputs
from .reading.known_labels import check_coefficients
from .reading.parameter_checks import with_nested_params
from .reading.read_arguments import read_fit_intercept, solver_of, warn_of_unused_strength
from .reading.shapes import Shapes
from .results import fitted
from .results.dispersion import Dispersion
from .results.report import FitReport
from .saving import persistence
from .saving.pickling import cloned, state_to_write

if TYPE_CHECKING:
    from sklearn.utils import Tags


class BaseGLM(Estimator):
    """A model of a response given features: :class:`GLM` and its relatives.

    They differ in how a response becomes columns, and in what the linear predictor says of it.
    """

    _response_ndim = 1
    regularizer = RegularizerArgument()
    feature_mask = FeatureMask()
    coef_: Any
    intercept_: FloatArray
    scale_: FloatArray
    dof_resid_: FloatArray
    edf_: FloatArray
    n_features_in_: int
    fit_intercept: bool = True  # of models that an older version pickled
    feature_names_: tuple[str, ...]
    feature_names_in_: Array
    feature_columns_: dict[str, tuple[Any, ...] | None]
    classes_: Array
    neuron_columns_: tuple[Any, ...] | None
    neuron_metadata_: Any
    fit_report_: FitReport
    update_state_: SolverAdapterState
    update_columns_: tuple[dict[str, tuple[Any, ...] | None], tuple[Any, ...] | None]
    regularizer_strength: Any
    solver_name: str | None
    solver_kwargs: dict[str, Any] | None

    def __getstate__(self) -> dict[str, Any]:
        """Return the attributes as pickle can write them: functions of JAX by their names."""
        return state_to_write(vars(self))

    def __sklearn_clone__(self) -> Self:
        """Return an unfitted copy; scikit-learn's own would copy functions."""
        return cloned(self)

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        init_params: tuple[ArrayLike, ArrayLike] | None = None,
        *,
        sample_weight: ArrayLike | None = None,
        offset: ArrayLike | None = None,
    ) -> Self:
        """Find the coefficients that minimise the penalised mean loss.

        Parameters
        ----------
        X :
            (T, p) features: an array, a pandas or pynapple object, or ``basis.design(...)``.
        y :
            Response, for classifiers labels: (T,), or (T, N) for a population.
        init_params :
            First ``(coef, intercept)``; none is needed.
        sample_weight :
            (T,) >= 0, or (T, N) for a population: how often each row counts, also in ``scale_``,
            ``dof_resid_`` and standard errors; 0 leaves it out (cross-validation folds).
        offset :
            (T,) added to the linear predictor, e.g. log of the bin width. For classifiers (T, K),
            or (T, N, K) for a population: log-probabilities that are known otherwise.

        Raises
        ------
        ValueError, TypeError
            For input that cannot be used, also where X, y, weights and offset name their rows
            (index, times) or columns differently; the message says what to do.

        Warns
        -----
        ConvergenceWarning
            If a neuron has no certificate, or never shows one of the classes; ``fit_report_`` says
            why and what to do.
        UserWarning
            If more than 5 % of the rows take no part, beyond the edges of windows and rows of
            weight zero; it names the features or inputs that lost them.

        Examples
        --------
        >>> import numpy as np, spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(1000, 2))
        >>> y = np.random.default_rng(1).poisson(np.exp(X @ [0.5, -0.25] - 1.0))
        >>> first = nmo.GLM().fit(X, y, sample_weight=np.arange(1000) < 500)
        >>> first.coef_.round(2), nmo.GLM().fit(X, y).coef_.round(2)
        (array([ 0.33, -0.18]), array([ 0.49, -0.21]))
        """
        solver = self._solver()
        warn_of_unused_strength(self._regularizer, self.regularizer_strength)
        inputs = self._read_to_fit(X, y, sample_weight=sample_weight, offset=offset)
        start = None if init_params is None else inputs.shapes.read_first(init_params)
        check_coefficients(self, inputs, init_params)
        lost = "" if inputs.lost is None else inputs.lost.announce()
        result = self._minimise(inputs, self.read_penalty(inputs.shapes), solver, start)
        if lost:
            result = replace(result, remarks=(lost, *result.remarks))
        fitted.store(self, result, inputs)
        if not self.fit_report_.is_well:
            warn(self.fit_report_.problems(), errors.ConvergenceWarning)
        return self

    def compute_loss(
        self, params: tuple[ArrayLike, ArrayLike], X: ArrayLike, y: ArrayLike, **data: Any
    ) -> float:
        """Return the unpenalised loss at ``(coef, intercept)``: mean over rows, sum over neurons.

        X, y and ``data`` (``sample_weight``, ``offset``) are as for :meth:`fit`; raises ValueError
        or TypeError if the parameters do not fit them.

        >>> import numpy as np, spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(1000, 2))
        >>> y = np.random.default_rng(1).poisson(np.exp(X @ [0.5, -0.25] - 1.0))
        >>> model = nmo.GLM().fit(X, y)
        >>> zero = np.zeros(2), np.log([y.mean()])
        >>> round(model.compute_loss(zero, X, y), 3)
        0.802
        >>> round(model.compute_loss((model.coef_, model.intercept_), X, y), 3)
        0.739
        """
        return fitted.loss_at(self, params, X, y, **data)

    @property
    def solver_state_(self) -> SolverAdapterState:
        """How the last fit or update went, in the ``stats`` of NeMoS; ``fit_report_`` says more."""
        return stepping.last_state(self)

    def initialize_optimizer_and_state(
        self, init_params: tuple[ArrayLike, ArrayLike], X: ArrayLike, y: ArrayLike
    ) -> SolverAdapterState:
        """Return the state of an optimiser before the first :meth:`update`.

        Raises ValueError or TypeError for arguments that cannot be used.

        Parameters
        ----------
        init_params :
            ``(coef, intercept)``, e.g. from ``initialize_params``.
        X, y :
            A batch. For SVRG all data: their gradient anchors the steps that follow, so call this
            again at the start of every epoch.
        """
        return stepping.begin(self, init_params, X, y)

    def update(
        self,
        params: tuple[ArrayLike, ArrayLike],
        opt_state: SolverAdapterState,
        X: ArrayLike,
        y: ArrayLike,
        *args: Any,
        n_samples: int | None = None,
        **kwargs: Any,
    ) -> tuple[tuple[Any, FloatArray], SolverAdapterState]:
        """Take one solver step on a batch; ``fit`` needs none of this, however long the data.

        Repeated over the batches of a recording the parameters approach those of a fit. Also writes
        ``coef_``, ``intercept_``, ``scale_``, ``dof_resid_`` and ``solver_state_``. A classifier
        must know its classes before (``set_classes``).

        Parameters
        ----------
        params, opt_state :
            What the last call (at first :meth:`initialize_optimizer_and_state`) returned.
        X, y :
            The batch.
        n_samples :
            Samples in all batches together, for ``dof_resid_``; None counts this batch alone.

        Raises
        ------
        TypeError
            If ``opt_state`` is no state, or ``n_samples`` no integer.

        Examples
        --------
        >>> import numpy as np, spikeglm as nmo
        >>> rng, model = np.random.default_rng(0), nmo.GLM()
        >>> X = rng.normal(size=(1000, 2))
        >>> y = rng.poisson(np.exp(X @ [0.5, -0.25] - 1.0))
        >>> params = model.initialize_params(X, y)
        >>> state = model.initialize_optimizer_and_state(params, X[:100], y[:100])
        >>> for start in 5 * list(range(0, 1000, 100)):
        ...     batch = slice(start, start + 100)
        ...     params, state = model.update(params, state, X[batch], y[batch], n_samples=1000)
        >>> bool(np.abs(model.coef_ - nmo.GLM().fit(X, y).coef_).max() < 0.01)
        True
        """
        return stepping.step(self, params, opt_state, X, y, n_samples=n_samples)

    def covariance(
        self,
        X: ArrayLike,
        y: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        offset: ArrayLike | None = None,
    ) -> FloatArray:
        """Return the covariance of the estimates from the Fisher information at the optimum.

        Parameters
        ----------
        X, y, sample_weight, offset :
            The data of the fit.

        Returns
        -------
        numpy.ndarray
            (n, n); (N, n, n) for a population. n = p + 1: ``coef_``, then the intercept; with K
            classes n = (p + 1) K: ``coef_.ravel()``, then ``intercept_``, and rows add up to zero
            over classes. With ``fit_intercept=False`` n is p, or p K. Under Ridge the posterior
            covariance for the prior that it states.

        Raises
        ------
        ValueError
            If it is larger than the memory budget: 8 N n² bytes.

        Examples
        --------
        >>> import numpy as np, spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(1000, 2))
        >>> y = np.random.default_rng(1).poisson(np.exp(X @ [0.5, -0.25] - 1.0))
        >>> model = nmo.GLM().fit(X, y)
        >>> model.covariance(X, y).round(4)
        array([[ 0.0024,  0.    , -0.0011],
               [ 0.    ,  0.0024,  0.0006],
               [-0.0011,  0.0006,  0.0029]])
        """
        return fitted.covariances(self, X, y, sample_weight=sample_weight, offset=offset)

    def standard_errors(
        self,
        X: ArrayLike,
        y: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        offset: ArrayLike | None = None,
    ) -> tuple[FloatArray, FloatArray]:
        """Return standard errors shaped like ``coef_`` and ``intercept_``; see :meth:`covariance`.

        NaN where the data do not determine a coefficient (constant or duplicated, no penalty), as
        those of splines that add up to one: of these ask :meth:`GLM.term_curve`, which is known.
        Every group of neurons whose covariances fit the memory budget takes a pass over the rows.

        >>> import numpy as np, spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(1000, 2))
        >>> y = np.random.default_rng(1).poisson(np.exp(X @ [0.5, -0.25] - 1.0))
        >>> model = nmo.GLM().fit(X, y)
        >>> coef_error, _ = model.standard_errors(X, y)
        >>> model.coef_.round(2), coef_error.round(2)
        (array([ 0.49, -0.21]), array([0.05, 0.05]))
        """
        return fitted.standard_errors(self, X, y, sample_weight=sample_weight, offset=offset)

    def save_params(self, filename: Any) -> None:
        """Save constructor arguments and estimates to an ``.npz`` file; see :func:`load_model`.

        >>> import os, tempfile, numpy as np, spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(100, 2))
        >>> model = nmo.GLM("Gaussian").fit(X, X @ [1.0, 2.0])
        >>> path = os.path.join(tempfile.mkdtemp(), "model.npz")
        >>> model.save_params(path)
        >>> nmo.load_model(path).coef_.round(6)
        array([1., 2.])
        """
        persistence.save(self, filename)

    def set_params(self, **params: Any) -> Self:
        """Set constructor arguments, also nested ones such as ``observation_model__scale``.

        Raises
        ------
        ValueError
            For a name that is no constructor argument.
        AttributeError
            For another ``feature_mask`` after a fit.

        Warns
        -----
        UserWarning
            If the solver cannot handle a new regularizer: ``solver_name`` is None then.

        >>> import spikeglm as nmo
        >>> nmo.GLM().set_params(regularizer="Ridge", regularizer_strength=0.1)
        GLM(regularizer='Ridge', regularizer_strength=0.1)
        >>> model = nmo.GLM(nmo.observation_models.NegativeBinomialObservations())
        >>> model.set_params(observation_model__scale=0.5)
        GLM(observation_model=NegativeBinomialObservations(scale=0.5))
        """
        return super().set_params(**with_nested_params(self, params))

    def _repr_html_(self) -> str:
        """Show the model in a notebook: its arguments, and the report of the fit."""
        parts = [self.fit_report_._repr_html_()] if hasattr(self, "fit_report_") else []
        about = "fitted" if self.__sklearn_is_fitted__() else "not fitted"
        return notebook.of_parameters(self, about, parts=parts)

    def __sklearn_tags__(self) -> Tags:
        """Tell scikit-learn that NaN rows are welcome (they are left out), and the shape of y."""
        tags = super().__sklearn_tags__()
        tags.target_tags.required = tags.input_tags.allow_nan = True
        tags.target_tags.single_output = self._response_ndim == 1
        tags.target_tags.multi_output = self._response_ndim == 2
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        """Tell scikit-learn whether there are estimates, from a fit or set by hand."""
        return hasattr(self, "coef_") and hasattr(self, "intercept_")

    def read_inputs(self, X: ArrayLike, y: ArrayLike, **more: Any) -> FitInputs:
        """Check data (also ``sample_weight`` and ``offset``) and return all that a fit needs."""
        raise NotImplementedError

    def read_penalty(self, shapes: Shapes) -> Penalty:
        """Return the penalty on coefficients (p K, N) that this model's arguments describe."""
        return shapes.read_penalty(self._regularizer, self.regularizer_strength)

    @property
    def _regularizer(self) -> Any:
        """The regularizer, or what None means."""
        return self.regularizer

    @property
    def _has_intercept(self) -> bool:
        return read_fit_intercept(self.fit_intercept)

    def _solver(self) -> SolverChoice:
        return solver_of(self)

    def _read_to_fit(self, X: ArrayLike, y: ArrayLike, **more: Any) -> FitInputs:
        """Return :meth:`read_inputs` of data from which all can be learned that a fit needs."""
        return self.read_inputs(X, y, **more)

    def _minimise(
        self,
        inputs: FitInputs,
        penalty: Penalty,
        solver: SolverChoice,
        start: tuple[FloatArray, FloatArray] | None = None,
    ) -> FitResult:
        """Find the optimum of all columns."""
        raise NotImplementedError

    def _expected(self, eta: FloatArray, inputs: FitInputs) -> FloatArray:
        """Return means, or probabilities of classes, for linear predictors (T, C)."""
        raise NotImplementedError

    def _read_batch(self, X: ArrayLike, y: ArrayLike) -> stepping.Batch:
        """Return a mini-batch."""
        raise NotImplementedError

    def _dispersion(
        self, inputs: FitInputs, result: FitResult, *, dof_resid: FloatArray, weight: FloatArray
    ) -> Dispersion:
        """Return the dispersion after a fit, from data that weigh ``weight`` (N,)."""
        raise NotImplementedError

    def _uncertainties(self, X: ArrayLike, y: ArrayLike, **more: Any) -> fitted.Uncertainties:
        """Return how sure the n parameters of each neuron are, and the shapes of all."""
        raise NotImplementedError

    def _wrapped(self, values: Array, axis: TimeAxis | None) -> Any:
        """Return values (T,) or (T, N) as pynapple where the rows have times."""
        return fitted.wrapped(self, values, axis)
