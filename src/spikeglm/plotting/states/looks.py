"""States look alike in all figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def colour(state: int) -> str:
    """Return the colour of a state, the same in all figures.

    >>> colour(0) == style.CYCLE[0], colour(6) == style.CYCLE[0]
    (True, True)
    """
    return style.CYCLE[int(state) % len(style.CYCLE)]


def legend(ax: Axes, **options: Any) -> None:
    """Say which colour is which state."""
    ax.legend(fontsize=style.SMALL_PT, frameon=False, handlelength=1.2, **options)


def legend_above(ax: Axes, n_states: int) -> None:
    """Say it in a line above the axes, where it hides nothing."""
    legend(ax, ncols=min(n_states, 5), loc="lower left", bbox_to_anchor=(0, 1.0), borderaxespad=0.2)
