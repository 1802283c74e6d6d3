"""Event logs as files: every packing that Spark writes, and all that can be wrong with them."""

from __future__ import annotations

import gzip
from pathlib import Path

import orjson
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.cluster.doctor.diagnosis import examine
from mlpipeline.cluster.doctor.events import read_events, read_log
from mlpipeline.cluster.doctor.files import lines_of, log_files
from mlpipeline.cluster.doctor.page import render_page
from mlpipeline.cluster.doctor.summary import as_data
from mlpipeline.errors import InputError
from tests.properties import examples

LOGS = Path(__file__).parent / "doctor_logs"
LINES = [line for line in lines_of(LOGS / "coalesced.zstd", []) if line]
TEXT = b"\n".join(LINES) + b"\n"


def zstd(data: bytes) -> bytes:
    packed = pa.BufferOutputStream()
    with pa.CompressedOutputStream(packed, "zstd") as out:
        out.write(data)
    return packed.getvalue().to_pybytes()


def lz4(data: bytes, size: int = 1000) -> bytes:
    """As lz4-java's LZ4BlockOutputStream frames it; the first block is stored as it is."""
    codec, blocks = pa.Codec("lz4_raw"), []
    for start in range(0, len(data), size):
        plain = data[start : start + size]
        body = plain if start == 0 else codec.compress(plain, asbytes=True)
        token = b"\x10" if start == 0 else b"\x20"
        lengths = len(body).to_bytes(4, "little") + len(plain).to_bytes(4, "little")
        blocks.append(b"LZ4Block" + token + lengths + b"\0\0\0\0" + body)
    return b"".join(blocks) + b"LZ4Block\x10" + bytes(12)


PACKINGS = {"app-1": TEXT, "app-1.zstd": zstd(TEXT), "app-1.lz4": lz4(TEXT), "app-1.gz": gzip.compress(TEXT)}


@pytest.mark.parametrize("name", PACKINGS)
def test_every_packing_gives_the_same(tmp_path: Path, name: str):
    (tmp_path / name).write_bytes(PACKINGS[name])
    app = read_log(tmp_path / name)
    assert app.damage == []
    assert len(app.stages) == len(read_events(LINES).stages) > 0


def test_two_frames_of_zstd_are_one_file(tmp_path: Path):
    half = len(LINES) // 2
    file = tmp_path / "app.zstd"
    file.write_bytes(zstd(b"\n".join(LINES[:half]) + b"\n") + zstd(b"\n".join(LINES[half:])))
    assert list(lines_of(file, [])) == LINES


def test_rolled_files_are_read_in_their_order(tmp_path: Path):
    folder = tmp_path / "eventlog_v2_app"
    folder.mkdir()
    (folder / "appstatus_app").touch()
    for number in (10, 9, 2):
        (folder / f"events_{number}_app").touch()
    assert [file.name for file in log_files(tmp_path)] == ["events_2_app", "events_9_app", "events_10_app"]


def test_a_run_in_progress_is_read_as_far_as_it_is(tmp_path: Path):
    file = tmp_path / "app.zstd.inprogress"
    file.write_bytes(zstd(b"\n".join(LINES[:-1])))
    app = read_log(file)
    assert any("no end" in text for text in app.damage)
    assert app.seconds > 0


@pytest.mark.parametrize("name", PACKINGS)
@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_a_file_that_is_cut_off_is_told_and_used(tmp_path: Path, name: str, share: float):
    whole = PACKINGS[name]
    file = tmp_path / name
    file.write_bytes(whole[: int(len(whole) * share)])
    try:
        app = read_log(file)
    except InputError as error:  # one frame, cut before its first block was whole
        assert "no event of Spark" in error.what
        return
    assert app.damage
    examine(app)


@pytest.mark.slow
@given(st.integers(0, len(TEXT) - 1), st.binary(min_size=1, max_size=40))
@examples(60)
def test_bytes_that_were_overwritten_never_end_in_a_crash(place: int, garbage: bytes):
    damaged = TEXT[:place] + garbage + TEXT[place + len(garbage) :]
    diagnosis = examine(read_events(damaged.split(b"\n")))
    assert "<html" in render_page(as_data(diagnosis))


@given(st.lists(st.sampled_from(LINES), min_size=1, max_size=len(LINES), unique=True))
@examples(60)
def test_any_part_of_the_events_in_any_order_is_examined(lines: list[bytes]):
    examine(read_events(lines))


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**40), 2**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(LINES), st.data())
@examples(80)
def test_values_of_another_kind_are_told_not_raised(line: bytes, data: st.DataObject):
    event = orjson.loads(line)
    key = data.draw(st.sampled_from(sorted(set(event) - {"Event"}) or ["Event"]))
    if key != "Event":
        event[key] = data.draw(VALUES)
    examine(read_events([LINES[0], orjson.dumps(event), *LINES[1:]]))


@pytest.mark.parametrize(
    ("name", "data", "what"),
    [
        ("app.snappy", b"\x82SNAPPY\0", "packed as snappy"),
        ("app.lzf", b"ZV", "packed as lzf"),
        ("notes.txt", b"these are my notes\n", "no event of Spark"),
        ("app", b"", "no event of Spark"),
        ("app.json", b'{"a": 1}\n[]\n3\n', "no event of Spark"),
    ],
)
def test_what_is_no_log_is_refused_in_one_line(tmp_path: Path, name: str, data: bytes, what: str):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError) as raised:
        read_log(tmp_path / name)
    assert what in raised.value.what
    assert raised.value.fix and "\n" not in str(raised.value)


def test_a_place_without_a_log_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match="no such file"):
        read_log(tmp_path / "nothing")
    with pytest.raises(InputError, match="holds no event log"):
        read_log(tmp_path)
    for name in ("app-1", "app-2"):
        (tmp_path / name).write_bytes(TEXT)
    with pytest.raises(InputError, match="2 logs lie here"):
        read_log(tmp_path)


def test_the_page_escapes_what_the_log_says_and_needs_nothing_else():
    app = read_events(LINES)
    app.name = "<script>alert(1)</script>"
    app.settings["spark.executor.memory"] = "1g & <b>"
    page = render_page(as_data(examine(app)))
    assert "<script" not in page and "&lt;script&gt;" in page
    assert "http" not in page.replace("http-equiv", "")


def test_settings_with_secrets_are_left_out():
    app = read_events(LINES)
    app.settings |= {
        "spark.executor.secretKey": "x1",
        "spark.hadoop.fs.s3a.secret.key": "x2",
        "spark.executor.cores": "4",
    }
    told = as_data(examine(app))["settings"]
    assert told["spark.executor.cores"] == "4"
    assert not {"x1", "x2"} & set(told.values())


def test_the_fixtures_hold_no_names_of_machines_or_folders():
    for path in LOGS.iterdir():
        if path.suffix == ".md":
            continue
        for file in log_files(path):
            text = b"".join(lines_of(file, []))
            assert not any(word in text for word in (b"/work", b"/tmp", b"/home", b"/root", b"/usr"))
