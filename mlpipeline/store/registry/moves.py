"""Moving the alias that answers: the registry first, then the log, then the pointer; whoever looks next ends it.

The alias is moved in one transaction, and is the truth. A process that is killed behind it leaves a log and a pointer
of before: `follow`, which everybody who looks for the champion calls, writes both anew. So it follows an alias, too,
that was moved in MLflow's page or by its client.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from mlpipeline.bots import Bot
from mlpipeline.errors import StoreError, UsageError
from mlpipeline.store.bundles.seals import find_damage, remedy
from mlpipeline.store.layout import Store, cannot_write
from mlpipeline.store.registry.aliases import Named, read_alias, set_aliases
from mlpipeline.store.registry.move_log import Move, last_move, log_move
from mlpipeline.store.registry.pointers import (
    ALIAS,
    CANDIDATE,
    DIGEST_TAG,
    PREVIOUS,
    Released,
    drop_pointer,
    model_name,
    read_pointer,
    write_pointer,
)
from mlpipeline.store.registry.rows import Row, read_registry
from mlpipeline.store.registry.server import team_server

_log = logging.getLogger(__name__)

_TAKEN_BACK = "taken back"


def database_of(store: Store) -> Path:
    """The file of the store's registry."""
    return Path(store.path("mlflow", "mlflow.db"))


def bundles_of(store: Store, bot: str) -> Path:
    """The folder of a bot's bundles."""
    return Path(store.path("bundles", *Bot.parse(bot)))


def read_champion(store: Store, bot: str) -> Released | None:
    """The version that the registry calls champion, whether its bundle is there or not; None without one.

    Raises:
        StoreError: the registry cannot be read.
    """
    path = database_of(store)
    named = read_alias(path, model_name(bot), ALIAS)[1] if path.is_file() else None
    if named is None or named.row is None:
        return None
    return _as_released(store, bot, named.version, named.row)


def follow(store: Store, bot: str) -> Released | None:
    """The version that answers: what the registry calls champion, and the pointer where there is no registry.

    A pointer that names another version is put right, and the move is logged.

    Raises:
        StoreError: the registry names a version whose bundle is not there; the pointer is damaged.
    """
    pointer = read_pointer(bundles_of(store, bot), bot)
    named = _named(store, bot, pointer)
    if _is_named(pointer, named):
        return pointer
    try:
        with move_lock(store, bot):
            return _follow(store, bot)
    except StoreError as error:
        if not isinstance(error.__cause__, OSError):
            raise
        _log.debug("%s: the pointer cannot be written here", bot, exc_info=True)  # a store that is only read
        return None if named is None else _whole(store, bot, named, pointer)


def move_champion(store: Store, bot: str, version: int, *, how: str, why: str = "") -> Released:
    """Lets `version` of `bot` answer from now on; what answered before becomes `previous`.

    Args:
        store: of the bot.
        bot: DOMAIN/LANG.
        version: a registered one.
        how: the verb that does it, for the log.
        why: in the words of who asked for it, for the log.

    Raises:
        UsageError: there is no such version.
        StoreError: its bundle is missing or damaged; something cannot be written, or a team's server refuses.
    """
    with move_lock(store, bot):
        rows, aliases = registered(store, bot)
        if version not in rows:
            raise UsageError(f"no version {version}", where=bot, fix=_versions_there(rows))
        released = _as_released(store, bot, version, rows[version])
        damage = find_damage(Path(released.folder), released.digest, thorough=True)
        if damage:
            others = [one for one in sorted(rows) if one != version]
            fix = (
                f"name another version: {', '.join(map(str, others[-10:]))}"
                if others
                else remedy(Path(released.folder))
            )
            raise StoreError(f"the bundle of version {version} cannot answer ({damage})", where=bot, fix=fix)
        old = aliases.get(ALIAS)
        moved: dict[str, int | None] = {ALIAS: version}
        if old != version:
            moved[PREVIOUS] = old if old in rows else None
        if how == "release":
            moved[CANDIDATE] = version
        _tell_server(store, bot, {alias: rows[one].digest if one in rows else None for alias, one in moved.items()})
        set_aliases(database_of(store), model_name(bot), moved)
        if old != version:
            log_move(bundles_of(store, bot), Move(ALIAS, old, version, how, why).signed())
        write_pointer(released)
        return released


def take_back(store: Store, bot: str, version: int, before: Mapping[str, int], why: str) -> None:
    """Lets the aliases of a bot name what they named before `version` was let to answer: it stays the candidate.

    Args:
        store, bot: where, DOMAIN/LANG.
        version: what answers, and should not.
        before: the aliases as they were. Where `version` answered then too, `previous` does from now on; where there
            is nothing else, none answers.
        why: for the log.

    Raises:
        StoreError: something cannot be written.
    """
    with move_lock(store, bot):
        rows, _ = registered(store, bot)
        last = before.get(PREVIOUS)
        back = last if before.get(ALIAS) == version else before.get(ALIAS)
        moved = {ALIAS: back, PREVIOUS: last, CANDIDATE: version}
        _tell_server(store, bot, {alias: rows[one].digest if one in rows else None for alias, one in moved.items()})
        set_aliases(database_of(store), model_name(bot), moved)
        log_move(bundles_of(store, bot), Move(ALIAS, version, back, _TAKEN_BACK, why).signed())
        if back in rows:
            write_pointer(_as_released(store, bot, back, rows[back]))
        else:
            drop_pointer(bundles_of(store, bot))


