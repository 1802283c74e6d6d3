"""Personal data is found by rules of eight locales, and what only looks like it stays."""

from __future__ import annotations

import time
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.methods.personal_data.check_digits import is_luhn
from mlpipeline.methods.personal_data.folding import folded
from mlpipeline.methods.personal_data.pseudonyms import key_id, pseudonyms
from mlpipeline.methods.personal_data.scan import Span, masked, spans
from tests.unit.methods.personal_data.sentences import AFTER, BEFORE, WITHOUT, sentences

_FOUND = {
    "971013-9019902": "ID", "220101-3123456": "ID", "920827-5555555": "ID", "124-81-00998": "BUSINESS",
    "123456789018": "ID", "5835678256246": "BUSINESS", "7000012050002": "BUSINESS", "11010519491231002X": "ID",
    "A123456789": "ID", "A800000014": "ID", "A900000016": "ID", "AC01234567": "ID", "A123456(3)": "ID",
    "C123456(9)": "ID", "AB987654(3)": "ID", "1-2345-45678-78-1": "ID", "1234545678781": "ID", "001099012345": "ID",
    "912-90-3456": "ID", "GB82WEST12345698765432": "IBAN", "4111 1111 1111 1111": "CARD", "192.168.0.12": "IP",
    "2001:db8::ff00:42:8329": "IP", "http://x.example/a?token=abcdef123": "URL",
}  # fmt: skip
_REFUSED = (
    "124-81-00999", "123456789019", "110105194912310021", "A123456788", "A123456(4)", "1-2345-45678-78-9",
    "999999999999", "078-05-1120", "4111 1111 1111 1112", "300.1.2.3", "12:30:45",
)  # fmt: skip


@pytest.mark.parametrize(("number", "kind"), _FOUND.items())
def test_a_number_is_found_alone_and_between_letters_of_any_script(number, kind):
    for text in (number, f"제 번호는 {number}입니다", f"これは{number}です", f"ของฉัน {number} ค่ะ"):
        start = text.index(number)
        assert [span[:3] for span in spans(text)] == [(kind, start, start + len(number))], text


@pytest.mark.parametrize("number", _REFUSED)
def test_a_number_whose_check_fails_is_nobodys(number):
    assert not spans(number)


@pytest.mark.parametrize("text", WITHOUT)
def test_prices_dates_orders_versions_models_and_articles_stay(text):
    assert masked(text) == (text, Counter())


def test_a_number_without_a_check_needs_a_word_beside_it():
    assert is_luhn("79927398713")
    assert [span.kind for span in spans("카드번호 79927398713")] == ["CARD"]
    assert not spans("79927398713")
    assert masked("국민은행 123456-01-123456으로 입금")[0] == "국민은행 <ACCOUNT>으로 입금"
    assert masked("여권번호 M12345678")[0] == "여권번호 <PASSPORT>"
    assert not spans(f"123456-01-123456 {'가' * 40} 계좌")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("공일공-일이삼사-오육칠팔이에요", "<PHONE>이에요"),
        ("０９０－１２３４－５６７８です", "<PHONE>です"),
        ("电话是一三八零零一三八零零零", "电话是<PHONE>"),
        ("๐๘๑-๒๓๔-๕๖๗๘ ค่ะ", "<PHONE> ค่ะ"),
        ("010–1234—5678", "<PHONE>"),
        ("010\u200b1234\u200b5678", "<PHONE>"),
    ],
)
def test_digits_are_read_however_they_are_spelled(text, expected):
    assert masked(text)[0] == expected


def test_words_of_digits_stay_words():
    assert folded("이사 구일 오전 一二三") == "이사 구일 오전 一二三"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("서울시 강남구 테헤란로 123으로", "<ADDRESS>으로"),
        ("東京都千代田区千代田1-1まで", "<ADDRESS>まで"),
        ("北京市朝阳区建国路88号", "<ADDRESS>"),
        ("บ้านเลขที่ 99/1 หมู่ 5", "<ADDRESS>"),
        ("số 12 đường Lê Lợi, quận 1", "<ADDRESS>"),
        ("at 123 Main Street please", "at <ADDRESS> please"),
    ],
)
def test_addresses_are_found_by_their_parts(text, expected):
    assert masked(text)[0] == expected


@pytest.mark.parametrize("templates", [BEFORE, AFTER], ids=["before", "after"])
@pytest.mark.parametrize("locale", BEFORE)
def test_sentences_of_a_locale_are_masked_and_no_more_than_that(templates, locale):
    hits: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    more: Counter[str] = Counter()
    for text, expected in sentences(templates, locale, 160):
        found = {span[:3] for span in spans(text)}
        hits.update(kind for kind, *_ in found & set(expected))
        missed.update(kind for kind, *_ in set(expected) - found)
        more.update(kind for kind, *_ in found - set(expected))
    for kind, least in (("ID", 0.99), ("EMAIL", 0.99), ("PHONE", 0.9), ("NAME", 0.9)):
        assert hits[kind] >= least * (hits[kind] + missed[kind]), kind
        assert more[kind] <= 0.02 * hits[kind], kind


@given(st.text(alphabet="0123456789-+() .@:/공일路号님abA가ก", max_size=120))
def test_any_text_is_masked_without_overlaps_and_stays_masked(text):
    found = spans(text)
    assert all(left.end <= right.start for left, right in pairwise(found))
    assert all(0 <= span.start < span.end <= len(text) for span in found)
    assert len(folded(text)) == len(text)


@pytest.mark.parametrize(
    "piece", ["1-", "010-1234-5678 ", "999-99-9999 ", "a@", "1.", "0 ", "路", "abcd:", "가구 ", "tel 12345678 "]
)
def test_time_is_linear_in_length(piece):
    def seconds(length: int) -> float:
        text = piece * (length // len(piece))
        started = time.process_time()
        spans(text)
        return time.process_time() - started

    assert seconds(20_000) < 12 * max(seconds(4_000), 0.002)


def test_pseudonyms_are_equal_in_a_domain_and_unlinkable_across():
    key = b"a key of enough bytes"
    shop, bank = pseudonyms(key, "shop"), pseudonyms(key, "bank")
    spelled = [masked(text, shop)[0] for text in ("010-1234-5678", "01012345678", "０１０ 1234 5678")]
    assert len(set(spelled)) == 1 and spelled[0].startswith("<PHONE_")
    assert masked("010-1234-5678", bank)[0] != spelled[0]
    assert masked("010-1234-5678", pseudonyms(b"another key of 16 bytes", "shop"))[0] != spelled[0]
    assert key_id(key) != key_id(b"another key of 16 bytes")
    with pytest.raises(ValueError, match="16 are the least"):
        pseudonyms(b"short", "shop")


def test_a_span_holds_no_value():
    assert spans("call 415-555-2671") == [Span("PHONE", 5, 17, "phone_us", 0.9)]
