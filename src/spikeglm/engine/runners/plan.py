"""Where and in what pieces a fit runs, and why."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from ...rows.contract import Rows
from ...rows.dask_rows import DaskRows
from ...settings import Settings, get_config
from ...typing import BoolArray
from ..table import Table
from . import jax_devices
from .jax_memory import DeviceMemory

_BLOCK_BYTES = 2**22  # fits a worker's cache, and keeps Python's share of the time small
_MOST_BLOCK_ROWS = 2**15  # of few features: what belongs to rows counts too
_THREADS_PAY_FROM = 2_000_000  # multiplications per pass; below, starting a thread costs more
_SINGLE_PAYS_FROM = 50_000_000  # multiplications per pass; below, a fit is over before it pays
_SHARE_FOR_COPY = 1 / 4  # of the memory budget
_DEVICES_PAY_FROM = 1_000_000_000  # multiplications per pass; below, compiling costs more
_DEVICE_BLOCK_BYTES = 2**29  # a device wants much at once; sending hides behind computing
_SHARE_FOR_CURVATURE = 1 / 2  # of the memory budget
_MATRICES = 4  # that a factor takes to be made, beside a worker's sums and those of its block
_NARROWEST = 128  # features whose correlations are looked at together, whatever the budget
_ROWS_PER_FEATURE = 32  # of a sample that correlations are taken from (measured: decision 0012)
_FEATURES_PER_COLUMN = 40  # beyond, X'X costs more than the visits that it saves
_FEWEST_COLUMNS = 11  # fewer cost as much: a visit then waits for memory
_SAMPLE_PAYS_FROM = 1_000_000_000  # multiplications for X'X
_FEWEST_DEVICE_ROWS = 1024  # at a time; fewer take as long
_HERE = "rows are read or computed on this machine: threads"


@dataclass(frozen=True)
class Look:
    """Which correlations of the features are looked at before a fit.

    Attributes
    ----------
    width :
        Of features that are looked at together; None: all.
    n_rows :
        Rows of the sample that they are taken from; None: all.
    block_rows :
        Rows to multiply at a time.
    """

    width: int | None = None
    n_rows: int | None = None
    block_rows: int = 1

    @classmethod
    def at(cls, rows: Rows, n_columns: int, memory_bytes: int, n_threads: int) -> Look:
        """Return what is worth its cost, within half of the memory budget."""
        p = max(1, rows.n_features)
        most = int(_SHARE_FOR_CURVATURE * memory_bytes) // (8 * p)  # numbers per feature
        width = min(p, max(_NARROWEST, most // (2 * n_threads + _MATRICES)))
        wanted = _ROWS_PER_FEATURE * width
        saved = _FEATURES_PER_COLUMN * max(n_columns, _FEWEST_COLUMNS)
        is_dear = width > saved and rows.n_rows * p * width > _SAMPLE_PAYS_FROM
        return cls(
            width=None if width == p else width,
            n_rows=wanted if is_dear and 2 * wanted < rows.n_rows else None,
            block_rows=max(1, min(width, most // (8 * max(1, n_threads)))),
        )

    @property
    def is_complete(self) -> bool:
        """Whether all of X'X is computed, from all rows."""
        return self.width is None and self.n_rows is None

    @property
    def reasons(self) -> list[str]:
        """What is left out, in words."""
        said = []
        if self.width is not None:
            said.append(
                "correlations of all features are beyond half the memory budget: taken among "
                f"{self.width} neighbours, and from what all features share; which features are "
                "combinations of others is only known among those neighbours"
            )
        if self.n_rows is not None:
            said.append(f"correlations from {self.n_rows} rows: from all they would cost more")
        return said


@dataclass(frozen=True)
class Plan:
    """The runner, its workers and the size of a block, with the reasons in words.

    Attributes
    ----------
    runner :
        Name of the runner.
    n_threads :
        Workers of the ``threads`` runner.
    block_rows :
        Rows read at a time.
    begins_in_single :
        Whether products are computed in float32 until that no longer helps.
    keeps_copy :
        Whether what the rows are in float32 is kept between passes.
    reasons :
        One sentence per choice but that of correlations.
    look :
        Which correlations of the features are looked at first.
    device_memory :
        What the ``jax`` runner keeps on its devices for as long as the plan is in use.
    """

    runner: str
    n_threads: int
    block_rows: int
    begins_in_single: bool
    keeps_copy: bool
    reasons: tuple[str, ...]
    look: Look = Look()
    device_memory: DeviceMemory | None = field(default=None, compare=False, repr=False)

    def explain(self) -> str:
        """Return the plan as text, one reason a line."""
        workers = "" if self.runner == "dask" else f" {self.n_threads} worker(s),"
        head = f"{self.runner} runner,{workers} {self.block_rows} rows a block"
        return "\n  ".join([head, *self.reasons, *self.look.reasons])


