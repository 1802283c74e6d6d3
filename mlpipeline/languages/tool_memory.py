"""What the tool of each language adds to the memory of a process."""

from __future__ import annotations

from collections.abc import Mapping

# Resident MB once the tool is loaded, its dictionaries included (measured), and its name, by language.
TOOL_MEMORY: Mapping[str, tuple[int, str]] = {
    "ko": (512, "Kiwi"),
    "ja": (36, "SudachiPy"),
    "zh": (89, "jieba"),
    "th": (82, "PyThaiNLP"),
    "vi": (110, "pyvi"),
    "en": (100, "lemminflect"),
}
