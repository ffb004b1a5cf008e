"""Tables of an encoding, joined: a row per neuron and term, a row per neuron."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from .result import Encoding


NO_SHARE = "all terms together predict no better than the mean rate: no shares"


def measure_of(contributions: pd.DataFrame) -> str:
    """Return the unit in which contributions are told: the first one of their table."""
    return next(name.removesuffix("_full") for name in contributions if name.endswith("_full"))


def by_term(tables: dict[str, pd.DataFrame], measure: str) -> pd.DataFrame:
    """Return a row per neuron and term: whether it is encoded, and what it contributes."""
    found = tables["contributions"]
    out = found[["neuron", "term"]].drop_duplicates().reset_index(drop=True)
    searched = tables["search"][["neuron", "term", "is_encoded", "is_known", "reason"]]
    out = out.merge(searched, how="left", on=["neuron", "term"])
    is_known, not_found = out.pop("is_known").fillna(False).astype(bool), out.pop("reason")
    out["is_encoded"] = out["is_encoded"].astype(object).where(is_known, None)
    for how, part in found.groupby("how", sort=False):
        columns = {f"{measure}{end}": f"{how}{end}" for end in ("", "_se", "_share")}
        columns |= {"p_value": f"{how}_p", "q_value": f"{how}_q"}
        part = part[["neuron", "term", *columns]].rename(columns=columns)
        out = out.merge(part, how="left", on=["neuron", "term"])
    out = out.merge(tables["degrees"][["neuron", "term", "edf"]], how="left", on=["neuron", "term"])
    by_cell = found.groupby(["neuron", "term"], sort=False)[["how", "reason"]]
    out["reason"] = by_cell.apply(_of_contributions).to_numpy()
    out["reason"] = _joined(out["reason"], not_found.where(~is_known, ""))
    gains_nothing = out[[f"{how}_share" for how in found["how"].unique()]].isna().any(axis=1)
    return out.assign(reason=out["reason"].where(~gains_nothing | (out["reason"] != ""), NO_SHARE))


def _of_contributions(part: pd.DataFrame) -> str:
    """Return the reasons of one neuron and term, which may differ by the way to ask."""
    said = part[part["reason"] != ""]
    if len(said) == len(part) and said["reason"].nunique() == 1:
        return str(said["reason"].iloc[0])
    return "; ".join(f"{row.how}: {row.reason}" for row in said.itertuples())


def _joined(reasons: pd.Series, more: pd.Series) -> list[str]:
    """Return reasons, and behind them others that they do not have."""
    out = []
    for reason, other in zip(reasons, more.fillna(""), strict=True):
        out.append("; ".join(dict.fromkeys(filter(None, (reason, other)))))
    return out


def by_neuron(tables: dict[str, pd.DataFrame], measure: str) -> pd.DataFrame:
    """Return a row per neuron: what it encodes, and how good the model is."""
    searched = tables["search"].drop_duplicates("neuron")
    out = searched[["neuron", "set"]].reset_index(drop=True)
    found = tables["contributions"].drop_duplicates("neuron")
    full = found[["neuron", "n_spikes"]].assign(held_out=found[f"{measure}_full"])
    if "deviance_explained_full" in found:
        full["held_out_deviance_explained"] = found["deviance_explained_full"]
    out = out.merge(full, on="neuron")
    wanted = ["neuron", "rate_hz", "ks_distance", "ks_band_95", "ks_p_value", "status"]
    good = tables["goodness"]
    out = out.merge(good[[name for name in wanted if name in good]], how="left", on="neuron")
    out["reason"] = searched["reason"].to_numpy()
    return out


def dataset(encoding: Encoding) -> xr.Dataset:
    """Return both tables over the axes neuron and term."""
    import xarray as xr

    table = encoding.table()
    by_both = table.assign(is_encoded=_truth(table["is_encoded"])).set_index(["neuron", "term"])
    alone = encoding.neurons().set_index("neuron")
    out = xr.merge([by_both.to_xarray(), alone.rename(columns={"reason": "remark"}).to_xarray()])
    out.attrs = {"measure": encoding.measure, "origin": str(encoding.origin)}
    return out


def _truth(values: Any) -> Any:
    """Return 1 for yes, 0 for no, NaN for no answer."""
    return np.array([np.nan if value is None else float(value) for value in values])
