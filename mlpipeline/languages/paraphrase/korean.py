"""Korean, with Kiwi: the analyser that also joins morphemes again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from mlpipeline.languages.paraphrase import korean_chat as chat
from mlpipeline.languages.paraphrase import korean_endings as endings
from mlpipeline.languages.paraphrase import korean_order as order
from mlpipeline.languages.paraphrase import korean_particles as particles
from mlpipeline.languages.paraphrase import korean_requests as requests
from mlpipeline.languages.paraphrase import korean_typing as typing_slips
from mlpipeline.languages.paraphrase import korean_verbs as verbs
from mlpipeline.languages.paraphrase.korean_clause import KoreanRewrite, KoreanSentence, Morpheme, korean, plain_tag
from mlpipeline.languages.paraphrase.korean_words import words
from mlpipeline.languages.paraphrase.operators import Operator, Token, Tool, by_name
from mlpipeline.languages.paraphrase.protected import protected_spans

# Forms that a predicate takes are few: a hundred thousand hold a large bot's, at about 300 bytes each
_JOINED = 100_000
_CONTENT = words("NNG NNP NR XR SL SN VV VA MM")
_NOT = frozenset(("안", "못", "않", "말", "못하", "없"))
# What the frames of requests and questions bring with them: 할 수 있다, 하면 좋겠다, 하기 바라다
_FRAME = frozenset(("있", "좋", "바라", "주", "보"))
# Kiwi takes these for one verb or for two, as what stands beside them has it
_TWO = {"찾아보": "찾", "알아보": "알", "물어보": "묻", "도와주": "돕"}
# Light verbs: 취소하다 and 취소 하다 are the same word
_LIGHT = frozenset(("하", "되"))


def _about(operator: object) -> str:
    return (getattr(operator, "__doc__", "") or "").strip()


def _operator(name: str, about: str, kind: str, rewrite: KoreanRewrite, opposite: bool = False) -> Operator:
    return Operator(name, about, kind, korean(rewrite), opposite)


OPERATORS: tuple[Operator, ...] = (
    _operator("ending_plain", "해체: 먹었어, 언제 와", "form", endings.plain),
    _operator("ending_polite", "해요체: 먹었어요, 언제 와요", "form", endings.polite),
    _operator("ending_formal", "합쇼체: 먹었습니까, 언제 옵니까", "form", endings.formal),
    _operator("ending_yo", _about(endings.toggle_yo), "form", endings.toggle_yo),
    _operator("question_ni", "먹었어? -> 먹었니?", "form", endings.question_ni),
    _operator("question_nya", "먹었어? -> 먹었냐?", "form", endings.question_nya),
    _operator("question_na", "먹었어? -> 먹었나?, 얼마야? -> 얼만가?", "form", endings.question_na),
    _operator("question_nayo", "먹었어? -> 먹었나요?, 얼마야? -> 얼마인가요?", "form", endings.question_nayo),
    _operator("question_ji", _about(endings.question_ji), "form", endings.question_ji),
    _operator("question_indirect", _about(endings.question_indirect), "words", endings.question_indirect),
    _operator("statement_background", _about(endings.statement_background), "form", endings.statement_background),
    _operator("ending_clipped", _about(endings.clipped), "form", endings.clipped),
    _operator("proposal", _about(endings.proposal), "form", endings.proposal),
    _operator("request_plain", "불 켜 -> 불 켜줘, 불 켜 줘라", "form", requests.plain),
    _operator("request_polite", "불 켜줘 -> 불 켜줘요, 불 켜주세요", "form", requests.polite),
    _operator("request_formal", "불 켜줘 -> 불 켜주십시오, 불 켜주시기 바랍니다", "form", requests.formal),
    _operator("request_asked", "불 켜줘 -> 불 켜줄래?, 불 켜주시겠어요?", "form", requests.as_question),
    _operator("request_ability", "불 켜줘 -> 불 켜줄 수 있어?", "form", requests.ability),
    _operator("request_wish", "불 켜줘 -> 불 켜줬으면 좋겠어요", "form", requests.wish),
    _operator("request_bare", _about(requests.bare), "form", requests.bare),
    _operator("request_drop", _about(requests.request_drop), "words", requests.request_drop),
    _operator("request_fragment", _about(requests.fragment_request), "words", requests.fragment_request),
    _operator("request_action", _about(requests.action_request), "words", requests.action_request),
    _operator("request_action_drop", _about(requests.action_drop), "words", requests.action_drop),
    _operator("request_please", _about(requests.please), "form", requests.please),
    _operator("particle_drop", _about(particles.drop), "form", particles.drop),
    _operator("particle_add", _about(particles.add), "form", particles.add),
    _operator("particle_exchange", _about(particles.exchange), "form", particles.exchange),
    _operator("question_topic", _about(order.topic_question), "words", order.topic_question),
    _operator("question_first", _about(order.question_first), "form", order.question_first),
    _operator("request_first", _about(order.request_first), "form", order.request_first),
    _operator("question_word", _about(particles.question_word), "words", particles.question_word),
    _operator("question_word_form", _about(particles.question_word_form), "form", particles.question_word_form),
    _operator("honorific", _about(verbs.honorific), "words", verbs.honorific),
    _operator("negation_long", _about(verbs.negation_long), "form", verbs.negation_long),
    _operator("contraction", "무엇을 -> 뭘, 그런데 -> 근데", "words", chat.contraction),
    _operator("expansion", "뭘 -> 무엇을, 근데 -> 그런데", "words", chat.expansion),
    _operator("word_short", "비밀번호 -> 비번", "words", chat.short_word),
    _operator("word_same", "핸드폰 -> 휴대폰, 제일 -> 가장", "words", chat.same_word),
    _operator("chat_word", "네 -> 넹, 오케이 -> ㅇㅋ, 너무 -> 넘", "typing", chat.chat_word),
    _operator("chat_soft", _about(chat.soft_ending), "typing", chat.soft_ending),
    _operator("mark_drop", _about(chat.mark_drop), "typing", chat.mark_drop),
    _operator("mark_add", _about(chat.mark_add), "typing", chat.mark_add),
    _operator("spacing_joined", _about(typing_slips.spacing_joined), "typing", typing_slips.spacing_joined),
    _operator("spacing_split", _about(typing_slips.spacing_split), "typing", typing_slips.spacing_split),
    _operator("typo_keyboard", _about(typing_slips.keyboard), "typing", typing_slips.keyboard),
    _operator("typo_jamo", _about(typing_slips.slip), "typing", typing_slips.slip),
    _operator("typo_shift", _about(typing_slips.shift), "typing", typing_slips.shift),
    _operator("misspelling", _about(typing_slips.misspelling), "typing", typing_slips.misspelling),
    _operator("negation_drop", _about(verbs.negation_drop), "form", verbs.negation_drop, opposite=True),
    _operator("negation_add", _about(verbs.negation_add), "form", verbs.negation_add, opposite=True),
    _operator("negation_antonym", _about(verbs.negation_antonym), "words", verbs.negation_antonym, opposite=True),
    _operator("negation_request", _about(verbs.negation_request), "form", verbs.negation_request, opposite=True),
)


class Korean:
    """Kiwi, one thread; 340 MB."""

    operators: Mapping[str, Operator] = by_name(OPERATORS)

    def __init__(self) -> None:
        from kiwipiepy import Kiwi

        # names of several words cost 190 MB and a second and are not needed: no operator crosses a name's spaces
        self._kiwi = Kiwi(num_workers=1, load_multi_dict=False)

        @lru_cache(maxsize=_JOINED)
        def join(morphemes: tuple[Morpheme, ...]) -> str:
            joined: str = self._kiwi.join(morphemes)
            return joined

        self._join = join

    def analyse(self, text: str) -> KoreanSentence:
        """The sentence of a text; one without tokens for what has no Hangul, and for lone surrogates."""
        return KoreanSentence(text, self._tokens(text), protected_spans(text), self._join)

    def _tokens(self, text: str) -> list[Token]:
        if not any("가" <= one <= "힣" for one in text):
            return []
        try:
            return [Token(one.form, one.lemma, one.tag, one.start, one.end) for one in self._kiwi.tokenize(text)]
        except UnicodeError:  # a lone surrogate: no text at all
            return []

    def stems(self, text: str) -> Sequence[str]:
        """Content words in base form, each as often as it stands; a `not` for each negation, at the end.

        Verbs that only frame a request (할 수 있다, 하면 좋겠다, 해 주다) are left out.
        """
        found, nots = list[str](), 0
        tokens = self._tokens(text)
        for at, one in enumerate(tokens):
            if one.form in _NOT and plain_tag(one.tag) in ("MAG", "VX", "VA", "VCN"):
                nots += 1
            elif (
                plain_tag(one.tag) in _CONTENT
                and one.form not in _LIGHT
                and not (one.form in _FRAME and at and tokens[at - 1].tag in ("NNB", "EC", "ETN"))
            ):
                found.append(_TWO.get(one.form, one.form) if plain_tag(one.tag) == "VV" else one.form)
        return found + ["not"] * nots


def load() -> Tool:
    """Korean, loaded: 3 to 5 seconds."""
    return Korean()
