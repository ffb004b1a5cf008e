"""What a model of numbers says of rows: their mean response, a score, responses drawn from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...io.interop.random_keys import RandomKey
from ...simulation.responses import Simulated
from ...typing import Array, ArrayLike
from ..reading.fit_inputs import read_rows
from ..reading.lost_rows import announce_gaps
from ..reading.simulation_arguments import Wanted
from . import fitted, simulating
from .questions import Questions
from .score_requests import ScoreRequest


class Rates(Questions):
    """The methods of a fitted model that take rows, also such as no fit has seen."""

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
            If more than 1 % of the rows cannot be scored; it names the features to blame.

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
