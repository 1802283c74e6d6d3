"""Files become rows with their right line numbers, however Spark cuts them; nothing gets lost."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from mlpipeline.schemas import REJECTED, UTTERANCE
from mlpipeline.spark.frames import check_schema
from tests.spark.conftest import as_rows


def line(text: object, **more: object) -> bytes:
    return json.dumps({"text": text, **more}, ensure_ascii=False).encode()


def test_a_large_file_is_cut_and_keeps_its_line_numbers(spark, run, sources, tmp_path: Path):
    rows = 60_000
    file = tmp_path / "large.jsonl"
    with file.open("wb") as stream:
        for number in range(1, rows + 1):
            stream.write(line(f"문장 {number} " + "x" * (number % 97 * 4), intent="a") + b"\n")
    assert file.stat().st_size > 9 << 20
    spark.conf.set("spark.sql.files.maxPartitionBytes", "3m")
    try:
        made = run("ingest", source_file=sources(file))["utterance"]
        assert made.rdd.getNumPartitions() >= 3
        found = made.select("origin_line", "text").collect()
    finally:
        spark.conf.unset("spark.sql.files.maxPartitionBytes")
    assert len(found) == rows
    assert all(row["text"].split()[1] == str(row["origin_line"]) for row in found)
    assert {row["origin_line"] for row in found} == set(range(1, rows + 1))


def test_names_line_ends_and_several_files(run, sources, tmp_path: Path):
    names = ["a b.jsonl", "한국어 [1].jsonl", "st*r?.jsonl", "100%25.jsonl", "{x},y.jsonl", "a#b?c.jsonl"]
    for name in names:
        data = b"\r\n".join([line(f"{name} 1", intent="a"), b"", line(f"{name} 3", intent="b"), line(f"{name} 4")])
        (tmp_path / name).write_bytes(data)
    (tmp_path / "stxr1.jsonl").write_bytes(line("not asked for", intent="a"))
    made = run("ingest", source_file=sources(*[tmp_path / name for name in names]))
    wanted = sorted(((name, number, f"{name} {number}") for name in names for number in (1, 3, 4)), key=repr)
    assert as_rows(made["utterance"], "origin_file", "origin_line", "text") == wanted
    assert as_rows(made["utterance_rejected"]) == []


def test_rows_in_are_rows_out_and_rejected(run, sources, tmp_path: Path):
    bad = [b"not json", line(""), line(3), b'{"intent": "a"}', line("x\0y"), b'{"text": "\xff"}', b"[1]"]
    bad.append(line("x" * 1_100_000))
    good = [line(f"text {number}", intent="a") for number in range(20)]
    (tmp_path / "mixed.jsonl").write_bytes(b"\n".join([*good[:10], *bad, *good[10:]]))
    made = run("ingest", source_file=sources(tmp_path / "mixed.jsonl"))
    kept, rejected = made["utterance"].count(), as_rows(made["utterance_rejected"], "origin_line", "reason")
    assert kept == 20 and len(rejected) == len(bad)
    assert [number for number, _ in sorted(rejected)] == list(range(11, 11 + len(bad)))
    assert all(len(row["raw"]) <= 200 for row in made["utterance_rejected"].collect())
    check_schema(made["utterance"], UTTERANCE, where="test")
    check_schema(made["utterance_rejected"], REJECTED, where="test")


def test_csv_with_quoted_line_breaks(run, sources, tmp_path: Path):
    (tmp_path / "a.csv").write_bytes('text,intent\r\n"두 줄\n이에요",x\r\nplain,y\r\n"a ""b""",z\r\n'.encode())
    found = as_rows(
        run("ingest", source_file=sources(tmp_path / "a.csv"))["utterance"], "origin_line", "text", "intent"
    )
    assert found == [(2, "두 줄\n이에요", "x"), (4, "plain", "y"), (5, 'a "b"', "z")]


def test_rasa(run, sources, tmp_path: Path):
    text = 'version: "3.1"\nnlu:\n- intent: greet\n  examples: |\n    - 안녕\n    - 안녕하세요\n'
    (tmp_path / "nlu.yml").write_text(text, "utf-8")
    found = as_rows(
        run("ingest", source_file=sources(tmp_path / "nlu.yml"))["utterance"], "origin_line", "text", "intent"
    )
    assert found == [(5, "안녕", "greet"), (6, "안녕하세요", "greet")]


