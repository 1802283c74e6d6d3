"""A machine without an encoder's weights plans with what it has, says so once a language, and marks rows by it."""

from __future__ import annotations

from typing import Any

import pytest

from mlpipeline.catalog import STAGES

World = Any


def encoders(plan: Any) -> set[str]:
    return {order.job.recipe.embed.encoder for order in plan.orders["embed"].values()}


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> dict[str, bool]:
    held = {"use": True}
    monkeypatch.setattr("mlpipeline.orders.encoders.is_installed", lambda: held["use"])
    return held


@pytest.mark.parametrize("encoder", ["use", "use+ngram-lsa", "use-fitted"])
def test_without_the_wheel_ngrams_stand_in_and_it_is_told_once_a_language(
    world: World, installed: dict[str, bool], encoder: str
) -> None:
    with_it = world.plan(f"embed.encoder={encoder}")
    assert encoders(with_it) == {encoder} and with_it.notes == []
    installed["use"] = False
    without = world.plan(f"embed.encoder={encoder}")
    assert encoders(without) == {"ngram-lsa"} and not without.refused
    langs = sorted({order.job.recipe.lang for order in without.orders["embed"].values()})
    assert [note.partition(":")[0] for note in sorted(without.notes)] == langs
    assert all("is not installed, `ngram-lsa` is used instead -> pip install" in note for note in without.notes)


def test_vectors_are_marked_by_what_made_them(world: World, installed: dict[str, bool]) -> None:
    installed["use"] = False
    stand_in = world.plan("embed.encoder=use").orders["embed"]
    plain = world.plan("embed.encoder=ngram-lsa").orders["embed"]
    assert [one.job.provenance.fingerprint for one in stand_in.values()] == [
        one.job.provenance.fingerprint for one in plain.values()
    ]
    installed["use"] = True
    again = world.plan("embed.encoder=use").orders["embed"]
    assert all(again[bot].job.provenance.fingerprint != one.job.provenance.fingerprint for bot, one in plain.items())


def test_a_language_that_the_encoder_does_not_know_is_told(
    world: World, installed: dict[str, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlpipeline.orders.encoders.knows", lambda lang: lang != "ko")
    plan = world.plan("embed.encoder=use")
    note = "ko: the encoder `use` does not know this language, `ngram-lsa` is used instead"
    assert plan.notes == [note]
    assert world.plan("embed.encoder=use-fitted").notes == [note.replace("`use`", "`use-fitted`")]
    # Side by side with n-grams it was measured, and is left to whoever writes the recipe.
    assert world.plan("embed.encoder=use+ngram-lsa").notes == []


def test_vectors_without_weights_are_no_view_of_denoise(world: World, installed: dict[str, bool]) -> None:
    def views(*sets: str) -> set[tuple[bool, float | None]]:
        plan = world.plan(*sets)
        rules = [order.job.recipe.denoise for order in plan.orders["denoise"].values()]
        return {(one.pretrained_vectors, one.near_contradiction) for one in rules}

    assert views("embed.encoder=use") == {(True, 0.9)}, "by default"
    assert views("embed.encoder=use", "denoise.pretrained_vectors=false") == {(False, 0.9)}
    assert views("embed.encoder=ngram-lsa") == {(False, None)}
    assert views("embed.encoder=use-fitted") == {(False, None)}, "the labels in doubt took part in these vectors"
    installed["use"] = False
    assert views("embed.encoder=use") == {(False, None)}
    # A plan of later stages only says nothing of encoders, and reads the recipe in the same way.
    late = world.plan("denoise.pretrained_vectors=true", "embed.encoder=use", stages=STAGES[6:])
    assert late.notes == [] and "embed" not in late.orders
