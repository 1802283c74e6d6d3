"""Names that a recipe may hold: what languages and the trainer have, known here without loading them.

The registries are in `languages/` and `networks/`, which no recipe may load; a test compares each list with its own.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import NamedTuple

STEPS = (
    "casefold", "collapse_spaces", "drop_apostrophes", "drop_invisible", "english_keyboard", "fold_accents",
    "fold_cjk_punctuation", "fold_digits", "fold_punctuation", "fold_quotes", "fold_width", "join_cjk", "join_thai",
    "kana_iteration", "kana_marks", "korean_keyboard", "lone_jamo", "long_vowels", "nfc", "nfkc", "squeeze_jamo",
    "squeeze_punctuation", "squeeze_repeats", "thai_marks", "thai_repetition", "trim_punctuation", "vietnamese_d",
    "vietnamese_tones",
)  # fmt: skip
FOLDS = (
    "drop_chinese_politeness", "drop_english_politeness", "drop_japanese_politeness", "drop_korean_particles",
    "drop_korean_politeness", "drop_spaces", "drop_thai_politeness", "drop_vietnamese_politeness", "hiragana",
    "split_jamo",
)  # fmt: skip
SCRIPTS = (
    "Arab", "Armn", "Beng", "Cyrl", "Deva", "Ethi", "Geor", "Grek", "Gujr", "Guru", "Hang", "Hani", "Hans", "Hant",
    "Hebr", "Hira", "Jpan", "Kana", "Khmr", "Knda", "Kore", "Laoo", "Latn", "Mlym", "Mymr", "Sinh", "Taml", "Telu",
    "Thai",
)  # fmt: skip
ROW_FIELDS = ("text", "intent", "ts", "source", "annotator", "verified", "parent")
"""What a row of a file has, in the words of `ingest.map`."""
ENCODERS = ("use", "ngram-lsa", "use+ngram-lsa", "use-fitted")
"""What `embed.encoder` may name; anything else is a folder."""
OPSETS = (13, 21)
"""The oldest ONNX operator set with the nodes that the exporter writes, and the newest that onnxruntime 1.20 reads, the
oldest version that setup.cfg allows."""

SOURCE, CONVERSION = "source", "conversion"
ANY_LANGUAGE = "*"


class OperatorName(NamedTuple):
    """An operator by name: of which language (`*`: of any), and its kind.

    `kind` is form, words or typing, as in `augment.kinds`; or `source` (gives rows whatever the kinds are), or
    `conversion` (off unless `augment.enabled` names it).
    """

    lang: str
    kind: str
    name: str


@cache
def operator_names() -> tuple[OperatorName, ...]:
    """All operators of all languages."""
    text = files("mlpipeline.recipe").joinpath("operators.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines()]
    return tuple(OperatorName(lang, kind, name) for lang, kind, some in rows for name in some.split())


def operators() -> tuple[str, ...]:
    """Their names, each once, sorted."""
    return tuple(sorted({one.name for one in operator_names()}))
