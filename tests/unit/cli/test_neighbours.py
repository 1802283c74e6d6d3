"""`neighbours`, `forget` and `compact`: of a store that no JVM wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import CommitProperties, write_deltalake
from pyarrow import parquet

from mlpipeline.cli.main import main
from mlpipeline.networks.encoders.ngram_lsa import NgramEncoder, fit_ngram_encoder
from mlpipeline.store.content_ids import content_id
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.datasets import bot_locks, read_rows
from mlpipeline.store.tables.provenance import as_metadata, make_provenance

TEXTS: dict[str, list[tuple[str, str | None]]] = {
    "shop/ko": [("배송 언제 와요", "delivery"), ("환불 하고 싶어요", "refund"), ("배송 조회", None)],
    "bank/ko": [("계좌 조회", "account"), ("배송 언제 와요", "card")],
    "shop/ja": [("返品したい", "refund")],
}


def put(home: Path, dataset: str, rows: list[dict[str, Any]]) -> None:
    marks = {f"{row['domain']}/{row['lang']}": make_provenance("c", {}, {}, {}) for row in rows}
    said = CommitProperties(custom_metadata={"userMetadata": as_metadata("embed", "run", marks)})
    path = Store(str(home / "store")).table_path(dataset)
    write_deltalake(path, pa.Table.from_pylist(rows), partition_by=["domain", "lang"], commit_properties=said)


@pytest.fixture(scope="module")
def encoders() -> dict[str, NgramEncoder]:
    return {
        lang: fit_ngram_encoder([text for bot, rows in TEXTS.items() if bot.endswith(lang) for text, _ in rows], dims=8)
        for lang in ("ko", "ja")
    }


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoders: dict[str, NgramEncoder]) -> Path:
    for domain, langs in (("shop", "ko, ja"), ("bank", "ko")):
        (tmp_path / "conf" / "domains" / domain).mkdir(parents=True)
        text = f"languages: [{langs}]\nembed: {{encoder: ngram-lsa}}\n"
        (tmp_path / "conf" / "domains" / domain / "domain.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    cleaned, embedding = list[dict[str, Any]](), list[dict[str, Any]]()
    for bot, rows in TEXTS.items():
        domain, lang = bot.split("/")
        vectors = encoders[lang].encode([text for text, _ in rows])
        for (text, intent), vector in zip(rows, vectors, strict=True):
            key = {"domain": domain, "lang": lang, "content_id": content_id(lang, text)}
            cleaned.append({**key, "intent": intent, "text": text})
            embedding.append({**key, "encoder": encoders[lang].digest, "vector": vector.tobytes()})
    features = [
        {**{name: row[name] for name in ("lang", "content_id", "encoder", "vector")}, "maker": "m", "error": None}
        for row in embedding
    ]
    schema = pa.schema([*((name, pa.string()) for name in ("lang", "content_id", "encoder", "maker", "error"))])
    table = pa.Table.from_pylist(features, schema=schema.append(pa.field("vector", pa.binary())))
    for part in (table, table):  # two runs at the same time
        place = Store(str(tmp_path / "store")).table_path("features")
        write_deltalake(place, part, mode="append", partition_by=["maker", "lang"])
    put(tmp_path, "cleaned", cleaned)
    put(tmp_path, "embedding", embedding)
    payloads = [
        {"domain": "*", "lang": lang, "encoder": one.digest, "rows": 1, "payload": one.to_bytes()}
        for lang, one in encoders.items()
    ]
    put(tmp_path, "encoder", payloads)
    return tmp_path


def test_the_nearest_texts_of_a_bot_and_of_others(home: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["neighbours", "shop/ko", "배송  언제 와요", "--k", "1", "--json"]) == 0
    wanted = {"cosine": 1.0, "bot": "shop/ko", "intent": "delivery", "text": "배송 언제 와요"}
    assert json.loads(capsys.readouterr().out) == [wanted]
    assert main(["neighbours", "shop/ko", "배송 언제 와요", "--across", "domain", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(one["bot"], one["intent"]) for one in found[:2]] == [("bank/ko", "card"), ("shop/ko", "delivery")]
    assert main(["neighbours", "shop/ko", "배송 조회", "--across", "lang"]) == 0
    said = capsys.readouterr()
    assert "another encoder made their vectors: shop/ja" in said.err and "shop/ja" not in said.out
    assert main(["neighbours", "shop/ko", ""]) == 0
    assert "nothing" not in capsys.readouterr().err


def test_what_is_not_there_or_damaged_is_one_line(home: Path, capsys: pytest.CaptureFixture[str]):
    for words, code, told in (
        (["neighbours", "shop/ko", "x", "--k", "0"], 2, "--k 0"),
        (["neighbours", "shop/fr", "x"], 2, "shop/fr"),
        (["neighbours", "shop/ko", "x", "--store", "none"], 1, "shop/ko has no vectors yet"),
    ):
        assert main(words) == code
        assert told in capsys.readouterr().err
    (file,) = (home / "store" / "datasets" / "embedding" / "domain=shop" / "lang=ko").glob("*.parquet")
    file.write_bytes(file.read_bytes()[:-9])
    assert main(["neighbours", "shop/ko", "x"]) == 1
    assert "`mlpipeline run --select shop/ko` makes it anew" in capsys.readouterr().err


def kept(home: Path, dataset: str) -> list[str]:
    return sorted(row["content_id"] for row in read_rows(Store(str(home / "store")), dataset).to_pylist())


def test_a_text_is_forgotten_and_what_still_holds_it_is_named(home: Path, capsys: pytest.CaptureFixture[str]):
    gone, before = content_id("ko", "배송 언제 와요"), {name: kept(home, name) for name in ("features", "embedding")}
    folder = home / "store" / "bundles" / "shop" / "ko" / "abc"
    folder.mkdir(parents=True)
    (folder / "questions.jsonl").write_text('{"text":"배송 언제 와요"}\n', "utf-8")
    assert main(["forget", "배송  언제 와요", "--dry-run"]) == 1
    assert "shop/ko/cleaned: 1 row" in capsys.readouterr().out
    assert {name: kept(home, name) for name in before} == before
    assert main(["forget", "배송 언제 와요", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["vectors"] == 6, "two rows of features twice, and one of each bot in embedding"
    assert [one["what"] for one in told["holders"]] == ["bank/ko/cleaned", "shop/ko/cleaned", "bundle shop/ko/abc"]
    for name, ids in before.items():
        assert kept(home, name) == [one for one in ids if one != gone]
        assert not [file for file in (home / "store" / "datasets" / name).rglob("*.parquet") if has(file, gone)]
    (home / "texts.txt").write_text("x y z\nnothing like it\n", "utf-8")
    assert main(["forget", "texts.txt"]) == 0
    assert capsys.readouterr().out.startswith("2 texts: 0 vectors removed")


def test_a_text_is_found_by_the_words_that_were_masked_in_it(home: Path, capsys: pytest.CaptureFixture[str]):
    folder = home / "store" / "bundles" / "shop" / "ko" / "abc"
    folder.mkdir(parents=True)
    (folder / "questions.jsonl").write_text('{"text":"<PHONE>로 알려줘"}\n', "utf-8")
    assert main(["forget", "010-2345-6789로 알려줘", "--dry-run", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["texts"], [one["what"] for one in told["holders"]]) == (1, ["bundle shop/ko/abc"])


def has(file: Path, content: str) -> bool:
    return content in parquet.read_table(file, columns=["content_id"])["content_id"].to_pylist()


def test_nothing_is_forgotten_while_a_run_is_at_work(home: Path, capsys: pytest.CaptureFixture[str]):
    with bot_locks(Store(str(home / "store")), ["shop/ko"]):
        assert main(["forget", "배송 언제 와요"]) == 1
    assert "a run is at work on shop/ko" in capsys.readouterr().err
    assert main(["forget", " "]) == 2


def test_what_two_runs_added_stands_once_after_it(home: Path, capsys: pytest.CaptureFixture[str]):
    ids = kept(home, "features")
    assert main(["compact"]) == 0
    assert "with 12 rows -> 2 with 5" in capsys.readouterr().out
    assert kept(home, "features") == sorted(set(ids))
