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
    "glm_hmm": ("glm_hmm", ("ClassifierGLMHMM", "GLMHMM", "StatesReport")),
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
            "QuasiPoissonObservations",
        ),
    ),
    "observation_models.links": (
        "observation_models.links",
        ("Exp", "Identity", "Logistic", "NormCdf", "OneOverSqrtX", "OneOverX", "Softplus"),
    ),
    "regularizer": (
        "regularizer",
        (
            "Bounded",
            "ElasticNet",
            "Firth",
            "GroupLasso",
            "Lasso",
            "Quadratic",
            "Ridge",
            "Smoothness",
            "UnRegularized",
        ),
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
    "reduced_rank": ("reduced_rank.estimator", ("ReducedRankRegression",)),
    "reduced_rank.choice": ("reduced_rank.rank_choice", ("RankChoice",)),
    "designs.plan": ("designs.plan", ("StoredPlan",)),
    "rows.terms": ("rows.terms", ("Term",)),
    "selection": ("selection.folds", ("Folds",)),
    "selection.rules": ("selection.searching.rules", ("StoredRule",)),
    "selection.search": ("selection.searching.result", ("TermSearch",)),
    "selection.steps": ("selection.searching.ladders", ("SearchStep",)),
}
"""First part of a tag, where its classes live today, and their names."""
_OF_BASES = {
    "convolution.window": ("Window",),
    "functions.bspline": ("BSpline",),
    "functions.category": ("Indicators",),
    "functions.cyclic_bspline": ("CyclicBSpline",),
    "functions.fourier": ("Fourier",),
    "functions.identity": ("Identity", "Lags", "Nothing"),
    "functions.ispline": ("ISpline",),
    "functions.mspline": ("MSpline",),
    "functions.orth_exponential": ("OrthExponential",),
    "functions.raised_cosine": ("RaisedCosineLinear",),
    "functions.raised_cosine_log": ("RaisedCosineLog",),
    "terms.bounds": ("Range",),
    "terms.conv_term": ("Conv",),
    "terms.custom_meaning": ("ByOutput", "OfOneself"),
    "terms.eval_term": ("Eval",),
    "terms.meanings": ("Beside", "OverLags", "OverRange", "Products"),
    "tree.kept_basis": ("StoredBasis",),
}
"""Where the classes of ``basis`` live today: ``"basis.Eval"`` is the tag of the class Eval."""
_RENAMED = {"solvers.QuasiNewton": "LBFGS", "solvers.ExactNewton": "Newton"}
"""Tags whose last part is not the name of the class any more."""
TAGS = {f"{first}.{name}": home for first, (home, names) in _WHERE.items() for name in names}
TAGS |= {f"basis.{name}": f"basis.{home}" for home, names in _OF_BASES.items() for name in names}


@dataclass(frozen=True)
class StoredClasses:
    """The classes that a file may name: those of spikeglm that hold models and their parts."""

    def name_of(self, cls: type) -> str | None:
        """Return for example ``"regularizer.Ridge"``, None for a class of somebody else."""
        if not cls.__module__.startswith("spikeglm."):
            return None
        tags = (tag for tag in TAGS if _name_in(tag) == cls.__name__)
        return next((tag for tag in tags if self.class_of(tag) is cls), None)

    def class_of(self, name: str) -> type:
        """Return the class of a tag; ValueError if a file may not name it."""
        if name not in TAGS:
            raise ValueError(f"an unknown class, {name!r}")
        module = importlib.import_module(f"spikeglm.{TAGS[name]}")
        return vars(module)[_name_in(name)]


def _name_in(tag: str) -> str:
    """Return the name of the class that a tag stands for."""
    return _RENAMED.get(tag, tag.rpartition(".")[2])
