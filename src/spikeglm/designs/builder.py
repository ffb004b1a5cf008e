"""The builder: one call per term, everything in seconds."""

from __future__ import annotations

from typing import Any, Self

from .described import Described
from .finding import label_of
from .kinds.boxcars import Boxcar
from .kinds.events import Events
from .kinds.history import History
from .kinds.signals import Signal
from .kinds.tuning import Tuning


class DesignBuilder(Described):
    """A design from events, trials, signals and spikes: one call per term, everything in seconds.

    Each call returns a new builder, so calls are chained; the one before stays as it was.

    Parameters
    ----------
    rows :
        When rows are: binned counts or any other pynapple object with times, or the centres of
        bins (T,) in seconds. Its values are not used.
    bin_s :
        Instead of ``rows``: the length of bins to cut out of the epochs, seconds. They are the bins
        of pynapple's ``spikes.count(bin_s, ep=epochs)``.
    epochs :
        A pynapple IntervalSet, or (n, 2) starts and ends, of which bins are cut; by default trials.
    trials :
        A table with a row per trial: an IntervalSet with columns, a pandas table or a dict with
        columns start and end (or start_time and stop_time), or (n, 2). Its columns are data by
        their names, and it says what ``within_trial`` means.
    data :
        Other data by their names. Wherever a term takes data, it takes a name instead:
        ``"speed"``, or ``"lever.press"`` for a column of a table.

    Notes
    -----
    A row sees events, signals and spikes by the clock: also those that lie between epochs, if they
    are within its window. ``within_trial=True`` forbids a kernel to see another trial. What lies
    where nothing was recorded is not known, and rows that would need it are lost; an event that
    is not in the list did not happen.

    Examples
    --------
    >>> import numpy as np, pynapple as nap, spikeglm as nmo
    >>> trials = nap.IntervalSet([0, 5], [4, 9], metadata={"cue": [1.0, 6.0], "side": ["l", "r"]})
    >>> builder = (
    ...     nmo.DesignBuilder(bin_s=0.1, trials=trials)
    ...     .events("cue", window=(-0.2, 1.0), basis=5, by="side", label="cue")
    ...     .signal((np.arange(100) / 10, np.arange(100)), label="drift")
    ... )
    >>> X = builder.design()
    >>> [(term.label, term.shape, term.channels) for term in X.terms]
    [('cue', (2, 5), ('l', 'r')), ('drift', (1,), (0,))]
    """

    def events(
        self,
        times: Any,
        *,
        window: tuple[float, float],
        basis: Any = 8,
        values: Any = None,
        by: Any = None,
        label: str | None = None,
        within_trial: bool = False,
        missing: str = "lost",
        channels: Any = None,
    ) -> Self:
        """Add a kernel over the time around events, or one for each kind of them.

        Parameters
        ----------
        times :
            Seconds, (n,): an array, a column, a pynapple Ts (a Tsd has values too), or a name; a
            dict of times or a TsGroup is a channel for each kind. Missing times are no events.
        window :
            (start, end) around the event, seconds: bins from ``start`` on, up to ``end`` without
            it. Negative is before the event.
        basis :
            A number of cubic B-splines, ``"lags"`` for a weight per bin, or an Eval basis.
        values :
            What each event counts, (n,), or several numbers (n, S), a channel each. Centre them if
            a kernel of the events alone is there too.
        by :
            A label for each event: a channel for each label.
        label :
            Of the term; by default the name of the data.
        within_trial :
            Whether an event acts in its own trial alone.
        missing :
            Of an event with a time and no value: ``"lost"``, rows that see it take no part;
            ``"zero"``, it counts nothing.
        channels :
            The kinds or labels, in the order of their columns; by default those found.

        Raises
        ------
        ValueError, TypeError
            For a window that is none, a basis that is no kernel, or a label that is taken.

        Examples
        --------
        >>> import spikeglm as nmo
        >>> builder = nmo.DesignBuilder(bin_s=0.1, epochs=[[0, 10]])
        >>> builder = builder.events([2.0, 5.0], window=(-0.5, 1.0), basis=6, label="reward")
        >>> builder.design().terms[0].axis()[[0, -1]]
        array([-0.5,  0.9])
        """
        label = label_of(label, times, "events")
        data = dict(self.data)
        term = Events(
            label,
            self._kept(times, label, data),
            window,
            basis,
            self._kept(values, f"{label}_values", data),
            self._kept(by, f"{label}_by", data),
            within_trial,
            missing,
            channels,
        )
        return self._with(term, data)

    def boxcar(
        self,
        intervals: Any,
        *,
        window: tuple[float, float] | None = None,
        basis: Any = 8,
        values: Any = None,
        by: Any = None,
        label: str | None = None,
        within_trial: bool = False,
        missing: str = "lost",
        channels: Any = None,
    ) -> Self:
        """Add one while an interval lasts, zero elsewhere: epochs, delays, states, trials.

        Parameters
        ----------
        intervals :
            An IntervalSet, (n, 2), a table, a pair (starts, stops) of arrays or of names, or a
            name. A bin is on if its centre is in ``[start, stop)``; intervals that overlap add up.
        window, basis :
            A kernel that sees the boxcar at these times after it; None: the boxcar as it is.
        values, by, label, within_trial, missing, channels :
            As for :meth:`events`; with trials as intervals, values hold during a whole trial.

        Examples
        --------
        >>> import spikeglm as nmo
        >>> builder = nmo.DesignBuilder(bin_s=0.5, epochs=[[0, 2]])
        >>> builder.boxcar(([0.5], [1.5]), values=[3.0], label="load").design().to_array().ravel()
        array([0., 3., 3., 0.])
        """
        is_pair = isinstance(intervals, tuple) and all(isinstance(each, str) for each in intervals)
        label = label_of(label, intervals, "boxcar")
        data = dict(self.data)
        term = Boxcar(
            label,
            intervals if is_pair else self._kept(intervals, label, data),
            window,
            basis,
            self._kept(values, f"{label}_values", data),
            self._kept(by, f"{label}_by", data),
            within_trial,
            missing,
            channels,
        )
        return self._with(term, data)

    def signal(
        self,
        signal: Any,
        *,
        window: tuple[float, float] | None = None,
        basis: Any = 8,
        how: str = "interpolate",
        max_gap_s: float | None = None,
        label: str | None = None,
        within_trial: bool = False,
        edges: str = "lost",
    ) -> Self:
        """Add a continuous signal that acts in proportion: as it is, or through a kernel.

        Parameters
        ----------
        signal :
            A pynapple Tsd or TsdFrame, a pair (times, values), or a value per row; or a name.
        window, basis :
            A kernel over what the signal was, ``window`` seconds ago (negative: will be); None: the
            signal as it is.
        how :
            How it comes to the bins: ``"interpolate"`` (a line between the samples around the
            centre), ``"average"`` (of the samples in the bin), ``"nearest"`` or ``"previous"``.
        max_gap_s :
            Lines are drawn over no longer gaps; None: one and a half samples, or bins.
        label, within_trial :
            As for :meth:`events`.
        edges :
            Rows whose window leaves what is known: ``"lost"`` or, as if the signal were zero
            there, ``"zero"``.

        Examples
        --------
        >>> import numpy as np, spikeglm as nmo
        >>> builder = nmo.DesignBuilder(bin_s=0.5, epochs=[[0, 2]])
        >>> builder.signal((np.arange(3.0), [0, 2, 4]), label="speed").design().to_array().ravel()
        array([0.5, 1.5, 2.5, 3.5])
        """
        label = label_of(label, signal, "signal")
        data = dict(self.data)
        name = self._kept(signal, label, data)
        term = Signal(label, name, window, basis, how, max_gap_s, within_trial, edges)
        return self._with(term, data)

    def tuning(
        self,
        *signals: Any,
        basis: Any = 8,
        how: str = "interpolate",
        max_gap_s: float | None = None,
        label: str | None = None,
    ) -> Self:
        """Add functions of the value of a signal, or of several together: tuning curves and maps.

        Parameters
        ----------
        *signals :
            One for each variable, as for :meth:`signal`; labels per row for a Category.
        basis :
            A number of cubic B-splines, one per signal (their products: a map), or a basis:
            ``CyclicBSplineEval(6, bounds=(0, 360))`` for what is on a circle, where also the lines
            between samples go the short way round.
        how, max_gap_s, label :
            As for :meth:`signal`.

        Raises
        ------
        ValueError, TypeError
            As :meth:`events`; also for a sum of bases, and another number of signals than
            variables.

        Examples
        --------
        >>> import numpy as np, spikeglm as nmo
        >>> builder = nmo.DesignBuilder(bin_s=0.1, epochs=[[0, 5]])
        >>> x, y = np.linspace(0, 1, 50), np.linspace(1, 0, 50)
        >>> builder.tuning(x, y, basis=(4, 5), label="place").design().terms[0].kind
        'product'
        """
        label = label_of(label, signals[0] if signals else None, "tuning")
        data = dict(self.data)
        several = len(signals) > 1
        names = tuple(
            self._kept(each, f"{label}_{i}" if several else label, data)
            for i, each in enumerate(signals)
        )
        return self._with(Tuning(label, names, basis, how, max_gap_s), data)

    def history(
        self,
        spikes: Any,
        *,
        window: float,
        basis: Any = 8,
        neurons: Any = "all",
        label: str | None = None,
        within_trial: bool = False,
        edges: str = "lost",
    ) -> Self:
        """Add the spikes before a row: of the neuron itself, of others, or of all.

        Parameters
        ----------
        spikes :
            Spike times: a pynapple Ts or TsGroup, a dict or a list of arrays of times. Or counts:
            a Tsd, a TsdFrame, (T,) or (T, N). Or a name.
        window :
            How far back it reaches, seconds: from the bin before the row on.
        basis :
            As for :meth:`events`; ``RaisedCosineLogEval(8)`` is fine near the present.
        neurons :
            Whose spikes each neuron sees: ``"all"``, its ``"own"``, those of ``"others"``, or a
            list of channels. That is a mask: fit with ``feature_mask=design.feature_mask``.
        label, within_trial :
            As for :meth:`events`.
        edges :
            Rows whose window leaves what is known (the recording, or their trial): ``"lost"``,
            or, as if there had been no spikes, ``"zero"``.

        Examples
        --------
        >>> import numpy as np, spikeglm as nmo
        >>> counts = np.random.default_rng(0).poisson(0.1, size=(50, 3))
        >>> builder = nmo.DesignBuilder(bin_s=0.01, epochs=[[0, 0.5]])
        >>> design = builder.history(counts, window=0.1, neurons="own", label="self").design()
        >>> design.shape, design.feature_mask
        ((50, 24), {'self': 'own'})
        """
        label = label_of(label, spikes, "history")
        data = dict(self.data)
        name = self._kept(spikes, label, data)
        return self._with(History(label, name, window, basis, neurons, within_trial, edges), data)
