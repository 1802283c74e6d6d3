from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from mlpipeline.languages.paraphrase.operators import MOST, Operator, Sentence, by_name, drawn, effective


def _counting(sentence: Sentence, rng: Random) -> Iterator[str]:
    return (f"{sentence.text} {number}" for number in range(9))


COUNTING = Operator("counting", "nine wordings", "typing", _counting)


def _made(operator: Operator, seed: int) -> list[str]:
    return list(operator.rewrite(Sentence("a", ()), Random(seed)))


def test_few_wordings_are_drawn_in_their_order_by_the_dice() -> None:
    few = drawn(COUNTING)
    made = [_made(few, seed) for seed in range(20)]
    assert all(len(texts) == MOST and texts == sorted(texts) for texts in made)
    assert len(set(map(tuple, made))) > 5 and made[3] == _made(few, 3)


def test_what_is_few_is_not_drawn() -> None:
    assert _made(drawn(COUNTING, 9), 1) == _made(COUNTING, 1)


def test_a_name_stands_for_one_operator() -> None:
    assert list(by_name([COUNTING])) == ["counting"]
    with pytest.raises(ValueError, match="'counting'"):
        by_name([COUNTING, COUNTING._replace(about="another")])


def test_what_the_normaliser_takes_back_is_not_used() -> None:
    there = by_name([COUNTING, COUNTING._replace(name="width", undone_by=("nfkc", "fold_width"))])
    assert list(effective(there, ["casefold"])) == ["counting", "width"]
    assert list(effective(there, ["casefold", "fold_width"])) == ["counting"]
