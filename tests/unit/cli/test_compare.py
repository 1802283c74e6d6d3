"""`mlpipeline compare`: what a version fixes and breaks, on a file, on rows of the store, on golden questions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mlpipeline.cli.main import main
from mlpipeline.networks.features import as_ids, fit_vocabulary
from mlpipeline.serving.bundle import write_bundle
from mlpipeline.store.bundles.content import seal_beside
from mlpipeline.store.bundles.predictions import PREDICTIONS_FILE, pack_predictions
from mlpipeline.store.registry.pointers import Released, write_pointer
from tests.unit.cli.small_home import make_home, put
from tests.unit.serving.conftest import LABELS, QUESTIONS, SPEC, make_contents, network_of
from tests.unit.store.registry.registry_file import write_registry

NEW = [("영업 시간 알려줘요", "hours"), ("배송비 알려 주세요", "delivery"), ("아무 말이나 해봐", "oos")]


def worse_network() -> bytes:
    """One that takes every text for `hours` but those of `oos`."""
    texts = [text for text, _ in QUESTIONS]
    vocabulary = fit_vocabulary(texts, SPEC, min_df=1)
    table = np.zeros((len(vocabulary) + 1, len(LABELS)), np.float32)
    for row, (_, intent) in zip(as_ids(texts, SPEC, vocabulary), QUESTIONS, strict=True):
        table[row, 2 if intent == "oos" else 1] = 1.0
    table[0] = 0.0
    return network_of(table)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`shop/ko` with version 1, the champion, and version 2, which takes `delivery` for `hours`."""
    home = make_home(tmp_path_factory.mktemp("compare"))
    place = home / "store" / "bundles" / "shop" / "ko"
    digests = {}
    for version, changes in ((1, {}), (2, {"onnx": worse_network()})):
        golden = [{"question": text, "intent": intent} for text, intent in QUESTIONS[2:4]]
        spare = place / "spare"
        digests[version] = write_bundle(spare, make_contents(golden=golden, **changes))
        spare.rename(place / digests[version][:16])
    write_pointer(Released("shop/ko", 1, str(place / digests[1][:16]), digests[1], {}))
    registry = home / "store" / "mlflow" / "mlflow.db"
    write_registry(registry, {"shop.ko": digests}, {"shop.ko": 1}, root=home / "store")
    return home


