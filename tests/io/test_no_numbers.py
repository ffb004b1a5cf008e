"""What is no number is never read as one: each container, each kind, with the column's name."""

import datetime
import decimal

import dask.array as da
import numpy as np
import pandas as pd
import pyarrow as pa
import pynapple as nap
import pytest
import xarray as xr

import spikeglm as nmo
from spikeglm.inference import bits_per_spike, time_rescaling
from spikeglm.io.interop.category_labels import to_labels
from spikeglm.io.interop.timeseries import to_array

DATES = pd.date_range("2020", periods=2)
MASKED = np.ma.masked_array([1.0, 2.0], [False, True])


class PolarsLike:
    """A frame with columns, text and dates that NumPy would mix, as polars has it."""

    def __init__(self, **columns):
        self._columns = {name: np.asarray(values) for name, values in columns.items()}
        self.columns = list(columns)

    def __getitem__(self, name):
        return pd.Series(self._columns[name]) if name != "text" else _Column(self._columns[name])

    def __len__(self):
        return len(next(iter(self._columns.values())))

    def to_numpy(self):
        return np.column_stack([values.astype(float) for values in self._columns.values()])

    __array__ = to_numpy


class _Column:
    def __init__(self, values):
        self.to_numpy = lambda: values.astype(object)


COLUMNS = {
    "text": (["1", "2"], "Category"),
    "dates": (DATES, r"timedelta64"),
    "durations": (pd.to_timedelta([1, 2], unit="s"), r"timedelta64"),
    "categories": (pd.Categorical([1, 2]), "Category"),
    "ordered": (pd.Categorical([1, 2], ordered=True), "Category"),
    "complex": (np.array([1j, 2.0]), "real part"),
    "periods": (pd.period_range("2020", periods=2), "seconds"),
    "intervals": (pd.interval_range(0, 2), "seconds"),
    "objects": (np.array([{}, 1.0], dtype=object), "numbers"),
    "text among objects": (np.array(["1", 2.0], dtype=object), "Category"),
    "dates among objects": (np.array([datetime.date(2020, 1, 1), 2.0], dtype=object), "seconds"),
    "missing dates among numbers": (np.array([pd.NaT, 2.0], dtype=object), "seconds"),
    "missing durations": (np.array([np.timedelta64("NaT"), 2.0], dtype=object), "seconds"),
    "arrow text": (pd.array(["1", None], dtype="string[pyarrow]"), "Category"),
    "arrow dates": (pd.array(list(DATES), dtype="timestamp[ns][pyarrow]"), "timedelta64"),
}


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("beside", [[0.5, 1.5], [1, 2]], ids=["floats", "integers"])
def test_a_column_of_a_frame_that_is_no_number_is_named(name, beside):
    values, advice = COLUMNS[name]
    frame = pd.DataFrame({"speed": beside, "odd one": values})
    for call in (
        lambda: to_array(frame, name="X"),
        lambda: nmo.GLM().fit(frame, [0, 1]),
        lambda: nmo.GLM().fit({"a": frame}, [0, 1]),
        lambda: nmo.basis.IdentityEval().compute_features(frame),
    ):
        with pytest.raises(TypeError, match=rf"column 'odd one'.*What to do: .*{advice}"):
            call()
    with pytest.raises(TypeError, match=advice):
        to_array(pd.Series(values), name="y")


