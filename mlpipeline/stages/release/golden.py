"""Golden questions before and after a release.

Before: which of them the champion has right and the new model has not. After: whether what now answers, read from where
it was released, says what the release said it would.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from mlpipeline.errors import SetupError, StoreError
from mlpipeline.languages.profile import Profile, normalizer
from mlpipeline.stages.release.network import Network
from mlpipeline.store.bundles.content import BundleContents, open_bundle, read_golden
from mlpipeline.store.registry.pointers import Released

GoldenRow = Mapping[str, object]

_SAME_SCORE = 1e-4  # golden rows keep six digits, and one machine asks both times


class GoldenCheck(NamedTuple):
    """How many golden questions were asked of what was released, and how many of them failed, with the first reason."""

    questions: int
    failed: int
    why: str = ""


def count_broken(today: Released | None, contents: BundleContents, normalize: Callable[[str], str]) -> float | None:
    """How many golden questions of the champion the new model breaks; None without one, or where it cannot be read.

    Args:
        today: the champion.
        contents: what is to be released.
        normalize: what turns a question into what the model sees.

    Raises:
        SetupError: the network reads vectors, and this machine lacks their encoder.
    """
    if today is None:
        return None
    try:
        golden = read_golden(open_bundle(Path(today.folder), digest=today.digest or None))
    except StoreError:
        return None
    return float(len(broken_questions(golden, contents, normalize)))


def broken_questions(
    golden: Iterable[GoldenRow], contents: BundleContents, normalize: Callable[[str], str]
) -> list[GoldenRow]:
    """Of the golden questions of a bundle those that it had right and the new model has not.

    A question whose intent the new model does not have any more is left out: somebody took the intent away.

    Args:
        golden: question, intent and `predicted` each, as they stand in the bundle.
        contents: what is to be released.
        normalize: what turns a question into what the model sees.
    """
    known = set(contents.labels)
    right = [row for row in golden if row.get("predicted") == row["intent"] and row["intent"] in known]
    questions = [normalize(str(row["question"])) for row in right]
    said = _ask(Network.of_contents(contents), questions) if right else []
    return [row for row, (intent, _) in zip(right, said, strict=True) if intent != row["intent"]]


def ask_released(released: Released) -> GoldenCheck:
    """Asks the golden questions of a bundle where it stands.

    Each must get the intent, the score and the answer that the release said.

    A bundle that cannot be opened or run fails with all of them.

    Args:
        released: what answers now.

    Raises:
        SetupError: the network reads vectors, and this machine lacks their encoder.
    """
    rows: list[dict[str, object]] = []
    try:
        files = open_bundle(Path(released.folder), digest=released.digest)
        rows = read_golden(files)
        normalize = normalizer(Profile.from_dict(files.read_json("normalizer.json")))
        said = _ask(Network.of_files(files), [normalize(str(row["question"])) for row in rows]) if rows else []
        answers = files.read_json("answers.json")
    except SetupError:
        raise
    except Exception as error:  # NumPy, JSON and onnxruntime raise many classes for what cannot be read or run
        return GoldenCheck(len(rows), max(len(rows), 1), f"it cannot be asked: {error}")
    wrong = [why for row, found in zip(rows, said, strict=True) if (why := _differs(row, *found, answers))]
    return GoldenCheck(len(rows), len(wrong), wrong[0] if wrong else "")


def _differs(row: GoldenRow, intent: str, score: float, answers: Mapping[str, object]) -> str:
    """How what is said of a golden question differs from what the release said; empty where it does not."""
    question = f"the question of {row['intent']}"
    if intent != row["predicted"]:
        return f"{question} gets {intent}, not {row['predicted']}"
    told = row.get("score")
    if isinstance(told, float) and abs(score - told) > _SAME_SCORE:
        return f"{question} scores {score:.3f}, not {told:.3f}"
    written = answers.get(str(row["intent"]))
    answer = written.get("answer") if isinstance(written, Mapping) else None
    return f"{question} has another answer" if "answer" in row and answer != row["answer"] else ""


def _ask(network: Network, normalized: list[str]) -> list[tuple[str, float]]:
    """The intents that a network gives to normalised texts, and their scores."""
    return [(network.labels[int(row.argmax())], float(row.max())) for row in network.scores(normalized)]
