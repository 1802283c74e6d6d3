"""`mlpipeline evaluate` on files of every kind: what is judged, what was seen before, and what cannot be judged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mlpipeline.cli.main import main
from mlpipeline.methods.evaluation.metrics import ReportSettings, evaluate_predictions
from mlpipeline.serving.bundle import write_bundle
from mlpipeline.store.registry.pointers import Released, write_pointer
from tests.unit.cli.small_home import put
from tests.unit.serving.conftest import QUESTIONS, make_contents

NEW = [("영업 시간 알려줘요", "hours"), ("배송비 알려 주세요", "delivery"), ("아무 말이나 해봐", "oos")]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A released bot that knows `delivery`, `hours` and `oos`, and its recipe."""
    home = tmp_path_factory.mktemp("evaluate")
    place = home / "store" / "bundles" / "shop" / "ko"
    place.mkdir(parents=True)
    digest = write_bundle(place / "made", make_contents())
    write_pointer(Released("shop/ko", 1, str(place / "made"), digest, {}))
    domain = home / "conf" / "domains" / "shop"
    domain.mkdir(parents=True)
    recipe = (
        "languages: [ko]\ningest: {files: [x.jsonl]}\ntrain: {out_of_scope_label: oos}\nevaluate: {bootstrap: 50}\n"
    )
    (domain / "domain.yaml").write_text(recipe, "utf-8")
    return home


