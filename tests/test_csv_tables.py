"""Tables as CSV, read by people and by other programs."""

import numpy as np
import pandas as pd

from spikeglm.csv_tables import write_csv


def _lines(table, path, **more):
    write_csv(table, path, **more)
    return path.read_text().splitlines()


def test_times_have_no_digits_of_rounding_and_counts_no_point(tmp_path):
    times = (np.arange(4) + 0.5) * 0.05  # 0.07500000000000001 and the like
    assert repr(float(times[1])) != "0.075"
    table = pd.DataFrame({"repeat": 0, "time_s": times, "a": [0.0, 2.0, np.nan, 1.0]})
    assert _lines(table, tmp_path / "drawn.csv") == [
        "repeat,time_s,a", "0,0.025,0", "0,0.075,2", "0,0.125,", "0,0.175,1"
    ]  # fmt: skip


def test_late_times_keep_their_digits(tmp_path):
    times = 1_700_000.0 + (np.arange(3) + 0.5) * 0.001  # nine digits would lose bins
    table = pd.DataFrame({"3": [0.1 + 0.2, 1 / 3, np.nan]}, pd.Index(times, name="time_s"))
    found = _lines(table, tmp_path / "rates.csv", with_index=True)
    assert found[1:3] == ["1700000.0005,0.3", "1700000.0015,0.333333333"]
    back = pd.read_csv(tmp_path / "rates.csv")
    np.testing.assert_allclose(back["time_s"], times, rtol=0, atol=1e-9)


def test_columns_of_one_name_are_kept_apart(tmp_path):
    table = pd.DataFrame([[0.5, 1.5]], columns=["a_s", "a_s"])
    assert _lines(table, tmp_path / "two.csv") == ["a_s,a_s", "0.5,1.5"]
    assert list(table.iloc[0]) == [0.5, 1.5]  # the table itself is not touched


def test_times_that_are_not_known_are_empty_or_infinite(tmp_path):
    table = pd.DataFrame({"start_s": [np.nan, np.inf, -1e-12]})
    assert _lines(table, tmp_path / "t.csv")[1:] == ['""', "inf", "0"]
