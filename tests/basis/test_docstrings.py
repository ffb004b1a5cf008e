"""Every public name and method says what it takes, and shows it in an example."""

import inspect

import pytest

import spikeglm as nmo

PAGES = [nmo.basis, nmo.convolve, nmo.identifiability_constraints]
CLASSES = {name: getattr(nmo.basis, name) for name in nmo.basis.__all__}
FUNCTIONS = {
    name: value
    for page in (nmo.convolve, nmo.identifiability_constraints)
    for name, value in vars(page).items()
    if inspect.isfunction(value) and value.__module__ == page.__name__ and name[0] != "_"
}
METHODS = {
    f"{name}.{attribute}": value
    for name, cls in CLASSES.items()
    for attribute, value in vars(cls).items()
    if inspect.isfunction(value) and not attribute.startswith("_")
}


@pytest.mark.parametrize("name", [*sorted({*CLASSES} - {"Basis"}), *FUNCTIONS])
def test_what_it_takes_returns_and_refuses(name):
    text = inspect.getdoc({**CLASSES, **FUNCTIONS}[name])
    for section in ("Parameters", "Raises", "Notes", "Examples"):
        assert f"\n{section}\n---" in text, section
    assert "(T" in text  # shapes
    for argument in inspect.signature({**CLASSES, **FUNCTIONS}[name]).parameters:
        assert argument in text


@pytest.mark.parametrize("name", METHODS)
def test_methods_have_an_example(name):
    text = inspect.getdoc(METHODS[name])
    assert text
    assert ">>> " in text


def test_the_pages_say_what_they_are_for():
    assert all(page.__doc__ for page in PAGES)
