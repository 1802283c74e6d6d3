"""Tags, selections, and writing a new bot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.errors import RecipeError, UsageError
from mlpipeline.recipe.load import load_recipes
from mlpipeline.recipe.select import EVERY_BOT, parse_selection
from mlpipeline.recipe.tags import canonical_tag
from mlpipeline.recipe.write import new_bot

Write = Callable[[str, str], Path]


@pytest.mark.parametrize(
    ("text", "tag"),
    [("ko", "ko"), ("zh_TW", "zh-TW"), ("zh-tw", "zh-TW"), ("zh-cn", "zh-Hans"), ("ko-KR", "ko"), ("jp", "ja"),
     ("kr", "ko"), ("cn", "zh-Hans"), ("tw", "zh-TW"), ("ZH_HANT", "zh-Hant"), ("zh-Hant-TW", "zh-TW"), ("vn", "vi"),
     ("fr", "fr"), ("es-419", "es-419"), ("sr-latn-rs", "sr-Latn-RS"), ("zh_CN", "zh-Hans"), ("kor", "ko")],
)  # fmt: skip
def test_tags(text: str, tag: str) -> None:
    found, note = canonical_tag(text)
    assert found == tag
    assert (note is None) == (text == tag)
    if note:
        assert note == f"{text} read as {tag}"


def test_a_language_file_wins_over_an_alias() -> None:
    assert canonical_tag("en-gb", {"en-GB"})[0] == "en-GB"
    assert canonical_tag("en-gb")[0] == "en"


@pytest.mark.parametrize("text", ["", "k", "../ko", "ko/..", "english!", "ko KR", "zh-", "ko\n-KR"])
def test_what_is_no_tag(text: str) -> None:
    with pytest.raises(RecipeError):
        canonical_tag(text)


@given(st.text(max_size=12))
def test_a_tag_read_twice_is_the_same(text: str) -> None:
    try:
        tag, _ = canonical_tag(text)
    except RecipeError:
        return
    assert canonical_tag(tag) == (tag, None)


def test_selections() -> None:
    chosen = parse_selection("domain:shop,domain:bank,lang:kr")
    assert chosen.matches("shop", "ko")
    assert chosen.matches("bank", "ko")
    assert not chosen.matches("shop", "ja")
    assert not chosen.matches("else", "ko")
    assert chosen.messages == ("kr read as ko",)
    assert parse_selection("shop/zh_TW").matches("shop", "zh-TW")
    assert parse_selection("domain:sh*").matches("shop", "th")
    assert parse_selection(["lang:ko", "domain:shop"]) == parse_selection("domain:shop,lang:ko")
    assert parse_selection(None) == EVERY_BOT
    assert EVERY_BOT.matches("any", "th")
    assert not EVERY_BOT
    assert str(parse_selection("domain:shop, lang:jp,x/ko")) == "domain:shop,lang:ja,x/ko"


@pytest.mark.parametrize("text", ["shop", "domian:shop", "lang:", "lang:nolanguage", "a/b/c", "shop/not_a_tag!"])
def test_unreadable_selections(text: str) -> None:
    with pytest.raises(UsageError):
        parse_selection(text)


def test_a_new_bot_can_be_loaded(tmp_path: Path) -> None:
    conf = tmp_path / "conf"
    written = new_bot(conf, "shop", "kr", files=["data/상점 ko.csv"], mapping={"text": "질문"}, answers="a.yaml")
    assert [file.name for file in written] == ["domain.yaml", "ko.yaml"]
    (found,) = load_recipes(conf)
    assert found.recipe.ingest.files == ("data/상점 ko.csv",)
    assert found.recipe.ingest.map == {"text": "질문"}
    assert found.recipe.release.answers == "a.yaml"
    before = (conf / "domains/shop/ko.yaml").read_bytes()
    with pytest.raises(UsageError, match="there already"):
        new_bot(conf, "shop", "ko", files=[])
    assert (conf / "domains/shop/ko.yaml").read_bytes() == before


def test_a_language_is_added_to_a_domain(write: Write) -> None:
    conf = write("domains/shop/domain.yaml", "# mine\nlanguages: [ko]  # ours\ntrain:\n  epochs: 3\n")
    new_bot(conf, "shop", "ja", files=["x.csv"])
    text = (conf / "domains/shop/domain.yaml").read_text(encoding="utf-8")
    assert text == "# mine\nlanguages: [ko, ja]  # ours\ntrain:\n  epochs: 3\n"
    assert [one.lang for one in load_recipes(conf)] == ["ko", "ja"]


def test_nothing_half_written(write: Write) -> None:
    conf = write("domains/shop/domain.yaml", "languages:\n  - ko\n")
    with pytest.raises(UsageError, match="not in languages"):
        new_bot(conf, "shop", "ja", files=["x.csv"])
    assert not (conf / "domains/shop/ja.yaml").exists()
    with pytest.raises(RecipeError, match="cannot name a domain"):
        new_bot(conf, "../evil", "ko", files=[])
    with pytest.raises(RecipeError, match="no language file"):
        new_bot(conf, "other", "xx", files=[])
    assert not (conf / "domains/other").exists()


@pytest.mark.parametrize(
    ("text", "known", "tag"),
    [
        ("fr-CA", {"fr", "en"}, "fr"),
        ("fr-CA", {"fr", "fr-CA"}, "fr-CA"),
        ("fr-Latn-CA", {"fr", "fr-Latn"}, "fr-Latn"),
        ("pt_BR", {"pt"}, "pt"),
        ("zh-Hant-TW", {"zh-Hant", "zh-TW"}, "zh-TW"),
        ("zh-Hant-TW", {"zh-Hant"}, "zh-Hant"),
        ("zh-Hant-HK", {"zh-Hant", "zh-Hans"}, "zh-Hant"),
        ("zh_HK", {"zh-Hant", "zh-Hans"}, "zh-Hant"),
        ("zh-XX", {"zh-Hans"}, "zh-Hans"),
        ("en-AU", {"en"}, "en"),
        ("sr-Latn-RS", {"fr"}, "sr-Latn-RS"),
    ],
)
def test_a_tag_falls_back_to_the_nearest_language_that_there_is(text: str, known: set[str], tag: str) -> None:
    found, note = canonical_tag(text, known)
    assert found == tag
    assert note == (f"{text} read as {tag}" if tag != text else None)


def test_a_bot_in_a_language_of_a_region_gets_the_language_and_is_found_by_both_names(write: Write) -> None:
    write("languages/fr.yaml", "language:\n  name: French\n  steps: [nfc]\n  scripts: [Latn]\n")
    conf = write("domains/shop/domain.yaml", "languages: [fr-CA, ko]\n")
    for word in ("shop/fr-CA", "shop/fr", "lang:fr_CA"):
        (bot,) = load_recipes(conf, select=parse_selection(word))
        assert bot.lang == "fr" and bot.recipe.language.name == "French"
        assert any("fr-CA read as fr" in text for text in bot.messages)


@pytest.mark.parametrize("text", ["", " ", ",", " , "])
def test_an_empty_selection_chooses_nothing_and_says_so(text: str) -> None:
    with pytest.raises(UsageError, match="--select is empty"):
        parse_selection(text)
    with pytest.raises(UsageError, match="--exclude is empty"):
        parse_selection(text, option="--exclude")


def test_bots_are_left_out(write: Write) -> None:
    write("domains/shop/domain.yaml", "languages: [ko, ja]\n")
    write("domains/bad/domain.yaml", "languages: 3\n")
    conf = write("domains/bank/domain.yaml", "languages: [ko]\n")

    def bots(select: str | None, *exclude: str) -> list[str]:
        without = [parse_selection(one, option="--exclude") for one in exclude]
        chosen = load_recipes(conf, select=parse_selection(select), exclude=without)
        return [f"{bot.domain}/{bot.lang}" for bot in chosen]

    assert bots(None, "domain:bad") == ["bank/ko", "shop/ko", "shop/ja"], "a domain that is left out is not read"
    assert bots(None, "domain:bad", "shop/ja") == ["bank/ko", "shop/ko"]
    assert bots("lang:ko", "bad/*") == ["bank/ko", "shop/ko"]
    assert bots("domain:shop", "lang:ja") == ["shop/ko"]
    with pytest.raises(UsageError, match="did you mean shop/ja"):
        bots("domain:shop", "shpo/ja")
    with pytest.raises(UsageError, match="no bot is domain:bank,shop/ja"):
        bots(None, "domain:bank,shop/ja")
    with pytest.raises(UsageError, match="every bot is left out"):
        bots("shop/ja", "shop/ja")


def test_a_word_of_a_selection_that_chooses_nothing_is_told(write: Write) -> None:
    conf = write("domains/shop/domain.yaml", "languages: [ko, ja]\n")
    (bot,) = load_recipes(conf, select=parse_selection("shop/ko,shpo/ja"))
    assert "--select: no bot is shpo/ja, did you mean shop/ja?" in bot.messages
    with pytest.raises(UsageError, match="did you mean shop/ko"):
        load_recipes(conf, select=parse_selection("shop/kok"))