@pytest.fixture
def evaluate(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """`evaluate(rows, "--json", expect=0)` -> (stdout, stderr); rows are a file's text, or pairs of text and intent."""
    monkeypatch.chdir(tmp_path)
    places = ["--store", str(home / "store"), "--conf", str(home / "conf")]

    def run(rows: Any, *words: str, expect: int = 0, on: bool = True) -> tuple[str, str]:
        lines = (
            [json.dumps({"text": text, "intent": intent}) for text, intent in rows] if isinstance(rows, list) else []
        )
        Path("rows.jsonl").write_text(rows if isinstance(rows, str) else "\n".join(lines) + "\n", "utf-8")
        given = ["--on", "rows.jsonl"] if on else []
        assert main(["evaluate", "shop/ko", *given, *places, *words]) == expect
        told = capsys.readouterr()
        assert "Traceback" not in told.err
        return told.out, told.err

    return run


def test_rows_that_the_bot_learnt_from_are_told_apart_and_the_others_judged_alone(evaluate):
    out, _ = evaluate([*QUESTIONS, *NEW])
    assert out.startswith("11 of 11 rows scored\nof these 11 rows the bot learnt from 8; 3 are new to it\n")
    head, _, rows = out.splitlines()[3:6]
    assert head.split() == ["all", "rows", "new", "rows"] and rows.split() == ["rows", "8", "2"]
    told = json.loads(evaluate([*QUESTIONS, *NEW], "--json")[0])
    assert told["seen"] == {"learnt": 8, "unseen": 3}
    assert (told["in_scope_rows"], told["unseen"]["in_scope_rows"], told["unseen"]["out_of_scope"]["rows"]) == (8, 2, 1)


def test_a_file_of_nothing_new_says_what_its_figures_are(evaluate):
    out, _ = evaluate(QUESTIONS)
    assert "none is new to it, and the figures tell how well it remembers" in out
    assert json.loads(evaluate(QUESTIONS, "--json")[0])["unseen"] is None


def test_new_rows_have_one_column_of_figures_and_wide_intervals(evaluate):
    out, _ = evaluate(NEW[:1])
    assert "the bot has seen none before" in out and "new rows" not in out
    (line,) = [line for line in out.splitlines() if line.startswith("accuracy")]
    assert line.split()[1] == "1.000" and "[0.207, 1.000]" in line


def test_rows_with_an_intent_that_the_bot_does_not_know_are_counted_and_named(evaluate):
    out, _ = evaluate([NEW[0], ("어디에 주차해요", "parking")])
    assert out.startswith("1 of 2 rows scored (1 has an intent that the bot does not know)\n")
    assert "intents that the bot does not know: parking (1 row)\n" in out
    rows = [NEW[0], ("주차", "Delivery"), ("주차", "hourz"), ("주차", "hourz")]
    out, _ = evaluate(rows)
    assert out.startswith("1 of 4 rows scored (3 have intents that the bot does not know)\n")
    assert "hourz (2 rows; did you mean hours?), Delivery (1 row; the bot spells it delivery)" in out
    assert json.loads(evaluate(rows, "--json")[0])["unknown"] == [
        {"intent": "hourz", "rows": 2, "meant": "hours", "is_spelling": False},
        {"intent": "Delivery", "rows": 1, "meant": "delivery", "is_spelling": True},
    ]


def test_accuracy_is_of_every_row_and_that_of_known_intents_stands_below_it(evaluate):
    out, _ = evaluate([*NEW, ("어디에 주차해요", "parking"), ("환불해 주세요", "refund")])
    first, second = (line.split() for line in out.splitlines()[3:5])
    assert first[:2] == ["accuracy", "0.500"] and " ".join(first[4:]) == "over all 4 rows in scope"
    assert second[0] == "1.000" and " ".join(second[3:]) == "of the 2 rows with a known intent"
    told = json.loads(evaluate([*NEW, ("어디에 주차해요", "parking")], "--json")[0])
    assert (told["accuracy"], told["known_accuracy"], told["accuracy_rows"]) == (pytest.approx(2 / 3), 1.0, 3)
    out, _ = evaluate([*QUESTIONS, *NEW[:2], ("어디에 주차해요", "parking")])
    table = [line.split("  ") for line in out.splitlines()[3:11]]
    assert [row[0] for row in table[2:6]] == ["rows", "rows (known intents)", "accuracy", "accuracy (known intents)"]


def test_unknown_intents_alone_judge_nothing(evaluate):
    out, err = evaluate([("주차", "parking"), ("주차", "Hours")], expect=1)
    assert not out and err.count("\n") == 1
    assert err.startswith(
        "error: rows.jsonl: shop/ko knows none of the intents of its 2 rows: Hours (1 row; the bot spells it hours)"
    )
    assert "its intents are: delivery, hours, oos" in err
    many = [("주차", f"nothing {number}") for number in range(15)]
    assert "and 5 more ->" in evaluate(many, expect=1)[1]


def test_out_of_scope_rows_alone_are_judged_by_what_is_refused(evaluate):
    out, _ = evaluate([NEW[2], ("노래 한 곡", "oos")])
    assert out.startswith("2 of 2 rows scored\n") and "accuracy   -" in out
    assert "out of scope: 2 rows, refused " in out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no labelled row: the file is empty -> name a file that holds rows"),
        (
            '{"text": "a"}\n',
            "(line 1) -> its columns are text: none looks like a label; add a column intent",
        ),
        ('{"text": "", "intent": "hours"}\n', "-> correct the rows that are named"),
        ("{\n", "-> correct the rows that are named"),
    ],
)
def test_a_file_without_a_labelled_row_judges_nothing_and_says_why_in_one_line(evaluate, text: str, said: str):
    out, err = evaluate(text, expect=1)
    assert not out and said in err and err.count("\n") == 1


def test_left_out_rows_are_counted_with_their_reason_and_first_line(evaluate):
    text = (
        '{"text": "영업 시간 알려줘요", "intent": "hours"}\n{"text": "a"}\n{"text": "b"}\n{"text": "", "intent": "x"}\n'
    )
    out, err = evaluate(text)
    assert (
        out.startswith("1 of 1 row scored\n")
        and "left out of rows.jsonl: 2 no intent (line 2), 1 empty text (line 4" in err
    )
    told = json.loads(evaluate(text, "--json")[0])
    assert told["rejected"] == 3 and told["left_out"] == {"no_intent": 2, "empty_text": 1}


def test_no_such_file(home: Path, capsys: pytest.CaptureFixture[str]):
    words = ["--store", str(home / "store"), "--conf", str(home / "conf")]
    assert main(["evaluate", "shop/ko", "--on", "none.jsonl", *words]) == 2
    assert "none.jsonl: no such file" in capsys.readouterr().err


