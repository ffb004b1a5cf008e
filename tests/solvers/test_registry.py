"""Names of solvers: what is there, what a name means, and each mistake with its error."""

import re
from contextlib import contextmanager

import numpy as np
import pytest

from spikeglm import solvers
from spikeglm.regularizer import ElasticNet, GroupLasso, Lasso, Ridge, UnRegularized
from spikeglm.solvers import registry

GIVEN_EXPECTED = re.compile(r".+\. Given: .+\. Expected: .+", re.DOTALL)
OF_NEMOS = (
    "GradientDescent[optimistix]",
    "GradientDescent[optax+optimistix]",
    "ProximalGradient[optimistix]",
    "LBFGS[optax+optimistix]",
    "BFGS[optimistix]",
    "NonlinearCG[optimistix]",
    "SVRG[nemos]",
    "ProxSVRG[nemos]",
    "LBFGS[jaxopt]",
)


class Follows:
    """A class with the right methods."""

    def __init__(
        self, unregularized_loss, regularizer, regularizer_strength, has_aux, init_params=None
    ):
        pass

    def init_state(self, init_params, *args):
        pass

    def update(self, params, state, *args):
        pass

    def run(self, init_params, *args):
        pass

    @classmethod
    def get_accepted_arguments(cls):
        return {"pace"}


class Renames(Follows):
    def run(self, start, *args):
        pass


class RenamesInTheConstructor(Follows):
    def __init__(self, loss, regularizer, regularizer_strength, has_aux, init_params=None):
        pass


class LacksUpdate:
    __init__ = Follows.__init__
    init_state = Follows.init_state
    run = Follows.run
    get_accepted_arguments = Follows.get_accepted_arguments


@pytest.fixture(autouse=True)
def restored(monkeypatch):
    """Every test finds the built-in solvers and leaves nothing behind."""
    monkeypatch.setattr(registry, "_REGISTRY", registry._built_in())


@contextmanager
def raises_well(error, match):
    with pytest.raises(error, match=match) as caught:
        yield
    assert type(caught.value) is error
    assert GIVEN_EXPECTED.match(str(caught.value)), caught.value


def test_the_names_of_nemos_are_names():
    for name in OF_NEMOS:
        spec = solvers.get_solver(name)
        assert spec.algo_name == name.split("[")[0]
        assert spec == solvers.get_solver(spec.algo_name)


def test_lists_agree():
    specs = solvers.list_available_solvers()
    assert {spec.algo_name for spec in specs} == set(solvers.list_available_algorithms())
    for name in solvers.list_available_algorithms():
        assert [s.backend for s in specs if s.algo_name == name] == solvers.list_algo_backends(name)
    assert solvers.list_available_algorithms() == list(solvers.SOLVERS)


@pytest.mark.parametrize("spec", solvers.list_available_solvers(), ids=lambda s: s.full_name)
def test_every_solver_is_found_by_its_full_name_and_documented(spec):
    assert solvers.get_solver(spec.full_name) is spec or solvers.get_solver(spec.full_name) == spec
    text = solvers.get_solver_documentation(spec.full_name)
    assert text == solvers.get_solver_documentation(spec.implementation)
    assert "tol" in text
    assert len(solvers.get_solver_documentation(spec.algo_name, show_help=True)) > len(text)


@pytest.mark.parametrize(
    "name", ["", "[x]", "LBFGS[", "LBFGS[]", "LBFGS]", "[", "A[b]c", "A[b][c]"]
)
def test_malformed_names(name):
    with raises_well(ValueError, "no name of a solver"):
        solvers.get_solver(name)


def test_unknown_names():
    with raises_well(ValueError, "Unknown solver.*Did you mean 'LBFGS'"):
        solvers.get_solver("LBGFS")
    with raises_well(ValueError, "Unknown backend of LBFGS.*spikeglm"):
        solvers.get_solver("LBFGS[torch]")
    with raises_well(ValueError, "Unknown solver"):
        solvers.list_algo_backends("Adam")
    with raises_well(ValueError, "Unknown backend"):
        solvers.set_default_backend("LBFGS", "torch")
    with raises_well(ValueError, "Unknown solver"):
        solvers.get_solver_documentation("Adam")


def test_a_solver_of_ones_own():
    solvers.register("Mine", Follows)
    assert solvers.get_solver("Mine").full_name == "Mine[custom]"
    assert solvers.get_solver("Mine").implementation is Follows
    assert "Mine" in solvers.list_available_algorithms()
    with raises_well(ValueError, "registered already.*replace=True"):
        solvers.register("Mine", Follows)
    solvers.register("Mine", Renames, replace=True, validate=False)
    assert solvers.get_solver("Mine").implementation is Renames


