"""Formats by suffix, and column maps."""

from __future__ import annotations

import pytest

from mlpipeline.errors import InputError, UsageError
from mlpipeline.store.corpus.files import format_of, parse_map


def test_format_of_goes_by_suffix():
    names = {"a.jsonl": "jsonl", "b.NDJSON.gz": "jsonl", "c.csv": "csv", "d.tsv.gz": "tsv", "nlu.yml": "rasa"}
    assert {name: format_of(name) for name in names} == names
    with pytest.raises(InputError, match=r"\.jsonl.*one JSON object a line"):
        format_of("x.json")


def test_parse_map():
    assert parse_map(" text = question, intent=label ,") == {"text": "question", "intent": "label"}
    for wrong in ("text", "texts=a", "text=", "text=a,text=b"):
        with pytest.raises(UsageError, match="--map"):
            parse_map(wrong)