def test_wrong_rows_have_their_nearest_a_cause_and_something_to_do(evaluate):
    rows = [*NEW, ("영업 시간이 어떻게 되나요", "delivery"), ("주차", "parking"), ("배송빈가 얼마", "hours")]
    told = json.loads(evaluate(rows, "--json")[0])
    wrong = {row["text"]: row for row in told["wrong_rows"]}
    twin = wrong["영업 시간이 어떻게 되나요"]
    assert (twin["intent"], twin["predicted"], twin["cause"]) == ("delivery", "hours", "label_noise")
    assert twin["near_predicted"] == {"question": "영업 시간이 어떻게 되나요", "intent": "hours", "similarity": 1.0}
    assert twin["near_own"]["intent"] == "delivery" and "주차" not in wrong
    assert {"unknown_intent", "label_noise"} <= {task["cause"] for task in told["tasks"]}
    out, _ = evaluate(rows, "--show", "1")
    assert f"wrong rows: {len(wrong)} (the surest 1)" in out and "what to do, the most rows first" in out
    assert "check the label delivery: these look like hours" in out
    assert "the bot has no intent parking: add rows of it" in out
    assert (
        "wrong rows" not in evaluate(rows, "--show", "0")[0]
        and "--show -1" in evaluate(rows, "--show", "-1", expect=2)[1]
    )


def test_a_file_that_is_read_right_has_nothing_to_do(evaluate):
    out, _ = evaluate(QUESTIONS)
    assert "wrong rows" not in out and "what to do" not in out


def test_rasas_files_are_written_and_named(evaluate, tmp_path: Path):
    rows = [*NEW, ("영업 시간이 어떻게 되나요", "delivery")]
    out, _ = evaluate(rows, "--out", "made/rasa")
    names = ["intent_report.json", "intent_errors.json", "confusion_matrix.png", "confidence_histogram.png"]
    assert all((tmp_path / "made" / "rasa" / name).is_file() and name in out for name in names)
    told = json.loads((tmp_path / "made" / "rasa" / "intent_report.json").read_text("utf-8"))
    assert told["delivery"]["confused_with"] == {"hours": 1} and 0.0 < told["accuracy"] < 1.0
    (first, *_) = json.loads((tmp_path / "made" / "rasa" / "intent_errors.json").read_text("utf-8"))
    assert first["intent_prediction"]["name"] == "hours"
    assert len(json.loads(evaluate(rows, "--out", "made/rasa", "--json")[0])["files"]) == 4
    assert "is a file" in evaluate(rows, "--out", "rows.jsonl", expect=2)[1]


def test_the_rows_of_the_last_run_are_judged_by_who_had_not_learnt_them(home: Path, evaluate):
    assert "there are no figures of its last run" in evaluate(QUESTIONS, "--cross-validation", expect=1, on=False)[1]
    shop = {"domain": "shop", "lang": "ko"}
    texts = [(text, intent, f"c{at}") for at, (text, intent) in enumerate(QUESTIONS)]
    put(home, "denoised", [{**shop, "content_id": at, "text": text, "intent": intent} for text, intent, at in texts])
    wrong = {3: "hours"}
    guesses = [wrong.get(at, intent) for at, (_, intent) in enumerate(QUESTIONS)]
    judged = [{"content_id": at, "intent": intent, "predicted": guess, "score": 0.9, "fold": 0}
              for (_, intent, at), guess in zip(texts, guesses, strict=True)]  # fmt: skip
    put(home, "prediction", [{**shop, **row} for row in judged])
    intents, labels = [intent for _, intent in QUESTIONS], ["delivery", "hours", "oos"]
    report = evaluate_predictions(guesses, [0.9] * 8, intents, labels, 0.8, ReportSettings(0, 0.95, 15), "oos")
    report["source"] = "3-fold cross-validation over 8 rows"
    figures = {"accuracy": report["accuracy"], "macro_f1": 0.8, "ece": 0.1, "test_rows": 8}
    put(home, "evaluation", [{**shop, **figures, "report": json.dumps(report)}])
    out, _ = evaluate(QUESTIONS, "--cross-validation", on=False)
    assert out.startswith("8 of 8 rows scored\nfrom its last run: 3-fold cross-validation over 8 rows\n")
    told = json.loads(evaluate(QUESTIONS, "--cross-validation", "--json", on=False)[0])
    (row,) = [row for row in told["wrong_rows"] if row["intent"] == "delivery"]
    assert row["predicted"] == "hours" and row["near_own"]["question"] != row["text"], "not its own neighbour"
    words = ["--cross-validation", "--map", "text=a"]
    assert "--map is for --on FILE" in evaluate(QUESTIONS, *words, expect=2, on=False)[1]