def test_zipped_files_of_each_format(run, sources, tmp_path: Path):
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(line("하나", intent="x") + b"\n" + line("둘", intent="y")))
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress("text,intent\n셋,x\n".encode()))
    made = run("ingest", source_file=sources(tmp_path / "a.jsonl.gz", tmp_path / "b.csv.gz"))
    assert as_rows(made["utterance_rejected"]) == []
    assert as_rows(made["utterance"], "text") == [("둘",), ("셋",), ("하나",)]


def test_one_file_of_two_bots_and_a_bad_file_of_a_third(run, sources, counters, tmp_path: Path):
    (tmp_path / "both.jsonl").write_bytes(line("hi", intent="a", label="b"))
    (tmp_path / "bad.csv").write_text("question,label\nhi,a\n")
    asked = [(tmp_path / "both.jsonl", "shop/en", {}), (tmp_path / "both.jsonl", "bank/en", {"intent": "label"})]
    made = run("ingest", source_file=sources(*asked, (tmp_path / "bad.csv", "bad/en", {"intent": "nothing"})))
    assert as_rows(made["utterance"], "domain", "intent") == [("bank", "b"), ("shop", "a")]
    assert as_rows(made["utterance_rejected"]) == [], "a file that is refused is no row"
    (refused,) = counters.values.failed.items()
    assert refused[0] == "bad/en" and "question" in refused[1].what and "--map" in refused[1].fix


def test_a_gzip_is_known_by_its_content_and_a_damaged_one_costs_its_bot(run, sources, counters, tmp_path: Path):
    rows = b"\n".join(line(f"{number}", intent="x") for number in range(5000))
    for name in ("named.jsonl.gz", "unnamed.jsonl"):
        (tmp_path / name).write_bytes(gzip.compress(rows))
    (tmp_path / "plain.jsonl.gz").write_bytes(rows)
    (tmp_path / "plain.csv.gz").write_text("text,intent\na,x\n")
    (tmp_path / "cut.jsonl.gz").write_bytes(gzip.compress(rows)[:-2000])
    (tmp_path / "cut.csv").write_bytes(gzip.compress(b"text,intent\n" + b"a,x\n" * 5000)[:-20])
    good = [tmp_path / name for name in ("named.jsonl.gz", "unnamed.jsonl", "plain.jsonl.gz", "plain.csv.gz")]
    bad: list[tuple[Path, str, dict[str, str]]] = [
        (tmp_path / name, "bad/en", {}) for name in ("cut.jsonl.gz", "cut.csv")
    ]
    made = run("ingest", source_file=sources(*good, *bad))
    counts = {row["origin_file"]: row["count"] for row in made["utterance"].groupBy("origin_file").count().collect()}
    assert {name: counts[name] for name in counts if "cut" not in name} == {
        "named.jsonl.gz": 5000, "unnamed.jsonl": 5000, "plain.jsonl.gz": 5000, "plain.csv.gz": 1
    }  # fmt: skip
    ((bot, why),) = counters.values.failed.items()
    assert bot == "bad/en" and "looks damaged" in why.fix and why.where == "cut.jsonl.gz"
    assert "also refused: cut.csv" in why.what


def test_files_of_a_rasa_project_without_utterances_are_a_warning_beside_others(run, sources, counters, tmp_path: Path):
    (tmp_path / "nlu.yml").write_text("nlu:\n- intent: greet\n  examples: |\n    - hi\n")
    (tmp_path / "domain.yml").write_text("version: '3.1'\nintents: [greet]\nresponses: {}\n")
    (tmp_path / "own.yml").write_text("pets: [cat]\n")
    asked: list[tuple[Path, str, dict[str, str]]] = [
        (tmp_path / "nlu.yml", "shop/ko", {}),
        (tmp_path / "domain.yml", "shop/ko", {}),
    ]
    asked += [(tmp_path / "domain.yml", "alone/ko", {}), (tmp_path / "nlu.yml", "own/ko", {})]
    made = run("ingest", source_file=sources(*asked, (tmp_path / "own.yml", "own/ko", {})))
    assert ("shop", "hi") in as_rows(made["utterance"], "domain", "text")
    assert "domain.yml" in counters.values.warnings["shop/ko"]
    assert sorted(counters.values.failed) == ["alone/ko", "own/ko"]


