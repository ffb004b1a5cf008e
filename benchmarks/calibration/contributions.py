"""How sure contributions are: their errors over folds beside how much they vary; p values.

``python -m benchmarks.calibration.contributions`` writes its table into RESULTS.md; a minute.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import spikeglm as nmo

from . import page

N, T = 1000, 2000  # data sets of a line (neurons of a fit), bins
HOW = ("unique", "alone", "shapley")
COEF, RATE = (0.3, 0.1, 0.0), -1.0
HEADING = "## Contributions of terms"

_TEXT = """{heading}

`python -m benchmarks.calibration.contributions` wrote this section with spikeglm {version}. {n}
neurons are drawn for one table of {rows} bins with three features: the first drives them (.3), the
second goes along with it (r = .6) and drives them less (.1), the third is nothing. **sd** is how
much `contributions` (bits per spike) vary from one neuron to the next, **error** the mean of the
standard errors over folds that they come with, **p** how often the signed rank test over folds has
p <= .05. The truth of a contribution is not zero where nothing is there: a useless column costs
what it overfits.

| folds | how | feature | mean | sd | error | error / sd | p <= .05 |
|---|---|---|---|---|---|---|---|
{table}

How to read it. Though folds share training rows, errors over ten folds are right to within a
twentieth; those over five are too small by a tenth or so (.86 to .96). The test is too large
nowhere that nothing is there; with five folds it can just reach .031. Bins are independent given
the features here: under slow drift neither holds (see nulls).
"""


def lines(n_folds: int, seed: int = 0) -> Iterator[str]:
    """Yield the lines of a number of folds."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(T, 3))
    X[:, 1] = 0.6 * X[:, 0] + 0.8 * X[:, 1]
    counts = rng.poisson(np.exp(np.repeat((X @ COEF + RATE)[:, None], N, axis=1)))
    model = nmo.PopulationGLM()
    found = nmo.selection.contributions(model, X, counts, folds=n_folds, how=HOW)
    for h, how in enumerate(HOW):
        value, error = found.value(how), found.error(how)
        for j, term in enumerate(found.terms):
            sd, mean_error = value[j].std(ddof=1), error[j].mean()
            rate = np.mean(found.p_value[h, j] <= 0.05)
            yield (
                f"| {n_folds} | {how} | {term} | {value[j].mean():.4f} | {sd:.4f} | "
                f"{mean_error:.4f} | {mean_error / sd:.2f} | {rate:.3f} |"
            )


def main() -> None:
    """Make the table."""
    table = "\n".join(line for n_folds in (5, 10) for line in lines(n_folds))
    text = _TEXT.format(heading=HEADING, version=nmo.__version__, n=N, rows=T, table=table)
    page.keep(text)


if __name__ == "__main__":
    main()
