"""R, where it is installed: glm, and the packages that ask.R names; one neuron after the other."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import numpy as np

from . import Answer

_SCRIPT = Path(__file__).with_name("ask.R")


def ask(folder: Path, question: str, budget_s: float) -> Answer:
    """Ask a question about as many neurons as the budget allows; tell the answers of some.

    Raises RuntimeError with what R said, if it cannot.
    """
    with tempfile.TemporaryDirectory(prefix="spikeglm-bench-r-") as name:
        command = ["Rscript", "--vanilla", str(_SCRIPT), str(folder), question, str(budget_s), name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(" ".join(done.stderr.split()[-30:]) or "R failed")
        n_asked, seconds, n_told = (Path(name) / "took.txt").read_text().split()
        values = np.fromfile(Path(name) / "answers.bin")
    return Answer(values.reshape(int(n_told), -1).T, float(seconds), int(n_asked))
