"""The files of ``spikeglm demo`` that are not figures: two tables and the fitted model."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable
from pathlib import Path

from .. import errors
from .demo_analysis import DemoResult


def check_writable(folder: Path) -> None:
    """Make ``folder`` if it does not exist; raise ValueError if files cannot be written there.

    Examples
    --------
    >>> check_writable(Path(tempfile.mkdtemp()) / "new")
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as problem:
        raise errors.value_error(
            "The folder for the results cannot be written to.",
            given=f"{folder} ({problem.strerror})",
            expected="a folder, or a path where one can be made",
            todo="choose another one with --out.",
        ) from None


def save_results(result: DemoResult, folder: Path) -> list[Path]:
    """Write scores and filters as CSV and the fitted model as npz; return the paths."""
    scores, filters = folder / "scores.csv", folder / "filters.csv"
    _write_csv(scores, _score_rows(result))
    _write_csv(filters, _filter_rows(result))
    model = folder / "model.npz"
    result.model.save_params(model)
    return [scores, filters, model]


def _score_rows(result: DemoResult) -> Iterable[tuple[object, ...]]:
    n_folds = result.scores[0].bits_by_fold.size
    folds = tuple(f"bits_per_spike_fold_{fold + 1}" for fold in range(n_folds))
    yield ("model", "bits_per_spike", *folds, "ks_distance", "ks_band_95", "ks_p_value")
    for score in result.scores:
        rescaling = score.rescaling
        numbers = (score.bits, *score.bits_by_fold, rescaling.ks_distance, rescaling.band_95)
        yield (score.name, *(f"{number:.4f}" for number in numbers), f"{rescaling.p_value:.3g}")


def _filter_rows(result: DemoResult) -> Iterable[tuple[object, ...]]:
    yield (
        "input",
        "lag_ms",
        *("log_gain", "standard_error", "log_gain_low_95", "log_gain_high_95"),
        *("rate_gain", "rate_gain_low_95", "rate_gain_high_95"),
    )
    for name, found in result.filters.items():
        columns = (
            *(found.lag_ms, found.log_gain, found.standard_error, found.low, found.high),
            *(found.rate_gain, found.rate_gain_low, found.rate_gain_high),
        )
        for row in zip(*columns, strict=True):
            yield (name, *(f"{value:.6g}" for value in row))


def _write_csv(path: Path, rows: Iterable[tuple[object, ...]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
