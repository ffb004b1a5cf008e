"""What a figure shows, read back from its artists: numbers, colours, words and where they stand."""

from unittest import mock

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PathCollection, PolyCollection, QuadMesh
from matplotlib.colors import to_hex
from matplotlib.patches import StepPatch
from matplotlib.text import Text


def axes_of(drawn):
    """All axes of what a plot returned: an Axes, an array of them, or a Figure."""
    first = drawn
    while not hasattr(first, "get_figure") and not hasattr(first, "axes"):
        first = first.ravel()[0] if hasattr(first, "ravel") else first[0]
    figure = first if hasattr(first, "add_subplot") else first.figure
    return figure, all_axes(figure)


def all_axes(figure):
    found = []
    for ax in figure.axes:
        found += [ax, *ax.child_axes]
    return found


def numbers(axes):
    """Every number that artists hold: ends of lines and bars, colours of images, steps."""
    found = []
    for ax in axes:
        for line in ax.lines:
            found += [_floats(line.get_xdata()), _floats(line.get_ydata())]
        for patch in ax.patches:
            found.append(_of_patch(patch))
        for image in ax.images:
            found.append(_floats(image.get_array()))
        for collection in ax.collections:
            found.append(_of_collection(collection))
        for text in ax.texts:
            found.append(_floats([text.get_position()[1]]))
    return np.concatenate([each.ravel() for each in found] or [np.empty(0)])


def _of_patch(patch):
    if isinstance(patch, StepPatch):
        values, edges, base = patch.get_data()
        return np.concatenate([_floats(part).ravel() for part in (values, edges, base)])
    x0, y0, x1, y1 = patch.get_extents().bounds if not hasattr(patch, "get_height") else (
        patch.get_x(), patch.get_y(), patch.get_width(), patch.get_height())  # fmt: skip
    return np.array([x0, y0, x1, y1, x0 + x1, y0 + y1], dtype=float)


def _of_collection(collection):
    if isinstance(collection, QuadMesh):
        return _floats(collection.get_array())
    if isinstance(collection, LineCollection):
        return np.concatenate([_floats(s).ravel() for s in collection.get_segments()] or [[]])
    if isinstance(collection, PathCollection):
        return _floats(collection.get_offsets())
    if isinstance(collection, PolyCollection) or collection.get_paths():
        return np.concatenate([_floats(path.vertices).ravel() for path in collection.get_paths()])
    return np.empty(0)


def _floats(values):
    if np.ma.isMaskedArray(values):
        values = values.astype(float).filled(np.nan)
    array = np.asarray(values)
    if array.dtype.kind in "OUS":
        array = np.array([v if isinstance(v, int | float) else np.nan for v in array.ravel()])
    return array.astype(float)


def holds(drawn, wanted):
    """Whether every finite wanted number is among the drawn ones."""
    wanted = np.asarray(wanted, dtype=float)
    wanted = wanted[np.isfinite(wanted)]
    drawn = np.sort(drawn[np.isfinite(drawn)])
    if not wanted.size:
        return True
    if not drawn.size:
        return False
    place = np.clip(np.searchsorted(drawn, wanted), 1, len(drawn) - 1) if len(drawn) > 1 else 0
    near = np.minimum(np.abs(drawn[place] - wanted), np.abs(drawn[place - 1] - wanted))
    return bool((near <= 1e-6 * np.maximum(1.0, np.abs(wanted))).all())


def colours(axes):
    """Colours of lines, bars and bands that have one each."""
    found = set()
    for ax in axes:
        if hasattr(ax, "_colorbar"):
            continue
        for line in ax.lines:
            found |= {to_hex(line.get_color())}
        for patch in ax.patches:
            if patch.get_fill():
                found |= {to_hex(patch.get_facecolor())}
        for collection in ax.collections:
            if collection.get_array() is None:
                tints = [*collection.get_facecolor(), *collection.get_edgecolor()]
                found |= {to_hex(tint) for tint in tints if tint[3] > 0}
    return found


def words(figure):
    """Texts that are drawn: what, size (pt), where (pixels), and by how much they are turned."""
    canvas, draw, drawn = FigureCanvasAgg(figure), Text.draw, []

    def drawn_and_kept(text, renderer):
        drawn.append(text)
        return draw(text, renderer)

    with mock.patch.object(Text, "draw", drawn_and_kept):
        canvas.draw()
    boxes = {id(t): (t, t.get_window_extent(canvas.get_renderer())) for t in drawn}
    return [
        (text.get_text(), text.get_fontsize(), box, text.get_rotation())
        for text, box in boxes.values()
        if text.get_text().strip() and text.get_visible() and box.width > 0
    ]


def overlaps(found):
    """Pairs of texts that cover each other by more than a pixel or so."""
    pairs = []
    upright = [each for each in found if each[3] % 90 == 0]
    for i, (one, _, a, _) in enumerate(upright):
        for other, _, b, _ in upright[i + 1 :]:
            width = min(a.x1, b.x1) - max(a.x0, b.x0)
            height = min(a.y1, b.y1) - max(a.y0, b.y0)
            if width > 1.5 and height > 1.5:
                pairs.append((one, other))
    return pairs