@pytest.fixture
def compare(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """`compare("shop/ko@1", ..., rows=[(text, intent)], expect=0)` -> (stdout, stderr)."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str, rows: list[tuple[str, str]] | None = None, expect: int = 0) -> tuple[str, str]:
        given = []
        if rows is not None:
            lines = [json.dumps({"text": text, "intent": intent, "source": "app"}) for text, intent in rows]
            Path("rows.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
            given = ["--on", "rows.jsonl"]
        places = ["--store", str(home / "store"), "--conf", str(home / "conf")]
        assert main(["compare", *words, *given, *places]) == expect
        told = capsys.readouterr()
        assert "Traceback" not in told.err
        return told.out, told.err

    return run


def test_rows_that_a_version_breaks_are_listed_with_what_both_say(compare):
    told = json.loads(compare("shop/ko@1", "shop/ko@2", "--json", rows=[*QUESTIONS, *NEW[:2]])[0])
    assert (told["all"]["rows"], told["all"]["fixed"], told["all"]["broken"]) == (10, 0, 4)
    assert told["all"]["difference"] == pytest.approx(-0.4) and told["all"]["p"] == pytest.approx(0.125)
    first = told["changes"][0]
    assert (first["kind"], first["intent"], first["before"]["intent"], first["after"]["intent"]) == (
        "broken",
        "delivery",
        "delivery",
        "hours",
    )
    assert told["seen"] == {"before": 8, "after": 8} and told["new"]["rows"] == 2
    assert [row["is_new"] for row in told["changes"]].count(True) == 1
    worst = told["slices"][0]
    assert (worst["name"], worst["value"], worst["broken"]) == ("intent", "delivery", 4)
    assert {one["name"] for one in told["slices"]} == {"intent", "length"}, "one source is no slice"


def test_text_says_what_chance_could_make_and_names_both_versions(compare):
    out, err = compare("shop/ko@1", "shop/ko@2", "--show", "1", rows=[*QUESTIONS, *NEW[:2]])
    assert out.startswith("before: shop/ko@1  ") and "after:  shop/ko@2  " in out and not err
    assert "0 fixed, 4 broken: difference -0.400" in out and "p = 0.125: no more than chance could make" in out
    assert "broken: 4 rows (the first 1)" in out and "배송 조회를 하고 싶어요" in out and "fixed: 0 rows" in out
    again, _ = compare("shop/ko@2", "shop/ko", rows=QUESTIONS)
    assert "3 fixed, 0 broken: difference +0.375" in again
    assert "none is new to both, and the figures tell how well they remember" in again
    assert "after is better" in compare("shop/ko@2", "shop/ko", rows=QUESTIONS[3:6] * 3)[0]


def test_a_row_out_of_scope_is_right_where_it_is_not_answered(compare):
    told = json.loads(compare("shop/ko@1", "shop/ko@2", "--json", rows=NEW[2:])[0])
    (row,) = told["changes"]
    assert (row["kind"], row["before"]["zone"], row["after"]["zone"]) == ("fixed", "answer", "did_you_mean")
    assert told["rates"]["wrong"] == {"before": 1.0, "after": 0.0}


def test_markdown_has_tables_and_texts_are_no_markup(compare):
    out, _ = compare("shop/ko@1", "shop/ko@2", "--format", "markdown", rows=[("배송은 | <b>며칠</b> `x`", "delivery")])
    assert out.startswith("### shop/ko@1 → shop/ko@2\n") and "| --- |" in out
    assert "배송은 \\| &lt;b&gt;며칠&lt;/b&gt; \\`x\\`" in out


def test_without_a_file_it_takes_test_rows_that_neither_has_learnt_else_golden_questions(
    compare, home: Path, tmp_path: Path
):
    out, _ = compare("shop/ko@1", "shop/ko@2")
    assert "2 rows: golden questions" in out and "0 fixed, 1 broken" in out
    folder = next(path for path in (home / "store" / "bundles" / "shop" / "ko").glob("*") if path.is_dir())
    same, _ = compare(str(folder), str(folder))
    assert "no row changed" in same and f"before: {folder}" in same


def test_rows_that_both_were_asked_in_cross_validation_come_first(compare, home: Path, tmp_path: Path):
    texts = [{"domain": "shop", "lang": "ko", "content_id": f"c{at}", "text": text, "intent": intent}
             for at, (text, intent) in enumerate(QUESTIONS)]  # fmt: skip
    put(home, "denoised", texts)
    folders = []
    for name, wrong in (("one", {0: "delivery"}), ("other", {3: "hours", 4: "hours"})):
        write_bundle(tmp_path / name, make_contents())
        said = [{"content_id": f"c{at}", "intent": intent, "predicted": wrong.get(at, intent), "score": 0.7}
                for at, (_, intent) in enumerate(QUESTIONS[: 6 if name == "one" else 8])]  # fmt: skip
        seal_beside(tmp_path / name, {PREDICTIONS_FILE: pack_predictions(pa.Table.from_pylist(said))})
        folders.append(str(tmp_path / name))
    told = json.loads(compare(*folders, "--json")[0])
    assert told["rows_of"] == "rows that networks were asked that had not learnt them"
    assert (told["all"]["rows"], told["all"]["fixed"], told["all"]["broken"]) == (6, 1, 2)
    assert told["seen"] == {"before": 0, "after": 0} and told["new"] is None
    broken = {row["text"]: row["after"] for row in told["changes"] if row["kind"] == "broken"}
    assert broken[QUESTIONS[3][0]] == {"intent": "hours", "score": pytest.approx(0.7), "zone": "did_you_mean"}


def test_versions_that_are_not_there_and_rows_that_say_nothing(compare):
    assert "no version 9 -> its versions are: 1, 2" in compare("shop/ko@9", "shop/ko", expect=2)[1]
    assert "names no version of a bot" in compare("shop/ko@", "shop/ko", expect=2)[1]
    assert "did you mean shop/ko?" in compare("shop/kk", "shop/ko", expect=2)[1]
    assert "knows an intent of the 1 row" in compare("shop/ko", "shop/ko@2", rows=[("x", "parking")], expect=1)[1]
    assert "--map is for the columns" in compare("shop/ko", "shop/ko@2", "--map", "text=a", expect=2)[1]
    assert "--show -1" in compare("shop/ko", "shop/ko@2", "--show", "-1", expect=2)[1]
