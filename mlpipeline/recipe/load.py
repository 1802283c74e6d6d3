"""From conf/ to the recipes of the bots: base < language < domain < bot < measured < --set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from mlpipeline._packaged import packaged
from mlpipeline.bots import Bot
from mlpipeline.errors import RecipeError, UsageError, did_you_mean
from mlpipeline.inputs import local_path
from mlpipeline.recipe.fields import SECTIONS, Recipe
from mlpipeline.recipe.folder import ConfFolder
from mlpipeline.recipe.measured import OFF, added_to
from mlpipeline.recipe.merge import Merger, check_top_level, set_layer
from mlpipeline.recipe.origins import Layer
from mlpipeline.recipe.remarks import remarks
from mlpipeline.recipe.select import EVERY_BOT, Selection
from mlpipeline.recipe.tags import canonical_tag
from mlpipeline.recipe.values import Section

SectionT = TypeVar("SectionT", bound=Section)


@dataclass(frozen=True)
class Resolved:
    """The recipe of one bot, where each of its values came from, and what to tell its owner.

    `origins` maps dotted keys ("train.epochs") to "conf/base.yaml:41" or "--set"; `home` is the folder of conf/.
    """

    recipe: Recipe
    origins: Mapping[str, str]
    messages: tuple[str, ...]
    home: Path

    @property
    def bot(self) -> Bot:
        """The bot whose recipe it is."""
        return Bot(self.recipe.domain, self.recipe.lang)

    @property
    def domain(self) -> str:
        """The bot's domain."""
        return self.recipe.domain

    @property
    def lang(self) -> str:
        """The bot's language, a BCP 47 tag."""
        return self.recipe.lang

    def locate(self, path: str) -> str:
        """Return `path` of the recipe as it can be opened: URLs and absolute paths as they are, others under home."""
        path = local_path(path)
        return path if "://" in path else str(self.home / path)

    def origin(self, dotted: str) -> str:
        """Return where the value of `dotted` came from, e.g. "conf/domains/shop/ko.yaml:3"."""
        key = dotted
        while key and key not in self.origins:
            key = key.rpartition(".")[0]
        return self.origins.get(key, "")


@dataclass(frozen=True)
class _Domain:
    """A domain before its recipes are made: `langs` are canonical tags in the file's order, `messages` are by tag."""

    name: str
    layer: Layer
    langs: tuple[str, ...]
    files: Mapping[str, str]
    messages: Mapping[str, tuple[str, ...]]


def load_recipes(
    conf: Path,
    *,
    select: Selection = EVERY_BOT,
    exclude: Sequence[Selection] = (),
    sets: Sequence[str] = (),
    measured: bool = True,
) -> list[Resolved]:
    """Read the recipes of the selected bots, by domain and in the order of each domain's `languages:`.

    Args:
        conf: the user's folder with base.yaml (optional), languages/ (optional) and domains/.
        select: which bots; domains that cannot match are not read, so a mistake in them does no harm.
        exclude: which of them to leave out: what any of these matches.
        sets: `section.key=value` each, over everything else; values are YAML.
        measured: whether the measured layers count; without them a verb measures anew.

    Raises:
        RecipeError: a file, key or value is wrong; names file, line and key.
        UsageError: no bot matches `select`, none is left, or a word of `exclude` leaves out none.
    """
    folder = ConfFolder(conf)
    over = tuple(set_layer(text) for text in sets)
    base = folder.base()
    for layer in base:
        check_top_level(layer)
    wanted = select.fitted(folder.languages)
    without = [one.fitted(folder.languages) for one in exclude]
    _check_excluded(folder, without)
    merger = Merger()
    found: list[Resolved] = []
    left_out: list[tuple[str, str]] = []
    for domain in _domains(folder, wanted, without):
        for lang in domain.langs:
            if any(one.matches(domain.name, lang) for one in without):
                left_out.append((domain.name, lang))
            elif wanted.matches(domain.name, lang):
                found.append(_resolve(folder, merger, base, domain, lang, over, measured))
    if wanted and not found and not left_out:
        raise _no_match(folder, wanted)
    if without and not found:
        raise UsageError("every bot is left out", where="--exclude", fix="exclude fewer")
    notes = [text for one in (wanted, *without) for text in one.messages if text not in select.messages]
    there = [*((bot.domain, bot.lang) for bot in found), *left_out]
    notes += [f"--select: no bot is {word}{_meant(word, folder)}" for word in wanted.unmatched(there)]
    return [replace(found[0], messages=(*notes, *found[0].messages)), *found[1:]] if notes and found else found


def _check_excluded(folder: ConfFolder, without: Sequence[Selection]) -> None:
    # A word that leaves out nothing is a mistake: the bot that was meant would run.
    for one in without:
        bots = _bots(folder)
        gone = one.unmatched(bots) or ([] if any(one.matches(*bot) for bot in bots) else [str(one)])
        if gone:
            raise UsageError(f"no bot is {gone[0]}{_meant(gone[0], folder)}", where="--exclude", fix="correct the word")


def bots_of(conf: Path) -> list[Bot]:
    """Every bot of a folder, its recipe unread; `*` stands for the languages of a broken domain.

    Raises:
        RecipeError: there is no such folder.
    """
    return [Bot(domain, lang) for domain, lang in _bots(ConfFolder(conf))]


