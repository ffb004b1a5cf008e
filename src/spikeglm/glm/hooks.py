"""What a model says of itself to the rest of the house: the hooks that its kinds fill in.

Every method of an estimator is written once, in these words: how data become columns, how columns
are solved, what a linear predictor expects, how sure parameters are. :class:`GLM` answers for
numbers, :class:`ClassifierGLM` for labels; a new kind of model answers the same questions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..estimator import Estimator

if TYPE_CHECKING:
    from ..fit.fitting import SolverChoice
    from ..fit.record import FitResult
    from ..inference.covariances import Requested
    from ..observation_models.likelihood import Likelihood
    from ..regularizer import Penalty
    from ..rows.contract import Rows
    from ..rows.terms import Term
    from ..solvers import SolverAdapterState
    from ..typing import Array, ArrayLike, FloatArray
    from .batches.stepping import Batch
    from .reading.fit_inputs import FitInputs
    from .reading.shapes import Shapes
    from .results.dispersion import Dispersion
    from .results.fitted import Uncertainties
    from .results.report import FitReport


class Hooks(Estimator):
    """The private protocol between a model and the rooms that fit it and ask it.

    Arguments of the constructor and estimates are attributes; T rows, p features, N neurons, K
    classes (or one), C = K N columns.
    """

    _response_ndim = 1
    coef_: Any
    intercept_: FloatArray
    scale_: FloatArray
    dof_resid_: FloatArray
    edf_: FloatArray
    regularizer_strength_: FloatArray
    regularizer_entries_: tuple[str, ...]
    log_marginal_likelihood_: FloatArray
    n_features_in_: int
    fit_intercept: bool = True  # of models that an older version pickled
    feature_names_: tuple[str, ...]
    feature_names_in_: Array
    terms_: tuple[Term, ...]
    bin_s_: float | None
    basis_: Any
    feedback_: dict[str, tuple[int, ...]]
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
    regularizer: Any
    feature_mask: Any

    @property
    def _likelihood(self) -> Likelihood:
        """The observation model seen through its link."""
        raise NotImplementedError

    def read_inputs(self, X: ArrayLike, y: ArrayLike, **more: Any) -> FitInputs:
        """Check data (also ``sample_weight`` and ``offset``) and return all that a fit needs."""
        raise NotImplementedError

    def read_penalty(self, shapes: Shapes) -> Penalty:
        """Return the penalty on coefficients (p K, N) that this model's arguments describe."""
        raise NotImplementedError

    @property
    def _regularizer(self) -> Any:
        """The regularizer, or what None means."""
        raise NotImplementedError

    @property
    def _has_intercept(self) -> bool:
        """Whether the intercept is estimated."""
        raise NotImplementedError

    def _solver(self) -> SolverChoice:
        """Return what is to solve the columns."""
        raise NotImplementedError

    def _read_to_fit(self, X: ArrayLike, y: ArrayLike, **more: Any) -> FitInputs:
        """Return :meth:`read_inputs` of data from which all can be learned that a fit needs."""
        raise NotImplementedError

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

    def _read_batch(self, X: ArrayLike, y: ArrayLike) -> Batch:
        """Return a mini-batch."""
        raise NotImplementedError

    def _dispersion(
        self, inputs: FitInputs, result: FitResult, *, dof_resid: FloatArray, weight: FloatArray
    ) -> Dispersion:
        """Return the dispersion after a fit, from data that weigh ``weight`` (N,)."""
        raise NotImplementedError

    def _uncertainties(
        self, X: ArrayLike, y: ArrayLike, wanted: Requested, **more: Any
    ) -> Uncertainties:
        """Return how sure the n parameters of each neuron are, and the shapes of all."""
        raise NotImplementedError

    def _wrapped(self, values: Array, rows: Rows) -> Any:
        """Return values (T,) or (T, N) with the labels of rows and neurons."""
        raise NotImplementedError

    def __sklearn_is_fitted__(self) -> bool:
        """Tell scikit-learn whether there are estimates, from a fit or set by hand."""
        return hasattr(self, "coef_") and hasattr(self, "intercept_")