def test_several_backends_need_a_default():
    solvers.register("Mine", Follows, backend="here")
    solvers.register("Mine", Follows, backend="there")
    with raises_well(ValueError, "several backends and no default.*here.*there"):
        solvers.get_solver("Mine")
    solvers.set_default_backend("Mine", "there")
    assert solvers.get_solver("Mine").backend == "there"
    solvers.register("Mine", Follows, backend="third", default=True)
    assert solvers.get_solver("Mine").backend == "third"


def test_a_built_in_name_keeps_its_meaning_until_told_otherwise():
    solvers.register("LBFGS", Follows)
    assert solvers.get_solver("LBFGS").backend == "spikeglm"
    solvers.register("LBFGS", Follows, backend="optimistix", default=True)
    assert solvers.get_solver("LBFGS").implementation is Follows
    assert solvers.get_solver("LBFGS[optimistix]").implementation is Follows
    assert solvers.get_solver("LBFGS[optax]").backend == "spikeglm"


@pytest.mark.parametrize(
    ("kind", "error", "match"),
    [
        (LacksUpdate, TypeError, "LacksUpdate without update"),
        (Renames, ValueError, "Renames.run"),
        (RenamesInTheConstructor, ValueError, "__init__"),
        (Follows.run, TypeError, "registered as a class"),
    ],
)
def test_classes_that_do_not_follow_the_protocol(kind, error, match):
    with raises_well(error, match):
        solvers.register("Mine", kind)
    with raises_well(error, match):
        solvers.validate_solver_class(kind)
    assert "Mine" not in solvers.list_available_algorithms()


def test_a_constructor_may_order_its_arguments_otherwise_or_take_any():
    class Any(Follows):
        def __init__(self, **everything):
            pass

    class Reordered(Follows):
        def __init__(
            self, regularizer, unregularized_loss, init_params, has_aux, regularizer_strength, pace
        ):
            pass

    for kind in (Follows, Any, Reordered):
        solvers.validate_solver_class(kind)
        assert issubclass(kind, solvers.SolverProtocol)


def test_the_ridge_trial():
    class Exact(Follows):
        """Gradient descent with central differences: slow, and right."""

        def __init__(
            self, unregularized_loss, regularizer, regularizer_strength, has_aux, init_params=None
        ):
            loss = regularizer.penalized_loss(unregularized_loss, init_params, regularizer_strength)
            self.loss = (lambda *args: loss(*args)[0]) if has_aux else loss

        def run(self, init_params, *args):
            at = np.concatenate(init_params)

            def value(x):
                return self.loss(type(init_params)(x[:-1], x[-1:]), *args)

            for _ in range(300):
                steps = 1e-5 * np.eye(len(at))
                slope = [(value(at + d) - value(at - d)) / 2e-5 for d in steps]
                at = at - 0.2 * np.array(slope)
            return type(init_params)(at[:-1], at[-1:]), None, None

    solvers.register("Exact", Exact, test_ridge_without_aux=True, test_ridge_with_aux=True)

    class Stays(Follows):
        def run(self, init_params, *args):
            return init_params, None, None

    with raises_well(ValueError, "does not solve a small ridge regression"):
        solvers.register("Stays", Stays, test_ridge_without_aux=True)
    assert "Stays" not in solvers.list_available_algorithms()


@pytest.mark.parametrize("kind", [UnRegularized, Ridge, Lasso, ElasticNet, GroupLasso])
def test_regularizers_say_which_solvers_they_allow(kind, monkeypatch):
    monkeypatch.setattr(kind, "allowed_solvers", kind.allowed_solvers)
    regularizer = kind()
    assert regularizer.default_solver in regularizer.allowed_solvers
    smooth = {"GradientDescent", "BFGS", "LBFGS", "NonlinearCG", "SVRG", "Newton"}
    sparse = {"ProximalGradient", "ProxSVRG"}
    for name in sparse if kind in (Lasso, ElasticNet, GroupLasso) else smooth | sparse:
        regularizer.check_solver(name)
        regularizer.check_solver(f"{name}[optimistix]")
    with raises_well(ValueError, "cannot handle this regularizer"):
        regularizer.check_solver("Mine")
    kind.allow_solver("Mine")
    kind.allow_solver("Mine")
    regularizer.check_solver("Mine")
    assert kind.allowed_solvers.count("Mine") == 1
    others = {UnRegularized, Ridge, Lasso, ElasticNet, GroupLasso} - {kind}
    assert not any("Mine" in other.allowed_solvers for other in others)