@pytest.mark.parametrize(
    ("table", "advice"),
    [
        (pa.table({"a": [1.0, 2.0], "odd": ["1", "2"]}), "column 'odd'.*Category"),
        (pa.table({"a": [1.0, 2.0], "odd": DATES}), "column 'odd'.*seconds"),
        (pa.RecordBatch.from_pydict({"odd": ["1", "2"]}), "column 'odd'"),
        (pa.array(["1", "2"]), "Category"),
        (PolarsLike(a=[1.0, 2.0], text=["1", "2"]), "column 'text'.*Category"),
        (PolarsLike(a=[1.0, 2.0], odd=DATES.to_numpy()), "column 'odd'.*seconds"),
        (xr.DataArray(np.array(["1", "2"], dtype=object)), "Category"),
        (xr.DataArray(DATES.to_numpy()), "seconds"),
        (da.from_array(MASKED[None]), "filled"),
        (da.ones((2, 2)).map_blocks(lambda x: np.ma.masked_less(x, 2)), "filled"),
        (xr.DataArray(da.from_array(DATES.to_numpy())), "seconds"),
        ([MASKED, MASKED], "filled"),
        ([[1.0], [np.ma.masked]], "filled"),
        ([np.timedelta64(1, "s"), 1.0], "seconds"),
        (np.array([np.timedelta64(1, "s"), 1.0], dtype=object), "seconds"),
        (np.array([np.complex128(1j), 1.0], dtype=object), "real part"),
        (np.zeros(2, [("a", float), ("b", int)]), "structured_to_unstructured"),
        (datetime.timedelta(1), "seconds"),
        (nap.IntervalSet(0.0, 1.0), "restrict"),
        ([pd.Series([1.0, 2.0]), pd.Series([3.0, 4.0])], "column_stack"),
        ([nap.Tsd(t=[0.0, 1.0], d=[1.0, 2.0])] * 2, "column_stack"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_other_containers_of_what_is_no_number(table, advice):
    with pytest.raises(TypeError, match=f"cannot be read as numbers.*{advice}"):
        to_array(table, name="X")


@pytest.mark.parametrize(
    ("table", "numbers"),
    [
        (pd.DataFrame({"a": pd.array([1, None], dtype="Int64")}), [[1], [np.nan]]),
        (pd.DataFrame({"a": pd.array([1, None], dtype="int64[pyarrow]")}), [[1], [np.nan]]),
        (pd.DataFrame({"a": [True, False], "b": [0.5, 1.5]}), [[1, 0.5], [0, 1.5]]),
        (pd.DataFrame({"a": [True, None], "b": [1, decimal.Decimal(2)]}), [[1, 1], [np.nan, 2]]),
        (pd.DataFrame({"a": pd.arrays.SparseArray([0.0, 1.0])}), [[0], [1]]),
        (pa.table({"a": [1, None], "b": [0.5, 1.5]}), [[1, 0.5], [np.nan, 1.5]]),
        (pa.chunked_array([[1], [2, None]]), [1, 2, np.nan]),
        (PolarsLike(a=[1, 2], b=[0.5, 1.5]), [[1, 0.5], [2, 1.5]]),
        (xr.DataArray(da.ones((2, 1))), [[1], [1]]),
        (da.arange(3, chunks=2), [0, 1, 2]),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_numbers_in_other_containers(table, numbers):
    np.testing.assert_array_equal(to_array(table, name="X"), numbers)


MASKED_CHUNKS = {
    "all": da.from_array(np.ma.masked_less(np.arange(8.0).reshape(4, 2), 3), chunks=(2, 2)),
    "found on a worker": da.ones((4, 2), chunks=(2, 2)).map_blocks(
        lambda x: np.ma.masked_less(x, 2), meta=np.empty((0, 0))
    ),
}


@pytest.mark.parametrize("name", MASKED_CHUNKS)
def test_masked_chunks_of_a_dask_array_that_stays_on_its_workers(name):
    with pytest.raises(TypeError, match=r"masked chunks.*da?s?k?.array.ma.filled"):
        nmo.GLM().fit(MASKED_CHUNKS[name], [0, 1, 2, 1])


def test_a_table_of_pyarrow_keeps_its_names():
    table = pa.table({"speed": [1.0, 2.0, 3.0, 4.0], "angle": [0.0, 1.0, 1.0, 0.0]})
    model = nmo.GLM().fit(table, [0, 1, 2, 3])
    assert model.feature_names_ == ("speed", "angle")
    with pytest.raises(ValueError, match="another order"):
        model.predict(table.select(["angle", "speed"]))
    assert nmo.PopulationGLM().fit([[0.0], [1.0], [2.0], [0.0]], table).neuron_columns_ == (
        "speed",
        "angle",
    )


def test_a_frame_of_dask_keeps_its_names_and_its_index():
    dd = pytest.importorskip("dask.dataframe")
    frame = pd.DataFrame({"speed": [1.0, 2.0, 3.0, 4.0], "angle": [0.0, 1.0, 1.0, 0.0]})
    table, y = dd.from_pandas(frame, npartitions=2), pd.Series([0, 1, 2, 3])
    assert nmo.GLM().fit(table, y).feature_names_ == ("speed", "angle")
    with pytest.raises(ValueError, match="do not agree"):
        nmo.GLM().fit(table, y[::-1])
    frame["side"] = ["left", "right", "left", "left"]
    with pytest.raises(TypeError, match="column 'side'"):
        nmo.GLM().fit(dd.from_pandas(frame, npartitions=2), y)


def test_labels_of_pyarrow_and_masked_labels():
    sides = pa.array(["left", "right", "left", None])
    model = nmo.ClassifierGLM().fit([[0.0], [1.0], [0.5], [2.0]], sides)
    assert model.classes_.tolist() == ["left", "right"]
    with pytest.raises(TypeError, match="filled"):
        to_labels(np.ma.masked_array(["left", "right"], [0, 1]), name="y")


@pytest.mark.parametrize(
    "masked", [MASKED, MASKED[:, None], pd.Series(["1", "2"])], ids=["row", "column", "text"]
)
def test_inference_and_simulation_read_numbers_as_fits_do(masked):
    for call in (
        lambda: time_rescaling(masked, [1.0, 1.0]),
        lambda: bits_per_spike(masked, masked, null_mean=1.0),
        lambda: nmo.simulation.simulate_responses(masked, [1.0], random_key=0),
        lambda: nmo.basis.IdentityEval().to_transformer().fit(masked),
    ):
        with pytest.raises((TypeError, ValueError), match=r"cannot be read|2-D table"):
            call()


@pytest.mark.parametrize(
    "strength",
    ["1", ["1"], np.ma.masked_array([1.0], [True]), [np.timedelta64(1, "s")], np.array(["1"])],
    ids=str,
)
@pytest.mark.parametrize("kind", ["Ridge", "Lasso", "ElasticNet", "GroupLasso"])
def test_strengths_and_masks_of_what_is_no_number(strength, kind):
    """NumPy reads digits as numbers and forgets masks: "1" was a strength of one."""
    X, y = np.arange(4.0)[:, None], [0, 1, 0, 2]
    if kind == "GroupLasso":
        kind = nmo.regularizer.GroupLasso([[1]])
        with pytest.raises(TypeError, match="mask of a group lasso must be numeric"):
            nmo.regularizer.GroupLasso(np.atleast_2d(strength))
    with pytest.raises(TypeError, match="regularizer_strength must be numeric"):
        nmo.GLM(regularizer=kind, regularizer_strength=strength).fit(X, y)
