"""The syntax trees of modules, parsed once for all tests that look at the code."""

from __future__ import annotations

import ast
import gc
from functools import cache
from pathlib import Path


@cache
def tree_of(path: Path) -> ast.Module:
    """The tree of a module, which is only looked at, never changed."""
    text = path.read_text("utf-8")
    # Half of the time went into looking for garbage among the nodes, of which there is none.
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return ast.parse(text)
    finally:
        if was_enabled:
            gc.enable()
