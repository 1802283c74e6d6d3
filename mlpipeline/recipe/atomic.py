"""A text file that is replaced as a whole, or stays as it was."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def replace_text(file: Path, text: str, mode: int) -> None:
    """Write a file beside `file` and put it in its place, with these permissions; raises OSError."""
    handle, made = tempfile.mkstemp(dir=file.parent, prefix=".", suffix=".tmp")
    with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as out:
        out.write(text)
    Path(made).chmod(mode)
    os.replace(made, file)
