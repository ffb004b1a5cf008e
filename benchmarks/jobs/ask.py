"""Ask one library one question about a recording, again and again."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any


def run(arguments: dict[str, Any], folder: str, started: float) -> dict[str, Any]:
    """Return seconds for all neurons, and of how many they were measured; save the answers.

    Arguments: ``library`` (a file of ``asked/``), ``recording`` (folder), ``question``,
    ``budget_s`` (after which no neuron is begun, and no repetition), ``n_repeats``.
    """
    import numpy as np

    from benchmarks.recordings import Recording

    library = importlib.import_module(f"benchmarks.asked.{arguments['library']}")
    there, budget_s = Path(arguments["recording"]), arguments["budget_s"]
    n_neurons = Recording.load(there).n_neurons
    seconds: list[float] = []
    spent = 0.0
    while not seconds or (len(seconds) < arguments["n_repeats"] and spent <= budget_s):
        answer = library.ask(there, arguments["question"], budget_s)
        seconds.append(answer.of_all(n_neurons))
        spent += answer.seconds
    np.savez(Path(folder) / "answers.npz", values=answer.values)
    return {"seconds": seconds, "n_asked": answer.n_asked}
