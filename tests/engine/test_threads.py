"""The pool of threads and the limit on BLAS: they belong to the process, and others share it."""

import multiprocessing
import subprocess
import sys

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from spikeglm.engine.runners.threads import in_shares, one_blas_thread


def blas_threads():
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_shares_are_contiguous_and_in_order():
    shares = in_shares(list, range(10), n_threads=3)
    assert len(shares) == 3
    assert [item for share in shares for item in share] == list(range(10))


def test_an_error_in_any_share_reaches_the_caller():
    def work(share):
        if 9 in share:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        in_shares(work, range(10), n_threads=2)


def test_fits_that_overlap_leave_the_threads_of_blas_as_they_were():
    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        first, second = one_blas_thread(), one_blas_thread()
        first.__enter__()
        second.__enter__()
        assert blas_threads() == {1}
        first.__exit__(None, None, None)
        assert blas_threads() == {1}
        second.__exit__(None, None, None)
        assert blas_threads() == before


LATE = """
import numpy as np, sys, threadpoolctl
from spikeglm.engine.runners.threads import one_blas_thread

def threads():
    return [d["num_threads"] for d in threadpoolctl.threadpool_info() if d["user_api"] == "blas"]

with one_blas_thread():
    before = threads()
import scipy.linalg
threadpoolctl.threadpool_limits(2, user_api="blas")
with one_blas_thread():
    print(before, threads())
print(threads())
"""


def test_a_blas_that_is_loaded_later_is_limited_too():
    done = subprocess.run([sys.executable, "-c", LATE], capture_output=True, text=True, check=True)
    within, after = done.stdout.splitlines()
    assert set(within) <= set("[1], "), within
    assert set(after) <= set("[2], "), after


def _sum_in_two_threads():
    assert sum(in_shares(sum, range(10), n_threads=2)) == 45


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_starts_threads_of_its_own():
    _sum_in_two_threads()
    child = multiprocessing.get_context("fork").Process(target=_sum_in_two_threads)
    child.start()
    child.join(timeout=30)
    alive = child.is_alive()
    child.kill()
    assert not alive
    assert child.exitcode == 0
