"""Arrays as bytes: equal content, equal bytes; foreign bytes are refused without being run."""

from __future__ import annotations

import io
import pickle
import zipfile
from contextlib import suppress

import numpy as np
import pytest

from mlpipeline.networks import arrays

CONTENT: dict[str, np.ndarray] = {
    "b": np.arange(6, dtype=np.float32).reshape(2, 3),
    "a": np.array([1, 2**63], np.uint64),
}


def test_round_trip_and_equal_bytes() -> None:
    data = arrays.pack(CONTENT, {"z": 1, "label": "금요일"})
    assert data == arrays.pack(dict(reversed(CONTENT.items())), {"label": "금요일", "z": 1})
    found, meta = arrays.unpack(data)
    assert meta == {"z": 1, "label": "금요일"}
    assert all(np.array_equal(found[name], CONTENT[name]) for name in CONTENT) and set(found) == set(CONTENT)


def test_numpy_reads_it_too() -> None:
    with np.load(io.BytesIO(arrays.pack(CONTENT, {})), allow_pickle=False) as archive:
        assert np.array_equal(archive["a"], CONTENT["a"])


def test_foreign_bytes_are_refused() -> None:
    evil = io.BytesIO()
    np.save(evil, np.array([{"a": 1}], object), allow_pickle=True)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as target:
        target.writestr("meta.json", "{}")
        target.writestr("evil.npy", evil.getvalue())
    for data in (b"", b"PK", pickle.dumps(CONTENT), arrays.pack(CONTENT, {})[:-30], archive.getvalue()):
        with pytest.raises(ValueError):
            arrays.unpack(data)


def test_a_changed_byte_is_a_value_error_or_harmless() -> None:
    data = arrays.pack(CONTENT, {"a": [1]})
    for at in range(0, len(data), 3):
        for bits in (1, 255):
            changed = data[:at] + bytes([data[at] ^ bits]) + data[at + 1 :]
            with suppress(ValueError):
                arrays.unpack(changed)


def test_the_digest_sees_names_types_shapes_and_values() -> None:
    one = np.arange(4, dtype=np.int32)
    digests = [
        arrays.digest({"a": one}),
        arrays.digest({"b": one}),
        arrays.digest({"a": one.astype(np.int64)}),
        arrays.digest({"a": one.reshape(2, 2)}),
        arrays.digest({"a": one[::-1]}),
    ]
    assert len(set(digests)) == len(digests)
    assert arrays.digest({"a": one.astype(">i4")}) == digests[0]
