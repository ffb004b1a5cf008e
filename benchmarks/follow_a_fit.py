"""How many files a reader enters who follows ``GLM().fit(X, y)``.

``python -m benchmarks.follow_a_fit``
Counted are the files of spikeglm in which a function is called, and the moves: calls that lead into
another file than the call before. Each step of the solver is the same way again, so *distinct*
moves are those that a reader makes: from a file to a function of another, each once
(``docs/decisions/0041-following-a-fit.md``). ``--calls`` prints the moves, most frequent first.
"""

import sys
from collections import Counter
from pathlib import Path

import numpy as np

import spikeglm as nmo

SOURCE = str(Path(nmo.__file__).parent) + "/"


def follow(action) -> tuple[list[str], Counter]:
    """Return the files in the order in which a call enters them, and its moves between files."""
    files: list[str] = []
    moves: Counter = Counter()
    last = ""

    def note(frame, event, _) -> None:
        nonlocal last
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(SOURCE):
            return
        name = code.co_filename.removeprefix(SOURCE)
        if name != last:
            moves[f"{last or 'the user'} -> {name}: {code.co_name}"] += 1
            last = name
        if name not in files:
            files.append(name)

    sys.setprofile(note)
    try:
        action()
    finally:
        sys.setprofile(None)
    return files, moves


def main() -> None:
    """Follow the second fit of a process: what is imported or looked up once is left out."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(2000, 5)), rng.poisson(1, 2000)
    nmo.GLM().fit(X, y)
    files, moves = follow(lambda: nmo.GLM().fit(X, y))
    print(f"{len(files)} files, {len(moves)} distinct moves between files, {moves.total()} in all")
    if "--calls" in sys.argv:
        print(*(f"{n:4} {move}" for move, n in moves.most_common()), sep="\n")
    else:
        print(*files, sep="\n")


if __name__ == "__main__":
    main()
