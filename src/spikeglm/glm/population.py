"""The estimator for many neurons that share their features."""

from __future__ import annotations

from typing import Any

from ..typing import ArrayLike
from .glm import GLM


class PopulationGLM(GLM):
    """Generalized linear models of N neurons, conditionally independent given their features.

    All neurons are fitted at once and share every read of the rows; each has a status of its own,
    and a neuron in trouble (silent, separated) changes no other neuron's result. With the history
    of all neurons among the features this is the coupled model of Pillow et al.

    Shapes: ``X`` (T, p); ``y`` (T, N); ``coef_`` (p, N); ``intercept_``, ``scale_`` and
    ``dof_resid_`` (N,). Parameters and methods are those of :class:`GLM`; ``feature_mask`` and an
    array ``regularizer_strength`` have the shape (p, N) of ``coef_``. An entry of y that is not
    finite is left out for its neuron alone.

    Attributes
    ----------
    neuron_columns_, neuron_metadata_ :
        Column names of a pandas or pynapple ``y`` and metadata of the latter; predictions in
        pynapple carry them again.

    References
    ----------
    Pillow et al. (2008), Nature 454:995-9, eq. 1 of the supplement.

    Examples
    --------
    >>> import numpy as np
    >>> import spikeglm as nmo
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(500, 3))
    >>> y = rng.poisson(np.exp(X @ rng.normal(0, 0.3, (3, 4)) - 1))
    >>> y[:, 2] = 0
    >>> import warnings; warnings.simplefilter("ignore")
    >>> nmo.PopulationGLM().fit(X, y).fit_report_.status
    ('converged', 'converged', 'silent', 'converged')
    """

    _response_ndim = 2

    def __init__(
        self,
        observation_model: Any = "Poisson",
        inverse_link_function: Any = None,
        regularizer: Any = "UnRegularized",
        regularizer_strength: ArrayLike | None = None,
        solver_name: str | None = None,
        solver_kwargs: dict[str, Any] | None = None,
        feature_mask: ArrayLike | None = None,
        fit_intercept: bool = True,
    ) -> None:
        super().__init__(
            observation_model=observation_model,
            inverse_link_function=inverse_link_function,
            regularizer=regularizer,
            regularizer_strength=regularizer_strength,
            solver_name=solver_name,
            solver_kwargs=solver_kwargs,
            feature_mask=feature_mask,
            fit_intercept=fit_intercept,
        )
