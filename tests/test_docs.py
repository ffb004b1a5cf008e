"""README and docs: the examples run as they are printed, and what a page names is there."""

import functools
import importlib
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "spikeglm"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
NAMED = re.compile(r"`([\w.][\w./*-]*/|[\w./*-]+\.(?:py|md|toml|yml|cff|sh))`")
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))


def blocks(page: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", page.read_text(), flags=re.DOTALL)


def of_the_site(page: Path) -> tuple:
    """Marks of a page whose blocks the site runs when it is built."""
    return (pytest.mark.page,) if (ROOT / "docs") in page.parents else ()


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(p, id=str(p.relative_to(ROOT)), marks=of_the_site(p))
        for p in PAGES
        if blocks(p)
    ],
)
def test_examples_of_a_page_run_in_order(page: Path, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    import matplotlib

    matplotlib.use("Agg")
    namespace: dict = {"__name__": "an_example"}
    for source in blocks(page):
        exec(compile(source, str(page), "exec"), namespace)


@functools.cache
def names_of_files() -> set[str]:
    found = (
        p for folder in ("src", "tests", "benchmarks", "docs") for p in (ROOT / folder).rglob("*")
    )
    return {path.name for path in [*found, *ROOT.iterdir()]}


def is_there(named: str, page: Path) -> bool:
    """A path from the root, the package or the page; a bare name is that of any file."""
    if "/" not in named:
        return named in names_of_files()
    return any(any(home.glob(named.rstrip("/"))) for home in (ROOT, SOURCE, page.parent))


@every_page
def test_files_that_a_page_names_are_there(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    assert [named for named in NAMED.findall(text) if not is_there(named, page)] == []


def test_a_file_that_moved_is_noticed():
    page = ROOT / "docs" / "architecture.md"
    assert is_there("glm/base.py", page) and is_there("observation_models/", page)
    assert NAMED.findall("`glm/gone.py`, `gone.py`, `gone/`") == ["glm/gone.py", "gone.py", "gone/"]
    assert not any(is_there(named, page) for named in ("glm/gone.py", "gone.py", "gone/"))


@every_page
def test_make_has_the_targets_that_a_page_names(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text()
    lines = re.findall(r"`make ([a-z -]+)[`A-Z]|^make ([a-z-]+)", page.read_text(), flags=re.M)
    for target in " ".join(a + b for a, b in lines).split():
        assert re.search(rf"^{target}:", makefile, flags=re.M), target


REFERENCE = re.compile(r":(?:mod|class|func|meth|attr|data|exc):`~?(spikeglm[\w.]+)`")


@pytest.mark.parametrize(
    "file",
    [path for path in sorted(SOURCE.rglob("*.py")) if REFERENCE.search(path.read_text())],
    ids=lambda path: str(path.relative_to(SOURCE)),
)
def test_what_a_docstring_refers_to_is_there(file: Path) -> None:
    for named in REFERENCE.findall(file.read_text()):
        parts = named.split(".")
        for n in range(len(parts), 0, -1):
            try:
                thing = importlib.import_module(".".join(parts[:n]))
            except ModuleNotFoundError:
                continue
            break
        for name in parts[n:]:
            assert hasattr(thing, name), f"{file.name} refers to {named}"
            thing = getattr(thing, name)


def test_helpers_of_the_project_are_well_formed():
    """CI calls make targets alone, and hooks use the versions that ``make lint`` uses."""
    yaml = pytest.importorskip("yaml")
    makefile, pyproject = (ROOT / "Makefile").read_text(), (ROOT / "pyproject.toml").read_text()
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    commands = [s["run"] for job in workflow["jobs"].values() for s in job["steps"] if "run" in s]
    assert {*commands} >= {
        "make lint",
        "make types",
        "make test",
        "make parity",
        "make wheel",
        "make docs",
    }
    for command in commands:
        assert re.fullmatch(r"make [a-z-]+", command), command
        assert re.search(rf"^{command.split()[1]}:", makefile, flags=re.M), command
    for form in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"):
        assert isinstance(yaml.safe_load(form.read_text()), dict)
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    pins = [pin for hook in hooks for pin in hook["additional_dependencies"] if "ruff" in pin]
    assert pins and all(f'"{pin}"' in pyproject for pin in pins)


def test_types_are_announced():
    assert (SOURCE / "py.typed").is_file()


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a checkout")
def test_nothing_stray_is_kept_at_the_root():
    """Files that a test run left there were once committed, and would have been packaged."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    top = {name.partition("/")[0] for name in listed.stdout.split()}
    assert top <= {
        ".ci", ".github", ".gitignore", ".pre-commit-config.yaml", "CHANGELOG.md", "CITATION.cff",
        "CONTRIBUTING.md", "LICENSE", "Makefile", "README.md", "benchmarks", "docs",
        "pyproject.toml", "src", "tests", "tools",
    }  # fmt: skip
