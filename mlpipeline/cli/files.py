"""Files that a verb writes for its user."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlpipeline.errors import InputError, MLPipelineError


@contextmanager
def written_whole(place: Path, refusal: type[MLPipelineError] = InputError) -> Iterator[Path]:
    """Gives a path beside `place` to write to: the file is there as a whole when the block ends well, or not at all.

    Args:
        place: of the file.
        refusal: what is raised when it cannot be written.
    """
    made = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        yield made
        made.replace(place)
    except OSError as error:
        what = f"cannot be written: {error.strerror or error}"
        raise refusal(what, where=str(place), fix="choose another place") from error
    finally:
        made.unlink(missing_ok=True)
