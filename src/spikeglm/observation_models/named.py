"""From what a user wrote to the object meant: observation models and links by name, in one place.

NeMoS's spellings are accepted: dotted paths, the suffix ``Observations``, and the JAX, SciPy or
NumPy function that *is* a known link. A function is recognised by its name and the library that
defines it, so no library is imported to look.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import errors
from .bernoulli import BernoulliObservations
from .categorical import CategoricalObservations
from .custom import custom_model
from .custom_link import checked_link
from .elementwise import ElementwiseObservations
from .gamma import GammaObservations
from .gaussian import GaussianObservations
from .inverse_gaussian import InverseGaussianObservations
from .inverse_link import Link
from .links import Exp, Identity, Logistic, NormCdf, OneOverSqrtX, OneOverX, Softplus
from .negative_binomial import NegativeBinomialObservations
from .poisson import PoissonObservations
from .quasi_poisson import QuasiPoissonObservations

_MODELS: dict[str, type[ElementwiseObservations]] = {
    model.name: model
    for model in (
        PoissonObservations,
        GammaObservations,
        InverseGaussianObservations,
        GaussianObservations,
        BernoulliObservations,
        NegativeBinomialObservations,
        QuasiPoissonObservations,
    )
}
_LINKS: dict[str, Link] = {
    link.name: link
    for link in (Exp(), Logistic(), Softplus(), Identity(), NormCdf(), OneOverX(), OneOverSqrtX())
}
_LINK_ALIASES = {
    "expit": "logistic",
    "sigmoid": "logistic",
    "norm_cdf": "norm.cdf",
    "ndtr": "norm.cdf",
    "OneOverX": "one_over_x",
    "OneOverSqrtX": "one_over_sqrt_x",
}
_MODELS_ELSEWHERE = {
    "binomial": "Bernoulli", "binary": "Bernoulli", "logistic": "Bernoulli", "logit": "Bernoulli",
    "normal": "Gaussian", "linear": "Gaussian", "ols": "Gaussian", "exponential": "Gamma",
    "nb": "NegativeBinomial", "negbin": "NegativeBinomial", "count": "Poisson",
    "counts": "Poisson", "wald": "InverseGaussian", "inverse.gaussian": "InverseGaussian",
    "quasi": "QuasiPoisson", "quasipoisson": "QuasiPoisson",
}  # fmt: skip
_CLASSES_ELSEWHERE = ("multinomial", "softmax", "multiclass")
_LINKS_ELSEWHERE = {
    "log": "exp", "logit": "logistic", "probit": "norm.cdf", "inverse": "one_over_x",
    "reciprocal": "one_over_x", "linear": "identity", "none": "identity",
    "inverse_squared": "one_over_sqrt_x", "1/mu^2": "one_over_sqrt_x",
}  # fmt: skip
_LIBRARIES = ("jax", "jaxlib", "numpy", "scipy", "nemos", "spikeglm")


def model_named(model: Any) -> ElementwiseObservations:
    """Return the observation model that a string names, or what a user's own model is to a fit.

    Parameters
    ----------
    model :
        ``"Poisson"``, ``"Gamma"``, ``"InverseGaussian"``, ``"Gaussian"``, ``"Bernoulli"``,
        ``"NegativeBinomial"``, ``"QuasiPoisson"``, the same with the suffix ``"Observations"`` or
        as a dotted path; or an instance. A built-in model is returned as it is.

    Raises
    ------
    ValueError
        No model has that name, or the loss of a user's model cannot be differentiated.
    TypeError
        It is a class, or a model of the classifiers, or its methods return something else.
    AttributeError
        It lacks a method of an observation model.

    Examples
    --------
    >>> model_named("PoissonObservations")
    PoissonObservations()
    """
    if isinstance(model, ElementwiseObservations):
        return model
    if isinstance(model, str):
        return _model_of_path(model)
    if isinstance(model, CategoricalObservations):
        raise _needs_a_classifier(model)
    if isinstance(model, type):
        raise errors.type_error(
            "The observation model could not be read.",
            given=f"the class {model.__name__}",
            expected=f"one of {', '.join(_MODELS)}, or an instance of an observation model",
            todo="Pass an instance, not the class.",
        )
    return custom_model(model)


def _model_of_path(path: str) -> ElementwiseObservations:
    name = path.rpartition(".")[2].removesuffix("Observations")
    if name == CategoricalObservations.name or name.lower() in _CLASSES_ELSEWHERE:
        raise _needs_a_classifier(path)
    if name not in _MODELS:
        raise errors.unknown_name("observation model", path, list(_MODELS), meant=_MODELS_ELSEWHERE)
    return _MODELS[name]()


def _needs_a_classifier(model: str | CategoricalObservations) -> TypeError:
    return errors.type_error(
        "A Categorical observation model needs a classifier.",
        given=repr(model),
        expected=f"one of {', '.join(_MODELS)}",
        todo="Use ClassifierGLM or ClassifierPopulationGLM; with hidden states ClassifierGLMHMM.",
    )


def link_named(link: str | Link | Callable[..., Any]) -> Link:
    """Return the inverse link that a string or a function stands for.

    Parameters
    ----------
    link :
        ``"exp"``, ``"logistic"`` (also ``"expit"``), ``"softplus"``, ``"identity"``,
        ``"norm.cdf"``, ``"one_over_x"``, ``"one_over_sqrt_x"``, a dotted path ending so;
        ``jax.numpy.exp``, ``jax.nn.softplus``, ``scipy.special.expit`` and their like; a
        :class:`Link`; or a function of one's own, see
        :class:`~spikeglm.observation_models.custom_link.CustomLink`.

    Raises
    ------
    ValueError
        No link has that name, or the function cannot be differentiated or is not elementwise.
    TypeError
        It is not a string, a link or a function.

    Examples
    --------
    >>> import numpy as np
    >>> link_named("jax.nn.softplus"), link_named(np.exp)
    (Softplus(), Exp())
    """
    if isinstance(link, Link):
        return link
    if isinstance(link, str):
        found = _link_of_path(link)
        if found is None:
            raise errors.unknown_name(
                "inverse link function", link, sorted(_LINKS), meant=_LINKS_ELSEWHERE
            )
        return found
    if not callable(link):
        raise errors.type_error(
            "The inverse link function could not be read.",
            given=repr(link),
            expected=f"one of {', '.join(sorted(_LINKS))}, or a function",
        )
    return _link_of_function(link) or checked_link(link)


def _link_of_path(path: str) -> Link | None:
    """Return the link of a plain name, or of a dotted path into a library that we know."""
    root, dot, rest = path.partition(".")
    if dot and root in _LIBRARIES:
        name = "norm.cdf" if rest.endswith("norm.cdf") else rest.rpartition(".")[2]
    else:
        name = path
    return _LINKS.get(_LINK_ALIASES.get(name, name))


def _link_of_function(function: Callable[..., Any]) -> Link | None:
    """Return the link that a library's own function is, by its name and its home."""
    name = getattr(function, "__name__", "")
    home = _home(function)
    if home.partition(".")[0] not in _LIBRARIES:
        return None
    if name == "cdf":
        return _LINKS["norm.cdf"] if _is_normal_cdf(function, home) else None
    if name == "identity" and "numpy" in home:
        return None  # numpy.identity(n) makes an identity matrix
    return _LINKS.get(_LINK_ALIASES.get(name, name))


def _home(function: Callable[..., Any]) -> str:
    if isinstance(function, np.ufunc):
        return "numpy"
    return getattr(function, "__module__", None) or ""


def _is_normal_cdf(function: Callable[..., Any], home: str) -> bool:
    """Recognise JAX's ``norm.cdf`` (a module's function) and SciPy's (a method of ``norm``)."""
    owner = type(getattr(function, "__self__", None)).__name__
    return home.endswith("stats.norm") or owner == "norm_gen"
