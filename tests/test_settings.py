"""Settings hold inside their context, in their thread, and are checked."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

import spikeglm as nmo
from spikeglm.settings import Settings, parse_bytes


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2GiB", 2**31), ("500 MB", 5 * 10**8), ("1.5KiB", 1536), ("10KB", 10_000), (4096, 4096),
     (" 1MiB ", 2**20), ("0.5GB", 5 * 10**8)],
)  # fmt: skip
def test_amounts_of_memory(text, expected):
    assert parse_bytes(text) == expected


@pytest.mark.parametrize("wrong", ["", "lots", "GiB", "-1GiB", "2TB", 0, -5, 1.5, None, "1e3MB"])
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
    [({"runner": "gpu"}, "runner"), ({"n_threads": 0}, "n_threads"), ({"memory": "x"}, "memory"),
     ({"thread": 2}, "Did you mean")],
)  # fmt: skip
def test_settings_are_checked(changes, match):
    before = nmo.get_config()
    with pytest.raises(ValueError, match=match), nmo.config_context(**changes):
        pass
    with pytest.raises(ValueError, match=match):
        nmo.set_config(**changes)
    assert nmo.get_config() == before


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
