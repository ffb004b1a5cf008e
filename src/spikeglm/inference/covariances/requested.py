"""What kind of covariance is wanted, in the words of the user: looked up once, here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ... import errors, showing
from .. import smoothing
from ..information.filling import Filler
from . import small_samples
from .autocorrelated import Autocorrelated, GivenLags, Lags
from .bandwidths import AndrewsLags, LazarusLags, NeweyWestLags
from .clustered import Clustered
from .independent import Independent
from .rows_in_time import RowsInTime

AUTO, MODEL, CLUSTER, HAC, UNCONDITIONAL = "auto", "model", "cluster", "HAC", "unconditional"
_OF_ROWS = {
    "HC0": (0, small_samples.NONE),
    "HC1": (0, small_samples.PARAMETERS),
    "HC2": (1, small_samples.NONE),
    "HC3": (2, small_samples.NONE),
}
COV_TYPES = (MODEL, *_OF_ROWS, CLUSTER, HAC, UNCONDITIONAL, AUTO)
FREQUENCY, SAMPLING = "frequency", "sampling"
_BY_NAME: dict[str, Lags] = {
    "lazarus": LazarusLags(),
    "newey-west": NeweyWestLags(),
    "andrews": AndrewsLags(),
}
_MEANT = {
    "robust": "HC0", "sandwich": "HC0", "nonrobust": MODEL, "fisher": MODEL,
    "clustered": CLUSTER, "newey-west": HAC, "hac": HAC, "corrected": UNCONDITIONAL,
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Requested:
    """The kind of covariance that is wanted.

    Attributes
    ----------
    cov_type :
        ``"model"``, ``"HC0"`` to ``"HC3"``, ``"cluster"`` or ``"HAC"``; ``"unconditional"``: that
        of the model with strengths of its penalty that are not known. ``"auto"``: that where the
        data chose the strengths, else ``"model"``.
    groups :
        (T,) labels, a pynapple IntervalSet, or ``"epochs"``: those of X. Of HAC they are borders.
    lags :
        Bins (int) or time (float seconds, or a text such as ``"200 ms"``); ``"lazarus"`` (None):
        1.3 times the root of the number of rows; ``"newey-west"`` or ``"andrews"`` choose them
        from the data.
    small_sample :
        Factor: ``"none"``, ``"n/(n-k)"``; of groups also ``"G/(G-1)"`` and
        ``"G/(G-1)*(n-1)/(n-k)"``, ``"CR2"`` and ``"CR3"``, of lags also ``"n/(n-k)*exp(b)"``. None
        takes ``"n/(n-k)"`` for HC1 and HAC, ``"G/(G-1)"`` for groups and none for the others.
    weights :
        ``"frequency"``: a row of weight a is a rows. ``"sampling"``: it is one row.

    Raises
    ------
    ValueError, TypeError
        For an unknown name, or for groups or lags that the type has no use for.

    Examples
    --------
    >>> Requested("HC3").is_model, Requested().is_model
    (False, True)
    """

    cov_type: str = MODEL
    groups: Any = None
    lags: Any = None
    small_sample: str | None = None
    weights: str = FREQUENCY

    __repr__ = showing.of_fields

    def __post_init__(self) -> None:
        if not isinstance(self.cov_type, str) or self.cov_type not in COV_TYPES:
            raise errors.unknown_name("cov_type", self.cov_type, COV_TYPES, meant=_MEANT)
        if not isinstance(self.weights, str):
            raise errors.type_error(
                "weights says what the weights of rows mean.",
                given=type(self.weights).__name__,
                expected=f"{FREQUENCY!r} or {SAMPLING!r}",
                todo="pass the weights themselves as sample_weight.",
            )
        if self.weights not in (FREQUENCY, SAMPLING):
            raise errors.unknown_name("meaning of weights", self.weights, (FREQUENCY, SAMPLING))
        if self.groups is not None and self.cov_type not in (CLUSTER, HAC):
            raise self._unused("groups", f"{CLUSTER!r} or {HAC!r}")
        if self.lags is not None and self.cov_type != HAC:
            raise self._unused("lags", repr(HAC))
        if self.small_sample is not None and self.is_model:
            raise self._unused("small_sample", "another than 'model'")
        self._factor()

    @property
    def is_model(self) -> bool:
        """Whether it is the covariance that the model itself states."""
        return self.cov_type in (AUTO, MODEL)

    def resolved(self, penalty: Any, *, are_chosen: bool) -> Requested:
        """Return the kind that ``"auto"`` means: strengths that the data chose are not known.

        >>> Requested("auto").resolved(None, are_chosen=False).cov_type
        'model'
        """
        if self.cov_type != AUTO:
            return self
        knows_not = are_chosen and hasattr(penalty, "with_strengths")
        return replace(self, cov_type=UNCONDITIONAL if knows_not else MODEL)

    def filler(self, data: RowsInTime) -> Filler | None:
        """Return what makes the filling of the sandwich from the rows; None for the model's own.

        Raises
        ------
        ValueError, TypeError
            If groups or lags do not fit the rows.
        """
        are_copies = self.weights == FREQUENCY
        if self.is_model:
            return None
        if self.cov_type == UNCONDITIONAL:
            found: Filler = smoothing.OverStrengths()
            return found
        if self.cov_type == CLUSTER:
            return Clustered(data.codes(self.groups), self._factor(), are_copies)
        if self.cov_type == HAC:
            times, longest = data.times(self.groups), data.longest(self.groups)
            return Autocorrelated(times, longest, self._lags(data), self._factor(), are_copies)
        delta, _ = _OF_ROWS[self.cov_type]
        return Independent(self.cov_type, delta, self._factor(), are_copies)

    def check_classes(self) -> None:
        """Check that classifiers have it.

        Raises
        ------
        ValueError
            If not.
        """
        if self.cov_type == UNCONDITIONAL:
            raise errors.value_error(
                "Strengths of a classifier are taken for known.",
                given=f"cov_type={self.cov_type!r}",
                expected="another cov_type",
                todo="of one class against the others, GLM('Bernoulli') has it.",
            )
        looks_at_groups = self.small_sample in (small_samples.CR2, small_samples.CR3)
        if _OF_ROWS.get(self.cov_type, (0, ""))[0] or looks_at_groups:
            raise errors.value_error(
                "Of several classes a row has no single leverage.",
                given=f"cov_type={self.cov_type!r}, small_sample={self.small_sample!r} for a "
                "classifier",
                expected="'model', 'HC0', 'HC1', 'cluster' or 'HAC', with another factor",
                todo="of one class against the others, GLM('Bernoulli') has it.",
            )

    def _factor(self) -> str:
        if self.cov_type == CLUSTER:
            return small_samples.checked(
                self.small_sample, small_samples.GROUPS, small_samples.OF_GROUPS
            )
        if self.cov_type == HAC:
            return small_samples.checked(
                self.small_sample, small_samples.PARAMETERS, small_samples.OF_LAGS
            )
        _, default = _OF_ROWS.get(self.cov_type, (0, small_samples.NONE))
        return small_samples.checked(self.small_sample, default, small_samples.OF_ROWS)

    def _lags(self, data: RowsInTime) -> Lags:
        name = "lazarus" if self.lags is None else self.lags
        if isinstance(name, str) and not any(letter.isdigit() for letter in name):
            if name not in _BY_NAME:
                raise errors.unknown_name("choice of lags", name, tuple(_BY_NAME))
            return _BY_NAME[name]
        return GivenLags(data.bins_in(name))

    def _unused(self, name: str, used_by: str) -> ValueError:
        return errors.value_error(
            f"{name} is not used.",
            given=f"{name} with cov_type={self.cov_type!r}",
            expected=f"cov_type {used_by}",
        )
