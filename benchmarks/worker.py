"""The fresh process: runs one job and writes what it measured.

Called as ``python -m benchmarks.worker JOB ARGUMENTS.json FOLDER STARTED``, where STARTED is the
monotonic clock just before the process was made. Imports nothing but what every Python has loaded
anyway: a job may be timing imports.
"""

from __future__ import annotations

import importlib
import json
import os
import sys


def main() -> None:
    """Run the job and write ``measured.json`` into its folder."""
    job, arguments, folder, started = sys.argv[1:]
    run = importlib.import_module(f"benchmarks.jobs.{job}").run
    with open(arguments) as file:
        measured = run(json.load(file), folder, float(started))
    with open(f"{folder}/measured.json", "w") as file:
        json.dump(measured, file)
    # Leave at once: the libraries' own threads can block a teardown for ever (OpenBLAS has, after
    # a NeMoS fit), and nothing of it is measured.
    os._exit(0)


if __name__ == "__main__":
    main()
