"""A methods paragraph of what was done, with the works it stands on: nothing else is cited."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from .bibliography import Work, works
from .described import (
    FAMILIES,
    KINDS,
    are_of_folds,
    families_of,
    folds_in_words,
    setting,
)
from .described import (
    GIVEN as _GIVEN,
)
from .subject import CURVE, Subject
from .words import capital, duration, joined, number, width

_CITED = re.compile(r"\[(@\w+(?:, @\w+)*)\]")
MODELS = {
    "Poisson": "counts were taken to be Poisson [@truccolo2005]",
    "Bernoulli": "bins of zero or one event were taken to be Bernoulli [@truccolo2005]",
    "Gaussian": "responses were taken to be Gaussian",
    "Gamma": "responses were taken to be gamma distributed",
    "InverseGaussian": "responses were taken to be inverse Gaussian",
    "NegativeBinomial": "counts were taken to be negative binomial",
    "QuasiPoisson": "counts were taken to have a variance in proportion to their mean",
}
"""What responses were taken to be, by the name of the observation model."""
LINKS = {
    "exp": "the logarithm of the expected response",
    "identity": "the expected response",
    "logistic": "the log-odds of a response",
}
"""What is a sum of contributions, by the name of the link."""
_FAMILY_WORKS = {
    "BSpline": "deboor1978", "CyclicBSpline": "deboor1978", "MSpline": "ramsay1988",
    "ISpline": "ramsay1988", "RaisedCosineLog": "pillow2008", "RaisedCosineLinear": "pillow2008",
}  # fmt: skip
PENALTIES = {
    "Ridge": "the sum of squared coefficients was penalised (ridge) [@hoerl1970]",
    "Lasso": "the sum of absolute coefficients was penalised (lasso) [@tibshirani1996]",
    "ElasticNet": "coefficients had an elastic net penalty [@zou2005]",
    "GroupLasso": "norms of groups of coefficients were penalised (group lasso) [@yuan2006]",
    "Firth": "the likelihood had Firth's penalty [@firth1993]",
    "Smoothness": "roughness of each function, the integral of its squared second derivative, "
    "was penalised [@wood2017]",
}
"""What was assumed of coefficients, by the name of the penalty."""
_WAYS = {
    "unique": "what is lost without it when all other terms are refitted (unique) [@musall2019]",
    "alone": "what it gains over the mean when it is fitted by itself (alone)",
    "zeroed": "what is lost when the fitted model is told its mean (zeroed)",
    "shuffled": "what is lost when it is shifted in time in training and test (shuffled)",
    "shapley": "its mean gain over orders in which terms may enter [@shapley1953, @castro2009]",
}
_RULES = {
    "hardcastle": "a term was kept if held-out log-likelihood was larger with it by a one-sided "
    "signed rank test over folds, p < 0.05 [@hardcastle2017, @wilcoxon1945]",
    "score": "a term was kept if the mean held-out log-likelihood was larger with it",
    "one_se": "the smallest set within one standard error of the best was taken [@hastie2009]",
    "aic": "sets were compared by Akaike's criterion [@akaike1974]",
    "bic": "sets were compared by the Bayesian information criterion [@schwarz1978]",
}

_OVER_NEURONS = (
    "for each term, q values control the false discovery rate over neurons [@benjamini1995]"
)


@dataclass(frozen=True)
class Methods:
    """A paragraph that can be pasted, and its references.

    Attributes
    ----------
    text :
        The paragraph, works named in brackets.
    works :
        Those that it names, in the order of their names.
    """

    text: str
    works: tuple[Work, ...]

    @property
    def bibtex(self) -> str:
        """The entries of all works that are named."""
        return "\n\n".join(work.bibtex for work in self.works) + "\n"


def methods(subject: Subject) -> Methods:
    """Return what was done, sentence by sentence.

    Examples
    --------
    >>> import spikeglm as nmo
    >>> X, y = np.random.default_rng(0).normal(size=(600, 2)), np.arange(600) % 3
    >>> found = methods(Subject.of_encoding(nmo.encode(y, X), None))
    >>> "ridge" in found.text, "Hoerl & Kennard, 1970" in found.text
    (True, True)
    """
    steps: tuple[Callable[[Subject], Iterator[str]], ...] = (
        _data, _terms, _penalty, _fit, _folds, _contributions, _search, _tests, _goodness,
        software,
    )  # fmt: skip
    return paragraph((line for step in steps for line in step(subject)), subject.origin)


def paragraph(lines: Iterable[str], origin: Mapping[str, Any]) -> Methods:
    """Return sentences with marks such as ``[@brown2002]`` as a paragraph that names works.

    Examples
    --------
    >>> origin = {"versions": {"spikeglm": "1.0"}, "made": "2026-01-01"}
    >>> paragraph(["states were hidden [@rabiner1989]"], origin).text
    'States were hidden (Rabiner, 1989).'
    """
    said = " ".join(f"{capital(line)}." for line in lines)
    keys = list(dict.fromkeys(key for group in _CITED.findall(said) for key in _keys(group)))
    found = {key: _work(key, origin) for key in keys}
    text = _CITED.sub(lambda m: _in_brackets(m, found), said)
    return Methods(text, tuple(sorted(found.values(), key=lambda work: work.label.lower())))


def _data(subject: Subject) -> Iterator[str]:
    n, rows, bin_s = len(subject.names), subject.origin["rows"], subject.bin_s
    whose = f"{n} neurons" if n > 1 else "one neuron"
    bins, used = f"{rows:,} bins", int(subject.tables["fit"]["n_rows"].max())
    if bin_s is not None:
        bins += f" of {width(bin_s)} ({duration(rows * bin_s)})"
    bins += f", of which {used:,} could be used," if used < rows else ""
    yield (
        f"responses of {whose} in {bins} were modelled with generalized linear models "
        "[@mccullagh1989]"
    )
    model, link = subject.likelihood.model.name, subject.likelihood.link.name
    what = LINKS.get(link, f"the response, seen through the link {link},")
    said = MODELS.get(model, f"responses followed the observation model {model}")
    base = "a baseline and " if subject.model.fit_intercept else ""
    yield f"{said}, and {what} was the sum of {base}one contribution of each term"


def _terms(subject: Subject) -> Iterator[str]:
    known = [term for term in getattr(subject.model, "terms_", ()) if term.label]
    if not known:
        return
    families = [family for term in known for family in families_of(term.meaning)]
    cited = dict.fromkeys(_FAMILY_WORKS[name] for name in families if name in _FAMILY_WORKS)
    mark = f" [{', '.join(f'@{key}' for key in cited)}]" if cited else ""
    yield f"terms were {joined([_of_term(term) for term in known])}{mark}"


def _of_term(term: Any) -> str:
    families = list(dict.fromkeys(families_of(term.meaning)))
    names = joined([FAMILIES.get(family, family) for family in families])
    made = f"products of {names}" if term.kind == "product" else names or "columns"
    channels = f" for each of {term.n_channels} inputs" if term.n_channels > 1 else ""
    return f"{term.label} ({KINDS.get(term.kind, term.kind)}: {term.n_functions} {made}{channels})"


def _penalty(subject: Subject) -> Iterator[str]:
    model = subject.model
    given = model.regularizer
    name = given if isinstance(given, str) else type(given).__name__
    if given is None or name == "UnRegularized":
        return
    yield PENALTIES.get(name, f"coefficients had the penalty {given!r}")
    if str(model.regularizer_strength) == "auto":
        has_folds = bool(subject.origin.get("tested_rows"))
        alone = ", in each fold from its training rows alone" if has_folds else ""
        yield (
            "the strength of each penalty was chosen for each neuron by maximising Laplace's "
            f"approximation of the marginal likelihood [@wood2011, @woodfasiolo2017]{alone}"
        )
    elif are_of_folds(subject):
        yield "its strength was chosen for each neuron by held-out log-likelihood on the same folds"


def _fit(subject: Subject) -> Iterator[str]:
    fits = subject.tables["fit"]
    for column, words in (
        ("newton_decrement", "the Newton decrement, the distance to the optimum in the norm of the "
         "curvature, was at most {largest} in all neurons that have an optimum"),
        ("kkt_violation", "the optimality conditions held to within {largest} of the penalty in "
         "all neurons that have an optimum"),
    ):  # fmt: skip
        if column in fits and (fits["status"] == "converged").any():
            largest = fits[column][fits["status"] == "converged"].max()
            yield "fits were iterated until " + words.format(largest=number(largest, 2))


def _folds(subject: Subject) -> Iterator[str]:
    K = len(subject.origin.get("tested_rows", ()))
    if not K:
        return
    how, said = folds_in_words(subject)
    wide = ""
    if how != _GIVEN:  # of folds that were made elsewhere no gap is known
        gap = (re.findall(r"gap=([^,)]+)", how) or ["None"])[-1].strip("'\"")
        bins = f"{subject.gap} bins" if gap == "None" else f"{gap} bins" if gap.isdigit() else gap
        wide = "" if bins == "0 bins" else f", with a gap of {bins} between training and test"
    yield f"predictions were tested in {K}-fold cross-validation: {said}{wide}"


def _contributions(subject: Subject) -> Iterator[str]:
    if not subject.how:
        return
    unit = subject.unit
    cited = " [@harris2003]" if subject.measure == "bits_per_spike" else ""
    ways = joined([_WAYS[how] for how in subject.how])
    yield f"the contribution of a term was measured on held-out rows in {unit}{cited} as {ways}"
    yield "standard errors are those of ratios over folds [@cochran1977]"
    table = subject.tables["contributions"]
    for said in dict.fromkeys(table["p_of"]):
        if said.startswith("signed rank"):
            yield (
                "contributions were tested by one-sided signed rank tests over folds "
                "[@wilcoxon1945]"
            )
        elif said:
            cite = " [@harris2020]" if said.startswith("linear_shift") else ""
            yield f"unique contributions were tested against the null {said}{cite}"
    if len(subject.names) > 1:
        yield _OVER_NEURONS


def _search(subject: Subject) -> Iterator[str]:
    if not subject.has_search:
        return
    rule = str(setting(subject, "rule"))
    always = [str(name) for name in setting(subject, "always", ())]
    beside = f" beside {joined(always)}, which every model had" if always else ""
    yield (
        f"which terms a neuron encodes was found by {setting(subject, 'search')} search{beside}: "
        f"{_RULES.get(rule, rule)}"
    )


def _tests(subject: Subject) -> Iterator[str]:
    if "tests" not in subject.tables:
        return
    is_penalised = subject.model.regularizer not in (None, "UnRegularized")
    cited = " that know of the penalty [@wood2013]" if is_penalised else ""
    by_score = (subject.tables["tests"]["test"] == "score").any()
    others = ", or score tests where spikes were few or a term separated" if by_score else ""
    yield f"terms were tested by Wald tests{cited}{others}"
    if len(subject.names) > 1:
        yield _OVER_NEURONS


def _goodness(subject: Subject) -> Iterator[str]:
    if np.isfinite(subject.column("ks_distance")).any():
        yield (
            "goodness of fit was judged by time rescaling with the correction for discrete bins "
            "[@brown2002, @haslinger2010]"
        )
        if (subject.tables["goodness"]["ks_p_from"] == "bootstrap").any():
            yield (
                "its p values are from recordings that were drawn from the fitted model and fitted "
                "again"
            )
    if any(_has_band(table) for name, table in subject.tables.items() if name.startswith(CURVE)):
        of_prior = subject.model.regularizer not in (None, "UnRegularized")
        cited = " of the posterior [@marra2012]" if of_prior else ""
        yield f"bands of curves are pointwise 95 % intervals{cited}"


def _has_band(table: Any) -> bool:
    return "low" in table and bool(np.isfinite(table["low"]).any())


def software(subject: Any) -> Iterator[str]:
    """Yield what it was computed with."""
    versions = subject.origin["versions"]
    others = [f"Python {versions['python']}", f"NumPy {versions['numpy']} [@numpy2020]"]
    if "scipy" in versions:
        others.append(f"SciPy {versions['scipy']} [@scipy2020]")
    yield f"analyses were done with spikeglm {versions['spikeglm']} [@spikeglm], {joined(others)}"


def _keys(group: str) -> list[str]:
    """Return the works that a mark such as ``[@a, @b]`` names."""
    return [key for key in group.replace("@", "").split(", ") if key in works()]


def _in_brackets(mark: re.Match[str], found: dict[str, Work]) -> str:
    """Return the names of works; what only looks like a mark, in the name of a term, stays."""
    keys = _keys(mark[1])
    return f"({'; '.join(found[key].label for key in keys)})" if keys else mark[0]


def _work(key: str, origin: Mapping[str, Any]) -> Work:
    work = works()[key]
    made = {"VERSION": origin["versions"]["spikeglm"],
            "YEAR": str(datetime.fromisoformat(origin["made"]).year)}  # fmt: skip
    fields, bibtex = dict(work.fields), work.bibtex
    for word, value in made.items():
        fields = {name: text.replace(word, value) for name, text in fields.items()}
        bibtex = bibtex.replace(word, value)
    return Work(key, fields, bibtex)
