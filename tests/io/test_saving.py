"""How a file is written: under the rights it had, through links; what is no file is left alone."""

import os
import stat
import threading

import numpy as np
import pytest

import spikeglm as nmo
from spikeglm.engine.objective import Objective

posix = pytest.mark.skipif(os.name != "posix", reason="rights and links of another kind")
pytestmark = posix


def model():
    X = np.random.default_rng(0).normal(size=(50, 2))
    return nmo.GLM().fit(X, np.ones(50))


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_the_umask_of_the_process_is_never_touched(tmp_path, monkeypatch):
    """For the moment that it was zero other threads made files that anybody could write."""
    monkeypatch.setattr(os, "umask", lambda *_: pytest.fail("the umask was touched"))
    model().save_params(tmp_path / "model.npz")


def test_files_made_meanwhile_by_other_threads_keep_their_rights(tmp_path):
    fitted, done, seen = model(), threading.Event(), set()

    def make():
        while not done.is_set():
            path = tmp_path / f"other{threading.get_ident()}"
            path.write_text("")
            seen.add(mode_of(path))
            path.unlink()

    threads = [threading.Thread(target=make) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(30):
        fitted.save_params(tmp_path / "model.npz")
    done.set()
    for thread in threads:
        thread.join()
    assert len(seen) == 1


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_a_file_that_is_saved_again_keeps_its_mode(mode, tmp_path):
    path = tmp_path / "model.npz"
    path.write_text("old")
    path.chmod(mode)
    model().save_params(path)
    assert mode_of(path) == mode
    assert isinstance(nmo.load_model(path), nmo.GLM)


@pytest.mark.parametrize("is_there", [True, False])
def test_a_link_stays_one_and_what_it_leads_to_is_written(is_there, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    target = tmp_path / "elsewhere" / "whole.npz"
    if is_there:
        target.write_text("old")
        target.chmod(0o600)
    link = tmp_path / "model.npz"
    link.symlink_to("elsewhere/whole.npz")
    model().save_params(link)
    assert link.is_symlink()
    assert isinstance(nmo.load_model(target), nmo.GLM)
    assert not is_there or mode_of(target) == 0o600
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["elsewhere", "model.npz", "whole.npz"]


@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_what_is_no_file_is_not_replaced(kind, tmp_path):
    path = tmp_path / "model.npz"
    {
        "pipe": lambda: os.mkfifo(path),
        "device": lambda: path.symlink_to("/dev/null"),
        "folder": path.mkdir,
    }[kind]()
    before = path.stat()
    with pytest.raises(OSError, match=r"cannot be written.*What to do: save under another name"):
        model().save_params(path)
    assert path.stat() == before


def test_a_file_that_may_not_be_written_is_not_replaced(tmp_path):
    path = tmp_path / "model.npz"
    path.write_text("precious")
    path.chmod(0o400)
    if os.access(path, os.W_OK):
        pytest.skip("this user may write everything")
    with pytest.raises(OSError, match="cannot be written"):
        model().save_params(path)
    assert path.read_text() == "precious"


def test_a_checkpoint_is_written_through_a_link_and_taken_away_behind_it(tmp_path, monkeypatch):
    (tmp_path / "scratch").mkdir()
    link, target = tmp_path / "fit.npz", tmp_path / "scratch" / "fit.npz"
    link.symlink_to(target)
    X = np.random.default_rng(0).normal(size=(200, 2))
    visit, n_visits = Objective.visit, []

    def interrupted(*args):
        n_visits.append(args)
        if len(n_visits) == 4:
            raise KeyboardInterrupt
        return visit(*args)

    with nmo.config_context(checkpoint=link):
        monkeypatch.setattr(Objective, "visit", interrupted)
        with pytest.raises(KeyboardInterrupt):
            nmo.GLM().fit(X, np.arange(200) % 3)
        assert link.is_symlink()
        assert target.is_file()
        nmo.GLM().fit(X, np.arange(200) % 3)
    assert link.is_symlink()
    assert not target.exists()


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no such folder.*missing'$"):
        model().save_params(tmp_path / "missing" / "model.npz")
