"""Findings as lines: none hides another."""

from __future__ import annotations

from mlpipeline.orders.findings import Finding, finding_lines, first_lines


def finding(kind: str, subject: str, detail: str = "why") -> Finding:
    return {"kind": kind, "subject": subject, "detail": detail}


def test_many_small_intents_are_one_line_after_what_causes_them():
    rows = [*(finding("small_intent", f"i{n:03}") for n in range(100)), finding("label_spelling", "Refund | refund")]
    spelling, small = finding_lines(rows)
    assert spelling == "label spelling Refund | refund: why"
    assert small.startswith("small intent: 100 intents have too few rows")
    assert "i007 and 92 more (dataset split_finding)" in small and "i008" not in small


def test_what_vectors_find_comes_after_contradictions_and_says_where_all_of_it_is():
    rows = [finding("near_contradiction", f"a{n} | b") for n in range(9)]
    (line,) = finding_lines(rows, dataset="noise_report")
    assert line.startswith("near contradiction: 9 pairs of intents have texts that mean nearly the same")
    assert line.endswith("a7 | b and 1 more (dataset noise_report)")
    mixed = finding_lines([finding("moved", "x"), *rows[:2], finding("contradiction", "c | d")])
    assert [one.split(":")[0] for one in mixed] == [
        "contradiction c | d", "near contradiction a0 | b", "near contradiction a1 | b", "moved x",
    ]  # fmt: skip


def test_few_have_a_line_each():
    rows = [finding("small_intent", "hi", "1 rows"), finding("uneven_share", "yo", "9 %")]
    assert finding_lines(rows) == ["uneven share yo: 9 %", "small intent hi: 1 rows"]


def test_what_is_left_out_is_counted_and_a_kind_that_is_not_known_comes_first():
    rows = [*(finding("contradiction", f"{n} | x") for n in range(30)), finding("news", "all")]
    rows += [finding("small_intent", f"i{n}") for n in range(4)]
    lines = finding_lines(rows, most=10)
    assert lines[0] == "news all: why" and lines[8] == "contradiction 7 | x: why"
    assert lines[9].startswith("small intent: 4 intents") and lines[10].startswith("and 22 more findings")
    assert finding_lines([]) == []


def test_thirty_of_a_kind_hide_no_other_kind():
    rows = [*(finding("contradiction", f"{n} | x") for n in range(30)), finding("moved", "test -> train")]
    rows.append(finding("parent_unknown", "parent"))
    lines = finding_lines(rows, most=5)
    assert lines[3:5] == ["moved test -> train: why", "parent unknown parent: why"]
    assert len(finding_lines(rows, most=1)) == 4


def test_other_lines_are_cut_with_the_place_of_the_rest():
    assert first_lines(["a", "b"], "x", most=2) == ["a", "b"]
    assert first_lines(["a", "b", "c"], "x", most=2) == ["a", "b", "and 1 more (x)"]
