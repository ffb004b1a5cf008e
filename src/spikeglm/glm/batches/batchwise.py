"""The methods of a model that is fitted one batch after the other."""

from __future__ import annotations

from typing import Any

from ...solvers import SolverAdapterState
from ...typing import ArrayLike, FloatArray
from ..hooks import Hooks
from . import stepping


class Batchwise(Hooks):
    """A model that takes a step of an optimiser at a time, as NeMoS's do."""

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

        Examples
        --------
        >>> import numpy as np, spikeglm as nmo
        >>> X, y = np.random.default_rng(0).normal(size=(100, 2)), np.ones(100)
        >>> model = nmo.GLM()
        >>> params = model.initialize_params(X, y)
        >>> state = model.initialize_optimizer_and_state(params, X, y)
        >>> params, state = model.update(params, state, X, y)
        >>> params[0].shape
        (2,)
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
