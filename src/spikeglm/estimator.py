"""Parameters in scikit-learn's manner, without importing scikit-learn.

``import sklearn.base`` takes most of a second, because it brings pandas and scipy.stats along; a
fit takes milliseconds. scikit-learn asks its partners only for the methods below, so cloning,
pipelines and searches work, and it is imported by whoever uses them
(docs/decisions/0004-scikit-learn.md).
"""

from __future__ import annotations

from inspect import signature
from typing import TYPE_CHECKING, Any, Self

from . import errors, notebook
from .showing import shown

if TYPE_CHECKING:
    from sklearn.utils import Tags


class Estimator:
    """Constructor arguments by name; whatever has them can be cloned, searched over and printed.

    A subclass stores each constructor argument, untouched, in an attribute of the same name.
    """

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the constructor arguments; with ``deep`` also theirs, as ``name__argument``.

        >>> import spikeglm as nmo
        >>> params = nmo.GLM(regularizer="Ridge").get_params()
        >>> params["regularizer"], params["observation_model"]
        ('Ridge', 'Poisson')
        """
        params: dict[str, Any] = {}
        for name in signature(type(self).__init__).parameters:
            if name == "self":
                continue
            value = params[name] = getattr(self, name)
            if deep and hasattr(value, "get_params") and not isinstance(value, type):
                params |= {f"{name}__{key}": inner for key, inner in value.get_params().items()}
        return params

    def set_params(self, **params: Any) -> Self:
        """Set constructor arguments.

        Raises
        ------
        ValueError
            For a name that is no constructor argument.

        >>> import spikeglm as nmo
        >>> nmo.ReducedRankRegression().set_params(rank=2)
        ReducedRankRegression(rank=2)
        """
        known = list(self.get_params(deep=False))
        for name in params:
            if name not in known:
                raise errors.unknown_name(f"parameter of {type(self).__name__}", name, known)
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        """Show the arguments that differ from their defaults."""
        defaults = signature(type(self).__init__).parameters
        changed = [
            f"{name}={shown(value)}"
            for name, value in self.get_params(deep=False).items()
            if value is not defaults[name].default and shown(value) != shown(defaults[name].default)
        ]
        return f"{type(self).__name__}({', '.join(changed)})"

    def _repr_html_(self) -> str:
        """Show all arguments in a notebook, those that differ from their defaults in bold."""
        return notebook.of_parameters(self)

    def __sklearn_tags__(self) -> Tags:
        """Describe the estimator to scikit-learn."""
        from sklearn.utils import Tags, TargetTags

        return Tags(estimator_type=None, target_tags=TargetTags(required=False))
