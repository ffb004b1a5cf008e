"""Coverage of 95 % intervals, written to RESULTS.md: ``python -m benchmarks.calibration``.

It takes some minutes of one core. Recordings are the columns of a fit, a neuron each.
"""

from __future__ import annotations

import platform
import re
from pathlib import Path

import numpy as np

import spikeglm as nmo

from . import dispersions, separated

RESULTS = Path(__file__).with_name("RESULTS.md")

_TEXT = """# Coverage of 95 % intervals

`python -m benchmarks.calibration` wrote this page with spikeglm {version}, NumPy {numpy}, Python
{python}. After a ± stands the Monte Carlo standard error, from one recording to the next.

## Coefficients from the prior that a Ridge penalty states

Each line is {n_designs} tables of features with {n_each} simulated recordings each. The dispersion
stands on effective degrees of freedom ([decision 0017](../../docs/decisions/0017-dispersion.md)).
**Coverage** is that of intervals with Student's quantile for nu, the degrees of freedom of the
estimated dispersion, as bands of curves have it; then follow those of ± 1.96 standard errors, with
the dispersion as estimated, with the true one, and with the divisor T - p - 1 (at least 1).

| model | phi | T | p | edf | nu | dispersion / true | coverage | ± 1.96 | true phi | T - p - 1 |
|---|---|---|---|---|---|---|---|---|---|---|
{penalties}

### Where the rest goes for Gamma

Three things, each some thousandths where a fit uses up half of its rows and phi is .3. None of them
is the prior or `edf_`.

1. *The normal quantile.* The dispersion is estimated; Student's quantile gives back what that
   costs.
2. *Pearson's estimate* falls short by a few percent, which grows with phi and p / T however many
   rows there are. It does without any penalty too, where `scale_` is that of R's `summary.glm` (the
   table below). The deviance over T - edf is too large instead, and Fletcher's (2012) correction
   is none: with a log link and an intercept it is zero for Gamma.
3. *Expected information*, from which standard errors come, as in R. The exact posterior (given
   the dispersion, by Hamiltonian Monte Carlo) is about a percent wider and covers what it should;
   the observed information, which Laplace's approximation has, would give its width. So it is not
   that approximation that is too narrow.

| model | phi | T | p | recordings | Pearson / true | deviance / true |
|---|---|---|---|---|---|---|
{no_penalty}

Coverage of the exact posterior, and paired differences from it; then its deviation over the
standard error, by expected and by observed information. Quantiles of 1500 draws are a little off
either way, which costs the posterior just under a thousandth:

| model | phi | T | p | recordings | exact | expected - exact | observed - exact | sd | sd |
|---|---|---|---|---|---|---|---|---|---|
{posteriors}

## A feature that separates

Each line is {n_separated} recordings. The other coefficients are the truth (.5, -.3, 0) plus an
intercept ([decision 0018](../../docs/decisions/0018-separation.md)); with three classes they are
that times (1, 0, -1), and all intercepts are zero. Without the limit of the likelihood all standard
errors of these recordings would be NaN.

| what | model | rows | separated | NaN for it | finite for others | coverage | intercept |
|---|---|---|---|---|---|---|---|
{separated}
"""


def main() -> None:
    """Make all tables."""
    text = _TEXT.format(
        version=nmo.__version__,
        numpy=np.__version__,
        python=platform.python_version(),
        n_designs=dispersions.N_DESIGNS,
        n_each=dispersions.N_EACH,
        n_separated=separated.N,
        penalties="\n".join(dispersions.of_penalties()),
        no_penalty="\n".join(dispersions.of_no_penalty()),
        posteriors="\n".join(dispersions.of_posteriors()),
        separated="\n".join(separated.of_separated()),
    )
    RESULTS.write_text("\n".join([text, *_other_sections(text)]))
    print(text)


def _other_sections(text: str) -> list[str]:
    """Return the sections of the page that other modules here have written."""
    there = re.findall(r"^## .*?(?=^## |\Z)", RESULTS.read_text(), flags=re.M | re.S)
    ours = set(re.findall(r"^## .*$", text, flags=re.M))
    return [section for section in there if section.partition("\n")[0] not in ours]


if __name__ == "__main__":
    main()
