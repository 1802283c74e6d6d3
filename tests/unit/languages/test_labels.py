"""Labels that are one name in two spellings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.languages.labels import spelling_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Refund", "refund"),
        ("ＲＥＦＵＮＤ", "refund"),
        ("order_status", "Order Status"),
        ("ﾊﾞｽ", "バス"),
        ("faq/a", "faq-a"),
        ("1", "1.0"),
        ("0", "０.00"),
        ("01", "1"),
        ("7,0", "7"),
    ],
)
def test_one_name_in_two_spellings(one: str, other: str):
    assert spelling_key(one) == spelling_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("refund", "refunds"),
        ("환불", "환 불"),
        ("a1", "a2"),
        ("-", "_"),
        ("が", "か"),
        ("1.1", "1.10"),
        ("10", "1.0"),
        ("1.5", "15"),
    ],
)
def test_two_names(one: str, other: str):
    assert spelling_key(one) != spelling_key(other)


@given(st.text(min_size=1))
def test_a_key_is_its_own_key_and_is_never_empty(label: str):
    assert spelling_key(label)
    assert spelling_key(spelling_key(label)) == spelling_key(label)
