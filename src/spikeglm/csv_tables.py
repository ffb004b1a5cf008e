"""Tables as CSV: numbers as a person would write them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_NUMBERS = "%.9g"  # far more digits than are known of an estimate; a whole number has no point
_TIMES = "_s"  # how the names of columns of seconds end
_DECIMALS = 9  # of seconds, however late in a recording


def write_csv(table: pd.DataFrame, path: Path, *, with_index: bool = False) -> None:
    """Write a table: counts as whole numbers, times to a nanosecond, else nine digits.

    Parameters
    ----------
    table :
        Columns whose names end in ``_s`` are times in seconds; what is not known is left empty.
    path :
        The file.
    with_index :
        Whether the index is a column, the first.

    Raises
    ------
    OSError
        If it cannot be written.

    Examples
    --------
    >>> import pandas as pd, tempfile
    >>> path = Path(tempfile.mkdtemp()) / "counts.csv"
    >>> table = pd.DataFrame({"time_s": [3 * 0.025, 170000.0005], "a": [1.0, 0.1 + 0.2]})
    >>> write_csv(table, path)
    >>> path.read_text().split()
    ['time_s,a', '0.075,1', '170000.0005,0.3']
    """
    shown = table.reset_index() if with_index else table.copy(deep=False)
    for j, name in enumerate(shown.columns):
        column = shown.iloc[:, j]
        if str(name).endswith(_TIMES) and column.dtype.kind == "f":
            shown.isetitem(j, [_time(value) for value in column.to_list()])
    shown.to_csv(path, index=False, float_format=_NUMBERS)


def _time(value: float) -> str | None:
    if value != value:
        return None
    rounded = round(value, _DECIMALS) + 0.0  # no -0
    whole = int(rounded) if rounded.is_integer() else None
    return repr(rounded) if whole is None else repr(whole)
