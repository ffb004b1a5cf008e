"""The whole harness at toy size: fresh processes, a verdict per target, a page."""

import importlib
import json
import subprocess
import sys
import time
import warnings
from dataclasses import replace

import pytest
from benchmarks.__main__ import main
from benchmarks.memory import current_bytes, peak_bytes
from benchmarks.processes import ROOT, Job, Runs, in_turn, limited_environment

from benchmarks import processes


def _bench(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=ROOT,
        env=limited_environment(1),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def in_this_process(monkeypatch):
    """Run jobs here; what looks at imports or at all memory needs a process of its own."""
    elsewhere = processes._run

    def run(job, folder, n_threads, timeout_s):
        if job.name in ("importing", "design"):
            return elsewhere(job, folder, n_threads, timeout_s)
        measure = importlib.import_module(f"benchmarks.jobs.{job.name}").run
        with warnings.catch_warnings():
            measured = measure(json.loads(json.dumps(job.arguments)), str(folder), time.monotonic())
        return json.loads(json.dumps(measured)), ""  # as files would hold them

    monkeypatch.setattr(processes, "_run", run)


def test_a_quick_run_writes_every_table_and_verdict(tmp_path, in_this_process):
    page = tmp_path / "RESULTS.md"
    assert main(["--quick", "--rivals", "spikeglm", "--out", str(page)]) == 0
    text = page.read_text()
    for title in (
        "Targets",
        "One neuron",
        "A coupled population",
        "Growth",
        "Features",
        "Memory",
        "Hidden states",
    ):
        assert f"## {title}" in text
    for promise in ("Newton decrement", "bare passes", "1 GiB", "neither jax nor pynapple"):
        assert promise in text
    assert "say nothing" in text


def test_an_unknown_experiment_is_refused_with_the_known_ones():
    done = _bench("--only", "speed")
    assert done.returncode == 2
    assert "one_neuron" in done.stderr


def test_processes_are_fresh_and_take_turns(capfd):
    first = Job("importing", {"module": "colorsys", "watched": ["colorsys"]})
    jobs = {
        "A": replace(first, rehearsal=first),
        "B": Job("importing", {"module": "this_does_not_exist", "watched": []}),
        "C": Job("importing", {"module": "wave", "watched": ["colorsys"]}),
    }
    began = time.monotonic()
    runs = in_turn(jobs, rounds=2, n_threads=1, timeout_s=60)
    elapsed = time.monotonic() - began
    assert len(runs["A"].measured) == len(runs["C"].measured) == 2
    assert runs["A"].measured[0]["pulled_in"] == ["colorsys"]
    assert runs["C"].measured[0]["pulled_in"] == []
    assert "this_does_not_exist" in runs["B"].failure
    assert 0 < sum(runs["A"].all("all_s")) < elapsed
    lines = capfd.readouterr().err.splitlines()
    told = [line.split()[1].strip(",") for line in lines if line.startswith("  importing:")]
    assert told == ["A", "A", "B", "C", "A", "C"]  # the rehearsal is not counted


def test_a_job_that_takes_too_long_is_given_up():
    job = Job("importing", {"module": "antigravity_of_no_hurry", "watched": []})
    runs = in_turn({"slow": job}, rounds=1, n_threads=1, timeout_s=0.001)
    assert "not done" in runs["slow"].failure


def test_imports_are_timed_with_bytecode(monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert "PYTHONDONTWRITEBYTECODE" not in limited_environment(2)
    assert limited_environment(2)["OMP_NUM_THREADS"] == "2"


def test_runs_report_minimum_and_median_over_all_processes():
    runs = Runs(measured=[{"s": [3.0, 1.0]}, {"s": [2.0]}])
    assert runs.least("s") == 1.0
    assert runs.median("s") == 2.0
    assert Runs().least("s") != Runs().least("s")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_peak_memory_sees_what_came_and_went():
    import numpy as np

    before = peak_bytes()
    block = np.ones(8_000_000)
    assert current_bytes() > 50_000_000
    del block
    assert peak_bytes() - before > 30_000_000 or before > 200_000_000
