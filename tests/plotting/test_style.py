"""The style lasts as long as its context, and files are fit for a journal."""

import io
import pickle
import subprocess
import sys

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
from matplotlib.font_manager import fontManager
from matplotlib.text import Text

from spikeglm.plotting import labels, paper_style, plot_bits_per_spike, save_figure, style


def test_style_ends_with_its_context():
    before = mpl.rcParams["font.size"]
    with paper_style():
        assert mpl.rcParams["font.size"] == 7
        assert mpl.rcParams["axes.prop_cycle"].by_key()["color"] == list(style.CYCLE)
    assert mpl.rcParams["font.size"] == before


def test_style_ends_even_after_an_error():
    before = mpl.rcParams["axes.spines.top"]
    with pytest.raises(RuntimeError), paper_style():
        raise RuntimeError
    assert mpl.rcParams["axes.spines.top"] == before


def test_text_stays_text_in_pdf_files(tmp_path):
    png, pdf = save_figure(plot_bits_per_spike({"a": [0.1, 0.2]}).figure, tmp_path / "tuning")
    content = pdf.read_bytes()
    assert b"/CIDFontType2" in content  # TrueType, which editors can open ...
    assert b"/Type3" not in content  # ... and not outlines
    assert png.stat().st_size > 1000


def test_the_same_figure_makes_the_same_file(tmp_path):
    for name in ("first", "second"):
        save_figure(plot_bits_per_spike({"a": [0.1, 0.2]}).figure, tmp_path / name)
    for suffix in (".png", ".pdf"):
        first, second = ((tmp_path / f"{n}{suffix}").read_bytes() for n in ("first", "second"))
        assert first == second


def test_a_dot_in_the_name_is_not_taken_for_a_suffix(tmp_path):
    png, _ = save_figure(plot_bits_per_spike({"a": [0.1, 0.2]}).figure, tmp_path / "bin_0.5")
    assert png.name == "bin_0.5.png"


def test_colours_differ_in_lightness_or_hue_for_all_eyes():
    """Okabe and Ito's set: no two the same, none of them red beside green of equal lightness."""
    assert len(set(style.CYCLE)) == len(style.CYCLE) == 6
    assert mpl.colors.to_rgb(style.BLUE) == pytest.approx((0, 114 / 255, 178 / 255))
    assert mpl.colors.to_rgb(style.VERMILLION) == pytest.approx((213 / 255, 94 / 255, 0))


def test_missing_matplotlib_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"spikeglm\[plot\]"):
        plot_bits_per_spike({"a": [0.1, 0.2]})


def test_importing_the_package_is_light():
    code = (
        "import sys, spikeglm.plotting; "
        "heavy = {'matplotlib', 'jax', 'pynapple'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_first_figure_within_the_style_leaves_a_notebook_interactive():
    """Else a notebook shows the first figure, and none of those that come after it."""
    was = mpl.is_interactive()
    try:
        mpl.interactive(False)
        with paper_style():
            mpl.interactive(True)  # as the first figure of a notebook does
        assert mpl.is_interactive()
    finally:
        mpl.interactive(was)


@pytest.mark.parametrize("height_mm", [40, 60, 120])
def test_a_unit_is_not_broken_over_two_lines_and_no_word_is_lost(height_mm):
    ax = style.axes_or_new(None, height_mm=height_mm)
    text = "position and speed: log-likelihood (nats per bin)"
    lines = labels.upwards(ax, text).split("\n")
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert sum("(" in line for line in lines) == sum("(nats per bin)" in line for line in lines)


def test_a_unit_that_no_line_holds_is_broken():
    ax = style.axes_or_new(None, height_mm=30)
    text = "Effect (a unit whose name is longer than the axis is high)"
    assert max(map(len, labels.upwards(ax, text).split("\n"))) < 25


def test_axes_stand_for_their_figure_and_a_suffix_for_none(tmp_path):
    saved = save_figure(plot_bits_per_spike({"a": [0.1, 0.2]}), tmp_path / "bits.png")
    assert [path.name for path in saved] == ["bits.png", "bits.pdf"]
    with pytest.raises(TypeError, match=r"saved under a name.*save_figure\(figure, stem\)"):
        save_figure(tmp_path / "bits", plot_bits_per_spike({"a": [0.1, 0.2]}).figure)


def test_a_figure_keeps_its_fonts_when_the_style_has_ended():
    """Text kept the word "sans-serif", and was drawn in the font of whoever saved it."""
    ax = plot_bits_per_spike({"a": [0.1, 0.2]})
    ax.figure.draw_without_rendering()
    fonts = {tuple(text.get_fontfamily()) for text in ax.figure.findobj(Text) if text.get_text()}
    assert len(fonts) == 1
    known = {font.name for font in fontManager.ttflist}
    assert set(*fonts) <= known and "DejaVu Sans" in next(iter(fonts))


@pytest.mark.parametrize(
    ("kind", "wanted", "refused"),
    [("pdf", b"/CIDFontType2", b"/Type3"), ("ps", b"/FontType 42 def", b"/FontType 3 def")],
)
def test_files_hold_no_type_3_fonts_whoever_saves_them(kind, wanted, refused):
    """matplotlib asks for the type of fonts when it writes; journals refuse its default."""
    with mpl.rc_context({"pdf.fonttype": 3, "ps.fonttype": 3}):
        before = dict(mpl.rcParams)
        figure = plot_bits_per_spike({"a": [0.1, 0.2]}).figure
        for saves in (plt.savefig, figure.savefig, pickle.loads(pickle.dumps(figure)).savefig):
            file = io.BytesIO()
            saves(file, format=kind)
            assert wanted in file.getvalue()
            assert refused not in file.getvalue()
        assert dict(mpl.rcParams) == before
