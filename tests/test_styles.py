"""The style file is the look of the figures, as a file."""

import matplotlib
import matplotlib.pyplot as plt

import spikeglm as nmo
from spikeglm.plotting.style import CYCLE, paper_style


def test_the_file_is_the_style_of_the_figures():
    in_file = matplotlib.rc_params_from_file(nmo.styles.plot_style, use_default_template=False)
    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # whatever other tests, or the user's own file, have set
        before = dict(plt.rcParams)
        with paper_style():
            in_figures = dict(plt.rcParams)
    only_in_file = {"axes.prop_cycle", "animation.html", "font.family"}
    assert set(in_figures["font.family"]) <= set(in_file["font.sans-serif"])  # those that are there
    for name, value in in_file.items():
        if name not in only_in_file:
            assert in_figures[name] == value, name
    assert {name for name in before if before[name] != in_figures[name]} <= set(in_file)
    assert in_file["axes.prop_cycle"].by_key()["color"] == list(CYCLE)


def test_it_is_used_like_any_style():
    with plt.style.context(nmo.styles.plot_style):
        assert plt.rcParams["animation.html"] == "jshtml"
        assert not plt.rcParams["axes.spines.top"]
        assert plt.rcParams["xtick.labelsize"] <= 8
