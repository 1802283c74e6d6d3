"""Sample questions and their answers after a run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mlpipeline.orders import samples
from mlpipeline.recipe.load import Resolved, load_recipes
from mlpipeline.serving.answer import Answer


class Echo:
    """Answers with what it was asked."""

    def answer(self, texts: list[str]) -> list[Answer]:
        return [Answer(text, "hi", 0.9, "answer", text, None, []) for text in texts]


def test_sample_questions_that_cannot_be_read_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(samples, "open_answerer", lambda store, bot, nearest: Echo())

    (tmp_path / "conf" / "domains" / "shop").mkdir(parents=True)
    (tmp_path / "conf" / "domains" / "shop" / "domain.yaml").write_text("languages: [ko]\n")
    (known,) = load_recipes(tmp_path / "conf")

    def recipe(lang: str, questions: str | None) -> Resolved:
        release = known.recipe.release.model_copy(update={"questions": questions})
        return replace(known, recipe=known.recipe.model_copy(update={"lang": lang, "release": release}))

    (tmp_path / "shop.ko.txt").write_bytes("안녕\u2028하세요\n\n하나\n둘\n셋\n".encode())
    (tmp_path / "shop.ja.txt").write_bytes("明日の天気は\n".encode("cp932"))
    bots = [recipe("ko", "shop.ko.txt"), recipe("ja", "shop.ja.txt"), recipe("en", "gone.txt"), recipe("th", None)]
    rows, refused = samples.answer_samples(None, bots)  # type: ignore[arg-type]
    assert [row["question"] for row in rows] == ["안녕\u2028하세요", "하나", "둘"]
    assert ["Shift-JIS" in refused[0], refused[0].startswith("shop/ja: release.questions: ")] == [True, True]
    assert refused[1].startswith("shop/en: release.questions: ") and "No such file" in refused[1]
    assert len(refused) == 2
