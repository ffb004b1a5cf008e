"""Labels to numbers and back: scikit-learn's encoder agrees, and unknown labels are refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_array_equal
from sklearn.preprocessing import LabelEncoder as OfScikitLearn

from spikeglm.label_encoder import LabelEncoder

LABELS = st.one_of(
    hnp.arrays(np.int64, st.integers(1, 8), elements=st.integers(-5, 5)),
    hnp.arrays("U3", st.integers(1, 8)),
    hnp.arrays(float, st.integers(1, 8), elements=st.sampled_from([-1.5, 0.0, 2.0, 1e300])),
)


@given(LABELS)
def test_numbers_are_those_of_scikit_learn_and_come_back(labels):
    theirs = OfScikitLearn().fit(labels)
    ours = LabelEncoder(len(theirs.classes_)).set_classes(labels)
    assert_array_equal(ours.classes_, theirs.classes_)
    assert_array_equal(ours.encode(labels), theirs.transform(labels))
    assert_array_equal(ours.encode(labels, safe=False), theirs.transform(labels))
    assert_array_equal(ours.decode(ours.encode(labels).astype(int)), labels)


def test_a_population_has_a_column_per_neuron():
    labels = np.array([["a", "b"], ["c", "a"]])
    assert_array_equal(LabelEncoder(3).set_classes(labels).encode(labels), [[0, 1], [2, 0]])


def test_plain_labels_are_returned_as_they_are():
    encoder = LabelEncoder(3).set_classes(np.arange(3))
    for y in (np.array([0, 2]), np.array([0.0, 2.0])):
        assert encoder.encode(y) is y


@pytest.mark.parametrize(
    ("classes", "wrong"),
    [
        (np.array(["a", "b"]), np.array(["a", "z"])),
        (np.array([1, 5]), np.array([3])),
        (np.array([1, 5]), np.array([7])),
        (np.array([1, 5]), np.array(["a"])),
        (np.array([0, 1]), np.array([0.5])),
        (np.array([0, 1]), np.array([2])),
        (np.array([0, 1]), np.array([np.nan])),
    ],
)
def test_unknown_labels_are_refused_where_it_is_safe(classes, wrong):
    encoder = LabelEncoder(2).set_classes(classes)
    with pytest.raises(ValueError, match="none of the classes"):
        encoder.encode(wrong)
    encoder.encode(wrong, safe=False)


@pytest.mark.parametrize("labels", [[1, 2], [1, 2, 3, 4]])
def test_another_number_of_labels_is_refused(labels):
    encoder = LabelEncoder(3)
    with pytest.raises(ValueError, match="n_classes=3"):
        encoder.set_classes(labels)
    assert encoder.classes_ is None


def test_before_the_labels_are_known():
    encoder = LabelEncoder(2)
    for call in (
        lambda: encoder.encode([1]),
        lambda: encoder.decode([1]),
        lambda: encoder.check_classes_is_set("predict"),
    ):
        with pytest.raises(RuntimeError, match="set_classes"):
            call()
    encoder.set_classes([1, 2]).check_classes_is_set("predict")


def test_labels_can_be_forgotten():
    encoder = LabelEncoder(2).set_classes([1, 2])
    encoder.n_classes = 3
    assert encoder.classes_ is None
    encoder.classes_ = ["a", "b", "c"]
    assert_array_equal(encoder.classes_, ["a", "b", "c"])
    encoder.classes_ = None
    assert encoder == LabelEncoder(3)
    encoder.set_classes([1, 2, 3]).reset()
    assert encoder == LabelEncoder(3)


def test_equality():
    first = LabelEncoder(2).set_classes([1, 2])
    assert first == LabelEncoder(2).set_classes([2, 1])
    assert first != LabelEncoder(2).set_classes([1, 3])
    assert first != LabelEncoder(2)
    assert first != "labels"
