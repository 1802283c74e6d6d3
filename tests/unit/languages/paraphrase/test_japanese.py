"""Japanese sentences said another way: conjugation, endings, requests, particles, spelling, slips."""

from __future__ import annotations

import random
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("sudachipy")

from mlpipeline.languages.paraphrase import japanese
from mlpipeline.languages.paraphrase.japanese_conjugation import adjective_forms, verb_forms
from mlpipeline.languages.paraphrase.japanese_lexicon import rows
from mlpipeline.languages.paraphrase.operators import wordings
from mlpipeline.languages.paraphrase.protected import is_whole, kept
from tests.properties import examples

TOOL = japanese.load()
_ALL = {one.name: one for one in japanese.OPERATORS}


def said(name: str, text: str, seed: int = 0) -> list[str]:
    """All that an operator makes, before three are drawn."""
    return list(_ALL[name].rewrite(TOOL.analyse(text), random.Random(seed)))


@pytest.mark.parametrize(
    ("base", "kind", "linking", "te", "past", "negative"),
    [
        ("買う", "五段-ワア行", "買い", "買って", "買った", "買わない"),
        ("待つ", "五段-タ行", "待ち", "待って", "待った", "待たない"),
        ("送る", "五段-ラ行", "送り", "送って", "送った", "送らない"),
        ("死ぬ", "五段-ナ行", "死に", "死んで", "死んだ", "死なない"),
        ("呼ぶ", "五段-バ行", "呼び", "呼んで", "呼んだ", "呼ばない"),
        ("読む", "五段-マ行", "読み", "読んで", "読んだ", "読まない"),
        ("届く", "五段-カ行", "届き", "届いて", "届いた", "届かない"),
        ("泳ぐ", "五段-ガ行", "泳ぎ", "泳いで", "泳いだ", "泳がない"),
        ("消す", "五段-サ行", "消し", "消して", "消した", "消さない"),
        ("行く", "五段-カ行", "行き", "行って", "行った", "行かない"),
        ("ある", "五段-ラ行", "あり", "あって", "あった", "ない"),
        ("くださる", "五段-ラ行", "ください", "くださって", "くださった", "くださらない"),
        ("見る", "上一段-マ行", "見", "見て", "見た", "見ない"),
        ("教える", "下一段-ア行", "教え", "教えて", "教えた", "教えない"),
        ("する", "サ行変格", "し", "して", "した", "しない"),
        ("来る", "カ行変格", "来", "来て", "来た", "来ない"),
        ("くる", "カ行変格", "き", "きて", "きた", "こない"),
        ("持ってくる", "カ行変格", "持ってき", "持ってきて", "持ってきた", "持ってこない"),
    ],
)
def test_verbs_inflect(base: str, kind: str, linking: str, te: str, past: str, negative: str) -> None:
    forms = verb_forms(base, kind)
    assert forms is not None
    assert (forms.linking, forms.te, forms.past, forms.negative) == (linking, te, past, negative)
    assert forms.finite(True, True, True) == linking + "ませんでした"
    assert forms.finite(False, True, True) == negative[:-1] + "かった"


def test_adjectives_inflect() -> None:
    high, good = adjective_forms("高い"), adjective_forms("いい")
    assert high and good
    assert [high.finite(False, *rest) for rest in ((False, False), (True, False), (False, True), (True, True))] == [
        "高い", "高かった", "高くない", "高くなかった",
    ]  # fmt: skip
    assert (good.finite(True, True, False), good.negative) == ("よかったです", "よくない")


