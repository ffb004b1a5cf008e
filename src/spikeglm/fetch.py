"""Download recordings once, check them, and keep them.

A file is in the cache only if its SHA-256 was right: it is downloaded under another name and moved
there when it is whole. The cache is the folder that the environment variable ``SPIKEGLM_DATA_DIR``
names, or the user's cache folder.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from . import errors

__all__ = ["DOWNLOADABLE_FILES", "RemoteFile", "dandi_address", "download_dandi_data", "fetch_data"]

DANDI_API = "https://api.dandiarchive.org/api"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TIMEOUT_S = 30.0
_MOST_ANSWER_BYTES = 2**24  # of the archive's records; what is cut off is no JSON


@dataclass(frozen=True)
class RemoteFile:
    """Where a file is, and what it must be.

    Parameters
    ----------
    url :
        Starts with ``https://`` (or ``http://``).
    sha256 :
        Its SHA-256, 64 hexadecimal digits.

    Raises
    ------
    ValueError
        If either is not what it should be.

    Examples
    --------
    >>> RemoteFile("https://example.org/session.nwb", "0" * 64).sha256[:4]
    '0000'
    """

    url: str
    sha256: str

    def __post_init__(self) -> None:
        if urlsplit(self.url).scheme not in ("https", "http"):
            raise errors.value_error(
                "This address cannot be downloaded from.",
                given=repr(self.url),
                expected="an address that starts with https://",
            )
        if not _SHA256.fullmatch(self.sha256):
            raise errors.value_error(
                "This is no SHA-256.",
                given=repr(self.sha256),
                expected="64 hexadecimal digits, in lower case",
                todo="ask whoever publishes the file, or run sha256sum on a copy that you trust.",
            )


DOWNLOADABLE_FILES: Mapping[str, RemoteFile] = MappingProxyType({})
"""Name to :class:`RemoteFile` of what ``fetch_data`` knows without being told where it is."""


def fetch_data(
    name: str, path: Any = None, *, url: str | None = None, sha256: str | None = None
) -> str:
    """Return the path of a file, which is downloaded if it is not there yet.

    Parameters
    ----------
    name :
        One of :data:`DOWNLOADABLE_FILES`, or any file name with ``url`` and ``sha256``.
    path :
        Folder to keep it in; None means the cache.
    url, sha256 :
        Where the file is and what it must be, if it is none of ours. Nothing is downloaded that
        cannot be checked.

    Returns
    -------
    str
        The path of a file with that SHA-256.

    Raises
    ------
    ValueError
        If the name is unknown or no plain file name, there is no checksum, or it is not that of the
        file; the file is then not kept.
    ConnectionError
        If the file cannot be reached; offline, or the address is gone.
    ImportError
        If ``pooch`` is not installed.

    Examples
    --------
    >>> import hashlib, os, tempfile
    >>> folder = tempfile.mkdtemp()
    >>> _ = open(os.path.join(folder, "counts.txt"), "wb").write(b"0 1 0")
    >>> here = fetch_data(                                  # already there: nothing is downloaded
    ...     "counts.txt", folder, url="https://example.org/counts.txt",
    ...     sha256=hashlib.sha256(b"0 1 0").hexdigest())
    >>> os.path.basename(here)
    'counts.txt'
    """
    remote = _remote(name, url, sha256)
    return _downloaded(remote, _cache() if path is None else Path(path), name)


def download_dandi_data(dandiset_id: str, file_path: str, force_download: bool = False) -> Any:
    """Open an NWB file of the DANDI archive, which is downloaded if it is not there yet.

    Parameters
    ----------
    dandiset_id :
        For example ``"000582"``; the draft version is asked for.
    file_path :
        Path of the asset in the dandiset, for example ``"sub-10073/sub-10073_behavior.nwb"``.
    force_download :
        Whether to download it again.

    Returns
    -------
    pynwb.NWBHDF5IO
        Open for reading: call ``.read()``, and ``.close()`` afterwards.

    Raises
    ------
    ValueError
        If there is no such asset, or it has no checksum or another one.
    ConnectionError
        If the archive cannot be reached.
    ImportError
        If ``pooch`` or ``pynwb`` is not installed.

    References
    ----------
    Rübel et al. (2022), eLife 11:e78362 (NWB and DANDI).

    Examples
    --------
    >>> io = download_dandi_data("000582", "sub-10073/sub-10073_ses-1.nwb")    # doctest: +SKIP
    >>> units = io.read().units                                                 # doctest: +SKIP
    """
    pynwb = _package("pynwb", "Reading NWB files", "nwb")
    asset = _dandi_asset(dandiset_id, file_path)
    digest = asset.get("digest", {}).get("dandi:sha2-256", "")
    remote = RemoteFile(f"{DANDI_API}/assets/{asset['asset_id']}/download/", digest)
    folder = _cache() / "dandi" / digest
    if force_download:
        (folder / Path(file_path).name).unlink(missing_ok=True)
    return pynwb.NWBHDF5IO(
        _downloaded(remote, folder, Path(file_path).name), mode="r", load_namespaces=True
    )


def dandi_address(dandiset_id: str, file_path: str) -> str:
    """Return the address from which parts of a file of the DANDI archive can be read.

    Parameters
    ----------
    dandiset_id, file_path :
        As for :func:`download_dandi_data`.

    Raises
    ------
    ValueError
        If there is no such file.
    ConnectionError
        If the archive cannot be reached.

    Examples
    --------
    >>> dandi_address("000582", "sub-10073/sub-10073_ses-1.nwb")    # doctest: +SKIP
    'https://api.dandiarchive.org/api/assets/.../download/'
    """
    asset = _dandi_asset(dandiset_id, file_path)
    return f"{DANDI_API}/assets/{asset['asset_id']}/download/"


def _remote(name: str, url: str | None, sha256: str | None) -> RemoteFile:
    if url is not None and sha256 is not None:
        return RemoteFile(url, sha256)
    if name not in DOWNLOADABLE_FILES or url is not None or sha256 is not None:
        raise errors.value_error(
            "Nothing is downloaded that cannot be checked.",
            given=f"{name!r} with url={url!r}, sha256={sha256!r}",
            expected=f"url and sha256, or one of {sorted(DOWNLOADABLE_FILES)}",
            todo="pass both: fetch_data(name, url='https://...', sha256='...').",
        )
    return DOWNLOADABLE_FILES[name]


def _cache() -> Path:
    own = os.environ.get("SPIKEGLM_DATA_DIR")
    return Path(own) if own else Path(_pooch().os_cache("spikeglm"))


def _downloaded(remote: RemoteFile, folder: Path, name: str) -> str:
    """Return the path of the file; pooch downloads to another name and moves what is right."""
    if name in ("", ".", "..") or Path(name).name != name or "\\" in name:
        raise errors.value_error(
            "This is not the name of a file.", given=repr(name), expected="a name without folders"
        )
    path = (folder / name).resolve()  # where it is a link, what it leads to is kept up to date
    if path.exists() and not path.is_file():
        raise errors.value_error(
            "This is no file.",
            given=f"{path}, a folder, device or pipe",
            expected="a file that was downloaded before, or a name that is free",
        )
    pooch = _pooch()
    downloader = pooch.HTTPDownloader(timeout=_TIMEOUT_S)
    return _reached(
        lambda: pooch.retrieve(
            remote.url,
            f"sha256:{remote.sha256}",
            path.name,
            str(path.parent),
            downloader=downloader,
        ),
        remote.url,
    )


def _dandi_asset(dandiset_id: str, file_path: str) -> dict[str, Any]:
    """Return the archive's record of an asset, https://api.dandiarchive.org/swagger/."""
    dandiset = f"{DANDI_API}/dandisets/{quote(dandiset_id, safe='')}"
    listed = _json(f"{dandiset}/versions/draft/assets/?{urlencode({'path': file_path})}")
    found = [asset for asset in listed["results"] if asset["path"] == file_path]
    if not found:
        raise errors.value_error(
            "The DANDI archive has no such file.",
            given=f"{file_path!r} in dandiset {dandiset_id}",
            expected="the path of an asset of the draft version",
        )
    asset_id = found[0]["asset_id"]
    return _json(f"{DANDI_API}/assets/{asset_id}/") | {"asset_id": asset_id}


def _json(url: str) -> Any:
    from urllib.request import urlopen

    def loaded() -> Any:
        with urlopen(url, timeout=_TIMEOUT_S) as answer:
            return json.loads(answer.read(_MOST_ANSWER_BYTES))

    return _reached(loaded, url)


def _reached(load: Callable[[], Any], url: str) -> Any:
    """Call what needs the network; say it plainly where there is none."""
    try:
        return load()
    except OSError as error:  # requests and urllib both raise kinds of it
        raise ConnectionError(
            f"This could not be downloaded. Given: {url} ({type(error).__name__}: {error}). "
            "Expected: a connection to the internet and an address that exists. What to do: try "
            "again later, or copy the file there yourself."
        ) from error


def _pooch() -> Any:
    return _package("pooch", "Downloading", "fetch")


def _package(name: str, purpose: str, extra: str) -> Any:
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError:
        raise errors.missing_package(name, purpose=purpose, extra=extra) from None
