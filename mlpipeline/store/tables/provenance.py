"""What made the rows of one bot in one dataset, and how a commit of the Delta log carries it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import orjson

from mlpipeline.store.fingerprint import digest


@dataclass(frozen=True)
class Provenance:
    """What made the rows of one bot in one dataset.

    `settings` are those of the recipe that the stage receives, `inputs` the fingerprints (or file digests) read,
    `libraries` the versions used.
    """

    fingerprint: str
    code: str
    settings: Mapping[str, object]
    inputs: Mapping[str, object]
    libraries: Mapping[str, str]


def make_provenance(
    code: str, settings: Mapping[str, object], inputs: Mapping[str, object], libraries: Mapping[str, str]
) -> Provenance:
    """The provenance of work to be done; its fingerprint is the digest of everything else in it."""
    digested = {"code": code, "part": settings, "inputs": inputs, "libraries": libraries}
    return Provenance(digest(digested), code, settings, inputs, libraries)


def as_metadata(stage: str, run: str, provenances: Mapping[str, Provenance]) -> str:
    """A commit's `userMetadata`: the provenances by bot, equal settings written once."""
    settings = settings_by_digest(provenances.values())
    bots = {bot: as_stored(provenance) for bot, provenance in provenances.items()}
    return orjson.dumps({"mlpipeline": 1, "stage": stage, "run": run, "parts": settings, "marks": bots}).decode()


def settings_by_digest(provenances: Iterable[Provenance]) -> dict[str, Mapping[str, object]]:
    """The settings of some provenances, equal ones once."""
    return {digest(provenance.settings): provenance.settings for provenance in provenances}


def as_stored(provenance: Provenance) -> dict[str, object]:
    """A provenance as commits have it, with the digest of its settings under `part`.

    The keys `part`, `parts` and `marks` are as old as the stores are: every version reads those of all others.
    """
    others = {name: value for name, value in vars(provenance).items() if name != "settings"}
    return {**others, "part": digest(provenance.settings)}


def read_provenance(stored: Mapping[str, object], settings: Mapping[str, object]) -> Provenance:
    """What `as_stored` gave; `settings` has those of `settings_by_digest`."""
    others = {name: value for name, value in stored.items() if name != "part"}
    return Provenance(**others, settings=settings[str(stored["part"])])  # type: ignore[arg-type]
