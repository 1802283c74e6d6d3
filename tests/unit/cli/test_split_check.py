"""`split check` and `contradictions`: of files, and of a store that no JVM wrote."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import CommitProperties, write_deltalake

from mlpipeline.cli.main import main
from mlpipeline.orders.apply import RunReport
from mlpipeline.orders.outcome import gather_bots
from mlpipeline.orders.plan import Plan
from mlpipeline.orders.translations import translation_files
from mlpipeline.recipe.load import load_recipes
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.provenance import as_metadata, make_provenance

ROWS = [
    {"text": "배송 언제 와요", "intent": "delivery", "split": "train"},
    {"text": "배송  언제 와요", "intent": "delivery", "split": "test"},
    {"text": "환불 하고 싶어요 지금", "intent": "refund", "split": "train"},
    {"text": "환불 하고 싶어요 지금요", "intent": "cancel", "split": "validation"},
    {"text": "이사 했어요", "intent": "address", "split": "train", "parent": "주소를 바꿀게요"},
    {"text": "주소를 바꿀게요", "intent": "address", "split": "test"},
]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "conf" / "domains" / "shop").mkdir(parents=True)
    (tmp_path / "conf" / "domains" / "shop" / "domain.yaml").write_text("languages: [ko, ja]\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: Path, rows: list[dict[str, Any]]) -> str:
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    return str(path)


def put(home: Path, dataset: str, rows: list[dict[str, Any]]) -> None:
    """Rows as a Delta table with the marks that a run would leave."""
    marks = {f"{row['domain']}/{row['lang']}": make_provenance("c", {}, {}, {}) for row in rows}
    said = CommitProperties(custom_metadata={"userMetadata": as_metadata("clean", "run", marks)})
    path = Store(str(home / "store")).table_path(dataset)
    write_deltalake(path, pa.Table.from_pylist(rows), partition_by=["domain", "lang"], commit_properties=said)


def test_a_file_that_leaks_is_1_and_lists_the_pairs(home: Path, capsys: pytest.CaptureFixture[str]):
    left_out = [{"text": "no split"}, {"text": "x" * 30_000, "split": "test"}]
    left_out += [{"text": empty, "split": split} for empty, split in (("\u200b", "train"), ("\ufeff", "test"))]
    file = write(home / "faq.jsonl", [*ROWS, *left_out])
    assert main(["split", "check", file, "--lang", "ko", "--threshold", "0.7", "--json", "--to", "all.csv"]) == 1
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert found["splits"] == {"train": 3, "validation": 1, "test": 2}
    told = {tuple(one["splits"]): one for one in found["leaking_rows"]}
    assert {kind: told["train", "test"][kind] for kind in ("exact", "near", "parent", "any")} == {
        **{"exact": 1, "near": 0, "parent": 1, "any": 2}
    }
    assert told["train", "validation"]["near"] == 1
    assert [one["kind"] for one in found["worst"]] == ["exact", "parent", "near"]
    with open("all.csv", encoding="utf-8-sig", newline="") as stream:
        assert Path("all.csv").read_bytes().startswith(b'\xef\xbb\xbf"kind",')
        (_, _, near) = csv.DictReader(stream)
    assert (near["left_intent"], near["right_intent"], near["right_line"]) == ("refund", "cancel", "4")
    assert found["left_out"] == {"no_split": 1, "too_long": 1, "empty": 2}
    assert "1 too long (line 8: 30,000 characters" in said.err
    assert main(["split", "check", file, "--lang", "ko"]) == 1
    assert "the worst" in capsys.readouterr().out


def test_a_file_with_names_of_its_own_that_does_not_leak_is_0(home: Path, capsys: pytest.CaptureFixture[str]):
    (home / "faq.csv").write_text("key,q,fold,from\n1,one two,a,\n2,three four,a,1\n3,five six,b,\n", "utf-8")
    names = "text=q,split=fold,id=key,parent=from"
    assert main(["split", "check", "faq.csv", "--map", names]) == 0
    assert "no leak" in capsys.readouterr().out
    (home / "faq.csv").write_text("key,q,fold,from\n1,one two,a,\n2,three four,b,1\n3,five six,b,\n", "utf-8")
    assert main(["split", "check", "faq.csv", "--map", names, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["leaking_rows"][0]["parent"] == 1


def test_a_split_in_several_spellings_is_one(home: Path, capsys: pytest.CaptureFixture[str]):
    splits = ("Train", "train", " TRAIN ", "test")
    file = write(home / "faq.jsonl", [{"text": f"hi {split == 'test'}", "split": split} for split in splits])
    assert main(["split", "check", file, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["splits"] == {"Train": 3, "test": 1}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["nothing.csv"], 2, "no such file"),
        (["none.csv"], 2, "no column split for the split"),
        (["none.csv"], 2, "its columns are text, intent: none looks like a split (train, test); add a column split"),
        (["none.csv", "--map", "text=source"], 2, "no column source, split for the text and split; columns here: text"),
        (["none.jsonl"], 2, "no row has a split: 1 no split (line 1)"),
        (["korean.jsonl"], 2, "save it as UTF-8"),
        (["many.jsonl"], 2, "many.jsonl: the split column holds 21 values"),
        (["none.csv", "--map", "splt=x"], 2, "splt"),
        (["faq.jsonl", "--to", "faq.jsonl"], 2, "would replace"),
        (["faq.jsonl", "--to", "nowhere/all.csv"], 2, "folder that is there"),
        (["faq.jsonl", "--threshold", "0"], 2, "no similarity"),
        (["shop/ko"], 1, "splits"),
    ],
)
def test_what_cannot_be_checked_is_said_in_one_line(
    words: list[str], code: int, said: str, home: Path, capsys: pytest.CaptureFixture[str]
):
    (home / "none.csv").write_text("text,intent\na,b\n")
    write(home / "none.jsonl", [{"text": "a"}])
    (home / "korean.jsonl").write_bytes('{"text": "환불", "split": "train"}'.encode("cp949"))
    write(home / "many.jsonl", [{"text": "a", "split": str(number)} for number in range(21)])
    write(home / "faq.jsonl", ROWS)
    assert main(["split", "check", *words, "--quiet"]) == code
    err = capsys.readouterr().err
    assert said in err and len(err.splitlines()) == 1


def cleaned(lang: str, content: str, text: str, intent: str, **more: Any) -> dict[str, Any]:
    row = {"domain": "shop", "lang": lang, "id": f"id-{content}", "text": text, "normalized": text, "intent": intent}
    about = {"annotator": "kim", "verified": True, "parent": "", "source": "corpus", "origin_line": 1}
    return {**row, **about, "content_id": content, **more}


def test_a_bot_of_the_store(home: Path, capsys: pytest.CaptureFixture[str]):
    texts = ["배송 언제 와요", "배송 언제 와요.", "아무 상관 없는 말"]
    put(home, "cleaned", [cleaned("ko", f"c{number}", text, "i") for number, text in enumerate(texts)])
    sides = ["train", "test", "test"]
    rows = [{"domain": "shop", "lang": "ko", "content_id": f"c{n}", "split": side} for n, side in enumerate(sides)]
    put(home, "splits", rows)
    assert main(["split", "check", "shop/ko", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["splits"] == {"train": 1, "test": 2} and found["leaking_rows"][0]["any"] == 1


def test_contradictions_of_a_bot_and_between_bots(home: Path, capsys: pytest.CaptureFixture[str]):
    ko = [cleaned("ko", "k1", "환불", "refund"), cleaned("ko", "k1", "환불", "cancel", annotator="lee")]
    put(home, "cleaned", [*ko, cleaned("ko", "k2", "안녕", "hi"), cleaned("ja", "j2", "やあ", "bye")])
    put(home, "cleaned_dropped", [cleaned("ko", "k1", "환불", "cancel", reason="duplicate", annotator="park")])
    assert main(["contradictions", "shop/ko", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert [(side["intent"], side["rows"], side["owners"]) for side in found["sides"]] == [
        ("cancel", 2, ["lee", "park"]),
        ("refund", 1, ["kim"]),
    ]
    (home / "pairs.csv").write_text("left,right\n안녕,id-j2\n없음,id-j2\n", "utf-8")
    assert main(["contradictions", "shop", "--pairs", "pairs.csv", "--to", "out.csv"]) == 0
    said = capsys.readouterr()
    assert "1 the same text" in said.out and "1 translations of each other" in said.out and "1 of 2 pairs" in said.err
    # A spreadsheet takes Korean for Latin letters where the mark is missing.
    assert Path("out.csv").read_bytes().startswith(b'\xef\xbb\xbf"number","kind",')
    with open("out.csv", encoding="utf-8-sig", newline="") as stream:
        sides = list(csv.DictReader(stream))
    assert [(side["number"], side["kind"], side["bot"], side["intent"]) for side in sides] == [
        ("1", "same", "shop/ko", "cancel"),
        ("1", "same", "shop/ko", "refund"),
        ("2", "pair", "shop/ko", "hi"),
        ("2", "pair", "shop/ja", "bye"),
    ]
    assert main(["contradictions", "shop/ja"]) == 0
    assert "no text stands under two labels" in capsys.readouterr().out


def test_translations_that_the_recipe_names_are_used_by_the_verb_and_told_by_every_run(
    home: Path, capsys: pytest.CaptureFixture[str]
):
    ko = [
        cleaned("ko", "k1", "환불", "refund"),
        cleaned("ko", "k2", "취소", "refund"),
        cleaned("ko", "k3", "네", "yes"),
    ]
    ja = [
        cleaned("ja", "j1", "返金", "cancel"),
        cleaned("ja", "j2", "取消", "cancel"),
        cleaned("ja", "j3", "はい", "yes"),
    ]
    put(home, "cleaned", [*ko, *ja])
    (home / "corpora").mkdir()
    pairs = home / "corpora" / "shop.csv"
    pairs.write_text("left,right\n환불,返金\n취소,id-j2\n네,はい\n", "utf-8")
    named = "languages: [ko, ja]\ningest: {translations: 'corpora/{domain}.csv'}\n"
    (home / "conf" / "domains" / "shop" / "domain.yaml").write_text(named)

    assert main(["contradictions", "shop", "--json"]) == 0
    assert [one["kind"] for one in json.loads(capsys.readouterr().out)] == ["pair", "pair"]
    assert main(["contradictions", "shop", "--pairs", str(pairs), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 2

    def warned() -> dict[str, list[str]]:
        plan = Plan(translations=translation_files(load_recipes(home / "conf")))
        told = gather_bots(Store(str(home / "store")), plan, RunReport(), ["shop/ja", "shop/ko"])
        return {bot["bot"]: bot["warnings"] for bot in told}

    end = "2 times (`mlpipeline contradictions shop` lists them)"
    assert warned() == {
        "shop/ja": [f"translations of each other: cancel here, refund in shop/ko, {end}"],
        "shop/ko": [f"translations of each other: refund here, cancel in shop/ja, {end}"],
    }
    pairs.write_text("left,right\n네,はい\n", "utf-8")
    assert warned() == {"shop/ja": [], "shop/ko": []}
    pairs.unlink()
    assert all("ingest.translations" in line and "shop.csv" in line for (line,) in warned().values())
    assert main(["contradictions", "shop"]) == 1


def test_contradictions_of_nobody_are_said_in_one_line(home: Path, capsys: pytest.CaptureFixture[str]):
    put(home, "cleaned", [cleaned("ko", "k1", "환불", "refund")])
    (home / "bad.csv").write_text("a,b\nc,d\n")
    pairs, to = ["shop/ko", "--pairs"], ["shop/ko", "--to", "nowhere/out.csv"]
    asked = [(["bank"], 2, "bank"), (["shop/ja"], 1, "shop/ja"), ([*pairs, "bad.csv"], 2, "left")]
    for words, code, said in (*asked, ([*pairs, "none.csv"], 2, "none.csv"), (to, 2, "nowhere/out.csv")):
        assert main(["contradictions", *words]) == code
        err = capsys.readouterr().err
        assert said in err and "->" in err and len(err.splitlines()) == 1


def test_near_pairs_are_shown_with_their_texts(home: Path, capsys: pytest.CaptureFixture[str]):
    put(home, "cleaned", [cleaned("ko", "k1", "환불 해줘", "refund")])
    dropped = {"reason": "near_duplicate", "detail": "of k1"}
    put(home, "cleaned_dropped", [{**cleaned("ko", "k2", "환불 해줘요", "refund"), **dropped}])
    pairs = [("k1", "k2"), ("k1", "k9")]
    made = [{"domain": "shop", "lang": "ko", "left": one, "right": other, "similarity": 0.9} for one, other in pairs]
    put(home, "near_pair", made)
    assert main(["show", "near_pair", "shop/ko", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [(row["left_text"], row["right_text"]) for row in told] == [
        ("환불 해줘", "환불 해줘요"),
        ("환불 해줘", None),
    ]
    assert [(row["left"], row["right"]) for row in told] == pairs
    assert main(["show", "near_pair", "--rows", "0"]) == 0
    assert "0 of 2 rows" in capsys.readouterr().out
