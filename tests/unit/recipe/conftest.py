"""A conf folder to write into, with languages of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

LANGUAGE = "language:\n  name: {tag}\n  steps: [nfc]\n  scripts: [Latn]\n"


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    """Write a file under conf/ and return conf/."""

    def _write(name: str, text: str) -> Path:
        file = tmp_path / "conf" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return tmp_path / "conf"

    for tag in ("ko", "ja", "zh-Hant", "zh-TW", "zh-Hans"):
        _write(f"languages/{tag}.yaml", LANGUAGE.format(tag=tag))
    return _write
