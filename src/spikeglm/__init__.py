"""spikeglm: which variables does a neuron encode, how strongly, and how sure are we.

A tour, from a recording to a fitted and checked model::

    import spikeglm as nmo

    # 1. Describe the features: 80 bins of spike history and 60 bins of stimulus.
    basis = nmo.basis.RaisedCosineLogConv(8, window_size=80, label="history") \\
          + nmo.basis.BSplineConv(10, window_size=60, label="stimulus")
    X = basis.compute_features(counts, stimulus)      # an array (T, 18) ...
    X = basis.design(counts, stimulus)                # ... or a recipe that is never written out

    # 2. Fit one neuron, or a population at once; each neuron gets a status of its own.
    model = nmo.glm.GLM(regularizer="Ridge", regularizer_strength=0.01).fit(X, counts)
    print(model.fit_report_)

    # 3. Ask: predicted rate, held-out score, error bars, simulated spikes.
    model.predict(X)
    model.score(X, counts, score_type="pseudo-r2-McFadden")

Sub-packages are imported when they are first used, so ``import spikeglm`` itself is instant.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0.dev0"

_MODULES = (
    "basis",
    "convolve",
    "datasets",
    "descriptions",
    "designs",
    "encoding",
    "exceptions",
    "fetch",
    "glm",
    "glm_hmm",
    "identifiability_constraints",
    "inference",
    "label_encoder",
    "observation_models",
    "plotting",
    "pytrees",
    "recordings",
    "reduced_rank",
    "regularizer",
    "reporting",
    "selection",
    "simulation",
    "solvers",
    "styles",
    "tree_utils",
    "type_casting",
    "utils",
)
_OBJECTS = {
    "ClassifierGLM": "glm",
    "ClassifierGLMHMM": "glm_hmm",
    "ClassifierPopulationGLM": "glm",
    "DesignBuilder": "designs",
    "GLM": "glm",
    "GLMHMM": "glm_hmm",
    "PopulationGLM": "glm",
    "ReducedRankRegression": "reduced_rank",
    "Encoding": "encoding",
    "config_context": "settings",
    "encode": "encoding",
    "get_config": "settings",
    "inspect_npz": "glm",
    "set_config": "settings",
    "load_encoding": "encoding",
    "load_model": "glm",
    "report": "reporting",
    "run_description": "descriptions",
}


def __getattr__(name: str) -> Any:
    """Import a sub-package, or the object a short name stands for, when it is first used."""
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _OBJECTS:
        return getattr(importlib.import_module(f"{__name__}.{_OBJECTS[name]}"), name)
    where = ": figures are in spikeglm.plotting" if name.startswith("plot_") else ""
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{where}")


def __dir__() -> list[str]:
    return ["__version__", *_MODULES, *_OBJECTS]
