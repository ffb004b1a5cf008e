"""Downloads from a server on this machine: checked, kept, and never half."""

import hashlib
import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from spikeglm import fetch
from spikeglm.fetch import RemoteFile, fetch_data

pytest.importorskip("pooch")

CONTENT = b"spike times" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Server(ThreadingHTTPServer):
    """Serves what is in ``answers``: path to content; counts the requests."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers, self.requests = {}, []
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        path = self.path.partition("?")[0]
        self.server.requests.append(self.path)
        content = self.server.answers.get(path)
        self.send_response(404 if content is None else 200)
        cut = path.endswith("cut")
        self.send_header("Content-Length", str(len(content or b"") * (2 if cut else 1)))
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with Server() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        server.answers = {"/spikes": CONTENT, "/cut": CONTENT}
        yield server
        server.shutdown()


def test_a_file_is_downloaded_once(server, tmp_path):
    remote = {"url": f"{server.url}/spikes", "sha256": SHA256}
    for _ in range(2):
        path = fetch_data("spikes.txt", tmp_path, **remote)
        assert path == str(tmp_path / "spikes.txt")
        assert (tmp_path / "spikes.txt").read_bytes() == CONTENT
    assert len(server.requests) == 1


def test_the_cache_is_where_the_variable_says(server, tmp_path, monkeypatch):
    monkeypatch.setenv("SPIKEGLM_DATA_DIR", str(tmp_path / "new"))
    fetch_data("spikes.txt", url=f"{server.url}/spikes", sha256=SHA256)
    assert (tmp_path / "new" / "spikes.txt").read_bytes() == CONTENT


def test_a_file_of_the_registry_needs_its_name_only(server, tmp_path, monkeypatch):
    known = {"spikes.txt": RemoteFile(f"{server.url}/spikes", SHA256)}
    monkeypatch.setattr(fetch, "DOWNLOADABLE_FILES", known)
    assert fetch_data("spikes.txt", tmp_path) == str(tmp_path / "spikes.txt")


@pytest.mark.parametrize("path", ["/cut", "/nowhere"])
def test_what_does_not_arrive_whole_is_not_kept(path, server, tmp_path):
    with pytest.raises(ConnectionError, match=r"Given: http.*What to do"):
        fetch_data("spikes.txt", tmp_path, url=server.url + path, sha256=SHA256)
    assert not list(tmp_path.iterdir())


def test_another_checksum_is_refused_and_nothing_is_kept(server, tmp_path):
    with pytest.raises(ValueError, match="hash"):
        fetch_data("spikes.txt", tmp_path, url=f"{server.url}/spikes", sha256="0" * 64)
    assert not list(tmp_path.iterdir())


def test_a_spoilt_file_in_the_cache_is_replaced(server, tmp_path):
    (tmp_path / "spikes.txt").write_bytes(b"half of it")
    fetch_data("spikes.txt", tmp_path, url=f"{server.url}/spikes", sha256=SHA256)
    assert (tmp_path / "spikes.txt").read_bytes() == CONTENT


def test_offline_is_said_plainly(server, tmp_path):
    server.server_close()
    with pytest.raises(ConnectionError, match="connection to the internet"):
        fetch_data("spikes.txt", tmp_path, url=f"{server.url}/spikes", sha256=SHA256)


@pytest.mark.parametrize(
    ("name", "remote"),
    [
        ("unknown.nwb", {}),
        ("spikes.txt", {"url": "https://example.org/spikes"}),
        ("spikes.txt", {"sha256": SHA256}),
        ("spikes.txt", {"url": "https://example.org/spikes", "sha256": "abc"}),
        ("spikes.txt", {"url": "https://example.org/spikes", "sha256": SHA256.upper()}),
        ("spikes.txt", {"url": "file:///etc/passwd", "sha256": SHA256}),
        ("../spikes.txt", {"url": "https://example.org/spikes", "sha256": SHA256}),
        ("..", {"url": "https://example.org/spikes", "sha256": SHA256}),
        ("a\\b", {"url": "https://example.org/spikes", "sha256": SHA256}),
    ],
)
def test_what_cannot_be_checked_or_kept_is_refused(name, remote, tmp_path):
    with pytest.raises(ValueError, match="Expected"):
        fetch_data(name, tmp_path, **remote)
    assert not list(tmp_path.iterdir())


def test_every_file_of_the_registry_has_a_checksum():
    for name, remote in fetch.DOWNLOADABLE_FILES.items():
        assert isinstance(name, str)
        assert isinstance(remote, RemoteFile)


def nwb_file(path):
    """Write the smallest NWB file there is."""
    import datetime

    pynwb = pytest.importorskip("pynwb")
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    file = pynwb.NWBFile("a session", "session-1", start)
    with pynwb.NWBHDF5IO(path, "w") as io:
        io.write(file)
    return path.read_bytes()


@pytest.fixture
def archive(server, tmp_path, monkeypatch):
    """Serve one asset as https://api.dandiarchive.org/swagger/ describes it."""
    content = nwb_file(tmp_path / "made.nwb")
    digest = {"dandi:sha2-256": hashlib.sha256(content).hexdigest()}
    listed = {"results": [{"asset_id": "abc", "path": "sub-1/sub-1.nwb"}]}
    server.answers |= {
        "/dandisets/000001/versions/draft/assets/": json.dumps(listed).encode(),
        "/assets/abc/": json.dumps({"digest": digest}).encode(),
        "/assets/abc/download/": content,
    }
    monkeypatch.setattr(fetch, "DANDI_API", server.url)
    monkeypatch.setenv("SPIKEGLM_DATA_DIR", str(tmp_path / "cache"))
    return server


