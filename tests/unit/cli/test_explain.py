"""`mlpipeline explain`: what spoke, what is near, what decided, and which version said it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mlpipeline.cli.main import main
from mlpipeline.serving.bundle import write_bundle
from tests.unit.cli.small_home import make_home
from tests.unit.serving.conftest import make_contents


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`shop/ko` with a champion."""
    return make_home(tmp_path_factory.mktemp("explain"))


@pytest.fixture
def explain(home: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """`explain(bot, text, "--json", expect=0)` -> (stdout, stderr)."""

    def run(bot: str, text: str, *words: str, expect: int = 0) -> tuple[str, str]:
        places = ["--store", str(home / "store"), "--conf", str(home / "conf")]
        assert main(["explain", bot, text, *words, *places]) == expect
        told = capsys.readouterr()
        assert "Traceback" not in told.err
        return told.out, told.err

    return run


def test_pieces_add_up_to_how_much_likelier_the_intent_is(explain):
    told = json.loads(explain("shop/ko", "배송비가 quux 얼마죠", "--format", "json")[0])
    assert told["bot"] == "shop/ko@1" and set(told["versions"]) == {"bundle", "data", "weights"}
    speech, (first, second) = told["speech"], told["probabilities"][:2]
    assert (speech["intent"], speech["rival"]) == (first["intent"], second["intent"]) == ("delivery", "oos")
    assert [piece["text"] for piece in speech["pieces"]] == ["배송비가", "quux", "얼마죠"]
    assert sum(piece["value"] for piece in speech["pieces"]) == pytest.approx(speech["total"], abs=1e-4)
    assert speech["pieces"][0]["value"] > 3 and speech["pieces"][0]["known"] > 0.9
    assert speech["unknown"] == ["quux", "죠"] and speech["vector"] is None
    assert told["limits"] == {"answer": 0.8, "did_you_mean": 0.5} and told["answer"]["zone"] == "answer"
    near = told["answer"]["nearest"]
    assert near[0] == {"question": "배송비가 얼마인가요", "intent": "delivery", "similarity": near[0]["similarity"]}
    assert told["counterfactual"]["intent"] != "delivery"


def test_text_shows_words_limits_nearest_and_versions(explain):
    out, err = explain("shop/ko@champion", "배송비가 quux", "--nearest", "1")
    assert not err and "zone        answer (answers from 0.800, asks back from 0.500)" in out
    assert "what spoke for delivery against oos" in out and "█ delivery" in out
    assert "the bot has never read: quux" in out and "nearest of another intent" in out
    assert "shop/ko@1  bundle " in out and out.count("배송비가 얼마인가요") == 1


def test_nothing_known_and_nothing_left_are_explained_too(explain):
    out, _ = explain("shop/ko", "quux")
    assert "fallback" in out and "the bot has never read: quux" in out
    out, _ = explain("shop/ko", " ")
    assert "(nothing is left of it)" in out and "sum" in out
    out, _ = explain("shop/ko", "\x1b[31m배송", "--json")
    assert "\x1b" not in out and json.loads(out)["answer"]["text"] == "\x1b[31m배송"


def test_a_bundle_without_an_index_has_no_neighbours(explain, tmp_path: Path):
    changes = {"encoder": None, "vectors": None, "vector_intents": None, "questions": ()}
    write_bundle(tmp_path / "bare", make_contents(**changes))
    told = json.loads(explain(str(tmp_path / "bare"), "배송비", "--json")[0])
    assert told["counterfactual"] is None and told["answer"]["nearest"] == [] and told["speech"]["intent"] == "delivery"


def test_mistakes_are_one_line(explain):
    assert "names no version of a bot" in explain("shop/ko@", "x", expect=2)[1]
    assert "did you mean shop/ko" in explain("shop/kk", "x", expect=2)[1]
