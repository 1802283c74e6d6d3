"""Work in a process of its own: a runtime may crash there, and what it took is free again when it ends.

The processes are forked from a server that has imported the runtimes and started nothing: each is fresh, and the import
(of TensorFlow 6 to 9 CPU seconds) is paid once a worker instead of once a model. Without SavedModels it is not paid at
all. A large model is worth an import of its own: a server would hold 750 MB beside it, and long after.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from multiprocessing.process import BaseProcess

LARGE = 16 << 20
"""Bytes of a model from which on it is one: each runtime takes several times as many."""
_IMPORTS = {"onnx": ("onnx", "onnxruntime"), "saved_model": ("tensorflow",)}


def run_apart(
    work: Callable[..., None], *words: object, patience: float, targets: Sequence[str] | None = None
) -> int | None:
    """Calls `work(*words)` in a process of its own; its exit code, None when it did not end in time.

    Args:
        work: a function of a module; what it finds it leaves in files.
        words: what it is given.
        patience: seconds.
        targets: that this worker will need, sooner or later: the server imports their runtimes when it starts. None:
            no server, the process imports what it needs.
    """
    process: BaseProcess
    if targets is None:
        process = multiprocessing.get_context("spawn").Process(target=work, args=words, daemon=True)
    else:
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
