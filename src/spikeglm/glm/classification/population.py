"""The estimator for the labels of many neurons that share their features."""

from __future__ import annotations

from ..population import PopulationGLM
from .classifier import ClassifierGLM


class ClassifierPopulationGLM(ClassifierGLM, PopulationGLM):
    """Multinomial logistic regressions of N responses, independent given their features.

    A :class:`ClassifierGLM` of each neuron, all fitted at once; the labels are those of all neurons
    together. A neuron that never shows one of them gets a status that says so.

    Shapes: ``X`` (T, p); ``y`` (T, N); ``coef_`` (p, N, K); ``intercept_`` (N, K); ``scale_`` and
    ``dof_resid_`` (N,); ``feature_mask`` and an array ``regularizer_strength`` have the shape of
    ``coef_``. Parameters and methods are those of :class:`ClassifierGLM`.

    Examples
    --------
    >>> import numpy as np
    >>> import spikeglm as nmo
    >>> X = np.random.default_rng(0).normal(size=(300, 2))
    >>> y = np.column_stack([X[:, 0] > 0, X[:, 1] > 0]).astype(int)
    >>> model = nmo.ClassifierPopulationGLM(regularizer_strength=0.1).fit(X, y)
    >>> model.coef_.shape, model.predict_proba(X[:5]).shape
    ((2, 2, 2), (5, 2, 2))
    >>> model.predict(np.array([[1.0, -1.0]]))
    array([[1, 0]])
    """
