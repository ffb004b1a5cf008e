"""The estimator for choices among several: labels whose probabilities depend on a hidden state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from .. import errors
from ..glm.classification.labels import decode, read_classes
from ..glm.classification.prediction import most_probable
from ..glm.reading.fit_inputs import read_rows
from ..io.interop.random_keys import RandomKey
from ..io.interop.timeseries import to_array
from ..observation_models.categorical import CategoricalObservations, class_link_named
from ..rows.table_labels import like_rows
from ..typing import Array, ArrayLike
from . import asking
from .estimator import GLMHMM
from .label_likelihood import LabelLikelihood
from .responses import Responses, labels_of
from .simulating import SimulatedStates

if TYPE_CHECKING:
    from sklearn.utils import Tags


class ClassifierGLMHMM(GLMHMM):
    """A multinomial logistic regression with hidden states: which of C classes, by other weights.

    In state k the probability of class c is softmax_c(x_t . coef_[:, c, k] + intercept_[c, k]). For
    the rest it is a :class:`GLMHMM`: sessions, missing trials, priors, starts, questions. There is
    no reference class: of the parameters that give the same probabilities, those that add up to
    zero over classes are found.

    Shapes: ``X`` (T, p); ``y`` (T,) text or numbers, None or NaN where a label is missing.

    Parameters
    ----------
    n_states :
        K.
    n_classes :
        C; ``y`` must have as many different labels. None counts them.
    inverse_link_function :
        ``"log_softmax"``, or None, which is the same.
    regularizer, regularizer_strength :
        As for :class:`GLMHMM`; arrays of strengths broadcast to ``coef_``.
    dirichlet_initial_proba, dirichlet_transition_proba :
        As for :class:`GLMHMM`, and so are all others that are not named here.
    solver_name, solver_kwargs, maxiter, tol, seed :
        As for :class:`GLMHMM`.
    hmm_initialization_funcs, model_initialization_funcs, n_restarts, transition_strength :
        As for :class:`GLMHMM`.
    feature_mask :
        (p,), or (p, K) for each state; the classes are alike.

    Attributes
    ----------
    classes_ :
        (C,) the labels, sorted.
    coef_, intercept_ :
        (p, C, K) and (C, K).
    scale_ :
        (C, K) ones.

    References
    ----------
    McCullagh & Nelder (1989), Generalized Linear Models, section 5.2.4. Escola, Fontanini, Katz &
    Paninski (2011), Neural Comput 23:1071-132.

    Examples
    --------
    >>> import numpy as np, spikeglm as nmo
    >>> rng = np.random.default_rng(0)
    >>> X, listens = rng.normal(size=(600, 1)), np.arange(600) // 100 % 2 == 0
    >>> by_ear = np.where(X[:, 0] > 0.5, "right", np.where(X[:, 0] < -0.5, "left", "wait"))
    >>> y = np.where(listens, by_ear, rng.choice(["left", "right", "wait"], 600))
    >>> model = nmo.ClassifierGLMHMM(2, n_restarts=3, tol=1e-5).fit(X, y)
    >>> model.classes_, model.coef_.shape
    (array(['left', 'right', 'wait'], dtype='<U5'), (1, 3, 2))
    >>> bool((model.predict(X, y) == y).mean() > 0.5)
    True
    """

    def __init__(
        self,
        n_states: int,
        n_classes: int | None = None,
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
    ) -> None:
        self.n_states = n_states
        self.n_classes = n_classes
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
        >>> nmo.ClassifierGLMHMM(2).set_classes(["stay", "left", "right"]).classes_
        array(['left', 'right', 'stay'], dtype='<U5')
        """
        self.classes_ = read_classes(y, self.n_classes)
        return self

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        init_params: Any = None,
        session_starts: Any = None,
        *,
        transition_inputs: ArrayLike | None = None,
    ) -> Self:
        """Find the parameters under which labels are most likely; as :meth:`GLMHMM.fit`.

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(60, 1)), np.arange(60) % 3
        >>> nmo.ClassifierGLMHMM(1).fit(X, y).classes_
        array([0, 1, 2])
        """
        read_rows(X, y)  # before labels are looked for in what may be the features
        self.set_classes(y)
        super().fit(X, y, init_params, session_starts, transition_inputs=transition_inputs)
        return self

    def predict(
        self,
        X: ArrayLike,
        y: ArrayLike,
        session_starts: Any = None,
        *,
        transition_inputs: ArrayLike | None = None,
    ) -> Any:
        """Return the most probable label of each trial, given the labels before it in its session.

        NaN, or None among text, outside of sessions and where features are missing.

        >>> import numpy as np, spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(60, 1))
        >>> y = np.where(np.arange(60) % 5 == 0, "c", np.where(X[:, 0] > 0, "b", "a"))
        >>> model = nmo.ClassifierGLMHMM(1).fit(X, y)
        >>> bool((model.predict(X, y) == y).mean() > 0.7)
        True
        """
        data, parameters = asking.asked(self, X, y, session_starts, transition_inputs)
        p = to_array(asking.predict(self, data, parameters), name="probabilities")
        labels = decode(most_probable(p), self._classes)
        return asking.with_labels(data, labels, None)

    def predict_proba(
        self,
        X: ArrayLike,
        y: ArrayLike,
        session_starts: Any = None,
        *,
        transition_inputs: ArrayLike | None = None,
    ) -> Any:
        """Return the probability of each class in each trial, given the labels before it, (T, C).

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(60, 1)), np.arange(60) % 3
        >>> p = nmo.ClassifierGLMHMM(1).fit(X, y).predict_proba(X, y)
        >>> p.shape, bool(np.allclose(p.sum(axis=1), 1))
        ((60, 3), True)
        """
        return super().predict(X, y, session_starts, transition_inputs=transition_inputs)

    def simulate(
        self,
        random_key: RandomKey,
        feedforward_input: ArrayLike,
        state_format: str = "index",
        session_starts: Any = None,
        *,
        transition_inputs: ArrayLike | None = None,
    ) -> SimulatedStates:
        """Draw states and labels, given features; ``rate`` are the probabilities (T, C).

        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(60, 1)), np.repeat(["a", "b", "c"], 20)
        >>> drawn = nmo.ClassifierGLMHMM(1).fit(X, y).simulate(0, X)
        >>> np.unique(drawn.y), drawn.rate.shape
        (array(['a', 'b', 'c'], dtype='<U1'), (60, 3))
        """
        drawn = super().simulate(
            random_key,
            feedforward_input,
            state_format,
            session_starts,
            transition_inputs=transition_inputs,
        )
        one_hot = to_array(drawn.y, name="y").astype(np.float64)
        codes = np.where(np.isfinite(one_hot).all(axis=1), one_hot.argmax(axis=1), -1)
        labels = decode(codes, self._classes)
        return drawn._replace(y=like_rows(labels, read_rows(feedforward_input), None, None))

    def __sklearn_is_fitted__(self) -> bool:
        """Tell scikit-learn whether there are estimates, and labels."""
        return super().__sklearn_is_fitted__() and hasattr(self, "classes_")

    def __sklearn_tags__(self) -> Tags:
        """Describe a classifier to scikit-learn."""
        from sklearn.utils import ClassifierTags

        tags = super().__sklearn_tags__()
        tags.estimator_type = "classifier"
        # The score is a log-likelihood, not the accuracy that scikit-learn would judge.
        tags.classifier_tags = ClassifierTags(poor_score=False)
        return tags

    @property
    def _classes(self) -> Array:
        """The labels; a NotFittedError where parameters were set by hand without them."""
        if not hasattr(self, "classes_"):
            raise errors.no_classes(type(self).__name__)
        return np.asarray(self.classes_)

    @property
    def _likelihood(self) -> LabelLikelihood:
        class_link_named(self.inverse_link_function)
        return LabelLikelihood()

    def _responses(self, X: ArrayLike, y: ArrayLike) -> Responses:
        class_link_named(self.inverse_link_function)
        classes = getattr(self, "classes_", None)
        rows = read_rows(X, y)
        return labels_of(rows, y, read_classes(y, self.n_classes) if classes is None else classes)
