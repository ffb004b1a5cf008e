"""The look of the library's figures as a matplotlib style.

``plot_style`` is the path of an mplstyle file: small labels, thin axes without top and right
spines, colours that are told apart with every common form of colour blindness, animations as
JavaScript.

>>> import matplotlib.pyplot as plt
>>> with plt.style.context(plot_style):
...     plt.rcParams["axes.spines.top"]
False
"""

from pathlib import Path

plot_style = str(Path(__file__).parent / "plot_style.mplstyle")
"""Path of the style file, for ``matplotlib.pyplot.style.use``."""

__all__ = ["plot_style"]
