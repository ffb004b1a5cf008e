"""Every public object says what it takes and gives, and shows it in an example that runs.

Public is what the front door offers: the names in ``__all__`` of its modules, or where a file has
none, what it defines; and the methods of classes among those. An example of a method may stand in
the class that declares it.
"""

import importlib
import inspect

import pytest

import spikeglm
from spikeglm import inference, solvers
from spikeglm.inference.nulls.contract import Null
from spikeglm.solvers.contract import Direction

CONTRACTS = {
    solvers.Method: solvers.Task,  # the one method gets a task, which exists inside a fit alone
    solvers.SolverProtocol: solvers.SolverProtocol,  # a solver of one's own, which has them all
    Null: inference.null_test,  # asks one: the options of the test are those of a null
    Direction: solvers.minimise,  # calls them in turn: the example is a whole solve
}
"""Protocols whose members need one another to be shown, and whose example does it."""

ALL_INSIDE_A_FIT = "handed to solvers inside a fit: the example of Task is such a solver"
BETWEEN_THE_PARTS = "what estimators ask of the engine, and not what users call"
OF_ONES_OWN = "how a solver of one's own is called: SolverProtocol shows one"
SHOWN_ELSEWHERE = {
    "BaseGLM.initialize_optimizer_and_state": "the example of update begins with it",
    "BaseGLM.read_penalty": BETWEEN_THE_PARTS,
    "GLM.read_inputs": BETWEEN_THE_PARTS,
    "ClassifierGLM.read_inputs": BETWEEN_THE_PARTS,
    "ForeignSolver.built": OF_ONES_OWN,
    "ForeignSolver.data": OF_ONES_OWN,
    "ForeignSolver.params": OF_ONES_OWN,
    "ForeignSolver.theta": OF_ONES_OWN,
    "Task.curvature": ALL_INSIDE_A_FIT,
    "Task.take": ALL_INSIDE_A_FIT,
}
"""What has no example of its own, and why."""


def modules():
    return [importlib.import_module(f"spikeglm.{name}") for name in spikeglm._MODULES]


def names(module):
    """What a module offers: its ``__all__``, or what it defines."""
    listed = getattr(module, "__all__", None)
    own = (n for n, v in vars(module).items() if getattr(v, "__module__", None) == module.__name__)
    return listed or [name for name in own if not name.startswith("_")]


def public_objects():
    found = {f"{m.__name__}.{name}": getattr(m, name) for m in modules() for name in names(m)}
    found |= {f"spikeglm.{name}": getattr(spikeglm, name) for name in spikeglm._OBJECTS}
    return {
        name.removeprefix("spikeglm."): thing for name, thing in found.items() if callable(thing)
    }


OBJECTS = public_objects()
CLASSES = {name: thing for name, thing in OBJECTS.items() if inspect.isclass(thing)}


def public_members(is_wanted):
    """``Class.name`` of members that our classes define, and the class that was asked for it."""
    found = {}
    for cls in CLASSES.values():
        for name in dir(cls):
            member = inspect.getattr_static(cls, name)
            is_field = name in getattr(cls, "__dataclass_fields__", {})
            if name.startswith("_") or is_field or not is_wanted(member):
                continue
            owner = next(parent for parent in cls.__mro__ if name in vars(parent))
            if owner.__module__.startswith("spikeglm"):
                found.setdefault(f"{owner.__name__}.{name}", (cls, name))
    return found


def _is_method(member):
    return inspect.isfunction(getattr(member, "__func__", member))


METHODS = public_members(_is_method)
PROPERTIES = public_members(lambda member: isinstance(member, property))


def shows(thing):
    return ">>> " in (inspect.getdoc(thing) or "")


def shows_method(cls, name):
    """Whether a class that declares the method has an example of it."""
    declared = [vars(parent)[name] for parent in cls.__mro__ if name in vars(parent)]
    return any(shows(getattr(method, "__func__", method)) for method in declared)


def is_of_a_contract(cls, name):
    members = [inspect.get_annotations(c) | vars(c) for c in CONTRACTS]
    public = [{m for m in of if not m.startswith("_")} for of in members]
    return any(name in of and all(hasattr(cls, m) for m in of) for of in public)


@pytest.mark.parametrize("name", OBJECTS)
def test_a_public_object_has_an_example(name):
    thing = OBJECTS[name]
    is_exception = inspect.isclass(thing) and issubclass(thing, BaseException)
    assert (inspect.getdoc(thing) or "").strip(), "no docstring"
    assert shows(thing) or is_exception or thing.__name__ in SHOWN_ELSEWHERE, "no example"


@pytest.mark.parametrize("name", METHODS)
def test_a_public_method_has_an_example(name):
    cls, own_name = METHODS[name]
    assert (inspect.getdoc(getattr(cls, own_name)) or "").strip(), "no docstring"
    is_told = name in SHOWN_ELSEWHERE or is_of_a_contract(cls, own_name)
    assert shows_method(cls, own_name) or is_told, "no example"


@pytest.mark.parametrize("name", PROPERTIES)
def test_a_public_property_has_a_docstring(name):
    cls, own_name = PROPERTIES[name]
    assert (inspect.getdoc(inspect.getattr_static(cls, own_name)) or "").strip()


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_contract_is_shown_as_a_whole(contract):
    assert shows(CONTRACTS[contract])


@pytest.mark.parametrize("name", SHOWN_ELSEWHERE)
def test_no_exception_outlives_its_reason(name):
    own = {thing.__name__: thing for thing in OBJECTS.values()}
    assert not (name in own and shows(own[name])), "it has an example by now: strike it off"
    assert not (name in METHODS and shows_method(*METHODS[name])), "strike it off"


def test_a_package_names_what_it_offers():
    """Else nothing of it would be looked at here."""
    packages = [module for module in modules() if hasattr(module, "__path__")]
    assert [module.__name__ for module in packages if not module.__all__] == []
    assert {name.rpartition(".")[2] for name in OBJECTS} >= {
        "filter_band",
        "time_rescaling",
        "GLM",
        "config_context",
        "LabelEncoder",
    }
    assert {"Rates.predict", "Rates.score", "Rates.simulate", "BaseGLM.fit"} <= METHODS.keys()
