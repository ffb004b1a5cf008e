"""Makes ``.venv-bench`` with spikeglm and every rival that can be installed: ``make bench`` step 1.

Runs on the standard library alone. Takes the newest Python from 3.12 up, which NeMoS needs, and
otherwise the one it runs on. A rival that cannot be installed does not stop the others: the reason
is kept in the environment and printed in the results.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from .contestants import REASONS_FILE

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv-bench"
_NEWEST, _OLDEST = 15, 12  # minor versions of Python 3 to look for


def main() -> int:
    """Make the environment anew where it is missing or broken, and install into it."""
    python = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not _runs(str(python)):
        creator = _newest_python()
        print(f"Making {VENV.name} with {creator} ...", flush=True)
        subprocess.run([creator, "-m", "venv", "--clear", str(VENV)], check=True)
    print("Installing spikeglm and its rivals ...", flush=True)
    _pip(python, "install", "--upgrade", "pip", check=True)
    _pip(python, "install", "--upgrade", f"{ROOT}[jax]", check=True)
    reasons = {}
    for requirement in _rivals():
        why = _why_not(python, requirement)
        if why:
            name = _name(requirement)
            reasons[name] = why
            print(f"!!! {name} IS NOT INSTALLABLE HERE: {why}", flush=True)
    (VENV / REASONS_FILE).write_text(json.dumps(reasons, indent=1))
    return 0


def _rivals() -> list[str]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    wanted = project["optional-dependencies"]["bench"]
    return [line for line in wanted if _name(line) != project["name"]]


def _name(requirement: str) -> str:
    return re.split(r"[\s\[<>=!~;]", requirement, maxsplit=1)[0]


def _why_not(python: Path, requirement: str) -> str:
    """Install a rival; return why it could not be, or an empty string."""
    done = _pip(python, "install", requirement)
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        return (errors or done.stderr.splitlines() or ["pip failed"])[-1]
    if "don't match your environment" in done.stdout + done.stderr:
        marker = requirement.split(";", 1)[-1].strip()
        return f"it needs {marker}, and this is {_version(str(python))}"
    return ""


def _pip(python: Path, *arguments: str, check: bool = False) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [str(python), "-m", "pip", "--disable-pip-version-check", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    if check and done.returncode:
        sys.exit(f"pip {' '.join(arguments)} failed:\n{done.stderr}")
    return done


def _newest_python() -> str:
    """Return the newest Python on the path or among those that pyenv keeps; else this one."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for minor in range(_NEWEST, _OLDEST - 1, -1):
        kept = sorted(pyenv.glob(f"3.{minor}.*/bin/python"), reverse=True)
        for path in (shutil.which(f"python3.{minor}"), *map(str, kept)):
            if path and _runs(path):
                return path
    return sys.executable


def _runs(python: str) -> bool:
    """Whether it is a Python that can make environments; a mere shim of a version manager fails."""
    try:
        done = subprocess.run(
            [python, "-c", "import ensurepip, venv"], capture_output=True, check=False
        )
    except OSError:
        return False
    return done.returncode == 0


def _version(python: str) -> str:
    done = subprocess.run([python, "--version"], capture_output=True, text=True, check=False)
    return done.stdout.strip()


if __name__ == "__main__":
    raise SystemExit(main())
