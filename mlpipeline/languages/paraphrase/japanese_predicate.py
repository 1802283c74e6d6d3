"""How a Japanese sentence ends: read into what it says, so that it can be said with another ending."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mlpipeline.languages.paraphrase.japanese_conjugation import Forms, adjective_forms, verb_forms
from mlpipeline.languages.paraphrase.japanese_lexicon import words
from mlpipeline.languages.paraphrase.operators import Sentence, Token


class Predicate(NamedTuple):
    """The end of a sentence: `text[start:stop]` is its word with all endings, marks and smileys come after.

    `forms` is None for a noun with or without です.
    """

    start: int
    stop: int
    noun: str
    forms: Forms | None
    polite: bool
    past: bool
    negative: bool
    final: str
    question: bool

    def plain(self, past: bool | None = None, negative: bool | None = None) -> str:
        """With a plain ending; a noun has none but in the past and where negated."""
        past, negative = self.past if past is None else past, self.negative if negative is None else negative
        if self.forms:
            return self.forms.finite(False, past, negative)
        return self.noun + _COPULA[past, negative][0]

    def politely(self, past: bool | None = None, negative: bool | None = None) -> str:
        """With ます or です."""
        past, negative = self.past if past is None else past, self.negative if negative is None else negative
        if self.forms:
            return self.forms.finite(True, past, negative)
        return self.noun + _COPULA[past, negative][1]

    def before_no(self) -> str:
        """As の, んです follow it: 必要な, 行く, 高かった."""
        return self.plain() + ("" if self.forms or self.past or self.negative else "な")


_COPULA = {
    (False, False): ("", "です"),
    (True, False): ("だった", "でした"),
    (False, True): ("じゃない", "ではありません"),
    (True, True): ("じゃなかった", "ではありませんでした"),
}
_COPULA_READ = {
    "": (False, False, False),
    "だ": (False, False, False),
    "です": (True, False, False),
    "だった": (False, True, False),
    "でした": (True, True, False),
    "じゃない": (False, False, True),
    "ではない": (False, False, True),
    "じゃないです": (True, False, True),
    "ではないです": (True, False, True),
    "じゃありません": (True, False, True),
    "ではありません": (True, False, True),
    "じゃなかった": (False, True, True),
    "ではなかった": (False, True, True),
}
QUESTIONS = words(
    "か の かな のか のかな のですか んですか でしょうか のでしょうか んでしょうか だろうか のだろうか かしら"
)
STATEMENTS = words("んです のです んだ のだ んだけど んですけど んですが のですが けど が んだが のだが けれど") | {""}
# parts of speech and auxiliaries that belong to an ending, never to what is said
_ENDING = ("助動詞,*,*,*,助動詞-", "助詞,終助詞", "助詞,準体助詞", "助詞,接続助詞", "助詞,副助詞", "助詞,係助詞")
_ENDING_AUXILIARIES = ("デス", "マス", "タ,", "ダ", "ナイ", "ヌ")
ASKING = words(
    "何 何時 何曜日 なに いつ どこ 誰 だれ "
    "どれ どの どう どんな いくら 幾ら いくつ なぜ なんで どうして どちら どっち "
    "どなた いかが どのくらい どれくらい どうやって"
)
# honorific and humble words do not go with a plain ending
_TOO_POLITE = ("ござる", "くださる", "下さる", "いらっしゃる", "なさる", "よろしい", "おる", "いたす", "申す", "まいる")


# after a te-form they ask for something to be done
_FAVOURS = words("くれる もらう もらえる いただく いただける 頂ける 頂く 貰える 貰う くださる 下さる")


def core_of(sentence: Sentence) -> int:
    """How many tokens there are before the marks, smileys and spaces at the end."""
    tokens = sentence.tokens
    count = len(tokens)
    while count and tokens[count - 1].tag.startswith(("補助記号", "空白", "記号")):
        count -= 1
    return count


def asks(sentence: Sentence) -> bool:
    """Whether it has a question word (何か and いつも are none) or a question mark at its end."""
    if any(mark in sentence.text[-4:] for mark in "？?"):
        return True
    tokens, count = sentence.tokens, core_of(sentence)
    for number, token in enumerate(tokens[:count]):
        if token.form in ASKING or (token.form.startswith("何") and "数詞" not in token.tag):
            after = "".join(one.form for one in tokens[number + 1 : number + 3])
            if not after.startswith(("かの", "も", "でも")) and (
                number + 2 >= count or tokens[number + 1].form not in ("か", "も")
            ):
                return True
    return False


def predicate_of(sentence: Sentence) -> Predicate | None:
    """How the sentence ends, None where that is not sure."""
    tokens, count = sentence.tokens, core_of(sentence)
    if not count:
        return None
    stop = tokens[count - 1].stop
    at = count - 1
    while at >= 0 and stop - tokens[at].start < 24 and _ends(tokens, at):
        at -= 1
    if at < 0:
        return None
    head = tokens[at]
    if at and head.stem in _FAVOURS and tokens[at - 1].form in ("て", "で"):
        return None  # a request, not a question
    for found in _read(sentence, head, tokens[at - 1] if at else None, stop):
        if found.forms is None or (found.forms.base not in _TOO_POLITE and head.stem not in _TOO_POLITE):
            return found
    return None


def _ends(tokens: tuple[Token, ...] | object, at: int) -> bool:
    token: Token = tokens[at]  # type: ignore[index]
    tag = token.tag
    if tag.startswith("助動詞"):
        return tag[tag.find("助動詞-") + 4 :].startswith(_ENDING_AUXILIARIES)
    if tag.startswith(_ENDING[1:]):
        return True
    if at and token.stem in ("ない", "ある"):  # 高くない, ではありません; but 予定がない says something
        before: Token = tokens[at - 1]  # type: ignore[index]
        if token.stem == "ない" and before.tag.startswith("形容詞") and "連用形" in before.tag:
            return True
        two: Token | None = tokens[at - 2] if at > 1 else None  # type: ignore[index]
        return before.form == "じゃ" or bool(before.form == "は" and two and two.form == "で" and "助動詞" in two.tag)
    return False


def _read(sentence: Sentence, head: Token, before: Token | None, stop: int) -> Iterator[Predicate]:
    said = sentence.text[head.start : stop]
    if before is not None and before.form in ("お願い", "願い"):
        return  # nobody says お願いする to whom he asks
    forms = forms_of(head)
    if head.stem == "降りる" and any(one in sentence.text for one in "雨雪"):  # both are 降り before ます
        forms = verb_forms("降る", "五段-ラ行")
    if forms is None and head.tag.startswith(("名詞", "代名詞", "形状詞", "副詞", "接尾辞,名詞", "接尾辞,形状詞")):
        yield from _read_noun(sentence, head, said, stop)
    if forms is None:
        return
    for polite in (True, False):
        for past in (True, False):
            for negative in (True, False):
                form = forms.finite(polite, past, negative)
                final = said[len(form) :]
                if not said.startswith(form) or not (final in QUESTIONS or final in STATEMENTS):
                    continue
                question = final in QUESTIONS or (not final and (asks(sentence) or _is_there(forms, before, polite)))
                yield Predicate(head.start, stop, "", forms, polite, past, negative, final, question)


def _is_there(forms: Forms, before: Token | None, polite: bool) -> bool:
    # 予定はある asks, 予定がある tells
    return not polite and forms.base == "ある" and before is not None and before.form == "は"


def _read_noun(sentence: Sentence, head: Token, said: str, stop: int) -> Iterator[Predicate]:
    rest = said[head.stop - head.start :]
    bare = rest[1:] if rest.startswith("な") and rest[1:] in QUESTIONS | STATEMENTS and rest[1:2] in "のん" else rest
    for copula, (polite, past, negative) in _COPULA_READ.items():
        final = bare[len(copula) :]
        if not bare.startswith(copula) or not (final in QUESTIONS or final in STATEMENTS):
            continue
        if not rest and not asks(sentence):  # a noun alone says nothing sure
            continue
        question = final in QUESTIONS or (not final and asks(sentence))
        yield Predicate(head.start, stop, head.form, None, polite, past, negative, final, question)


def forms_of(token: Token) -> Forms | None:
    """The forms of a verb, an adjective or an auxiliary that inflects like one."""
    parts = token.tag.split(",")
    if len(parts) < 5:
        return None
    if parts[0] == "形容詞" and token.stem in ("ない", "無い"):
        return verb_forms("ある" if token.stem == "ない" else "有る", "五段-ラ行")
    if parts[0] == "形容詞" or parts[4] == "助動詞-タイ":
        return adjective_forms(token.stem)
    if parts[4] in ("助動詞-レル", "助動詞-ラレル", "助動詞-セル", "助動詞-サセル"):
        return verb_forms(token.stem, "下一段")
    return verb_forms(token.stem, parts[4])


def replaced(sentence: Sentence, start: int, stop: int, new: str) -> Iterator[str]:
    """The text with one stretch said otherwise, nothing where that would touch what is protected."""
    if any(start < high and stop > low for low, high in sentence.protected):
        return
    yield sentence.text[:start] + new + sentence.text[stop:]


def ended(sentence: Sentence, predicate: Predicate, ending: str, mark: bool = False) -> Iterator[str]:
    """The text with another ending.

    Args:
        sentence: the sentence.
        predicate: its end.
        ending: the word with its ending.
        mark: whether it is a question only with a mark.
    """
    tail = sentence.text[predicate.stop :]
    stop = predicate.stop
    if mark and not any(one in tail for one in "？?"):
        ending += "？"
        stop += len(tail) - len(tail.lstrip("。."))
    yield from replaced(sentence, predicate.start, stop, ending)