@dataclass(frozen=True)
class Sections:
    """Sections of the recipe of no bot, by their kind: `sections[CleanSection]`, read and checked when asked for.

    `tag` is the canonical tag of the language, `und` for none.
    """

    tag: str
    layers: Sequence[Layer]

    def __getitem__(self, kind: type[SectionT]) -> SectionT:
        """The section of that kind. Raises RecipeError: an unknown key, a wrong or missing value."""
        name = next(name for name, known in SECTIONS.items() if known is kind)
        section = Merger().section(name, self.layers, {"domain": "file", "lang": self.tag})[0]
        assert isinstance(section, kind)
        return section


def load_sections(conf: Path | None, lang: str | None, *, sets: Sequence[str] = (), where: str = "--lang") -> Sections:
    """Sections of the recipe that a bot without files of its own would get: base < language < --set.

    Args:
        conf: the user's folder; None, or where there is none: what is packaged counts.
        lang: tag of the language; None for none, so that no section `language` can be had.
        sets: `section.key=value` each.
        where: what a message names when there is no such language.

    Raises:
        RecipeError: there is no such language or key.
    """
    if conf is not None and conf.is_dir():
        home = ConfFolder(conf)
    else:
        home = ConfFolder(Path(str(packaged("conf"))), own=str(conf or "CONF"))
    layers, tag = [*home.base()], "und"
    if lang:
        tag = canonical_tag(lang, home.languages)[0]
        layers += home.language(tag, where)
    layers += [set_layer(text) for text in sets]
    return Sections(tag, layers)


def _resolve(
    folder: ConfFolder,
    merger: Merger,
    base: tuple[Layer, ...],
    domain: _Domain,
    lang: str,
    over: tuple[Layer, ...],
    measured: bool,
) -> Resolved:
    language = folder.language(lang, domain.layer.where("languages"))
    for layer in language:
        check_top_level(layer, ("inherits",))
    layers = [*base, *language, domain.layer]
    if lang in domain.files:
        own = folder.bot(domain.name, domain.files[lang])
        check_top_level(own)
        layers.append(own)
    file = folder.measured(domain.name, lang) if measured else None
    added = added_to(file, layers) if file is not None else None
    layers.extend([*([added.layer] if added else []), *over])
    parts: dict[str, object] = {"domain": domain.name, "lang": lang}
    origins: dict[str, str] = {}
    for name in SECTIONS:
        parts[name], places = merger.section(name, layers, {"domain": domain.name, "lang": lang})
        origins.update(places)
    messages = domain.messages.get(lang, ())
    if added and origins.get(OFF) == added.layer.where(OFF):
        origins[OFF] = added.origin
        off = [f"operators off by measurement: {', '.join(added.names)}"] if added.names else []
        gone = [f"there is no operator {name} any more, its line does nothing" for name in added.unknown]
        messages = (*messages, *(f"{added.layer.where(OFF)}: {text}" for text in [*off, *gone]))
    # Every section was validated by the merger; validating them again would double the time of 800 bots.
    recipe = Recipe.model_construct(None, **parts)
    messages = (*messages, *(f"{Bot(domain.name, lang)}: {text}" for text in remarks(recipe)))
    return Resolved(recipe, origins, messages, folder.home)


def _domains(folder: ConfFolder, select: Selection, exclude: Sequence[Selection]) -> Iterator[_Domain]:
    for name in folder.domains():
        if select.matches_domain(name) and not any(one.covers_domain(name) for one in exclude):
            yield _read_domain(folder, name)


def _read_domain(folder: ConfFolder, name: str) -> _Domain:
    layer, files = folder.domain(name)
    check_top_level(layer, ("languages",))
    where = layer.where("languages")
    stated = layer.data.get("languages")
    if not isinstance(stated, list) or not stated or not all(isinstance(one, str) for one in stated):
        raise RecipeError(f"languages should be a list of tags, got {stated!r}", where=where, fix="languages: [ko, en]")
    langs: list[str] = []
    messages: dict[str, tuple[str, ...]] = {}
    for text in stated:
        try:
            tag, note = canonical_tag(text, folder.languages)
        except RecipeError as error:
            raise RecipeError(error.what, where=where, fix=error.fix) from None
        if tag in langs:
            raise RecipeError(f"{tag} stands twice in languages", where=where, fix="keep one")
        langs.append(tag)
        if note:
            messages[tag] = (f"{where}: {note}",)
    unused = [
        f"{where}: {file} is not used, {tag} is not in languages" for tag, file in files.items() if tag not in langs
    ]
    messages[langs[0]] = (*messages.get(langs[0], ()), *unused)  # told once
    return _Domain(name, layer, tuple(langs), files, messages)


def _no_match(folder: ConfFolder, select: Selection) -> UsageError:
    domains = folder.domains()
    hint = next((hint for word in select.unmatched(()) if (hint := _meant(word, folder))), "")
    have = ", ".join(domains[:10]) + (", ..." if len(domains) > 10 else "")
    return UsageError(f"no bot matches {select}{hint}", where="--select", fix=f"domains are: {have or 'none yet'}")


def _meant(word: str, folder: ConfFolder) -> str:
    """`, did you mean shop/ko?` for a word of a selection."""
    bots = _bots(folder)
    words = [one for name, lang in bots for one in (f"{name}/{lang}", f"domain:{name}", f"lang:{lang}")]
    return did_you_mean(word, words) if word not in words else ""


def _bots(folder: ConfFolder) -> list[tuple[str, str]]:
    """(domain, lang) of every bot there is; a domain that cannot be read has `*`: its mistake is told when it is."""
    bots = []
    for name in folder.domains():
        try:
            bots += [(name, lang) for lang in _read_domain(folder, name).langs]
        except RecipeError:
            bots.append((name, "*"))
    return bots
