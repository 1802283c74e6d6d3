"""Texts to ids of pieces, by the C++ library SentencePiece (Kudo, Richardson 2018)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sentencepiece import SentencePieceProcessor

_UNKNOWN, _BEGIN, _END = 0, 1, 2


def open_pieces(model: bytes) -> SentencePieceProcessor:
    """The library's own reader of `sp.model`."""
    from sentencepiece import SentencePieceProcessor

    return SentencePieceProcessor(model_proto=model)


def as_pieces(reader: SentencePieceProcessor, texts: Sequence[str]) -> list[list[int]]:
    """Ids of each text, its begin and its end included; of an empty text one unknown piece between them.

    The library makes one piece of unknown letters that stand together. The network learnt with one a letter, as the
    wheel has it, and gets them so.
    """
    # Halves of a letter cannot be written in UTF-8, and the library raises over them.
    clean = [text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8") for text in texts]
    rows = reader.encode(clean, out_type=int)
    for row, ids in enumerate(rows):
        if _UNKNOWN in ids:
            pieces = reader.encode(clean[row], out_type=str)
            ids = [one for one, piece in zip(ids, pieces, strict=True) for _ in range(1 if one else len(piece))]
        rows[row] = [_BEGIN, *(ids or [_UNKNOWN]), _END]
    returned: list[list[int]] = rows
    return returned
