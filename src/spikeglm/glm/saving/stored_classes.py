"""Which classes a saved file may name, and under which tag.

A tag belongs to its class for good: files name it, so it stays when the class or its module is
renamed. Whoever adds a class that is saved adds its tag here; whoever renames one changes where
the tag leads and leaves the tag alone.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass

_WHERE = {
    "glm": (
        "glm",
        ("ClassifierGLM", "ClassifierPopulationGLM", "FitReport", "GLM", "PopulationGLM"),
    ),
    "observation_models": (
        "observation_models",
        (
            "BernoulliObservations",
            "CategoricalObservations",
            "CustomLink",
            "GammaObservations",
            "GaussianObservations",
            "InverseGaussianObservations",
            "Likelihood",
            "NegativeBinomialObservations",
            "PoissonObservations",
        ),
    ),
    "observation_models.links": (
        "observation_models.links",
        ("Exp", "Identity", "Logistic", "NormCdf", "OneOverSqrtX", "OneOverX", "Softplus"),
    ),
    "regularizer": (
        "regularizer",
        ("ElasticNet", "GroupLasso", "Lasso", "Quadratic", "Ridge", "UnRegularized"),
    ),
    "solvers": (
        "solvers",
        (
            "BFGS",
            "Cheapest",
            "ExactNewton",
            "ForeignSolver",
            "GradientDescent",
            "NonlinearCG",
            "Outcome",
            "PolynomialApproximation",
            "ProxSVRG",
            "ProximalGradient",
            "ProximalNewton",
            "QuasiNewton",
            "SVRG",
            "SolverSpec",
            "Status",
        ),
    ),
    "inference.record": ("fit.record", ("FitResult",)),
    "rows.terms": ("rows.terms", ("Term",)),
}
"""First part of a tag, where its classes live today, and their names."""
_RENAMED = {"solvers.QuasiNewton": "LBFGS", "solvers.ExactNewton": "Newton"}
"""Tags whose last part is not the name of the class any more."""
TAGS = {f"{first}.{name}": home for first, (home, names) in _WHERE.items() for name in names}
_TAG_OF_NAME = {_RENAMED.get(tag, tag.rpartition(".")[2]): tag for tag in TAGS}


@dataclass(frozen=True)
class StoredClasses:
    """The classes that a file may name: those of spikeglm that hold models and their parts."""

    def name_of(self, cls: type) -> str | None:
        """Return for example ``"regularizer.Ridge"``, None for a class of somebody else."""
        tag = _TAG_OF_NAME.get(cls.__name__)
        is_ours = cls.__module__.startswith("spikeglm.") and tag is not None
        return tag if is_ours and self.class_of(str(tag)) is cls else None

    def class_of(self, name: str) -> type:
        """Return the class of a tag; ValueError if a file may not name it."""
        if name not in TAGS:
            raise ValueError(f"an unknown class, {name!r}")
        module = importlib.import_module(f"spikeglm.{TAGS[name]}")
        return vars(module)[_RENAMED.get(name, name.rpartition(".")[2])]
