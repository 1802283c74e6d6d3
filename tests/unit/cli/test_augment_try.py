from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from wcwidth import wcswidth

from mlpipeline.cli.main import main
from tests.unit.cli.small_home import tree

CONF = str(Path(__file__).parents[3] / "conf")


def tried(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main(["augment", "try", *words, "--conf", CONF, "--json"]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def test_the_three_wordings_of_lunch(capsys: pytest.CaptureFixture[str]) -> None:
    told = tried(capsys, "ko-KR", "점심 먹었니?")
    made = {one["text"]: one for one in told["wordings"]}
    assert {"점심 뭐 먹었어?", "점심은 먹었니?", "점심 먹었어요?"} <= set(made)
    assert made["점심 먹었어요?"]["operators"] == ["ending_polite"]
    assert made["점심 먹었어요?"]["decision"] == "kept" and 0.5 < made["점심 먹었어요?"]["similarity"] < 0.8
    assert made["점심은 먹었니?"]["decision"] == "near_existing"
    assert {one["text"] for one in told["wordings"] if one["opposite"]} == {"점심 안 먹었니?"}
    assert made["점심 먹었어요?"]["used"]
    assert not any(one["used"] for one in told["wordings"] if one["operators"] == ["typo_shift"])
    assert told["lang"] == "ko" and told["left_alone"] is None


def test_the_table_is_aligned_where_characters_are_two_cells_wide(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["augment", "try", "ja", "営業時間を教えて", "--conf", CONF]) == 0
    head, _, *lines = capsys.readouterr().out.splitlines()
    place = wcswidth(head[: head.index("operator")])
    for line in lines[: lines.index("")]:
        assert line.split()[1] == next(
            line[at:].split()[0] for at in range(len(line)) if wcswidth(line[:at]) == place
        ), line


def test_chains_come_behind_single_operators_and_repeat_none(capsys: pytest.CaptureFixture[str]) -> None:
    told = tried(capsys, "en", "how do i cancel my order?", "--chain", "2", "--all")
    chains = [tuple(one["operators"]) for one in told["wordings"]]
    assert max(map(len, chains)) == 2 and all(len(set(chain)) == len(chain) for chain in chains)
    assert len({one["normalized"] for one in told["wordings"]}) == len(chains)
    assert told == tried(capsys, "en", "how do i cancel my order?", "--chain", "2", "--all")


def test_only_what_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    told = tried(capsys, "en", "how do i cancel my order?", "--only", "typo_swap, help_gerund")
    assert {one["operators"][0] for one in told["wordings"]} == {"typo_swap", "help_gerund"}
    assert tried(capsys, "en", "how do i cancel my order?", "--only", "typo_swap", "--seed", "4") != told


def test_a_text_is_written_in_another_variety_only_when_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    told = tried(capsys, "zh_CN", "打开这个软件", "--only", "convert_to_zh_TW", "--all")
    assert [one["text"] for one in told["wordings"]] == ["開啟這個軟體"]
    everything = tried(capsys, "zh-Hans", "打开这个软件", "--all")["wordings"]
    assert not any(name.startswith("convert") for one in everything for name in one["operators"])


def test_what_gates_refuse_is_shown_when_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("vi", "tôi muốn hủy đơn hàng")
    refused = {one["decision"] for one in tried(capsys, *words, "--all")["wordings"]}
    assert "same" in refused
    assert "same" not in {one["decision"] for one in tried(capsys, *words)["wordings"]}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["xx", "bonjour"], "language file"),
        (["not a tag", "bonjour"], "language tag"),
        (["en", "how are you", "--only", "typo_swop"], "did you mean typo_swap?"),
        (["en", "how are you", "--only", "nothing_like_it"], "augment operators en"),
        (["en", "how are you", "--chain", "0"], "1 to 5"),
        (["en", " "], "normalised"),
    ],
)
def test_what_cannot_be_tried_is_said(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["augment", "try", *words, "--conf", CONF]) != 0
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("lang", "text", "reason"),
    [
        ("en", "how do i cancel my orders " * 11 + "show my orders", None),
        ("en", "how do i cancel my orders " * 11 + "show my orders1", "too_long"),
        ("en", "😀", "emoji_only"),
        ("en", "?! ... 👍", "emoji_only"),
        ("en", "점심 먹었니", "wrong_language"),
        ("ko", "what time is it", "wrong_language"),
        ("en", "cancel my order", None),
    ],
)
def test_what_is_left_alone_is_said_so_with_its_reason(
    lang: str, text: str, reason: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    only = "typo_jamo" if lang == "ko" else "typo_double"
    assert main(["augment", "try", lang, text, "--conf", CONF, "--json", "--only", only]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["left_alone"] == reason
    notes = [line for line in told.err.splitlines() if "left alone" in line]
    assert notes == ([f"note: in a corpus this row is left alone: {reason}"] if reason else [])


@pytest.mark.parametrize("text", ["😀", "<PHONE>", "12 34", "a" * 400])
def test_of_a_text_without_words_nothing_is_made(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = tried(capsys, "en", text, "--all")
    assert told["wordings"] == [] and told["counts"] == {}
    assert main(["augment", "try", "en", text, "--conf", CONF]) == 0
    assert capsys.readouterr().out == f"{told['normalized']}: 0 paraphrases kept\n"


def test_operators_are_listed_with_those_that_do_nothing_here(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["augment", "operators", "jp", "--conf", CONF, "--json"]) == 0
    rows = {one["name"]: one for one in json.loads(capsys.readouterr().out)}
    assert rows["request_asked"]["used"] and not rows["width"]["used"]
    assert rows["width"]["undone_by"] == ["nfkc", "fold_width"]
    assert rows["negation"]["kind"] == "opposite, for review"
    assert main(["augment", "operators", "th", "--conf", CONF]) == 0
    assert "off: join_thai takes it back" in capsys.readouterr().out


def test_a_quick_report_of_augmentation_writes_its_sheet_and_nothing_else(
    small_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = tree(small_home)
    words = ["augment", "report", "bank/en", "--quick", "--no-switch", "--to", f"{tmp_path}/review.xlsx", "--rows", "5"]
    assert main([*words, "--json"]) == 0
    told = capsys.readouterr()
    report = json.loads(told.out)
    assert report["bot"] == "bank/en" and report["operators"] and not report["written"]
    assert "bank/en: 6 training rows, " in told.err and "5 rows to rate in " in told.err
    assert [path.name for path in tmp_path.iterdir()] == ["review.xlsx"] and tree(small_home) == before


@pytest.mark.slow
def test_no_tensorflow_is_loaded_for_a_sentence() -> None:
    program = (
        "import sys; from mlpipeline.cli.main import main; "
        f"main(['augment', 'try', 'en', 'show me my orders', '--conf', {CONF!r}]); "
        "sys.exit('tensorflow' in sys.modules or 'sklearn' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True).returncode == 0
