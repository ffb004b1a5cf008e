"""Why no error and no test is valid of a fit, whatever its data: what its penalty did."""

from __future__ import annotations

from ..regularizer.base import PenaltyTerm


def why_none(penalty: PenaltyTerm, what: str) -> str:
    """Return why ``what`` (an error, a test) is not valid under a penalty, "" where it may be.

    >>> import spikeglm as nmo
    >>> why_none(nmo.regularizer.Lasso().bind(1.0, (2, 1)), "error")
    'no error is valid after the penalty selected features from the same data'
    >>> why_none(nmo.regularizer.Ridge().bind(1.0, (2, 1)), "error")
    ''
    """
    if penalty.is_smooth:
        return ""
    cause = "after the penalty selected features from the same data"
    return f"no {what} is valid {getattr(penalty, 'cause', cause)}"