def test_what_the_table_does_not_know_has_no_forms() -> None:
    assert verb_forms("あり", "文語ラ行変格") is None
    assert adjective_forms("静か") is None


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("ending_polite", "荷物が届いた", "荷物が届きました"),
        ("ending_polite", "返品したい", "返品したいです"),
        ("ending_plain", "ログインできません", "ログインできない"),
        ("ending_plain", "パスワードを忘れてしまいました", "パスワードを忘れてしまった"),
        ("question_polite", "昼ご飯もう食べた？", "昼ご飯もう食べましたか？"),
        ("question_polite", "送料はいくら", "送料はいくらですか"),
        ("question_plain", "荷物はいつ届きますか", "荷物はいつ届く？"),
        ("question_plain", "予約が必要ですか。", "予約が必要？"),
        ("question_plain", "雨は降りますか", "雨は降る？"),
        ("question_no", "荷物はいつ届きますか", "荷物はいつ届くの？"),
        ("question_no", "予約が必要ですか", "予約が必要なの"),
        ("question_kana", "明日は雨でしたか", "明日は雨だったかな"),
        ("question_explained", "どうして動かないの", "どうして動かないんですか"),
        ("question_probable", "送料は高いですか", "送料は高いでしょうか"),
        ("question_negative", "予定はありますか", "予定はありませんか"),
        ("statement_softened", "返品したい", "返品したいんですけど"),
        ("wish_softened", "返品したいです", "返品したいと思います"),
        ("request_plain", "住所を教えてください", "住所を教えてくれる？"),
        ("request_polite", "住所を教えて", "住所を教えてください"),
        ("request_polite", "メールを読んで", "メールを読んでください"),
        ("request_asked", "領収書を発行して", "領収書を発行してもらえますか"),
        ("request_wished", "住所を教えて", "住所を教えてほしい"),
        ("request_noun", "株価を確認して", "株価の確認をお願いします"),
        ("request_favour", "予約をお願いします", "予約をお願いできますか"),
        ("request_polite", "株価を確認", "株価を確認してください"),
        ("command_request", "アラームを七時に設定する", "アラームを七時に設定して"),
        ("topic_question", "明日の天気は", "明日の天気を教えて"),
        ("question_direct", "荷物はいつ届くか教えてください", "荷物はいつ届きますか"),
        ("question_direct", "予約が必要かどうか教えて", "予約が必要ですか"),
        ("tell_know", "住所が知りたい", "住所を教えてください"),
        ("question_named", "この単語の意味は何ですか", "この単語の意味は？"),
        ("particle_drop_wo", "パスワードを忘れた", "パスワード忘れた"),
        ("particle_drop_wa", "荷物はいつ届きますか", "荷物いつ届きますか"),
        ("particle_drop_ga", "時間がある", "時間ある"),
        ("particle_add", "送料いくらですか", "送料はいくらですか"),
        ("particle_exchange", "送料はいくら", "送料っていくら"),
        ("particle_exchange", "水を飲みたい", "水が飲みたい"),
        ("question_word_some", "明日の予定はありますか", "明日の予定は何かありますか"),
        ("contraction", "荷物が届いていない", "荷物が届いてない"),
        ("contraction", "パスワードを忘れてしまった", "パスワードを忘れちゃった"),
        ("contraction", "リストに入れておいて", "リストに入れといて"),
        ("expansion", "荷物届いてますか", "荷物届いていますか"),
        ("same_word", "なぜ動かないの", "どうして動かないの"),
        ("spelling", "教えてください", "教えて下さい"),
        ("katakana_as_hiragana", "メールを送って", "めーるを送って"),
        ("long_vowel_drop", "カレンダーを見せて", "カレンダを見せて"),
        ("long_vowel_add", "住所を教えて", "住所を教えてー"),
        ("width", "メールを送って", "ﾒｰﾙを送って"),
        ("width", "ブックフェアを見せて", "ﾌﾞｯｸﾌｪｱを見せて"),
        ("marks_add", "荷物はいつ届きますか", "荷物はいつ届きますか？"),
        ("marks_drop", "荷物はいつ届きますか？", "荷物はいつ届きますか"),
        ("space_drop", "android アプリを開いて", "androidアプリを開いて"),
        ("negation", "予約が必要です", "予約が必要ではありません"),
        ("negation", "時間がない", "時間がある"),
        ("negation", "荷物が届きました", "荷物が届きませんでした"),
        ("request_negative", "予定を消してください", "予定を消さないでください"),
    ],
)
def test_says_it_so(name: str, text: str, wanted: str) -> None:
    assert wanted in said(name, text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("question_no", "名前は何ですか"),  # 何なの sounds annoyed
        ("ending_plain", "何かございますか"),
        ("question_polite", "安倍晋三"),
        ("ending_polite", "今日のニュース"),
        ("negation", "予定はありますか"),
        ("particle_drop_wa", "ここはなんですか"),
        ("command_request", "今日は何をする"),
        ("command_request", "予定がある"),
        ("question_no", "曲を流してくれませんか"),
        ("same_word", "ボストンの現在時刻は"),
        ("interjection", "안녕하세요 배송 언제 와요"),
        ("question_direct", "今日のスープが何か教えて"),
        ("ending_plain", "予約をお願いします"),
        ("width", "where is my order"),
        ("space_drop", "배송 언제"),
        ("particle_add", "昨晩止めた曲を再生して"),
        ("question_negative", "連絡先はどのくらいありますか"),
        ("same_word", "お買い物をしたい"),
        ("question_named", "リンゴはいくらですか"),
        ("topic_question", "今日は"),
        ("request_noun", "を確認して"),
        ("tell_know", "母に住所を教えて"),
        ("request_negative", "株価を確認"),
    ],
)
def test_leaves_alone_what_it_does_not_understand(name: str, text: str) -> None:
    assert said(name, text) == []


