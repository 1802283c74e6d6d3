"""Small files that tell their own damage, and what is said of those that cannot be understood."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlpipeline.errors import StoreError
from mlpipeline.store.checked import checked_bytes, plain_bytes, read_checked, understood


@pytest.mark.parametrize("error", [EOFError(), MemoryError(), ValueError(" \n ")])
def test_damage_that_a_library_has_no_words_for_is_named_by_its_kind(error: Exception) -> None:
    with pytest.raises(StoreError) as caught, understood("x.npz", fix="copy it"):
        raise error
    assert str(caught.value) == f"x.npz: cannot be understood ({type(error).__name__}) -> copy it"


def test_what_was_written_is_read_and_nothing_beside_it(tmp_path: Path) -> None:
    values = {"bot": "shop/ko", "version": 3, "checksum": "of somebody else"}
    (tmp_path / "x.json").write_bytes(checked_bytes(values))
    assert read_checked(tmp_path / "x.json", fix="copy it") == {"bot": "shop/ko", "version": 3}


@pytest.mark.parametrize(
    ("error", "why"), [(PermissionError(13, "Permission denied"), "Permission denied"), (OSError("gone"), "gone")]
)
def test_a_file_that_cannot_be_read_is_told_with_the_reason(
    error: OSError, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x.json").write_bytes(checked_bytes({}))

    def refuse(path: Path) -> bytes:
        raise error

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(StoreError) as caught:
        plain_bytes(tmp_path / "x.json", fix="copy it")
    assert str(caught.value) == f"{tmp_path}/x.json: cannot be read ({why}) -> check its permissions"
