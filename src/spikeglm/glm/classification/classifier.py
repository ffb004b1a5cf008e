"""The estimator for a label as response: one of K classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ... import errors
from ...fit.fitting import SolverChoice
from ...fit.record import FitResult
from ...inference.covariances import Requested
from ...io.interop.random_keys import RandomKey
from ...io.interop.timeseries import TimeAxis, to_pynapple
from ...observation_models.categorical import CategoricalObservations, LogSoftmax, class_link_named
from ...regularizer import Penalty
from ...typing import Array, ArrayLike, FloatArray
from ..glm import GLM
from ..reading.fit_inputs import FitInputs, read_rows
from ..reading.lost_rows import announce_gaps
from ..reading.read_arguments import read_solver
from ..reading.simulation_arguments import no_feedback
from ..results import fitted
from ..results.dispersion import Dispersion
from ..results.score_requests import ScoreRequest
from . import prediction
from .fitting import fit_classes
from .inputs import read_class_inputs
from .labels import decode, read_classes
from .prediction import known_classes, log_probabilities
from .stepping import LabelBatch, read_label_batch
from .uncertainty import class_uncertainties

if TYPE_CHECKING:
    from sklearn.utils import Tags

_OF_LOG_P: dict[str, Callable[[Array], Array]] = {"proba": np.exp, "log-proba": np.asarray}


class ClassifierGLM(GLM):
    """Multinomial logistic regression: which of K classes, e.g. the choice of an animal.

    The probability of class k is softmax_k(x_t . coef_[:, k] + intercept_[k]). ``fit`` minimises
    the mean of -log p of the classes that occurred, plus the penalty on ``coef_``. There is no
    reference class: of the parameters that give the same probabilities, those that sum to zero over
    the classes are reported (with Ridge they are the only optimum).

    Shapes: ``X`` (T, p), an array, a lazy ``Design`` or a tree of those; ``y`` (T,) text or
    numbers; ``coef_`` (p, K); ``intercept_`` (K,). Rows with NaN or inf in X, or without a label
    (NaN, None), take no part in a fit or a score.

    Parameters
    ----------
    n_classes :
        K; ``y`` must have as many different labels. None counts them.
    inverse_link_function :
        ``"log_softmax"``, or None, which is the same.
    regularizer :
        As for :class:`GLM`; None means ``"Ridge"``.
    regularizer_strength :
        A number, or an array that broadcasts to ``coef_``; None means 1.0.
    solver_name, solver_kwargs :
        As for :class:`GLM`.
    feature_mask :
        The shape of ``coef_``: 1 where a feature may be used, 0 where its coefficient stays zero.
    fit_intercept :
        As for :class:`GLM`.

    Attributes
    ----------
    classes_ :
        (K,) the labels, sorted.
    coef_, intercept_ :
        Estimates, float64, (p, K) and (K,).
    scale_, dof_resid_ :
        (1,) one, and the residual degrees of freedom.
    fit_report_ :
        Status, certificate and advice; print it, or ``.to_frame()``.

    References
    ----------
    McCullagh & Nelder (1989), Generalized Linear Models, section 5.2.4. Friedman, Hastie &
    Tibshirani (2010), J Stat Softw 33(1), section 4, for the symmetric parametrisation.

    Examples
    --------
    >>> import numpy as np
    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(300, 2))
    >>> y = np.where(X[:, 0] > 0.5, "right", np.where(X[:, 1] > 0, "left", "stay"))
    >>> model = nmo.ClassifierGLM(n_classes=3, regularizer_strength=0.01).fit(X, y)
    >>> model.classes_, model.predict([[2.0, 0.0], [-2.0, 2.0]])
    (array(['left', 'right', 'stay'], dtype='<U5'), array(['right', 'left'], dtype='<U5'))
    >>> model.predict_proba([[2.0, 0.0]]).round(2)
    array([[0., 1., 0.]])
    """

    def __init__(
        self,
        n_classes: int | None = 2,
        inverse_link_function: Any = None,
        regularizer: Any = None,
        regularizer_strength: ArrayLike | None = None,
        solver_name: str | None = None,
        solver_kwargs: dict[str, Any] | None = None,
        feature_mask: ArrayLike | None = None,
        fit_intercept: bool = True,
    ) -> None:
        self.n_classes = n_classes
        self.inverse_link_function = inverse_link_function
        self.regularizer = regularizer
        self.regularizer_strength = regularizer_strength
        self.solver_name = solver_name
        self.solver_kwargs = solver_kwargs
        self.feature_mask = feature_mask
        self.fit_intercept = fit_intercept

    @property
    def observation_model(self) -> CategoricalObservations:
        """The only one that a classifier can have."""
        return CategoricalObservations()

    def set_classes(self, y: ArrayLike) -> Self:
        """Learn the labels from an array that has all of them; ``fit`` does so by itself.

        Raises
        ------
        ValueError
            If there are not ``n_classes`` different labels.

        Examples
        --------
        >>> import spikeglm as nmo
        >>> nmo.ClassifierGLM(n_classes=3).set_classes(["stay", "left", "right"]).classes_
        array(['left', 'right', 'stay'], dtype='<U5')
        """
        self.classes_ = read_classes(y, self.n_classes)
        return self

    def predict(self, X: ArrayLike, *, offset: ArrayLike | None = None) -> Any:
        """Return the most probable labels: (T,), or (T, N) for a population.

        Arguments are those of :meth:`fit`. Where a row is not finite the label is NaN, None among
        text. The result is a pynapple object where ``X`` came from pynapple.

        >>> import numpy as np, spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(300, 1))
        >>> y = np.where(X[:, 0] > np.random.default_rng(1).normal(size=300), "right", "left")
        >>> model = nmo.ClassifierGLM(regularizer_strength=0.01).fit(X, y)
        >>> model.predict([[-1.0], [1.0]])
        array(['left', 'right'], dtype='<U5')
        """
        rows = read_rows(X)
        log_p = log_probabilities(self, rows, offset)
        announce_gaps(rows, log_p)
        codes = prediction.most_probable(log_p)
        return self._wrapped(decode(codes, known_classes(self)), rows)

    def predict_proba(
        self, X: ArrayLike, return_type: str = "proba", *, offset: ArrayLike | None = None
    ) -> Any:
        """Return the probability of each class: (T, K), or (T, N, K) for a population.

        Parameters
        ----------
        X, offset :
            As for :meth:`predict`; NaN where a row is not finite.
        return_type :
            ``"proba"`` or ``"log-proba"``.

        Raises
        ------
        ValueError
            For another ``return_type``.

        Examples
        --------
        >>> import numpy as np, spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(300, 1))
        >>> y = np.where(X[:, 0] > np.random.default_rng(1).normal(size=300), "right", "left")
        >>> model = nmo.ClassifierGLM(regularizer_strength=0.01).fit(X, y)
        >>> model.predict_proba([[-1.0], [0.0], [1.0]]).round(2)
        array([[0.83, 0.17],
               [0.46, 0.54],
               [0.13, 0.87]])
        """
        if return_type not in _OF_LOG_P:
            raise errors.unknown_name("return_type", return_type, list(_OF_LOG_P))
        rows = read_rows(X)
        values = _OF_LOG_P[return_type](log_probabilities(self, rows, offset))
        announce_gaps(rows, values)
        return self._wrapped_classes(values, rows.time_axis)

    def predict_log_proba(self, X: ArrayLike, *, offset: ArrayLike | None = None) -> Any:
        """Return the log-probability of each class; see :meth:`predict_proba`.

        >>> import numpy as np, spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(300, 1))
        >>> y = np.where(X[:, 0] > np.random.default_rng(1).normal(size=300), "right", "left")
        >>> model = nmo.ClassifierGLM(regularizer_strength=0.01).fit(X, y)
        >>> np.exp(model.predict_log_proba([[1.0]])).round(2)
        array([[0.13, 0.87]])
        """
        return self.predict_proba(X, "log-proba", offset=offset)

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
        """Score the model on data; for the share of right labels use scikit-learn's accuracy.

        Parameters
        ----------
        X, y :
            Features and labels; rows that are not complete are left out.
        score_type :
            ``"log-likelihood"`` (mean log p of the classes that occurred, nats per bin),
            ``"pseudo-r2-McFadden"`` or ``"pseudo-r2-Cohen"`` (equal; see ``null_mean``).
        aggregate_sample_scores :
            From scores per sample, (T,) or (T, N), to what is returned; as for :meth:`GLM.score`.
        sample_weight :
            How often each row counts, as for :meth:`fit`.
        offset :
            As for :meth:`fit`.
        null_mean :
            What a pseudo-R² counts from. None: the class frequencies of the rows that are scored,
            or with an offset the best intercepts beside it; ``"training"``: those of the rows of
            the fit. Also probabilities, (K,), one set per neuron or one per row.

        Raises
        ------
        ValueError, TypeError, NotImplementedError
            As :meth:`GLM.score`; also for a label that is no class.

        Examples
        --------
        >>> import numpy as np, spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(300, 1))
        >>> y = np.where(X[:, 0] > np.random.default_rng(1).normal(size=300), "right", "left")
        >>> model = nmo.ClassifierGLM(regularizer_strength=0.01).fit(X, y)
        >>> float(model.score(X, y).round(2)), round(float(np.log(0.5)), 2)
        (-0.48, -0.69)
        >>> float((model.predict(X) == y).mean())
        0.77
        """
        asked = ScoreRequest(score_type, aggregate_sample_scores, sample_weight, offset, null_mean)
        return prediction.score(self, X, y, asked)

    def simulate(
        self,
        random_key: RandomKey = None,
        feedforward_input: ArrayLike | None = None,
        *,
        offset: ArrayLike | None = None,
        **feedback: Any,
    ) -> tuple[Any, Any]:
        """Draw labels from the fitted model; samples given the features are independent.

        Parameters
        ----------
        random_key, feedforward_input :
            As for :meth:`GLM.simulate`.
        offset :
            As for :meth:`fit`.
        **feedback :
            Choices are not fed back: a ValueError says what to do.

        Returns
        -------
        labels, log_proba :
            Shaped like y, and (T, K) or (T, N, K).

        Examples
        --------
        >>> import numpy as np, spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(300, 1))
        >>> y = np.where(X[:, 0] > np.random.default_rng(1).normal(size=300), "right", "left")
        >>> model = nmo.ClassifierGLM(regularizer_strength=0.01).fit(X, y)
        >>> labels, log_p = model.simulate(0, [[-3.0], [3.0]])
        >>> labels, np.exp(log_p).round(2)
        (array(['left', 'right'], dtype='<U5'), array([[0.99, 0.01],
               [0.  , 1.  ]]))
        """
        if feedback or feedforward_input is None:
            raise no_feedback(feedback)
        rows = read_rows(feedforward_input)
        log_p = log_probabilities(self, rows, offset)
        announce_gaps(rows, log_p)
        draw = CategoricalObservations().sample_generator(random_key, log_p)
        codes = np.where(np.isnan(log_p).any(axis=-1), -1, np.argmax(draw, axis=-1))
        labels = decode(codes, known_classes(self))
        return (
            self._wrapped(labels, rows),
            self._wrapped_classes(log_p, rows.time_axis),
        )

    def initialize_params(self, X: ArrayLike, y: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return where a fit starts: zero coefficients and centred log frequencies of classes.

        Without intercepts: zero.

        >>> import numpy as np, spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(300, 1))
        >>> y = np.where(X[:, 0] > np.random.default_rng(1).normal(size=300), "right", "left")
        >>> model = nmo.ClassifierGLM(regularizer_strength=0.01).fit(X, y)
        >>> coef, intercept = model.initialize_params(X, y)
        >>> coef, intercept.round(3)
        (array([[0., 0.]]), array([-0.027,  0.027]))
        """
        inputs = self.read_inputs(X, y)
        shapes = inputs.shapes
        y_hot = shapes.user(inputs.columns.responses.values)
        frequency = y_hot.sum(axis=0) / np.maximum(y_hot.any(axis=-1).sum(axis=0), 1)[..., None]
        log_p = np.log(np.maximum(frequency, np.finfo(float).eps))
        coef = np.zeros((inputs.rows.n_features, inputs.columns.n_columns))
        intercept = (log_p - log_p.mean(axis=-1, keepdims=True)) * shapes.has_intercept
        return shapes.user_coef(coef), intercept

    def read_inputs(self, X: ArrayLike, y: ArrayLike, **more: Any) -> FitInputs:
        """Check data as :meth:`GLM.read_inputs`, given the classes that are known."""
        return read_class_inputs(self, X, y, known_classes(self), **self._with_known_terms(more))

    def __sklearn_tags__(self) -> Tags:
        """Describe a classifier to scikit-learn."""
        from sklearn.utils import ClassifierTags

        tags = super().__sklearn_tags__()
        tags.estimator_type, tags.regressor_tags = "classifier", None
        # The score is a log-likelihood, not the accuracy that scikit-learn would judge.
        tags.classifier_tags = ClassifierTags(poor_score=False)
        return tags

    @property
    def _regularizer(self) -> Any:
        return "Ridge" if self.regularizer is None else self.regularizer

    def _solver(self) -> SolverChoice:
        return read_solver(self.solver_name, self.solver_kwargs, self._regularizer)

    def _read_to_fit(self, X: ArrayLike, y: ArrayLike, **more: Any) -> FitInputs:
        class_link_named(self.inverse_link_function)
        rows = read_rows(X, y)  # before labels are looked for in what may be the features
        return read_class_inputs(self, rows, y, read_classes(y, self.n_classes), **more)

    def _minimise(
        self,
        inputs: FitInputs,
        penalty: Penalty,
        solver: SolverChoice,
        start: tuple[FloatArray, FloatArray] | None = None,
    ) -> FitResult:
        return fit_classes(
            inputs.rows,
            inputs.columns,
            n_classes=len(np.asarray(inputs.classes)),
            penalty=penalty,
            keep=inputs.keep,
            solver=solver,
            start=start,
        )

    def _expected(self, eta: FloatArray, inputs: FitInputs) -> FloatArray:
        return np.exp(LogSoftmax()(inputs.shapes.user(eta)))

    def _read_batch(self, X: ArrayLike, y: ArrayLike) -> LabelBatch:
        return read_label_batch(self, X, y)

    def _dispersion(
        self, inputs: FitInputs, result: FitResult, *, dof_resid: FloatArray, weight: FloatArray
    ) -> Dispersion:
        return Dispersion(np.ones_like(dof_resid), None)

    def _uncertainties(
        self, X: ArrayLike, y: ArrayLike, wanted: Requested, **more: Any
    ) -> fitted.Uncertainties:
        return class_uncertainties(self, X, y, wanted, **more)

    def _wrapped_classes(self, values: FloatArray, axis: TimeAxis | None) -> Any:
        if axis is None:
            return values
        return to_pynapple(values, axis, columns=known_classes(self) if values.ndim == 2 else None)