def plan(
    rows: Rows, n_columns: int, *, settings: Settings | None = None, iterative: bool = False
) -> Plan:
    """Choose runner, workers, block size and precision for passes over ``n_columns`` columns.

    ``iterative`` says that many passes lead to one answer, of which the early ones may round.

    >>> import numpy as np
    >>> from spikeglm.rows import ArrayRows
    >>> print(plan(ArrayRows(np.zeros((1000, 5))), 1, settings=Settings(n_threads=2)).explain())
    threads runner, 1 worker(s), 1000 rows a block
      rows are read or computed on this machine: threads
      5,000 multiplications a pass are too few for 2 workers
      a block of 1000 rows x (5 features + 1 columns) takes 0.1 MiB
    """
    settings = settings or get_config()
    if isinstance(rows, DaskRows):
        return _on_cluster(rows, n_columns, settings.memory_bytes, iterative)
    width = rows.n_features + 3 * n_columns
    work = rows.n_rows * rows.n_features * n_columns
    wanted = settings.workers
    n_threads = wanted if work >= _THREADS_PAY_FROM else 1
    runner, why = _runner(settings, work, iterative=iterative)
    if runner == "jax":
        memory = DeviceMemory(jax_devices.memory_for_rows())
        block_rows = _rows_for_devices(rows, width, settings)
        n_threads = min(n_threads, max(1, settings.memory_bytes // (32 * width * block_rows)))
    else:
        memory = None
        block_rows = _rows_for_threads(rows, width, settings, n_threads)
    size = block_rows * width * 8 / 2**20
    reasons = [
        why,
        f"{work:,} multiplications a pass are too few for {wanted} workers"
        if work < _THREADS_PAY_FROM and wanted > 1
        else f"{work:,} multiplications a pass are shared by {n_threads} worker(s)",
        f"a block of {block_rows} rows x ({rows.n_features} features + {n_columns} columns) "
        f"takes {size:.1f} MiB",
    ]
    single = iterative and work > _SINGLE_PAYS_FROM
    keeps, about_copy = _copy(rows, settings, memory)
    if single:
        reasons.append(about_copy)
    n_summing = n_threads if runner == "threads" else 0  # a device keeps its sums to itself
    look = Look.at(rows, n_columns, settings.memory_bytes, n_summing) if iterative else Look()
    if runner != "threads":  # a device multiplies faster than it reads
        look = replace(look, n_rows=None)
    keeps = single and keeps
    return Plan(runner, n_threads, block_rows, single, keeps, tuple(reasons), look, memory)


def planned(rows: Rows, keep: BoolArray, n_columns: int) -> tuple[Table, Plan]:
    """Return the kept rows in blocks, and the plan of visits for so many columns.

    >>> import numpy as np
    >>> from spikeglm.rows import ArrayRows
    >>> table, how = planned(ArrayRows(np.zeros((1000, 5))), np.arange(1000) < 600, 1)
    >>> table.n_kept
    600
    """
    how = plan(rows, n_columns)
    return Table.cut(rows, keep, how.block_rows), how


def with_workers_for_matrices(how: Plan, rows: Rows, n_matrices: int) -> Plan:
    """Return the plan for visits that add up so many matrices (p, p): worth more workers.

    >>> import numpy as np, spikeglm as nmo
    >>> from spikeglm.rows import ArrayRows
    >>> rows = ArrayRows(np.zeros((10_000, 100)))
    >>> with nmo.config_context(n_threads=2):
    ...     how = plan(rows, 1)
    ...     how.n_threads, with_workers_for_matrices(how, rows, 1).n_threads
    (1, 2)
    """
    work = rows.n_rows * rows.n_features * n_matrices * (rows.n_features // 2 + 1)
    if how.runner != "threads" or work < _THREADS_PAY_FROM:
        return how
    return replace(how, n_threads=max(how.n_threads, get_config().workers))


def _runner(settings: Settings, work: int, *, iterative: bool) -> tuple[str, str]:
    """Return the runner and why it is the one."""
    if settings.runner == "jax":
        return "jax", f"the settings ask for JAX: {jax_devices.describe()}"
    if settings.runner is not None or not iterative or work < _DEVICES_PAY_FROM:
        return "threads", _HERE
    is_present, reason = jax_devices.accelerator()
    if is_present:
        return "jax", f"{reason}: {jax_devices.describe()}"
    return "threads", f"{_HERE} ({reason})"


def _rows_for_threads(rows: Rows, width: int, settings: Settings, n_threads: int) -> int:
    """Return the rows of a block that fits the cache; all workers have as many blocks."""
    by_memory = settings.memory_bytes // (4 * 8 * width * n_threads)
    # A lone worker is short of time for Python, not of cache: it takes twice as much at once.
    block_bytes = _BLOCK_BYTES if n_threads > 1 else 2 * _BLOCK_BYTES
    by_cache = max(rows.efficient_block_rows, block_bytes // (8 * width))
    longest = int(max(1, min(by_memory, by_cache, _MOST_BLOCK_ROWS, rows.n_rows)))
    chunk = rows.efficient_block_rows if getattr(rows, "waits_for_storage", False) else 1
    if longest >= chunk > 1:  # whole chunks: half of one is read, and unpacked, like all of it
        return longest - longest % chunk
    turns = max(1, math.ceil(rows.n_rows / (longest * n_threads)))  # blocks per worker, all alike
    return max(1, math.ceil(rows.n_rows / (turns * n_threads)))


def _rows_for_devices(rows: Rows, width: int, settings: Settings) -> int:
    """Return a power of two per device, the shape that programs are compiled for.

    The last block is filled up to that shape; with four blocks or more that costs little.
    """
    n_devices = jax_devices.n_devices()
    by_memory = settings.memory_bytes // (4 * 8 * width)
    by_waste = max(_FEWEST_DEVICE_ROWS, rows.n_rows // 4)
    most = min(by_memory, by_waste, _DEVICE_BLOCK_BYTES // (8 * width))
    each = max(1, most // n_devices)
    return max(1, min(rows.n_rows, n_devices << (each.bit_length() - 1)))


def _copy(rows: Rows, settings: Settings, memory: DeviceMemory | None) -> tuple[bool, str]:
    """Tell whether memory keeps the float32 rows between passes, and say where they come from."""
    begins = "a long fit begins with float32 products"
    copy_bytes = 4 * rows.n_rows * rows.n_features
    mib = f"{copy_bytes / 2**20:.0f} MiB"
    if memory is not None and memory.budget > 0:
        stays = "stay" if copy_bytes <= memory.budget else "stay as far as they fit"
        budget = f"{memory.budget / 2**20:.0f} MiB"
        return False, f"{begins}; the rows ({mib}) {stays} on the devices (up to {budget})"
    fits = copy_bytes <= _SHARE_FOR_COPY * settings.memory_bytes
    if fits:
        return True, f"{begins}; float32 rows ({mib}, within a quarter of the budget) are kept"
    kept = f"float32 rows ({mib}) are beyond a quarter of the memory budget"
    return False, f"{begins}; {kept}: made block by block in every pass"


def _on_cluster(rows: DaskRows, n_columns: int, memory_bytes: int, iterative: bool) -> Plan:
    """Return the plan for rows that lie on workers; each task of a pass is one thread of one."""
    width = rows.n_features + 3 * n_columns
    work = rows.n_rows * rows.n_features * n_columns
    block_rows = min(_BLOCK_BYTES, memory_bytes // 4) // (8 * width)
    block_rows = max(1, min(max(rows.efficient_block_rows, block_rows), _MOST_BLOCK_ROWS))
    reasons = [
        "rows lie on the workers of a Dask cluster, and are summed there: dask",
        f"{work:,} multiplications a pass are shared by {len(rows.parts)} task(s)",
    ]
    single = iterative and work > _SINGLE_PAYS_FROM
    if single:
        reasons.append("a long fit begins with float32 products; rows are converted in every pass")
    look = replace(Look.at(rows, n_columns, memory_bytes, 1), n_rows=None) if iterative else Look()
    return Plan("dask", 1, block_rows, single, False, tuple(reasons), look)
