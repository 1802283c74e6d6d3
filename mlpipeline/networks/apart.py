"""Work in a process of its own: a runtime may crash there, and what it took is free again when it ends.

The processes are forked from a server that has imported the runtimes and started nothing: each is fresh, and the import
(of TensorFlow 9 CPU seconds) is paid once a worker instead of once a model. Without SavedModels it is not paid at all.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from typing import Any

_IMPORTS = {"onnx": ("onnx", "onnxruntime"), "saved_model": ("tensorflow",)}


def run_apart(work: Callable[..., None], *words: Any, patience: float, targets: Sequence[str]) -> int | None:
    """Calls `work(*words)` in a process of its own; its exit code, None when it did not end in time.

    Args:
        work: a function of a module; what it finds it leaves in files.
        words: what it is given.
        patience: seconds.
        targets: that this process will need, sooner or later: the server imports their runtimes when it starts.
    """
    context = multiprocessing.get_context("forkserver")
    # The first call starts the server; what is set later has no effect on it.
    context.set_forkserver_preload([*(name for one in targets for name in _IMPORTS[one]), work.__module__])
    process = context.Process(target=work, args=words, daemon=True)
    process.start()
    process.join(patience)
    if process.is_alive():
        process.kill()
        return None
    return process.exitcode