def test_a_question_word_decides_between_か_and_かどうか() -> None:
    reported = said("question_reported", "荷物はいつ届きますか")
    assert reported and all("いつ届くか" in made and "どうか" not in made for made in reported)
    assert all("あるかどうか" in made for made in said("question_reported", "在庫はある？"))


def test_何か_and_何でも_are_no_question_words() -> None:
    assert all("かどうか" in made for made in said("question_reported", "今日は何かありますか"))
    assert said("question_reported", "何でも良いから面白いお笑い") == []
    assert all("何か" in made and "どうか" not in made for made in said("question_reported", "意味は何か"))


def test_kana_come_from_what_people_type() -> None:
    made = said("kana_spelling", "明日の天気は", seed=1)
    assert "あしたの天気は" in made or "明日のてんきは" in made


def test_an_interjection_opens_the_sentence() -> None:
    made = said("interjection", "荷物はいつ届きますか")
    assert len(made) == 2 and all(one.endswith("、荷物はいつ届きますか") for one in made)


@pytest.mark.parametrize("name", ["typo_keyboard", "typo_flick", "typo_swap", "typo_homophone"])
def test_slips_differ_by_seed_and_leave_most_as_it_is(name: str) -> None:
    text = "ご予約の変更を取り消していただけませんか"
    made = {one for seed in range(12) for one in said(name, text, seed)}
    assert made and all(abs(len(one) - len(text)) <= 1 for one in made)


def test_the_word_lists_are_well_formed() -> None:
    for name, kinds in (("ja_spoken", {"contraction", "word"}), ("ja_spelling", {"word", "stem"})):
        found = rows(name)
        assert {row[0] for row in found} == kinds and all(len(row) > 2 for row in found)
        assert len({row[1:] for row in found}) == len(found)
        assert all(unicodedata.is_normalized("NFC", "".join(row)) for row in found)
    assert all(len(row) == 2 and row[0] != row[1] for row in rows("ja_homophones"))


def test_placeholders_stand() -> None:
    for text in ("<PHONE>に電話してください😀", "{order_id}はいつ届きますか？", "注文{order_id}を確認して"):
        made = list(wordings(TOOL, text, random.Random(1), list(TOOL.operators)))
        assert len(made) > 8
        assert all(kept(text, one.text) for one in made)


def test_forms_keep_the_stems() -> None:
    for text in ("荷物はいつ届きますか", "住所を教えて", "返品したい", "予約が必要ですか", "ログインできません"):
        stems = list(TOOL.stems(text))
        for made in wordings(TOOL, text, random.Random(1)):
            if TOOL.operators[made.operators[0]].kind == "form":
                assert list(TOOL.stems(made.text)) == stems, made


def test_every_operator_is_named_once_and_has_a_kind() -> None:
    assert len(TOOL.operators) == len(japanese.OPERATORS)
    assert {one.kind for one in japanese.OPERATORS} == {"form", "words", "typing"}
    assert {one.name for one in japanese.OPERATORS if one.opposite} == {"negation", "request_negative"}


PIECES = (
    "荷物 は を が いつ 届き ます か 教えて ください 届い て いる ない です "
    "の かな ？ 。 、 😀 👨‍👩‍👧 🇯🇵 <PHONE> {order_id} "
    "メール センター 何 たい した 3個 https://a.jp/x ー っ 明日 予定 ある 確認 か\u3099 ｶﾞ し 食べ \u200d OK order"
)
JOINED = st.lists(st.sampled_from([*PIECES.split(" "), " ", "　", "\n"]), max_size=14).map("".join)
TEXTS = st.one_of(st.text(max_size=40), JOINED)


@pytest.mark.slow
@examples(80)
@given(TEXTS, st.integers(0, 5))
def test_any_text_gives_whole_wordings_or_none(text: str, seed: int) -> None:
    names = list(TOOL.operators)
    made = list(wordings(TOOL, text, random.Random(seed), names))
    assert made == list(wordings(TOOL, text, random.Random(seed), names))
    whole = is_whole(text)
    for one in made:
        assert unicodedata.is_normalized("NFC", one.text)
        assert kept(text, one.text) or not TOOL.analyse(text).protected
        assert is_whole(one.text) or not whole
    assert isinstance(list(TOOL.stems(text)), list)


def test_long_and_broken_texts_are_left() -> None:
    assert list(wordings(TOOL, "荷物" * 30_000 + "は", random.Random(0))) == []
    assert list(wordings(TOOL, "届いた\ud800", random.Random(0), list(TOOL.operators))) == []
    assert list(wordings(TOOL, "", random.Random(0), list(TOOL.operators))) == []
    rant = "荷物が届かないんですけど、どうなっているんですか。" * 20
    assert len(list(wordings(TOOL, rant, random.Random(0), list(TOOL.operators)))) > 5