def test_an_id_says_what_was_said_to_whom(run, sources, tmp_path: Path):
    rows = [line("한 줄", intent="x"), line("한 줄", intent="y"), line("한 줄"), line("한 줄", intent="x")]
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(rows))
    asked: list[tuple[Path, str, dict[str, str]]] = [
        (tmp_path / "a.jsonl", bot, {}) for bot in ("shop/ko", "bank/ko", "shop/ja")
    ]
    made = run("ingest", source_file=sources(*asked))["utterance"].collect()
    ids = {(row["domain"], row["lang"], row["intent"], row["id"]) for row in made}
    assert len(made) == 12 and len(ids) == 9 == len({row["id"] for row in made})
    # Fixed for ever: other tables and files refer to it.
    (mine,) = {row["id"] for row in made if (row["domain"], row["lang"], row["intent"]) == ("shop", "ko", "x")}
    assert mine == "ccf995bafbe71b78"


def test_times_become_utc(run, sources, tmp_path: Path):
    data = [line("a", ts="2024-03-01T10:00:00+09:00"), line("b", ts="2024-03-01T01:00:00Z"), line("c")]
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(data))
    made = run("ingest", source_file=sources(tmp_path / "a.jsonl"))["utterance"]
    found = as_rows(made.selectExpr("text", "cast(ts as string) as ts"))
    assert found == [("a", "2024-03-01 01:00:00"), ("b", "2024-03-01 01:00:00"), ("c", None)]


def test_an_empty_file_is_no_row(run, sources, tmp_path: Path):
    (tmp_path / "empty.jsonl").write_bytes(b"")
    (tmp_path / "empty.csv").write_bytes(b"")
    made = run("ingest", source_file=sources(tmp_path / "empty.jsonl", tmp_path / "empty.csv"))
    assert as_rows(made["utterance"]) == as_rows(made["utterance_rejected"]) == []


def test_what_is_known_about_a_row_comes_along(run, sources, tmp_path: Path):
    data = [line("a", annotator="kim", verified=True, parent="b"), line("b"), line("c", verified="maybe")]
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(data))
    (tmp_path / "b.csv").write_text("text,verified,by\nd,no,lee\n")
    made = run(
        "ingest", source_file=sources(tmp_path / "a.jsonl", (tmp_path / "b.csv", "shop/ko", {"annotator": "by"}))
    )
    found = as_rows(made["utterance"], "text", "annotator", "verified", "parent")
    assert found == [("a", "kim", True, "b"), ("b", None, None, None), ("d", "lee", False, None)]
    assert as_rows(made["utterance_rejected"], "origin_line", "reason") == [(3, "bad_verified")]


def test_a_column_that_would_cost_all_rows_is_left_out_and_told(run, sources, counters, tmp_path: Path):
    lines = b"\n".join([line(text, ts="2023/01/05 10:22") for text in "ab"])
    (tmp_path / "a.jsonl").write_bytes(lines)
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(lines))
    (tmp_path / "c.csv").write_text("text,ts\na,2023/01/05 10:22\nb,2023/01/05 10:22\n")
    asked: list[tuple[Path, str, dict[str, str]]] = [
        (tmp_path / name, f"{name[0]}/ko", {}) for name in ("a.jsonl", "b.jsonl.gz", "c.csv")
    ]
    made = run("ingest", source_file=sources(*asked))
    assert as_rows(made["utterance"], "domain", "text") == [(bot, text) for bot in "abc" for text in "ab"]
    assert not as_rows(made["utterance_rejected"])
    told = counters.values.warnings
    assert set(told) == {"a/ko", "b/ko", "c/ko"} and all("--map ts=" in line for line in told.values())


def test_personal_data_goes_as_files_are_read(run, sources, tmp_path: Path):
    planted = "제 번호는 010-2345-6789, 메일은 me@mail.example"
    lines = [line(planted, intent="a"), line("x", intent="a", parent=planted), b"not json 010-2345-6789"]
    (tmp_path / "planted.jsonl").write_bytes(b"\n".join(lines))
    (tmp_path / "planted.csv").write_text(f"text,intent\n{planted.replace(',', '')},a\n", "utf-8")
    (tmp_path / "packed.jsonl.gz").write_bytes(gzip.compress(lines[0]))
    files = sources(*[tmp_path / name for name in ("planted.jsonl", "planted.csv", "packed.jsonl.gz")])
    made = run("ingest", source_file=files)
    rows = [row for name in ("utterance", "utterance_rejected") for row in made[name].collect()]
    assert len(rows) == 5
    assert not any("2345" in str(row) or "me@" in str(row) for row in rows)
    assert sum("<PHONE>, 메일은 <EMAIL>" in str(row) for row in rows) == 3
