"""What made the rows of one bot in one dataset, and how a commit of the Delta log carries it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from mlpipeline.store.fingerprint import digest


@dataclass(frozen=True)
class Provenance:
    """What made the rows of one bot in one dataset.

    `part` is the recipe part, `inputs` the fingerprints (or file digests) read, `libraries` the versions used.
    """

    fingerprint: str
    code: str
    part: Mapping[str, object]
    inputs: Mapping[str, object]
    libraries: Mapping[str, str]


def make_provenance(
    code: str, part: Mapping[str, object], inputs: Mapping[str, object], libraries: Mapping[str, str]
) -> Provenance:
    """The mark of work to be done; its fingerprint is the digest of everything else in it."""
    whole = {"code": code, "part": part, "inputs": inputs, "libraries": libraries}
    return Provenance(digest(whole), code, part, inputs, libraries)


def as_metadata(stage: str, run: str, marks: Mapping[str, Provenance]) -> str:
    """A commit's `userMetadata`: the marks by bot, equal recipe parts written once."""
    parts = {digest(made.part): made.part for made in marks.values()}
    bots = {bot: {**vars(made), "part": digest(made.part)} for bot, made in marks.items()}
    return orjson.dumps({"mlpipeline": 1, "stage": stage, "run": run, "parts": parts, "marks": bots}).decode()


def read_provenance(kept: Mapping[str, object], parts: Mapping[str, object]) -> Provenance:
    """What `vars` of one gave, with the digest of its `part`, which stands in `parts`."""
    return Provenance(**{**kept, "part": parts[str(kept["part"])]})  # type: ignore[arg-type]
