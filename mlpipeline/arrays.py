"""Functions on arrays: label errors, near duplicates, paraphrases. No store, no bot, no Spark.

They use the recipe's own methods and defaults, and give what the stages and the command line give on the same rows.
What is heavy is imported when a function is called.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlpipeline.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from mlpipeline.methods.label_noise.listing import IssueRow
    from mlpipeline.orders.label_check import LabelCheck
    from mlpipeline.orders.labelled_texts import LabelledRows

__all__ = [
    "DuplicateGroup",
    "LabelIssue",
    "LabelIssues",
    "Paraphrase",
    "augment",
    "find_label_issues",
    "near_duplicates",
]

_LOG = logging.getLogger(__name__)
_LONGEST_CHAIN = 5


@dataclass(frozen=True)
class LabelIssue:
    """A label that is probably wrong.

    Attributes:
        row: place of the text among those given, from 0.
        label: the one that it carries.
        suggested: the one that fits best instead.
        score: probability that `label` is wrong, 0 to 1.
        kind: `flip`, `out of scope`, `contradiction`, `outlier` or `unclear`.
        flagged: whether it counts among the labels that are called wrong; the others are worth a look.
        rows: every place with this text (once it is normalised) and this label, `row` first.
    """

    row: int
    label: str
    suggested: str
    score: float
    kind: str
    flagged: bool
    rows: tuple[int, ...]


class LabelIssues(list[LabelIssue]):
    """The issues, likeliest mistakes first, and what is known of the labels as a whole.

    Attributes:
        summary: in one line, how many labels are wrong and what reading how many rows does about it, or why the labels
            could not be judged: an empty list alone does not tell these apart.
        report: figures and curves, as `mlpipeline denoise check --json` has them; empty without any row.
        left_out: places of texts of which nothing is left once they are normalised: nobody looked at these.
    """

    def __init__(
        self,
        issues: Iterable[LabelIssue] = (),
        *,
        summary: str = "",
        report: Mapping[str, Any] | None = None,
        left_out: Sequence[int] = (),
    ) -> None:
        super().__init__(issues)
        self.summary = summary
        self.report = dict(report or {})
        self.left_out = tuple(left_out)


@dataclass(frozen=True)
class DuplicateGroup:
    """Texts that say nearly the same.

    Attributes:
        rows: their places among those given, from 0, ascending; two or more.
        pairs: (one, other, similarity) with `one < other`: what connects them. Equal texts have 1.0.
        similarity: the least of these, 0 to 1.
    """

    rows: tuple[int, ...]
    pairs: tuple[tuple[int, int, float], ...]

    @property
    def similarity(self) -> float:
        """The least similarity of the pairs that connect the group."""
        return min(similarity for _, _, similarity in self.pairs)


@dataclass(frozen=True)
class Paraphrase:
    """Another wording of a text.

    Attributes:
        row: place of the text among those given, from 0.
        text: the wording.
        operators: what made it, in their order; `mlpipeline augment operators LANG` explains them.
        similarity: Jaccard similarity with the text as `clean` compares texts, 0 to 1.
    """

    row: int
    text: str
    operators: tuple[str, ...]
    similarity: float


def find_label_issues(
    texts: Iterable[str],
    labels: Iterable[str | int],
    lang: str | None,
    *,
    vectors: ArrayLike | None = None,
    seed: int | None = None,
    recipe: Mapping[str, object] | None = None,
    conf: str | Path | None = None,
    fast: bool = False,
    processes: int = 1,
) -> LabelIssues:
    """Which labels are probably wrong: what `mlpipeline denoise check` finds in a file with these rows.

    Args:
        texts: n texts: a list, numpy array, pandas Series or Arrow array.
        labels: n labels, text or whole numbers; each text has one.
        lang: a language tag, such as `ko`, so that texts are normalised as a bot's are; None for any language.
        vectors: (n, d) numbers of a pretrained encoder, one view more; None: the texts alone are looked at.
        seed: of folds and models; None: the recipe's.
        recipe: values over the recipe's: `{"denoise.folds": 10}`.
        conf: a folder of recipes; None: what is packaged.
        fast: without the trainer's network, which only many rows have (`denoise.large_rows`).
        processes: how many work side by side, from 2,000 texts on. More than one needs a script whose work stands
            below `if __name__ == "__main__":`, as Python's multiprocessing has it.

    Returns:
        A list, the likeliest mistakes first, one entry for each text and label however often they stand there.

    Raises:
        UsageError: a text or label is none, or their numbers differ.
        RecipeError: there is no such language or key.
    """
    from mlpipeline.orders.array_inputs import checked_labels, checked_texts, checked_vectors
    from mlpipeline.orders.label_check import check_labels
    from mlpipeline.orders.labelled_texts import labelled_rows, read_settings
    from mlpipeline.recipe.choose import as_sets

    if processes < 1:
        raise UsageError(f"{processes} processes cannot work", fix="give 1 or more")
    listed = checked_texts(texts)
    named = checked_labels(labels, len(listed))
    own = None if vectors is None else checked_vectors(vectors, len(listed))
    sets = as_sets({**(recipe or {}), **({} if seed is None else {"denoise.seed": seed})})
    language, denoise, clean = read_settings(_conf(conf), lang, sets, where="lang")
    rows = labelled_rows(listed, named, language, clean, own)
    return _as_issues(
        rows, check_labels(rows.table, denoise, fast=fast, processes=processes) if rows.positions else None
    )


def _as_issues(rows: LabelledRows, found: LabelCheck | None) -> LabelIssues:
    if rows.left_out:
        first = rows.left_out[0]
        _LOG.warning("texts of which nothing is left once normalised: %d, the first at %d", len(rows.left_out), first)
    if found is None:
        return LabelIssues(summary="labels were not checked: there is no text", left_out=rows.left_out)
    issues = [_as_issue(row, rows.positions[row["content_id"], row["intent"]]) for row in found.issues]
    return LabelIssues(issues, summary=str(found.report["line"]), report=found.report, left_out=rows.left_out)


def _as_issue(row: IssueRow, places: Sequence[int]) -> LabelIssue:
    return LabelIssue(
        row=places[0],
        label=row["intent"],
        rows=tuple(places),
        suggested=row["suggested"],
        score=row["score"],
        kind=row["kind"],
        flagged=row["flagged"],
    )


def near_duplicates(
    texts: Iterable[str],
    lang: str | None,
    threshold: float | None = None,
    *,
    recipe: Mapping[str, object] | None = None,
    conf: str | Path | None = None,
) -> list[DuplicateGroup]:
    """Texts that say nearly the same, as the stage `clean` finds them, whatever their labels.

    Args:
        texts: n texts: a list, numpy array, pandas Series or Arrow array.
        lang: a language tag, such as `ko`; None for any language.
        threshold: Jaccard similarity of character 2-3-grams and words from which two texts are near duplicates, above
            0 and at most 1; None: the recipe's `clean.near_threshold`.
        recipe: values over the recipe's: `{"clean.fold": []}`.
        conf: a folder of recipes; None: what is packaged.

    Returns:
        Groups, by their first row. A group is what a chain of pairs connects; to keep one text of each group, drop
        `group.rows[1:]`.

    Raises:
        UsageError: a text is none, or the threshold no similarity.
        RecipeError: there is no such language or key.
    """
    from mlpipeline.orders.array_inputs import checked_texts
    from mlpipeline.orders.labelled_texts import near_groups, read_settings
    from mlpipeline.recipe.choose import as_sets

    if threshold is not None and not 0 < threshold <= 1:
        raise UsageError(f"a threshold of {threshold} is no similarity", fix="give a number above 0, at most 1")
    listed = checked_texts(texts)
    language, _, clean = read_settings(_conf(conf), lang, as_sets(recipe), where="lang")
    groups = near_groups(listed, language, clean, clean.near_threshold if threshold is None else threshold)
    return [DuplicateGroup(tuple(rows), tuple(pairs)) for rows, pairs in groups]


def augment(
    texts: str | Iterable[str],
    lang: str,
    *,
    seed: int | None = None,
    limit: int | None = None,
    chain: int = 1,
    recipe: Mapping[str, object] | None = None,
    conf: str | Path | None = None,
) -> list[Paraphrase]:
    """Other wordings of texts that the stage `augment` would keep: grammatical, with the same numbers and words.

    Args:
        texts: one text, or n of them; each is reworded by itself.
        lang: their language, a tag such as `ko`.
        seed: of what operators choose; None: the recipe's. Equal seeds give equal wordings.
        limit: wordings of one text, at most; None: all. Operators take turns, so the first few differ in kind.
        chain: operators one after another, 1 to 5.
        recipe: values over the recipe's: `{"augment.kinds": ["form", "words", "typing"]}`.
        conf: a folder of recipes; None: what is packaged.

    Returns:
        Paraphrases in the order of the texts; none of a text that is too long, has no word, or is in other letters.

    Raises:
        UsageError: a text is none, or `limit` or `chain` no such number.
        RecipeError: there is no such language or key.
    """
    from mlpipeline.orders.array_inputs import checked_texts
    from mlpipeline.orders.paraphrases import setting_of_language, wordings_of
    from mlpipeline.recipe.choose import as_sets

    if limit is not None and limit < 0:
        raise UsageError(f"a limit of {limit} is no number of wordings", fix="give 0 or more")
    if not 1 <= chain <= _LONGEST_CHAIN:
        raise UsageError(f"a chain of {chain} is no chain", fix=f"give 1 to {_LONGEST_CHAIN}")
    listed = checked_texts([texts] if isinstance(texts, str) else texts)
    setting = setting_of_language(_conf(conf), lang, sets=as_sets(recipe), seed=seed, where="lang")
    return [
        Paraphrase(row, one.text, one.operators, one.similarity)
        for row, text in enumerate(listed)
        for one in wordings_of(setting, text, chain=chain)[:limit]
    ]


def _conf(conf: str | Path | None) -> Path | None:
    """The folder of recipes, None: the packaged one. Raises UsageError where one is named that is none."""
    if conf is None:
        return None
    if not Path(conf).is_dir():
        raise UsageError("no such folder", where=str(conf), fix="name a folder of recipes, or leave conf out")
    return Path(conf)
