"""Writing conf/ for a new bot, and showing a resolved recipe with the origin of each value."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import yaml

from mlpipeline.errors import RecipeError, UsageError
from mlpipeline.recipe.atomic import replace_text
from mlpipeline.recipe.folder import DOMAIN_FILE, ConfFolder, check_domain
from mlpipeline.recipe.load import Resolved
from mlpipeline.recipe.origins import read_layer
from mlpipeline.recipe.tags import canonical_tag

_LANGUAGES_LINE = re.compile(r"^languages:[ ]*\[([^\]\n#]*)\]", re.MULTILINE)


class Shown(NamedTuple):
    """One value of a recipe: dotted key, value, and the file and line (or --set) that it came from."""

    key: str
    value: object
    origin: str


def show(resolved: Resolved) -> list[Shown]:
    """Return every value of the recipe with its origin, in the order of the sections."""
    sections = resolved.recipe.model_dump(mode="json", exclude={"domain", "lang"})
    return [Shown(key, value, resolved.origin(key)) for key, value in _leaves(sections, "")]


def _leaves(data: Mapping[str, object], prefix: str) -> Iterator[tuple[str, object]]:
    for key, value in data.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def new_bot(
    conf: Path,
    domain: str,
    lang: str,
    *,
    files: Sequence[str],
    answers: str | None = None,
    mapping: Mapping[str, str | None] | None = None,
) -> list[Path]:
    """Write conf/domains/<domain>/domain.yaml (or add `lang` to its languages) and <lang>.yaml beside it.

    Args:
        conf: made when it does not exist.
        domain, lang: the bot; `lang` as a person writes it.
        files: labelled files, relative to the folder that holds conf/ or absolute.
        answers: YAML file with an answer an intent.
        mapping: our column -> theirs, None for one that is not read.

    Returns:
        The files written, in that order.

    Raises:
        RecipeError: the domain's name, the tag or a file of conf/ is wrong, or conf/ cannot be written.
        UsageError: the bot is there already; nothing is ever overwritten.
    """
    check_domain(domain)
    with _explained(conf):
        Path(conf).mkdir(parents=True, exist_ok=True)
        folder = ConfFolder(conf)
        tag, _ = canonical_tag(lang, folder.languages)
        folder.language(tag, f"{domain}/{lang}")
        place = Path(conf) / "domains" / domain
        own = place / f"{tag}.yaml"
        if own.exists():
            raise UsageError(f"{domain}/{tag} is there already", where=str(own), fix="edit that file")
        place.mkdir(parents=True, exist_ok=True)
        written = [own]
        _write_new(own, _bot_text(domain, tag, files, answers, mapping or {}))
        if _listed(place / DOMAIN_FILE, tag, folder.languages):
            return written
        try:
            _list_language(place / DOMAIN_FILE, domain, tag)
        except BaseException:
            own.unlink()  # half a bot would be in the way of the next try
            raise
        return [place / DOMAIN_FILE, *written]


def _bot_text(
    domain: str, tag: str, files: Sequence[str], answers: str | None, mapping: Mapping[str, str | None]
) -> str:
    data: dict[str, object] = {"ingest": {"files": [_literal(one) for one in files]}}
    if mapping:
        data["ingest"] = {"files": [_literal(one) for one in files], "map": dict(mapping)}
    if answers is not None:
        data["release"] = {"answers": _literal(answers)}
    header = f"# The bot {domain}/{tag}: what differs from domain.yaml, the language file and base.yaml.\n"
    return header + yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=1000)


def _literal(path: str) -> str:
    if "{" in path:
        raise UsageError(f"{path!r} has a brace, which a recipe would fill in", fix="rename the file")
    return path


def _listed(file: Path, tag: str, known: Collection[str]) -> bool:
    if not file.exists():
        return False
    stated = read_layer(file.read_bytes(), str(file)).data.get("languages")
    return isinstance(stated, list) and any(
        isinstance(one, str) and canonical_tag(one, known)[0] == tag for one in stated
    )


def _list_language(file: Path, domain: str, tag: str) -> None:
    if not file.exists():
        _write_new(file, f"# The domain {domain}; what holds for all its languages goes below.\nlanguages: [{tag}]\n")
        return
    text = file.read_bytes().decode("utf-8")
    found = _LANGUAGES_LINE.search(text)
    if found is None:
        raise UsageError(f"{tag} is not in languages", where=str(file), fix=f"add {tag} to `languages:` by hand")
    inner = found[1].rstrip().rstrip(",")
    longer = f"{text[: found.start(1)]}{inner + ', ' if inner.strip() else ''}{tag}{text[found.end(1) :]}"
    replace_text(file, longer, file.stat().st_mode & 0o777)


def _write_new(file: Path, text: str) -> None:
    with file.open("x", encoding="utf-8", newline="\n") as out:
        out.write(text)


@contextlib.contextmanager
def _explained(conf: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = str(error.filename or conf)
        raise RecipeError(
            f"cannot be written: {error.strerror}", where=where, fix="give --conf a folder of yours"
        ) from None