def test_a_file_of_the_dandi_archive_is_opened(archive):
    downloads = []
    for force in (False, False, True):
        with fetch.download_dandi_data("000001", "sub-1/sub-1.nwb", force_download=force) as io:
            assert io.read().identifier == "session-1"
        downloads.append(sum("download" in path for path in archive.requests))
    assert downloads == [1, 1, 2]


def test_a_file_that_the_archive_does_not_have(archive):
    with pytest.raises(ValueError, match="no such file"):
        fetch.download_dandi_data("000001", "sub-1/other.nwb")
    with pytest.raises(ConnectionError, match="404"):
        fetch.download_dandi_data("999999", "sub-1/sub-1.nwb")


def test_a_file_of_the_archive_without_a_checksum_is_refused(archive):
    archive.answers["/assets/abc/"] = b'{"digest": {}}'
    with pytest.raises(ValueError, match="SHA-256"):
        fetch.download_dandi_data("000001", "sub-1/sub-1.nwb")


def test_missing_packages_are_named(monkeypatch, tmp_path):
    monkeypatch.setitem(__import__("sys").modules, "pooch", None)
    with pytest.raises(ImportError, match=r"spikeglm\[fetch\]"):
        fetch_data("a.txt", tmp_path, url="https://example.org/a", sha256=SHA256)


@pytest.mark.skipif(os.name != "posix", reason="pipes and links of another kind")
def test_what_is_no_file_is_never_read(tmp_path):
    """A pipe would be waited for, and a device read, without end."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zeros").symlink_to("/dev/zero")
    for name in ("pipe", "zeros"):
        with pytest.raises(ValueError, match=r"This is no file.*device or pipe"):
            fetch_data(name, tmp_path, url="https://example.org/x", sha256=SHA256)


@pytest.mark.skipif(os.name != "posix", reason="links of another kind")
def test_a_link_to_an_old_file_stays_a_link(server, tmp_path):
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "spikes.txt").write_bytes(b"old")
    (tmp_path / "spikes.txt").symlink_to("shared/spikes.txt")
    fetch_data("spikes.txt", tmp_path, url=f"{server.url}/spikes", sha256=SHA256)
    assert (tmp_path / "spikes.txt").is_symlink()
    assert (tmp_path / "shared" / "spikes.txt").read_bytes() == CONTENT
