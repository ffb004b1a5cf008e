"""Settings hold inside their context, in their thread, and are checked."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spikeglm as nmo
from spikeglm.settings import Settings, parse_bytes


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2GiB", 2**31), ("500 MB", 5 * 10**8), ("1.5KiB", 1536), ("10KB", 10_000), (4096, 4096),
     (" 1MiB ", 2**20), ("0.5GB", 5 * 10**8), ("2gb", 2 * 10**9), ("2 gib", 2**31),
     ("2G", 2 * 10**9), (".5GiB", 2**29), ("2TB", 2 * 10**12), ("4096", 4096),
     (np.int64(4096), 4096), (1e9, 10**9)],
)  # fmt: skip
def test_amounts_of_memory(text, expected):
    assert parse_bytes(text) == expected


NO_AMOUNTS = (
    *("", "lots", "GiB", "-1GiB", "2 gigs", "0GiB", "²GB", "1e3MB"),
    *(0, -5, 1.5, np.inf, np.nan, True, None),
)


@pytest.mark.parametrize("wrong", NO_AMOUNTS)
def test_amounts_that_cannot_be_read(wrong):
    with pytest.raises(ValueError, match=r"Given.*Expected"):
        parse_bytes(wrong)


@given(st.integers(1, 2**50))
def test_bytes_are_bytes(n):
    assert parse_bytes(n) == n


def test_a_context_ends():
    before = nmo.get_config()
    with nmo.config_context(n_threads=3, memory="1GiB") as inside:
        assert inside is nmo.get_config()
        assert inside.n_threads == 3
        assert inside.memory_bytes == 2**30
        with nmo.config_context(n_threads=1):
            assert nmo.get_config().n_threads == 1
            assert nmo.get_config().memory == "1GiB"
        assert nmo.get_config().n_threads == 3
    assert nmo.get_config() == before


def test_a_context_ends_after_an_error():
    before = nmo.get_config()
    with pytest.raises(RuntimeError), nmo.config_context(n_threads=7):
        raise RuntimeError
    assert nmo.get_config() == before


def test_setting_lasts_and_stays_in_its_thread():
    before = nmo.get_config()
    seen = []

    def work():
        nmo.set_config(n_threads=5)
        seen.append(nmo.get_config().n_threads)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [5]
    assert nmo.get_config() == before


@pytest.mark.parametrize(
    ("changes", "match"),
    [({"runner": "gpu"}, "runner='jax'"), ({"runner": "thread"}, "'threads'"),
     ({"n_threads": 0}, "n_threads"), ({"n_threads": True}, "n_threads"),
     ({"memory": "x"}, "memory"), ({"thread": 2}, "Did you mean"),
     ({"checkpoint_seconds": "30"}, "seconds >= 0"), ({"checkpoint_seconds": -1}, "seconds >= 0"),
     ({"checkpoint": ""}, "names a folder"), ({"checkpoint": True}, "must name a file"),
     ({"progress": 1}, "True or False")],
)  # fmt: skip
def test_settings_are_checked(changes, match):
    before = nmo.get_config()
    with pytest.raises(ValueError, match=match), nmo.config_context(**changes):
        pass
    with pytest.raises(ValueError, match=match):
        nmo.set_config(**changes)
    assert nmo.get_config() == before


def test_counts_of_numpy_are_counts():
    with nmo.config_context(n_threads=np.int64(3)) as settings:
        assert settings.workers == 3


def test_settings_cannot_be_changed_in_place():
    with pytest.raises(AttributeError):
        Settings().n_threads = 2


def test_a_checkpoint_needs_a_folder_before_the_fit_begins(tmp_path):
    with (
        pytest.raises(ValueError, match=r"folder.*Given.*nowhere.*What to do: make the folder"),
        nmo.config_context(checkpoint=tmp_path / "nowhere" / "fit.npz"),
    ):
        pass
    with nmo.config_context(checkpoint=tmp_path / "fit.npz"), nmo.config_context(n_threads=1):
        assert nmo.get_config().checkpoint == tmp_path / "fit.npz"


def test_a_folder_is_no_checkpoint(tmp_path):
    with pytest.raises(ValueError, match=r"names a folder.*What to do.*fit\.npz"):
        nmo.set_config(checkpoint=tmp_path)


def test_a_folder_in_which_one_may_not_write_is_refused_before_the_fit_begins(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("os.access", lambda path, mode: False)  # root may write anywhere
    with pytest.raises(ValueError, match=r"cannot be written.*Given.*What to do"):
        nmo.set_config(checkpoint=tmp_path / "fit.npz")