def name_candidate(store: Store, bot: str, version: int, why: str) -> None:
    """Lets the alias `candidate` name a version that a gate refused; raises StoreError where it cannot be written."""
    with move_lock(store, bot):
        rows, aliases = registered(store, bot)
        old = aliases.get(CANDIDATE)
        _tell_server(store, bot, {CANDIDATE: rows[version].digest})
        set_aliases(database_of(store), model_name(bot), {CANDIDATE: version})
        if old != version:
            log_move(bundles_of(store, bot), Move(CANDIDATE, old, version, "release", why).signed())


def retire(store: Store, bot: str, why: str = "") -> int:
    """Lets no version of a bot answer; gives the one that did, which becomes `previous`.

    Raises:
        UsageError: none answers.
        StoreError: something cannot be written.
    """
    with move_lock(store, bot):
        aliases = registered(store, bot)[1]
        old = aliases.get(ALIAS)
        if old is None:
            raise UsageError("no version answers", where=bot, fix="there is nothing to retire")
        _tell_server(store, bot, {ALIAS: None})
        set_aliases(database_of(store), model_name(bot), {ALIAS: None, PREVIOUS: old})
        log_move(bundles_of(store, bot), Move(ALIAS, old, None, "retire", why).signed())
        drop_pointer(bundles_of(store, bot))
        return old


def is_retired(store: Store, bot: str) -> bool:
    """True where the last move of a bot's champion was to none, and somebody wanted it."""
    last = last_move(bundles_of(store, bot), ALIAS)
    return last is not None and last.new is None and last.how != _TAKEN_BACK


def registered(store: Store, bot: str) -> tuple[dict[int, Row], dict[str, int]]:
    """The versions of a bot with their rows, and its aliases.

    Raises:
        StoreError: the registry is missing or damaged.
    """
    path = database_of(store)
    found = read_registry(path, DIGEST_TAG)
    if found is None:
        raise StoreError("the registry is missing", where=str(path), fix=remedy(bundles_of(store, bot) / "-"))
    return found.versions.get(model_name(bot), {}), found.aliases.get(model_name(bot), {})


@contextmanager
def move_lock(store: Store, bot: str) -> Iterator[None]:
    """Holds what only one process may do for a bot at a time: moving its aliases."""
    import fcntl

    path = Path(store.path("locks", f"{bot.replace('/', '.')}.moves"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = path.open("w")
    except OSError as error:
        raise cannot_write(str(path), error) from error
    with handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _named(store: Store, bot: str, pointer: Released | None) -> Named | None:
    """What the registry calls champion; where it does not know the pointer's version at all, what that says."""
    path = database_of(store)
    known, named = False, None
    if path.is_file():
        with suppress(StoreError):  # an answer needs no registry: a plan tells of the damage
            version = 0 if pointer is None else pointer.version
            known, named = read_alias(path, model_name(bot), ALIAS, version)
    if named is None and not known and pointer is not None:
        return Named(pointer.version, Row(pointer.digest, Path(pointer.folder).name, pointer.metrics))
    return named


def _follow(store: Store, bot: str) -> Released | None:
    place = bundles_of(store, bot)
    pointer = read_pointer(place, bot)
    named = _named(store, bot, pointer)
    if _is_named(pointer, named):
        return pointer
    released = None if named is None else _whole(store, bot, named, pointer)
    last = last_move(place, ALIAS)
    old, new = last.new if last else pointer.version if pointer else None, named.version if named else None
    if old != new:
        log_move(place, Move(ALIAS, old, new, "followed", "the alias was moved in the registry").signed())
    if released is None:
        drop_pointer(place)
    else:
        write_pointer(released)
    return released


def _whole(store: Store, bot: str, named: Named, pointer: Released | None) -> Released:
    """The named version, if its bundle is there."""
    folder = bundles_of(store, bot) / (named.row.folder if named.row is not None else "-")
    if named.row is None:
        damage = "that version was deleted"
    elif not named.row.digest:
        damage = "no release of mlpipeline made that version"
    else:
        damage = find_damage(folder, named.row.digest, thorough=False)
    if named.row is None or damage:
        what = f"the registry's {ALIAS} is version {named.version}, and its bundle is not there ({damage})"
        other = pointer is not None and pointer.version != named.version
        back = (
            f"`mlpipeline promote {bot}@{pointer.version}` lets that version answer again" if other and pointer else ""
        )
        raise StoreError(what, where=bot, fix=back or remedy(folder))
    return _as_released(store, bot, named.version, named.row)


def _is_named(pointer: Released | None, named: Named | None) -> bool:
    """Whether pointer and registry say the same, also when both name nothing."""
    if pointer is None or named is None or named.row is None:
        return pointer is None and named is None
    return (pointer.version, pointer.digest, Path(pointer.folder).name) == (
        named.version,
        named.row.digest,
        named.row.folder,
    )


def _as_released(store: Store, bot: str, version: int, row: Row) -> Released:
    # MLflow keeps absolute paths, and this may be a copy of the store that they lead to: only the name counts.
    return Released(bot, version, str(bundles_of(store, bot) / row.folder), row.digest, row.metrics)


def _versions_there(rows: dict[int, Row]) -> str:
    return f"its versions are: {', '.join(map(str, sorted(rows)[-10:]))}" if rows else "`mlpipeline run` releases bots"


def _tell_server(store: Store, bot: str, digests: dict[str, str | None]) -> None:
    """Moves the aliases at a team's server too, the champion first: one of the others may name what is not there."""
    server = team_server(f"sqlite:///{database_of(store).absolute()}")
    if server is None:
        return
    for alias, digest in sorted(digests.items(), key=lambda named: named[0] != ALIAS):
        try:
            server.move(bot, alias, digest)
        except StoreError:
            if alias == ALIAS:
                raise
            _log.debug("%s: the server does not take the alias %s", bot, alias, exc_info=True)
