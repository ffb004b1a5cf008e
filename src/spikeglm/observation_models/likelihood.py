"""The engine's view of a model with a link: loss, slope and curvature in the linear predictor.

With theta(eta) the natural coordinate of the mean,

    dl/deta = l_theta theta'          d2l/deta2 = l_theta_theta theta'^2 + l_theta theta''
    E[d2l/deta2] = I(theta) theta'^2  (Fisher: the expected slope l_theta is zero)

and for the usual pairs (Poisson or Gamma with exp, Bernoulli with logistic, ...) theta *is* eta.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np

from .. import numerics
from ..typing import Array, ArrayLike, BoolArray, FloatArray, IntArray, Namespace
from . import support
from .domain import Domain
from .elementwise import ElementwiseObservations
from .inverse_link import Link

NoStart = Literal["", "silent", "saturated", "outside the link's range", "no finite response"]
_MARGIN = 1e-12  # from the edge of the means there are, where predictors are infinite


@dataclass(frozen=True)
class Likelihood:
    """An observation model seen through a link, elementwise in the linear predictor.

    Shapes: ``eta`` and ``y`` are arrays that broadcast; results have their common shape. ``xp`` is
    ``numpy`` or ``jax.numpy``. Values are losses per sample (in nats, but for the Gaussian model,
    whose loss is the squared error), without the terms that depend on y alone.

    Parameters
    ----------
    model :
        What y is given its mean.
    link :
        How the mean follows from eta.

    References
    ----------
    McCullagh & Nelder (1989), Generalized Linear Models, section 2.5.

    Examples
    --------
    >>> import numpy as np
    >>> from spikeglm.observation_models import PoissonObservations
    >>> from spikeglm.observation_models.links import Exp
    >>> pair = Likelihood(PoissonObservations(), Exp())
    >>> value, slope = pair.value_and_slope(np.zeros(2), np.array([0.0, 3.0]))
    >>> value, slope
    (array([1., 1.]), array([ 1., -2.]))
    """

    model: ElementwiseObservations
    link: Link

    def mean(self, eta: Array, xp: Namespace = np) -> Array:
        """Return the mean response.

        >>> import numpy as np
        >>> from spikeglm.observation_models import PoissonObservations
        >>> from spikeglm.observation_models.links import Softplus
        >>> pair = Likelihood(PoissonObservations(), Softplus())
        >>> pair.mean(np.array([0.0, 10.0])).round(3)
        array([ 0.693, 10.   ])
        """
        with numerics.quiet():
            return self.link.mean(eta, xp)

    def value(self, eta: Array, y: Array, xp: Namespace = np) -> Array:
        """Return the loss; +inf where the model cannot have the mean that eta gives.

        >>> import numpy as np
        >>> from spikeglm.observation_models import PoissonObservations
        >>> from spikeglm.observation_models.links import Identity
        >>> pair = Likelihood(PoissonObservations(), Identity())
        >>> pair.value(np.array([2.0, -1.0]), np.array([1.0, 1.0])).round(3)
        array([1.307,   inf])
        """
        with numerics.quiet():
            if self._straight:
                return self.model.loss(y, eta, None, xp)
            inside, _, curve = self._domain.curve(eta, xp)
            value = self.model.loss(y, curve.theta, curve.mean, xp)
            return value if inside is None else xp.where(inside, value, math.inf)

    def value_and_slope(self, eta: Array, y: Array, xp: Namespace = np) -> tuple[Array, Array]:
        """Return the loss and its derivative in eta; outside the domain +inf and a finite slope.

        >>> import numpy as np
        >>> from spikeglm.observation_models import PoissonObservations
        >>> from spikeglm.observation_models.links import Softplus
        >>> pair = Likelihood(PoissonObservations(), Softplus())
        >>> _, slope = pair.value_and_slope(np.zeros(2), np.array([0.0, 3.0]))
        >>> slope.round(3)
        array([ 0.5  , -1.664])
        """
        with numerics.quiet():
            if self._straight:
                return self.model.loss_and_slope(y, eta, None, xp)
            inside, _, curve = self._domain.curve(eta, xp)
            value, slope = self.model.loss_and_slope(y, curve.theta, curve.mean, xp)
            value = value if inside is None else xp.where(inside, value, math.inf)
            return value, slope * curve.slope

    def cumulant(self, eta: Array, xp: Namespace = np) -> tuple[Array, Array] | None:
        """Return the loss and its slope but for what y adds, -y eta and -y; None if y adds others.

        >>> import numpy as np
        >>> from spikeglm.observation_models import PoissonObservations, links
        >>> Likelihood(PoissonObservations(), links.Exp()).cumulant(np.zeros(1))
        (array([1.]), array([1.]))
        >>> Likelihood(PoissonObservations(), links.Softplus()).cumulant(np.zeros(1)) is None
        True
        """
        if not self._straight:
            return None
        with numerics.quiet():
            return self.model.cumulant(eta, xp)

    def curvature(self, eta: Array, y: Array, xp: Namespace = np) -> Array:
        """Return the second derivative of the loss in eta (observed; it may be negative).

        >>> import numpy as np
        >>> from spikeglm.observation_models import PoissonObservations
        >>> from spikeglm.observation_models.links import Softplus
        >>> pair = Likelihood(PoissonObservations(), Softplus())
        >>> pair.curvature(np.zeros(2), np.array([0.0, 3.0])).round(3)
        array([0.25 , 0.729])
        """
        model, natural = self.model, self.model.natural
        with numerics.quiet():
            if self._straight:
                return model.loss_curvature(y, eta, None, xp)
            inside, eta, curve = self._domain.curve(eta, xp)
            _, slope = model.loss_and_slope(y, curve.theta, curve.mean, xp)
            bend = self.link.bend(natural, eta, xp)
            if self.link.range is None:
                bend = xp.where(inside, bend, 0.0)
            bent = xp.where(bend == 0, 0.0, slope * bend)  # 0 even where the slope overflows
            return model.loss_curvature(y, curve.theta, curve.mean, xp) * curve.slope**2 + bent

    def fisher(self, eta: Array, xp: Namespace = np) -> Array:
        """Return the expectation of :meth:`curvature` over y at eta; never negative.

        For a model that does not state it: the curvature at a response equal to its mean.

        >>> import numpy as np
        >>> from spikeglm.observation_models import PoissonObservations
        >>> from spikeglm.observation_models.links import Softplus
        >>> pair = Likelihood(PoissonObservations(), Softplus())
        >>> pair.fisher(np.zeros(1)).round(3)
        array([0.361])
        """
        with numerics.quiet():
            if self._straight:
                return self.model.information(eta, None, xp)
            _, _, curve = self._domain.curve(eta, xp)
            return self.model.information(curve.theta, curve.mean, xp) * curve.slope**2

    def information(self, eta: Array, y: Array, xp: Namespace = np) -> Array:
        """Return the curvature on which standard errors stand, per sample.

        It is the expected one, :meth:`fisher`, or where the model does not state it the observed
        one, :meth:`curvature`.

        References
        ----------
        Efron & Hinkley (1978), Biometrika 65:457-82.

        Examples
        --------
        >>> import numpy as np
        >>> from spikeglm.observation_models import PoissonObservations
        >>> from spikeglm.observation_models.links import Exp
        >>> pair = Likelihood(PoissonObservations(), Exp())
        >>> pair.information(np.zeros(1), np.array([3.0]))
        array([1.])
        """
        if self.model.expects_curvature:
            return self.fisher(eta, xp)
        return self.curvature(eta, y, xp)

    @property
    def knows_information_growth(self) -> bool:
        """Whether eta is canonical, and the model states how its information grows with it."""
        return self._straight and self.model.information_growth(np.zeros(1), np) is not None

    def information_growth(self, eta: Array, xp: Namespace = np) -> Array:
        """Return the derivative of log :meth:`fisher` by eta; NaN where it is not known.

        >>> from spikeglm.observation_models import BernoulliObservations, links
        >>> pair = Likelihood(BernoulliObservations(), links.Logistic())
        >>> pair.information_growth(np.zeros(1)) + 0.0
        array([0.])
        """
        growth = self.model.information_growth(eta, xp)
        return xp.full_like(eta, math.nan) if growth is None else growth

    def start(self, mean_y: ArrayLike) -> FloatArray:
        """Return the intercept of the model without features, always finite.

        Parameters
        ----------
        mean_y :
            Mean response per column, any shape.

        Returns
        -------
        numpy.ndarray
            eta0 with f(eta0) = mean_y, the shape of mean_y. Where :meth:`no_start` has a word, the
            eta of a mean next to the nearest possible one.

        Examples
        --------
        >>> import numpy as np
        >>> from spikeglm.observation_models import PoissonObservations
        >>> from spikeglm.observation_models.links import Exp
        >>> pair = Likelihood(PoissonObservations(), Exp())
        >>> pair.start([1.0, 2.0]).round(3)
        array([0.   , 0.693])
        """
        low, high = self._domain.means
        mean = np.asarray(mean_y, dtype=float)
        mean = np.where(np.isnan(mean), low + 0.5 if math.isfinite(low) else 1.0, mean)
        with numerics.quiet():
            mean = np.clip(mean, low + _MARGIN, high - _MARGIN)
            eta = self.link.predictor(mean)
            nearest = np.nan_to_num(self.link.predictor(np.asarray(_MARGIN)))
            return np.where(np.isfinite(eta), eta, nearest)

    def no_start(self, mean_y: ArrayLike) -> np.ndarray:
        """Say, per column, why no finite intercept gives the mean response: a word, or "".

        Returns
        -------
        numpy.ndarray of str
            ``"silent"`` (mean at the model's lower end), ``"saturated"`` (at its upper end),
            ``"outside the link's range"``, ``"no finite response"`` (the mean is NaN) or ``""``;
            the shape of mean_y.

        Examples
        --------
        >>> from spikeglm.observation_models import PoissonObservations, links
        >>> pair = Likelihood(PoissonObservations(), links.Exp())
        >>> pair.no_start([1.0, 0.0, np.nan]).tolist()
        ['', 'silent', 'no finite response']
        """
        mean = np.asarray(mean_y, dtype=float)
        lowest, highest = self.model.means
        low, high = self._domain.means
        with numerics.quiet():
            unreachable = ~((mean > low) & (mean < high) & np.isfinite(self.link.predictor(mean)))
        words: list[tuple[BoolArray, NoStart]] = [
            (np.isnan(mean), "no finite response"),
            (mean <= lowest, "silent"),
            (mean >= highest, "saturated"),
            (unreachable, "outside the link's range"),
        ]
        return np.select([mask for mask, _ in words], [word for _, word in words], default="")

    def at_scale(self, scale: ArrayLike) -> Likelihood:
        """Return the pair at scales (C,), one per column, where the model has some to estimate.

        >>> from spikeglm.observation_models import NegativeBinomialObservations, links
        >>> pair = Likelihood(NegativeBinomialObservations("estimate"), links.Exp())
        >>> pair.at_scale(np.array([0.0, 0.5])).by_column
        array([0. , 0.5])
        """
        return replace(self, model=self.model.at_scale(scale))

    def take(self, columns: IntArray) -> Likelihood:
        """Return the pair of some columns, which is the same unless each has its own scale.

        >>> from spikeglm.observation_models import PoissonObservations, links
        >>> Likelihood(PoissonObservations(), links.Exp()).take(np.array([0])).by_column is None
        True
        """
        return self if self.by_column is None else replace(self, model=self.model.take(columns))

    @property
    def estimates_scale(self) -> bool:
        """Whether a fit is to find a scale of the model, for each column its own."""
        return self.model.estimates_scale

    @property
    def by_column(self) -> Any:
        """The scales (C,) of the columns, where each has its own; None elsewhere."""
        return self.model.by_column

    @property
    def family(self) -> Likelihood:
        """What all columns share: the pair without their scales."""
        return self if self.by_column is None else replace(self, model=self.model.family)

    @property
    def takes_any_predictor(self) -> bool:
        """Whether every finite eta has a mean that the model can have."""
        return self._straight or self._domain.is_everything

    @property
    def takes_counts(self) -> bool:
        """Whether responses are whole numbers that may be larger than one."""
        allowed: list[bool] = self.model.allowed(np.array([0.5, 2.0])).tolist()
        return allowed == [False, True]

    def check_response(self, y: ArrayLike) -> None:
        """Check that the model can produce every finite value of y, shape (T,) or (T, N).

        Raises
        ------
        ValueError
            It cannot; the message names the first offending rows. Rows with NaN or inf are ignored.

        Examples
        --------
        >>> from spikeglm.observation_models import PoissonObservations, links
        >>> pair = Likelihood(PoissonObservations(), links.Exp())
        >>> pair.check_response([0, 1, 2])
        """
        support.check_response(self.model, y)

    @property
    def has_constant_information(self) -> bool:
        """Whether :meth:`information` is the same everywhere."""
        return self._straight and self.model.constant_information

    @property
    def is_least_squares(self) -> bool:
        """Whether the loss is the squared distance of y from the linear predictor itself."""
        return self._straight and self.model.is_squared_error

    @cached_property
    def _straight(self) -> bool:
        return self.link.linear_in == self.model.natural

    @cached_property
    def _domain(self) -> Domain:
        return Domain(self.model, self.link)
