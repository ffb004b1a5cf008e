"""Folders that are there when everything is done: nothing half-written, nothing of others lost."""

import pytest

from spikeglm.descriptions.result_folder import DESCRIPTION, RESULT, ResultFolder


def written(place):
    (place / RESULT).write_text("new")
    (place / DESCRIPTION).write_text("new")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_name_is_given_at_the_end(tmp_path):
    folder = ResultFolder(tmp_path / "a" / "b")
    folder.begin()
    assert not folder.target.exists()
    folder.finish(written)
    assert names(folder.target) == [DESCRIPTION, RESULT] and names(tmp_path / "a") == ["b"]


def test_an_older_result_is_replaced_as_a_whole(tmp_path):
    folder = ResultFolder(tmp_path / "out")
    for _ in range(2):
        folder.begin()
        folder.finish(written)
        (folder.target / "of the first run.csv").write_text("")
    folder.begin()
    folder.finish(written)
    assert names(folder.target) == [DESCRIPTION, RESULT]


def test_when_writing_fails_the_older_result_is_as_it_was(tmp_path):
    folder = ResultFolder(tmp_path / "out")
    folder.begin()
    folder.finish(written)

    def full(place):
        (place / RESULT).write_text("half")
        raise OSError(28, "No space left on device")

    folder.begin()
    with pytest.raises(OSError, match="No space"):
        folder.finish(full)
    folder.clear()
    assert (folder.target / RESULT).read_text() == "new" and names(tmp_path) == ["out"]


def test_what_is_no_result_is_never_replaced(tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("years of work")
    with pytest.raises(ValueError, match="in use"):
        ResultFolder(tmp_path / "thesis").begin()
    assert names(tmp_path) == ["thesis"]


def test_an_empty_folder_may_be_taken(tmp_path):
    (tmp_path / "out").mkdir()
    folder = ResultFolder(tmp_path / "out")
    folder.begin()
    folder.finish(written)
    assert names(tmp_path) == ["out"]


def test_a_file_in_the_way_is_told(tmp_path):
    (tmp_path / "taken").write_text("")
    for target in (tmp_path / "taken", tmp_path / "taken" / "out"):
        with pytest.raises(ValueError, match="choose another one"):
            ResultFolder(target).begin()
    assert names(tmp_path) == ["taken"]


def test_folders_that_were_made_on_the_way_go_again(tmp_path):
    folder = ResultFolder(tmp_path / "a" / "b")
    (tmp_path / "a").mkdir()
    other = ResultFolder(tmp_path / "c" / "d" / "e")
    for each in (folder, other):
        each.clear(each.begin())
    assert names(tmp_path) == ["a"]  # it was there


def test_finished_parts_stay_for_the_next_run(tmp_path):
    folder = ResultFolder(tmp_path / "out")
    folder.begin()
    (folder.parts / "fit.npz").write_text("")
    folder.clear()
    assert (folder.parts / "fit.npz").exists()
