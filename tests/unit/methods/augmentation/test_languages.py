"""`augment` with the tool of each language, on the sample bots with rows in between that no operator can read."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest
import yaml

from mlpipeline.languages.paraphrase.protected import is_whole, kept
from mlpipeline.languages.paraphrase.tools import load_tool
from mlpipeline.languages.profile import Profile, normalize
from mlpipeline.methods.augmentation.corpus import Corpus
from mlpipeline.methods.augmentation.making import augment_bot
from tests.unit.methods.augmentation.augment_rows import rules

ROOT = Path(__file__).parents[4]
# With a tool of another kind each; the others are tried by `make test`, and their operators by tests of each language.
TAGS = [
    "en",
    "ko",
    "th",
    *(pytest.param(tag, marks=pytest.mark.slow) for tag in ("ja", "vi", "zh-Hans", "zh-Hant", "zh-TW")),
]
# One word, emoji only, code-switched, placeholders, a rant, nothing but a link, another language
BAD = (
    "ok",
    "😀😀🎉",
    "👨‍👩‍👧‍👦",
    "please 취소 order ยกเลิก 注文",
    "<PHONE> {order_id} [NAME]",
    "why " * 125,
    "https://example.com/a?b=c#d",
    "в этом боте никто так не пишет",
    "5",
    "?!",
)


def sections_of(tag: str) -> dict[str, dict[str, list[str]]]:
    said = yaml.safe_load((ROOT / "conf" / "languages" / f"{tag}.yaml").read_text("utf-8"))
    above = sections_of(said["inherits"]) if "inherits" in said else {"language": {}, "clean": {}}
    return {name: {**above[name], **said.get(name, {})} for name in ("language", "clean")}


def bot_of(tag: str) -> tuple[Corpus, tuple[str, ...]]:
    """Five intents with six rows each, two more of each held out; the bad rows in one of them, placeholders apart."""
    sections = sections_of(tag)
    profile = Profile.from_dict(sections["language"])
    found: dict[str, list[str]] = {}
    for line in (ROOT / "examples" / "assistant" / f"{tag}.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        if row.get("intent"):
            found.setdefault(row["intent"], []).append(normalize(row["text"], profile))
    chosen = dict(sorted(found.items())[:5])
    rows = [(text, intent) for intent, texts in chosen.items() for text in texts[:6]]
    rows += [(normalize(text, profile), rows[-1][1]) for text in BAD]
    rows.append((normalize(f"{{order_id}} <PHONE> {rows[1][0]}", profile), rows[1][1]))
    ids = [f"{number:03d}" for number in range(len(rows))]
    held_out = [text for texts in chosen.values() for text in texts[6:8]]
    bot = Corpus(profile, ids, [text for text, _ in rows], [intent for _, intent in rows], held_out)
    return bot, tuple(sections["clean"].get("fold", ()))


@pytest.mark.parametrize("tag", TAGS)
def test_rows_are_made_whole_and_what_cannot_be_read_is_left_alone(tag: str):
    bot, fold = bot_of(tag)
    found = augment_bot(bot, rules(fill_to=24, fold=fold, near_threshold=0.95), load_tool(tag))
    assert len(found.kept) >= 30
    assert found.report["skipped"]["emoji_only"] >= 2 and found.report["skipped"]["too_long"] == 1
    assert "wrong_language" in found.report["skipped"]
    for one in (*found.kept, *(one.row for one in found.review)):
        made, parent = one.candidate, bot.texts[one.candidate.row]
        assert is_whole(made.normalized) and unicodedata.is_normalized("NFC", made.normalized)
        assert normalize(made.text, bot.profile) == made.normalized
        assert made.other >= 0 or kept(parent, made.normalized)
        assert 0.0 <= one.agreement <= 1.0 and (made.opposite or one.similarity < 0.95)
    texts = [one.candidate.normalized for one in found.kept]
    assert len(set(texts)) == len(texts) and not set(texts) & {*bot.texts, *bot.held_out}
    with_parts = [one.candidate.normalized for one in found.kept if one.candidate.row == len(bot.ids) - 1]
    assert with_parts and all("{order_id}" in text and "<phone>" in text.lower() for text in with_parts)


@pytest.mark.parametrize("tag", ["en", pytest.param("zh-TW", marks=pytest.mark.slow)])
def test_equal_seeds_give_equal_rows(tag: str):
    bot, fold = bot_of(tag)
    first, again = (augment_bot(bot, rules(fill_to=12, fold=fold), load_tool(tag)) for _ in range(2))
    assert first == again
