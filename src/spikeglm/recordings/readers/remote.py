"""NWB files at addresses: parts are fetched when they are asked for."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ... import errors, fetch

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


def is_address(path: Any) -> bool:
    """Tell whether a path is the address of something elsewhere.

    >>> is_address("https://example.org/a.nwb"), is_address("C:/a.nwb")
    (True, False)
    """
    return isinstance(path, str) and _ADDRESS.match(path) is not None


def opener_of(address: str, options: Mapping[str, Any]) -> Callable[[], Any]:
    """Return what opens an HDF5 file at an address.

    Raises
    ------
    ImportError
        If neither remfile nor fsspec is there to read it.
    ConnectionError
        If it cannot be reached.
    """
    scheme = address.partition("://")[0].lower()
    if scheme == "dandi":
        dandiset, _, path = address.partition("://")[2].partition("/")
        address, scheme = fetch.dandi_address(dandiset, path), "https"
    if scheme in ("http", "https") and not options and _is_there("remfile"):
        return partial(_opened, address, _by_remfile)
    if not _is_there("fsspec"):
        raise errors.missing_package(
            "remfile", purpose="Reading a file at an address", extra="remote"
        )
    return partial(_opened, address, partial(_by_fsspec, options=options))


def _opened(address: str, reach: Callable[[str], Any]) -> Any:
    import h5py

    try:
        file = reach(address)
    except ImportError as error:
        scheme = address.partition("://")[0]
        raise ImportError(
            f"Addresses that begin with {scheme}:// need another package: {error}. "
            'What to do: pip install "spikeglm[remote]" for http; s3fs for s3, gcsfs for gs.'
        ) from error
    except Exception as error:  # each package has its own
        raise errors.connection_error(
            "This recording cannot be reached.",
            given=f"{address} ({type(error).__name__}: {error})",
            expected="an address that exists, and a connection to it",
            todo="open the address in a browser; or download the file and give its path.",
        ) from error
    return h5py.File(file, "r")


def _by_remfile(address: str) -> Any:
    import remfile

    return remfile.File(address)


def _by_fsspec(address: str, options: Mapping[str, Any]) -> Any:
    import fsspec

    return fsspec.open(address, "rb", **options).open()


def _is_there(package: str) -> bool:
    return importlib.util.find_spec(package) is not None
