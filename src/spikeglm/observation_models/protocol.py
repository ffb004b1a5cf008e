"""What an object must offer to be used as an observation model, checked by calling it once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import errors
from ..io.interop.autodiff import outline, traceable
from ..io.interop.random_keys import as_jax_key
from .elementwise import ElementwiseObservations
from .observations import Observations

_Y = np.ones(3)  # a response that any kind of model can have
_MEAN = np.array([0.25, 0.5, 0.75])  # possible under every model
_SCALARS = ("_negative_log_likelihood", "log_likelihood", "likelihood", "pseudo_r2")
_METHODS = (*_SCALARS, "deviance", "estimate_scale", "sample_generator")
_ADVICE = "subclass spikeglm.observation_models.Observations; its docstring has an example."


def check_observation_model(observation_model: Any, force_checks: bool = False) -> None:
    """Check that an object can be used as an observation model.

    Parameters
    ----------
    observation_model :
        Any object. Its methods are called with y and means of shape (3,), written for JAX arrays.
    force_checks :
        Also check the built-in models, which are right by construction.

    Raises
    ------
    AttributeError
        It lacks one of ``_negative_log_likelihood``, ``pseudo_r2``, ``log_likelihood``,
        ``likelihood``, ``deviance``, ``estimate_scale``, ``sample_generator`` and
        ``default_inverse_link_function``.
    TypeError
        One of these is not callable, or returns no array, or more than a number where scores are
        aggregated.
    ValueError
        Deviance, samples or link change the shape of their input, or the loss cannot be
        differentiated.

    Examples
    --------
    >>> check_observation_model(object())
    Traceback (most recent call last):
        ...
    AttributeError: This object is no observation model. Given: object without ...
    """
    if isinstance(observation_model, ElementwiseObservations) and not force_checks:
        return
    for name in (*_METHODS, "default_inverse_link_function"):
        _check_present(observation_model, name)
    for name in _SCALARS:
        if getattr(type(observation_model), name, None) is getattr(Observations, name):
            continue  # it inherits ours, which need not be told what they may warn of
        score = getattr(observation_model, name)
        _check_number(_called(observation_model, name, score, _Y, _MEAN), observation_model, name)
    _check_shape(observation_model, "deviance", observation_model.deviance, _Y, _MEAN)
    dispersion = _called(
        observation_model, "estimate_scale", observation_model.estimate_scale, _Y, _MEAN, 1
    )
    _check_array(dispersion, observation_model, "estimate_scale")
    key = as_jax_key(0)
    draw = observation_model.sample_generator
    _check_shape(observation_model, "sample_generator", draw, key, _MEAN, 1.0)
    _check_link(observation_model)
    _check_differentiable(observation_model)


def _check_present(model: Any, name: str) -> None:
    if not hasattr(model, name):
        raise errors.attribute_error(
            "This object is no observation model.",
            given=f"{type(model).__name__} without {name}",
            expected=f"the name of a model, or an object with {', '.join(_METHODS)} and "
            "default_inverse_link_function",
            todo=_ADVICE,
        )
    member = getattr(model, name)
    if not callable(member) and not (name not in _METHODS and isinstance(member, str)):
        raise _wrong_type(model, name, f"{type(member).__name__}", "a method")


def _called(model: Any, name: str, method: Callable[..., Any], *arguments: Any) -> Any:
    """Return the method's answer, or its shape and type."""
    try:
        return outline(method, *arguments)
    except Exception as error:  # a user's code may raise anything
        raise errors.type_error(
            f"{type(model).__name__}.{name} fails.",
            given=f"{type(error).__name__}: {error}",
            expected="an answer for responses [1, 1, 1] and means [0.25, 0.5, 0.75]",
            todo="call it with such JAX arrays yourself to see where.",
        ) from error


def _check_array(value: Any, model: Any, name: str) -> None:
    numeric = hasattr(value, "dtype") and hasattr(value, "shape")
    if not numeric or np.dtype(value.dtype).kind not in "biuf":
        raise _wrong_type(model, name, f"a {type(value).__name__} as its result", "an array")


def _check_number(value: Any, model: Any, name: str) -> None:
    _check_array(value, model, name)
    if np.prod(value.shape) != 1:
        raise _wrong_type(
            model, name, f"a result of shape {value.shape}", "one number, scores being aggregated"
        )


def _check_shape(model: Any, name: str, method: Callable[..., Any], *arguments: Any) -> None:
    value = _called(model, name, method, *arguments)
    _check_array(value, model, name)
    if value.shape != _MEAN.shape:
        raise errors.value_error(
            f"{type(model).__name__}.{name} changes the shape of its input.",
            given=f"shape {value.shape} for an input of shape {_MEAN.shape}",
            expected="one number per sample",
        )


def _check_link(model: Any) -> None:
    link = model.default_inverse_link_function
    if not isinstance(link, str):
        _check_shape(model, "default_inverse_link_function", link, _MEAN)


def _check_differentiable(model: Any) -> None:
    loss = model._negative_log_likelihood
    traceable(lambda mean: loss(1.0 + 0.0 * mean, mean))


def _wrong_type(model: Any, name: str, given: str, expected: str) -> TypeError:
    return errors.type_error(
        f"{type(model).__name__}.{name} is not what an observation model needs.",
        given=given,
        expected=expected,
        todo=_ADVICE,
    )
