"""Description files: what they say and refuse, and that they are written as they are read."""

from pathlib import Path

import pytest

import spikeglm as nmo
from spikeglm.descriptions import Description

TEXT = """
[recording]
path = "session.nwb"
neurons = [1, "b"]
where = { quality = ["good", "mua"] }
bin_s = 0.02
epochs = "epochs/run"
derived = { speed = { of = "series/position", how = "speed", smooth_s = 0.2 } }

[design]
trials = "trials"

[[design.terms]]
kind = "tuning"
label = "speed"
signals = ["series/speed"]
basis = 6

[[design.terms]]
kind = "events"
label = "cue"
times = "cue"
window = [-0.5, 1.0]

[analysis]
search = "backward"
always = ["cue"]
folds = { name = "InterleavedBlocks", n_folds = 5, n_chunks = 4 }
model = { regularizer = "Ridge", regularizer_strength = 0.1 }

[output]
tables = ["parquet"]
report = false
"""


def test_a_description_is_written_as_it_is_read():
    found = Description.read(TEXT)
    again = Description.read(found.to_toml())
    assert again.words == found.words
    assert again.to_toml() == found.to_toml()


def test_its_parts_are_those_of_python():
    found = Description.read(TEXT)
    builder = (
        nmo.DesignBuilder(bin_s=0.02, epochs="epochs/run", trials="trials")
        .tuning("series/speed", basis=6, label="speed")
        .events("cue", window=(-0.5, 1.0), label="cue")
    )
    assert found.design.to_toml() == builder.to_toml()
    asked = found.analysis.arguments()
    assert asked["folds"] == nmo.selection.InterleavedBlocks(5, n_chunks=4)
    model = asked["model"]
    assert isinstance(model, nmo.PopulationGLM) and model.regularizer_strength == 0.1


def test_paths_are_counted_from_the_file_and_those_of_a_command_from_where_it_is(
    tmp_path, monkeypatch
):
    file = tmp_path / "mouse.toml"
    file.write_text(TEXT)
    found = Description.read(file)
    assert found.path == tmp_path / "session.nwb" and found.out == tmp_path / "mouse"
    monkeypatch.chdir(tmp_path.parent)
    here = Description.read(str(file), ["output.folder=results", "recording.path=b.nwb"])
    assert here.out == Path.cwd() / "results" and here.path == Path.cwd() / "b.nwb"
    assert Description.read(file, ["recording.path=/data/a.nwb"]).path.as_posix() == "/data/a.nwb"
    assert Description.read(file, ["recording.path=https://a.b/c.nwb"]).path == "https://a.b/c.nwb"


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("recording.pth=a.nwb", "Did you mean 'path'"),
        ("recordin.path=a.nwb", "Did you mean 'recording'"),
        ("analysis.fold=5", "Did you mean 'folds'"),
        ("analysis.search=forwards", "Did you mean 'forward'"),
        ("analysis.rule=hardcastel", "Did you mean 'hardcastle'"),
        ("analysis.how=uniqe", "Did you mean 'unique'"),
        ("analysis.null=lineer_shift", "Did you mean 'linear_shift'"),
        ("analysis.always=['cu']", "Did you mean 'cue'"),
        ("analysis.model.regulariser=Ridge", "Did you mean 'regularizer'"),
        ("analysis.folds.name=InterleavedBlock", "Did you mean 'InterleavedBlocks'"),
        ("analysis.folds.chunks=5", "n_chunks"),
        ("design.term=5", "Did you mean 'terms'"),
        ("design.terms.cue.windows=[0, 1]", "Did you mean 'window'"),
        ("output.tables=xlsx", "'parquet'"),
        ("output.reports=true", "Did you mean 'report'"),
        ("recording.derived.speed.how=sped", "Did you mean 'speed'"),
        ("recording.derived.pace.how=speed", "also of"),
        ("design.bin_s=0.1", "said twice"),
    ],
)
def test_unknown_words_are_refused_with_the_nearest_known_one(override, told):
    with pytest.raises(ValueError, match=told):
        Description.read(TEXT, [override])


@pytest.mark.parametrize(
    "override",
    [
        "recording.path=5",
        "recording.bin_s=fast",
        "recording.bin_s=true",
        "recording.min_spikes=0.5",
        "recording.neurons=3",
        "recording.where=good",
        "recording.derived=speed",
        "output.report=1",
        "analysis.model=Ridge",
    ],
)
def test_values_of_another_type_are_refused(override):
    with pytest.raises(TypeError, match="Expected"):
        Description.read(TEXT, [override])


def test_a_design_alone_is_told_where_it_belongs():
    with pytest.raises(ValueError, match=r"\[\[design.terms\]\]"):
        Description.read('bin_s = 0.1\n[[terms]]\nkind = "boxcar"\n')


def test_a_section_is_no_number():
    with pytest.raises(TypeError, match=r"\[analysis\] is a section"):
        Description.read("analysis = 5\n")
