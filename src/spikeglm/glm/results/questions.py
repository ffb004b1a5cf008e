"""What a fitted model is asked given the data of its fit: losses, errors, curves, refits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import inference
from ...inference.covariances import Requested
from ...inference.effects.combinations import Reach
from ...inference.effects.curves import Curve
from ...inference.effects.partial import Asked
from ...inference.fit_on_data import FitOnData
from ...rows.contract import Rows
from ...typing import ArrayLike, FloatArray
from ..hooks import Hooks
from ..reading.fit_inputs import read_rows
from . import curves, estimate_errors, fitted, refits

if TYPE_CHECKING:
    from ...inference.tables import Summary


class Questions(Hooks):
    """The methods of a model that take the data of its fit once more."""

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

    def on(
        self,
        X: ArrayLike,
        y: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        offset: ArrayLike | None = None,
    ) -> FitOnData:
        """Return the fit with its data: what :mod:`spikeglm.inference` answers questions of.

        X, y, sample_weight and offset are those of the fit; raises ValueError or TypeError if they
        cannot be used, or for classifiers.

        >>> import numpy as np, spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(1000, 2))
        >>> y = np.random.default_rng(1).poisson(np.exp(X @ [0.5, -0.25] - 1.0))
        >>> nmo.GLM().fit(X, y).on(X, y).feature_names
        ('x0', 'x1')
        """
        return fitted.fit_on_data(self, X, y, sample_weight=sample_weight, offset=offset)

    def rows_of(self, X: ArrayLike) -> Rows:
        """Return data as a table of rows, checked to have the features of the fit.

        Raises NotFittedError without a fit, ValueError or TypeError for other features.

        >>> import numpy as np, spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(100, 2))
        >>> nmo.GLM("Gaussian").fit(X, X @ [1.0, 2.0]).rows_of(np.zeros((3, 2))).n_rows
        3
        """
        rows = read_rows(X)
        fitted.check_fitted(self, rows)
        return rows

    def covariance(
        self,
        X: ArrayLike,
        y: ArrayLike,
        *,
        cov_type: str = "model",
        groups: Any = None,
        lags: Any = None,
        small_sample: str | None = None,
        weights: str = "frequency",
        sample_weight: ArrayLike | None = None,
        offset: ArrayLike | None = None,
    ) -> FloatArray:
        """Return the covariance of the estimates: the model's own, or one that is robust.

        Parameters
        ----------
        X, y, sample_weight, offset :
            The data of the fit.
        cov_type :
            ``"model"``: the inverse Fisher information, right where the model is. ``"HC0"`` to
            ``"HC3"``: right whatever the variance of a row, for independent rows. ``"cluster"``:
            for rows that depend on each other within ``groups``. ``"HAC"``: for rows that depend
            on each other over some ``lags`` (docs/robust_errors.md).
        groups :
            (T,) the group of each row, such as its trial, or a pynapple IntervalSet, or
            ``"epochs"``: those of X, which is what None means if there are several. For HAC
            borders, as epochs are anyway.
        lags :
            For HAC: bins (int), or time (``"200 ms"``, or seconds as a float), longer than what
            nobody models lasts. None, or ``"lazarus"``, takes 1.3 times the root of the number of
            rows; ``"newey-west"`` and ``"andrews"`` choose them from the data.
        small_sample :
            Factor: ``"none"``, ``"n/(n-k)"`` (None: for HC1 and HAC), and for groups
            ``"G/(G-1)"`` (None), ``"G/(G-1)*(n-1)/(n-k)"``, or for few of them ``"CR2"`` and
            ``"CR3"``, which look at the leverage of each; for HAC ``"n/(n-k)*exp(b)"``.
        weights :
            What ``sample_weight`` means for robust ones: ``"frequency"``: a row of weight 2 is two
            rows; ``"sampling"``: it is one row that counts twice.

        Returns
        -------
        numpy.ndarray
            (n, n); (N, n, n) for a population. n = p + 1: ``coef_``, then the intercept; with K
            classes n = (p + 1) K: ``coef_.ravel()``, then ``intercept_``, and rows add up to zero
            over classes. With ``fit_intercept=False`` n is p, or p K. Under Ridge the posterior
            covariance for the prior that it states.

        Raises
        ------
        ValueError, TypeError
            If it is larger than the memory budget: 8 N n² bytes; if groups or lags cannot be used.

        Warns
        -----
        UserWarning
            If a neuron has none, and why; its entries are NaN.

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
        wanted = Requested(cov_type, groups, lags, small_sample, weights)
        return estimate_errors.covariances(
            self, X, y, wanted, sample_weight=sample_weight, offset=offset
        )

    def standard_errors(
        self,
        X: ArrayLike,
        y: ArrayLike,
        *,
        cov_type: str = "model",
        groups: Any = None,
        lags: Any = None,
        small_sample: str | None = None,
        weights: str = "frequency",
        sample_weight: ArrayLike | None = None,
        offset: ArrayLike | None = None,
    ) -> tuple[FloatArray, FloatArray]:
        """Return standard errors shaped like ``coef_`` and ``intercept_``; see :meth:`covariance`.

        NaN where the data do not determine a coefficient (constant or duplicated, no penalty), as
        those of splines that add up to one: of these ask :meth:`GLM.curve`, which is known.
        Every group of neurons whose covariances fit the memory budget takes a pass over the rows.

        >>> import numpy as np, spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(1000, 2))
        >>> y = np.random.default_rng(1).poisson(np.exp(X @ [0.5, -0.25] - 1.0))
        >>> model = nmo.GLM().fit(X, y)
        >>> coef_error, _ = model.standard_errors(X, y)
        >>> model.coef_.round(2), coef_error.round(2)
        (array([ 0.49, -0.21]), array([0.05, 0.05]))
        """
        wanted = Requested(cov_type, groups, lags, small_sample, weights)
        data = {"sample_weight": sample_weight, "offset": offset}
        return estimate_errors.standard_errors(self, X, y, wanted, **data)

    def summary(
        self,
        X: ArrayLike,
        y: ArrayLike,
        *,
        cov_type: str = "model",
        groups: Any = None,
        lags: Any = None,
        level: float = 0.95,
        sample_weight: ArrayLike | None = None,
        offset: ArrayLike | None = None,
    ) -> Summary:
        """Return the fit in a table: how it went, how good it is, every coefficient and its error.

        X, y, sample_weight and offset are those of the fit; ``cov_type``, ``groups`` and ``lags``
        as of :meth:`covariance`; ``level`` is the coverage of intervals. Print it, or take
        ``.to_frame()``. Raises ValueError or TypeError if something cannot be used, or for
        classifiers.

        >>> import numpy as np, spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(1000, 2))
        >>> y = np.random.default_rng(1).poisson(np.exp(X @ [0.5, -0.25] - 1.0))
        >>> found = nmo.GLM().fit(X, y).summary(X, y, cov_type="HC1")
        >>> print(str(found).splitlines()[0], found.std_error.round(2).ravel())
        converged [0.06 0.05 0.05]
        """
        found: Summary = inference.summary(
            self,
            X,
            y,
            cov_type=cov_type,
            groups=groups,
            lags=lags,
            level=level,
            sample_weight=sample_weight,
            offset=offset,
        )
        return found

    def curve(
        self,
        label: str,
        X: Any = None,
        y: ArrayLike | None = None,
        *,
        at: Any = None,
        n_points: int = 100,
        scale: str = "effect",
        channel: Any = None,
        neuron: Any = None,
        bin_s: float | None = None,
        level: float = 0.95,
        simultaneous: bool = False,
        derivative: int | str = 0,
        cov_type: str = "auto",
        groups: Any = None,
        lags: Any = None,
        **data: Any,
    ) -> Curve:
        """Return what a term looks like: a filter over lags, a tuning curve, a map of products.

        In physical units, of one neuron or all, with the band if the data of the fit are given;
        as :func:`spikeglm.inference.partial_effect`, which says more of what can be asked.

        Parameters
        ----------
        label :
            A term of the fit: ``model.terms_`` has them.
        X, y, **data :
            Features and response of the fit, and its ``sample_weight`` and ``offset``, for the
            band; without them there are estimates alone.
        at :
            (W,) points of the variable: lags (in seconds where the fit knew its bins), values,
            categories; a tuple of arrays for several variables, of whose grid all points are
            taken. None takes all lags, ``n_points`` over the range of the data, all categories.
        scale :
            ``"effect"``: what the term adds to the linear predictor; over lags per unit of input,
            over values beyond their mean in the rows of the fit. ``"link"``: the linear predictor
            with all other features at their means (over lags after one more unit of input than in
            the mean), the intercept and its uncertainty included. ``"gain"``: the exponential of
            the effect, a factor of the mean, for the link exp. ``"mean"``: the mean response that
            belongs to ``"link"``, per bin; in the units of y for models of signals (Gaussian,
            Gamma). ``"rate"``: that per second, Hz, for models of counts.
        channel, neuron :
            One of them, by name (or number); None takes all, on axes of their own.
        bin_s :
            Seconds of a bin, for lags and rates of data that did not say so.
        level, simultaneous :
            Coverage of the band, at each point or at all points of a curve at once.
        derivative :
            1 for the slope of the effect, of a map the name of the variable.
        cov_type, groups, lags :
            Which covariance the band stands on, as of :meth:`covariance`.
            ``"auto"``: the posterior, with its strengths unknown where the data chose them.

        Raises
        ------
        ValueError, TypeError
            If there is no such term, channel, neuron or scale, its functions are not known, a rate
            lacks its bins, or the data are not those of the fit.

        Notes
        -----
        Of classifiers there are ``"effect"`` and ``"link"``, in nats, with an axis of classes: the
        log-odds of each against all of them (the geometric mean of their probabilities), which sum
        to zero; of two classes half of the log-odds of one against the other. Their bands need a
        penalty where functions of a term add up to one.

        Examples
        --------
        >>> import numpy as np, spikeglm as nmo
        >>> x = np.random.default_rng(0).uniform(0, 10, 2000)
        >>> y = np.random.default_rng(1).poisson(np.exp(np.sin(x) - 1))
        >>> X = nmo.basis.BSplineEval(8, label="position").design(x)
        >>> model = nmo.GLM().fit(X, y)
        >>> curve = model.curve("position", X, y, at=[2.0, 5.0], scale="rate", bin_s=0.01)
        >>> curve.value.round(), curve.low.round(), curve.high.round()
        (array([99., 15.]), array([87., 12.]), array([113.,  18.]))
        """
        asked = Asked(at, n_points, scale, bin_s, derivative, Reach(level, simultaneous))
        kind = Requested(cov_type, groups, lags)
        found = curves.curve(self, label, X, y, asked, kind, **data)
        return found.of(channel=channel, neuron=neuron)

    def predict_refitted(self, X: ArrayLike, responses: ArrayLike, **data: Any) -> FloatArray:
        """Return the means (T, B) of the same model fitted to B responses (T, B), for bootstraps.

        The model stays as it is. X and ``data`` (``sample_weight``, ``offset``) are as for
        :meth:`fit`, which says what is raised. A NaN must be in all responses.

        >>> import numpy as np, spikeglm as nmo
        >>> X = np.random.default_rng(0).normal(size=(200, 2))
        >>> y = np.random.default_rng(1).poisson(1.0, (200, 3))
        >>> means = nmo.GLM().predict_refitted(X, y)
        >>> bool(np.allclose(means[:, 1], nmo.GLM().fit(X, y[:, 1]).predict(X)))
        True
        """
        return refits.predict_refitted(self, X, responses, **data)
