"""Addresses: parts are fetched when asked for, and a missing package or host is named."""

import contextlib
import http.server
import importlib.util
import threading

import pytest
from numpy.testing import assert_array_equal

import spikeglm as nmo
from spikeglm import fetch
from spikeglm.recordings.readers import remote


class Ranges(http.server.BaseHTTPRequestHandler):
    """Serves parts of one file, as archives do; counts what it sends."""

    content, sent = b"", 0

    def do_HEAD(self):
        self._head(200, len(self.content))

    def do_GET(self):
        asked = self.headers.get("Range", "")
        first, _, last = asked.removeprefix("bytes=").partition("-")
        part = self.content[int(first or 0) : int(last) + 1 if last else None]
        self._head(206 if asked else 200, len(part), int(first or 0))
        type(self).sent += len(part)
        with contextlib.suppress(BrokenPipeError):  # who asks may hang up
            self.wfile.write(part)

    def _head(self, status, n, first=0):
        if self.path != "/a.nwb":
            self.send_error(404)
            return
        self.send_response(status)
        self.send_header("Content-Length", str(n))
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Range", f"bytes {first}-{first + n - 1}/{len(self.content)}")
        self.end_headers()

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture
def address(nwb_path):
    Ranges.content, Ranges.sent = nwb_path.read_bytes(), 0
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ranges)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.skipif(importlib.util.find_spec("remfile") is None, reason="remfile is not here")
def test_a_file_behind_an_address_is_read(address, truth):
    with_units = nmo.recordings.read(f"{address}/a.nwb")
    assert_array_equal(with_units.units[3], truth.spikes[3])
    assert with_units.source == f"{address}/a.nwb"


@pytest.mark.skipif(importlib.util.find_spec("remfile") is None, reason="remfile is not here")
def test_an_address_that_leads_nowhere(address):
    with pytest.raises(ConnectionError, match=r"cannot be reached.*b\.nwb"):
        nmo.recordings.read(f"{address}/b.nwb")


def test_fsspec_reads_what_it_knows(nwb_path, truth):
    pytest.importorskip("fsspec")
    found = nmo.recordings.read(f"file://{nwb_path}")
    assert_array_equal(found.units[3], truth.spikes[3])
    with pytest.raises(ConnectionError, match="cannot be reached"):
        nmo.recordings.read(f"file://{nwb_path}.not")
    with pytest.raises((ConnectionError, ImportError), match="What to do"):
        nmo.recordings.read("nosuchscheme://a.nwb")


def test_without_packages_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setattr(remote, "_is_there", lambda package: False)
    with pytest.raises(ImportError, match=r"pip install .spikeglm\[remote\]"):
        nmo.recordings.read("https://example.org/a.nwb")


def test_dandi_addresses_lead_to_the_asset(monkeypatch):
    asked = []
    monkeypatch.setattr(
        fetch, "_dandi_asset", lambda *where: asked.append(where) or {"asset_id": "abc"}
    )
    reached = []
    monkeypatch.setattr(remote, "_opened", lambda address, reach: reached.append(address))
    remote.opener_of("dandi://000582/sub-1/sub-1.nwb", {})()
    assert asked == [("000582", "sub-1/sub-1.nwb")]
    assert reached == [f"{fetch.DANDI_API}/assets/abc/download/"]
