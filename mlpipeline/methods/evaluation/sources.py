"""Where a bot's figures come from, in words: which rows were judged, and by whom."""

from __future__ import annotations


def source_words(folds: int, rows: int, fixed_rows: int = 0) -> str:
    """Where figures come from, such as "5-fold cross-validation over 1,182 rows".

    Args:
        folds: in which the rows were held out; 1 where one network has learnt none of them.
        rows: judged by networks that had not learnt them.
        fixed_rows: of a fixed test set, which count where there are no others.
    """
    if not rows:
        return f"fixed test set of {_counted(fixed_rows)}" if fixed_rows else "no row could be judged"
    if folds > 1:
        return f"{folds}-fold cross-validation over {_counted(rows)}"
    return f"{rows:,} held-out row" + ("s" if rows != 1 else "")


def learnt_words(rows: int, near: int, augmented: int) -> str:
    """What the released model learnt, such as "1,182 rows, 14 near duplicates and 96 synthetic examples"."""
    more = [(near, "near duplicate", "near duplicates"), (augmented, "synthetic example", "synthetic examples")]
    parts = [_counted(rows), *(f"{count:,} {one if count == 1 else many}" for count, one, many in more if count)]
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _counted(rows: int) -> str:
    return f"{rows:,} row" + ("s" if rows != 1 else "")
