"""What a run tells of texts that were typed with the wrong keyboard on."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from mlpipeline.languages.profile import Profile
from mlpipeline.orders.keyboard_warnings import repaired_line

KOREAN = Profile("ko", ("fold_width", "korean_keyboard", "english_keyboard", "casefold"), ("Hang",))


def _rows(texts: Sequence[str]) -> pa.Table:
    lines = list(range(len(texts), 0, -1))
    return pa.table({"text": texts, "origin_file": ["a.csv"] * len(texts), "origin_line": lines})


def test_repaired_texts_are_counted_and_the_first_of_the_file_is_shown():
    rows = _rows(["ㅗ디ㅣㅐ 재깅", "refund", "ｓｏｄｌｆ ｓｋｆＴｌ", "ㅋㅋㅋㅋ", "sodlf skfTl", "OK 구글"])
    assert repaired_line(rows, KOREAN) == (
        "3 texts were typed with the wrong keyboard on, the first in a.csv:2: 'sodlf skfTl' is read as '내일 날씨'"
    )
    assert (repaired_line(rows.slice(4, 1), KOREAN) or "").startswith("1 text was typed")


def test_nothing_is_said_where_nothing_was_repaired():
    assert repaired_line(_rows(["refund", "환불해줘", "ㅋㅋ", ""]), KOREAN) is None
    assert (
        repaired_line(
            _rows([]).cast(pa.schema({"text": "string", "origin_file": "string", "origin_line": "int64"})), KOREAN
        )
        is None
    )
