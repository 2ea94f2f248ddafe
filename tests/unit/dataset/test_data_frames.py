import pandas as pd
import pyarrow as pa
import pytest

from xenorec.dataset.data_frames import arrow, encode, flags, ids, instants, positions, texts
from xenorec.errors import BadInput


def test_values_are_coded_in_text_order():
    names, code = encode(pa.array(["b", None, "a", "b"]))
    assert names.tolist() == ["a", "b"]
    assert code.tolist() == [1, -1, 0, 1]


def test_whole_floats_lose_their_point():
    names, _ = encode(pa.array([1.0, 2.5, float("inf")]))
    assert names.tolist() == ["1", "2.5", "inf"]


def test_a_category_that_no_row_has_is_not_named():
    frame = pd.DataFrame({"zone": pd.Categorical(["a", None], categories=["a", "unused"])})
    names, code = encode(arrow(frame, need=["zone"])["zone"])
    assert names.tolist() == ["a"]
    assert code.tolist() == [0, -1]


def test_blank_text_counts_as_missing():
    assert texts(pa.array(["a", " ", None])).tolist() == ["a", None, None]


def test_a_missing_column_is_told_with_the_nearest_name():
    with pytest.raises(BadInput, match="customer_id"):
        arrow(pd.DataFrame({"customerid": [1]}), need=["customer_id"])


def test_something_else_than_a_frame_is_refused():
    with pytest.raises(BadInput, match="data frame"):
        arrow([1, 2])


@pytest.mark.parametrize("values", [[2, 1, 2], pa.array(["2", "1", "2"], pa.string_view())])
def test_ids_are_text_each_once_in_the_order_asked(values):
    assert ids(values, "customer_ids").tolist() == ["2", "1"]


def test_empty_ids_are_refused_by_name():
    with pytest.raises(BadInput, match="customer_ids has 1 empty"):
        ids(["a", None], "customer_ids")


def test_unknown_names_stand_nowhere():
    names, _ = encode(pa.array(["a", "b"]))
    assert positions(ids(["b", "x"], "customer_ids"), names).tolist() == [1, -1]


def test_flags_are_refused_by_the_name_of_their_column():
    with pytest.raises(BadInput, match="is_open"):
        flags(pa.array(["yes"]), "is_open", missing=True)


@pytest.mark.parametrize("value", ["1970-01-01T00:00:01", pd.Timestamp(1, unit="s", tz="UTC")])
def test_times_are_microseconds_since_1970(value):
    table = arrow(pd.DataFrame({"at": [value]}), need=["at"])
    assert instants(table["at"], "at").tolist() == [1_000_000]
