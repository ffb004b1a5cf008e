"""Every public object says what it takes and gives, and shows it in an example that runs."""

import importlib
import inspect

import pytest

import spikeglm


def public_objects():
    for name in spikeglm._MODULES:
        module = importlib.import_module(f"spikeglm.{name}")
        for attribute in _names(module):
            thing = getattr(module, attribute)
            if callable(thing):
                yield pytest.param(thing, id=f"{name}.{attribute}")


def _names(module):
    """What a module offers: its ``__all__``, or what it defines."""
    if hasattr(module, "__all__"):
        return module.__all__
    own = inspect.getmembers(module, lambda x: getattr(x, "__module__", None) == module.__name__)
    return [name for name, _ in own if not name.startswith("_")]


def public_methods():
    seen = set()
    for parameter in public_objects():
        (thing,) = parameter.values
        if not inspect.isclass(thing):
            continue
        for method_name, method in inspect.getmembers(thing, callable):
            if method_name.startswith("_") or method in seen:
                continue
            seen.add(method)
            yield pytest.param(method, id=f"{parameter.id}.{method_name}")


@pytest.mark.parametrize("thing", list(public_objects()))
def test_a_public_object_has_an_example(thing):
    text = inspect.getdoc(thing) or ""
    is_exception = inspect.isclass(thing) and issubclass(thing, BaseException)
    assert text.strip(), "no docstring"
    assert is_exception or ">>>" in text, "no example"


@pytest.mark.parametrize("method", list(public_methods()))
def test_a_public_method_has_a_docstring(method):
    assert (inspect.getdoc(method) or "").strip()
