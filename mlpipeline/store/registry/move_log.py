"""`moves.jsonl` beside a bot's bundles: who let which version answer, when and why; text that can live in git."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path

from mlpipeline.store.layout import cannot_write
from mlpipeline.store.registry.tracking import who

MOVES = "moves.jsonl"


@dataclass(frozen=True)
class Move:
    """One move of an alias; `old` and `new` are versions, None where it named none.

    `how` is the verb that did it: `release`, `promote`, `rollback`, `retire`; `followed` for one that was made in
    MLflow, or by a process that was killed before it could write it down.
    """

    alias: str
    old: int | None
    new: int | None
    how: str
    why: str = ""
    when: str = ""
    who: str = ""

    def signed(self) -> Move:
        """With the time, and who runs this process."""
        when = datetime.now(timezone.utc).isoformat(timespec="seconds")
        return Move(
            self.alias, self.old, self.new, self.how, self.why, when, f"{who() or os.getuid()}@{socket.gethostname()}"
        )


def log_move(folder: Path, move: Move) -> None:
    """Adds a line to the log in `folder`, the folder of a bot's bundles; raises StoreError where that fails."""
    values = asdict(move)
    line = json.dumps({"when": values.pop("when"), "who": values.pop("who"), **_renamed(values)}, ensure_ascii=False)
    path = folder / MOVES
    try:
        with path.open("ab") as stream:
            # A line that a full disk or a killed process cut short ends here, and costs itself only.
            cut = stream.tell() > 0 and not _ends_a_line(path)
            stream.write(f"{chr(10) if cut else ''}{line}\n".encode())
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise cannot_write(str(path), error) from error


def read_moves(folder: Path) -> list[Move]:
    """The moves of a bot, oldest first; a line that cannot be read is left out."""
    try:
        lines = (folder / MOVES).read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        try:
            values = json.loads(line)
            named = {"old": values.pop("from"), "new": values.pop("to"), **values}
            found.append(Move(**{name: named[name] for name in Move.__dataclass_fields__}))
        except (ValueError, TypeError, KeyError, AttributeError):
            continue
    return found


def last_move(folder: Path, alias: str) -> Move | None:
    """The last move of an alias; None where the log knows of none."""
    return next((move for move in reversed(read_moves(folder)) if move.alias == alias), None)


def _renamed(values: dict[str, object]) -> dict[str, object]:
    return {{"old": "from", "new": "to"}.get(name, name): value for name, value in values.items()}


def _ends_a_line(path: Path) -> bool:
    with path.open("rb") as stream:
        stream.seek(-1, os.SEEK_END)
        return stream.read(1) == b"\n"
