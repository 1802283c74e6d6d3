"""What a run tells of texts that were typed with the wrong keyboard on, and that `clean` repaired."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from mlpipeline.bots import Bot
from mlpipeline.errors import StoreError
from mlpipeline.languages.keyboard import STEPS
from mlpipeline.languages.profile import Profile, reader
from mlpipeline.orders.plan import Plan
from mlpipeline.store.layout import Store
from mlpipeline.store.tables.datasets import read_rows

_WIDE = "[\uff21-\uff5a\uffa1-\uffdc]"  # letters and jamo of another width, which become plain before these steps
_COLUMNS = ["domain", "lang", "text", "origin_file", "origin_line"]


def keyboard_warnings(store: Store, plan: Plan) -> dict[str, list[str]]:
    """For the bots that were cleaned: how many of their texts were repaired, and the first of them."""
    profiles = {bot: Profile.of(order.job.recipe.language) for bot, order in plan.to_run("clean").items()}
    meant = {bot: profile for bot, profile in profiles.items() if STEPS.keys() & set(profile.steps)}
    if not meant:
        return {}
    try:
        rows = read_rows(store, "cleaned", bots=sorted(meant), columns=_COLUMNS)
    except StoreError:
        return {}
    found = {}
    for bot, profile in meant.items():
        domain, lang = Bot.parse(bot)
        own = rows.filter(pc.and_(pc.equal(rows["domain"], domain), pc.equal(rows["lang"], lang)))
        line = repaired_line(own, profile)
        if line is not None:
            found[bot] = [line]
    return found


def repaired_line(rows: pa.Table, profile: Profile) -> str | None:
    """`2 texts were typed with the wrong keyboard on, the first in a.csv:3: ...`; None where none was.

    Args:
        rows: with `text`, `origin_file` and `origin_line`.
        profile: of their language.
    """
    patterns = [pattern for name in profile.steps if name in STEPS for pattern in STEPS[name].patterns]
    suspects = rows.filter(pc.match_substring_regex(rows["text"], "|".join([*patterns, _WIDE])))
    suspects = suspects.sort_by([("origin_file", "ascending"), ("origin_line", "ascending")])
    read_as = reader(profile)
    repaired = [(row, read) for row in suspects.to_pylist() if (read := read_as(row["text"])) is not None]
    if not repaired:
        return None
    row, read = repaired[0]
    were = f"{len(repaired):,} {'text was' if len(repaired) == 1 else 'texts were'}"
    first = f"{row['origin_file']}:{row['origin_line']}: {row['text'][:30]!r} is read as {read[:30]!r}"
    return f"{were} typed with the wrong keyboard on, the first in {first}"
