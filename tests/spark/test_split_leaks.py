"""Planted paraphrases and made rows: what `clean` and `split` make of them does not leak, a random split does."""

from __future__ import annotations

import random

from mlpipeline.languages.folding import folder
from mlpipeline.languages.profile import Profile, normalizer
from mlpipeline.methods.evaluation.leaks import Sample, find_leaks
from mlpipeline.schemas import UTTERANCE
from tests.spark.conftest import recipe

PLACES = ["서울", "부산", "대전", "광주", "제주", "인천", "울산", "수원"]
THINGS = [
    "날씨를 알려 주세요",
    "기차표를 예매해 줘",
    "맛집을 찾아 줘",
    "지도를 보여 줘",
    "길이 얼마나 막히나요",
    "호텔 값이 궁금해요",
]
SETS = ("split.test=0.3", "split.validation=0.2", "split.salt='2'")


def planted() -> list[dict[str, object]]:
    """48 sentences; of each a near duplicate under the same or another intent, and three rows made from it."""
    rows: list[dict[str, object]] = []
    chance = random.Random(5)

    def add(text: str, intent: str, **more: object) -> None:
        at = {"origin_file": "f.jsonl", "origin_line": len(rows) + 1}
        rows.append(
            {"domain": "shop", "lang": "ko", "id": f"{len(rows):016x}", "text": text, "intent": intent} | at | more
        )

    for number, place in enumerate(PLACES):
        for thing in THINGS:
            text = f"{chance.choice(['오늘', '내일', '지금'])} {place} {thing}"
            add(text, f"i{number % 3}")
            add(f"{text}~ 꼭", f"i{(number + chance.randrange(2)) % 3}")
            for made in ("다른 말로 하면", "바꿔 말해", "그러니까 말이지"):
                add(f"{made} {' '.join(reversed(text.split()))}", f"i{number % 3}", parent=text, source="nlpaug")
    return rows


def test_nothing_planted_crosses_a_split(spark, run, tmp_path):
    rows = planted()
    frame = spark.createDataFrame(rows, UTTERANCE)
    cleaned = run("clean", SETS, utterance=frame)
    kept, dropped = cleaned["cleaned"].persist(), cleaned["cleaned_dropped"].persist()
    splits = run("split", SETS, cleaned=kept, cleaned_dropped=dropped)["splits"].collect()
    place = {one["content_id"]: one["split"] for one in splits}
    found = [row.asDict() for row in kept.collect()]
    samples = [Sample(row["text"], place[row["content_id"]], row["intent"], row["parent"], row["id"]) for row in found]
    mine = recipe(tmp_path, sets=SETS).recipe
    normalize = normalizer(Profile("ko", tuple(mine.language.steps), tuple(mine.language.scripts)))
    fold = folder(tuple(mine.clean.fold))

    def leaks(rows: list[Sample]) -> dict[str, int]:
        kinds = [leak.kind for leak in find_leaks(rows, normalize, fold, mine.clean.near_threshold).pairs]
        return {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}

    assert {sample.split for sample in samples} == {"train", "validation", "test"}
    assert dropped.where("reason = 'near_duplicate'").count() and kept.count() + dropped.count() == len(rows)
    assert leaks(samples) == {}
    chance = random.Random(1)
    shuffled = [sample._replace(split=chance.choice(["train", "test"])) for sample in samples]
    assert set(leaks(shuffled)) == {"parent", "near"}, "the same rows, split at random"
