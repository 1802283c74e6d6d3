"""The words that went do not come back: docs/words.md says what stands in their place.

A pattern hits the old meaning only: "both sides in turn" and "turn on the light" are ordinary English. Where it cannot
tell, the text stands in `EXCEPTIONS`, with the reason.
"""

from __future__ import annotations

import argparse
import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlpipeline.cli.parsers import build_parser, full_parser
from mlpipeline.cli.verbs import VERBS
from tests.e2e.documents import EXCERPT, blocks, pages
from tests.house.modules import tree_of

ROOT = Path(__file__).parents[2]
# Old word -> its old meaning as a pattern, case aside, over any white space.
OLD_WORDS = {
    "desk": r"\bdesks?\b",
    "turn": r"\b(?:(?:a|the|this|that|each|every|last|next|one|scheduled|missed) turns?\b|turns? of (?:a|the) schedule)"
    r"|\b(?:take|takes|took|taking) (?:a|its|the) turn\b|`turn`",
    "dice": r"\bdice\b",
    "door": r"\bdoors?\b",
    "verdict": r"\bverdicts?\b",
    "parted": r"\bparted\b",
    "made row": r"\bmade (?:row|text|one)s?\b",
    "rows of persons": r"\brows? of (?:persons?|people)\b",
    "said another way": r"\b(?:say|says|said|saying) (?:it |them )?(?:in )?another way\b",
    "written whole": r"\bwritten[ _]whole\b|\bwrites? (?:it |them )?whole\b",
}
# (page, or verb) -> texts with an old word in another meaning, each with the reason; they are taken out of the page.
EXCEPTIONS: dict[str, dict[str, str]] = {
    "docs/benchmarks.md": {
        "--only verdicts": "the name of a set of published human answers in tests/bench",
        "what the turn does": "a turn of a dialogue, as the corpus SGD has it",
    },
    "docs/changelog.md": {"`turn` is `scheduled-run`": "tells that the verb was renamed"},
    "examples/README.md": {"help desk": "what the sample bot answers for"},
}
NOT_READ = {"docs/words.md": "it lists the old words"}


def hits(text: str, exceptions: dict[str, str] | None = None) -> dict[str, str]:
    """Old words in a text: each word with what stands around its first occurrence."""
    plain = " ".join(text.split())
    for allowed in exceptions or {}:
        plain = plain.replace(allowed, " ")
    found = {word: re.search(pattern, plain, re.IGNORECASE) for word, pattern in OLD_WORDS.items()}
    return {word: plain[max(0, at.start() - 40) : at.end() + 40] for word, at in found.items() if at}


def helps(parser: argparse.ArgumentParser) -> Iterator[tuple[str, str]]:
    """(program and verb, help text) of a parser and of all below it."""
    yield parser.prog, parser.format_help()
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in dict.fromkeys(action.choices.values()):
                yield from helps(below)


def test_no_help_text_has_an_old_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    texts = [("mlpipeline", build_parser([]).format_help()), *helps(full_parser())]
    assert len(texts) > len(VERBS), "the help of every verb is read"
    assert {prog: found for prog, text in texts if (found := hits(text, EXCEPTIONS.get(prog)))} == {}


def prose(page: Path) -> str:
    """A page without the excerpts of code: names in the code are looked at in the code."""
    text = page.read_text("utf-8")
    for block in blocks(page):
        text = text.replace(block.text, "") if block.kind == EXCERPT else text
    return text


READ = {page.relative_to(ROOT).as_posix(): page for page in (*pages(), *ROOT.glob("spark-defaults/*.md"))}


@pytest.mark.parametrize("name", sorted(set(READ) - set(NOT_READ)))
def test_no_page_has_an_old_word(name: str) -> None:
    assert hits(prose(READ[name]), EXCEPTIONS.get(name)) == {}


PATTERNS = ("mlpipeline/**/*.j2", "notebooks/*.py", "docs/*.svg", "conf/base.yaml", "spark-defaults/*.conf")
TEXTS = sorted(file for pattern in PATTERNS for file in ROOT.glob(pattern))


@pytest.mark.parametrize("file", TEXTS, ids=lambda file: file.name)
def test_no_report_no_picture_and_no_notebook_has_an_old_word(file: Path) -> None:
    assert hits(file.read_text("utf-8")) == {}


def printed(path: Path) -> Iterator[str]:
    """Strings of a module that may be printed: those with a space, docstrings left out."""
    nodes = list(ast.walk(tree_of(path)))
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield from [node.value] if " " in node.value else []


# Quick to look for in a module: where it finds nothing, no string has an old word.
MAYBE = re.compile(
    r"(?i)\bturn|desk|dice|door|verdict|parted|made[\s\"f]+(?:row|text|one)|person|another[\s\"f]+way|whole"
)


def test_no_printed_text_has_an_old_word() -> None:
    found = {}
    for file in sorted((ROOT / "mlpipeline").glob("**/*.py")):
        source = file.read_text("utf-8")
        if MAYBE.search(source) and (words := hits(" | ".join(printed(file)))):
            found[file.relative_to(ROOT).as_posix()] = words
    assert found == {}


@pytest.mark.parametrize("name", sorted(EXCEPTIONS))
def test_an_exception_is_still_needed(name: str) -> None:
    text = " ".join(prose(READ[name]).split())
    assert {allowed: hits(allowed) for allowed in EXCEPTIONS[name] if allowed not in text or not hits(allowed)} == {}


OLD = {
    "desk": "release runs at the desk",
    "turn": "what was missed is made up at the next turn",
    "dice": "drawn by its dice",
    "door": "jobs/ has the doors",
    "verdict": "a verdict for each row",
    "parted": "The rows are parted into folds",
    "made row": "200 made\nrows wait",
    "rows of persons": "a model of the rows of persons",
    "said another way": "Rows said another way",
    "written whole": "a file is written whole, or not at all",
}
ENGLISH = "both sides in turn; turn it on; it turns into jamo; the whole file is written; 200 rows, made in 3 s"


def test_an_old_word_would_be_found() -> None:
    assert set(OLD) == set(OLD_WORDS)
    assert {word: word in hits(text) for word, text in OLD.items()} == dict.fromkeys(OLD, True)
    assert hits(ENGLISH) == {}


# As a part of a name, and as a name of its own or the end of one (`is_one_bot` and `one_thread` count).
OLD_NAMES = re.compile(
    r"(^|_)(desks?|turns?|dice|doors?|verdicts?|judge[ds]?|judging|judgements?|parted|whole|marked|marks?|placed?|places"
    r"|parts?|made|told|said|says|heard|asked|given|found|wanted|persons?|material|learnt_rows)(_|$)|^one$"
    r"|Desk|Turn$|Turn[A-Z]|Dice|Door|Verdict|Judge|Marks?$|Parts?$|Places?$|^Made|^Told|^Said|^Asked|^Given|^Found"
    r"|Material|^One$"
)
# Where such a name says what it is: (start of the module's path, names, and why).
NAMES_THAT_STAY: tuple[tuple[str, str, str], ...] = (
    ("mlpipeline.languages", r"\w*[Mm]arks?\w*", "of punctuation, tones and voiced kana"),
    (
        "mlpipeline.languages",
        r"[Pp]arts|parts_of|\w+_parts|is_whole",
        "of a sentence, as grammars say; a sentence as a whole",
    ),
    ("mlpipeline.languages", r"\w*_asked|ASKED", "operators that ask: their names stand in recipes and tables"),
    ("mlpipeline.languages.paraphrase.word_edits", "One", "a type variable"),
    ("mlpipeline.methods.augmentation.synonyms", r"[Mm]arks", "of punctuation and inflection beside a word"),
    ("mlpipeline.orders.review_sheet", r"(Read|read_)?[Mm]arks", "of reviewers in a spreadsheet: `--marks` reads them"),
    ("mlpipeline.orders.augmentation_report", "marks|BY_MARKS", "of reviewers in a spreadsheet"),
    (
        "mlpipeline.methods.label_noise",
        r"(like_)?given",
        "the given label, as the literature has it: given and suggested",
    ),
    ("mlpipeline.cluster.submission.job_end", "given_up", "an application that was given up"),
)


def _stays(module: str, name: str) -> bool:
    return any(module.startswith(start) and re.fullmatch(names, name) for start, names, _ in NAMES_THAT_STAY)


def _is_public(name: str) -> bool:
    return not name.startswith("_") or name == "__init__"


def _names_in(body: list[ast.stmt], *, of_module: bool) -> Iterator[str]:
    """Names that others may use: of classes, functions and their parameters, fields of classes, constants."""
    for node in body:
        if isinstance(node, ast.FunctionDef) and _is_public(node.name):
            arguments = node.args
            yield node.name
            yield from (each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs))
        elif isinstance(node, ast.ClassDef) and _is_public(node.name):
            yield node.name
            yield from _names_in(node.body, of_module=False)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id
        elif isinstance(node, ast.Assign) and of_module:
            yield from (each.id for target in node.targets for each in ast.walk(target) if isinstance(each, ast.Name))


def public_names() -> set[tuple[str, str]]:
    """(module, name) of all that a module of the package has for others, and of the module itself."""
    found = set()
    for path in sorted((ROOT / "mlpipeline").rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        names = [path.stem, *_names_in(tree_of(path).body, of_module=True)]
        found |= {(module, name) for name in names if _is_public(name)}
    return found


def test_no_public_name_has_an_old_word() -> None:
    names = public_names()
    assert len(names) > 4000
    wrong = {(module, name) for module, name in names if OLD_NAMES.search(name.lower() if name.isupper() else name)}
    assert sorted(f"{module}: {name}" for module, name in wrong if not _stays(module, name)) == []
    unused = [
        names
        for start, names, _ in NAMES_THAT_STAY
        if not any(m.startswith(start) and re.fullmatch(names, n) for m, n in wrong)
    ]
    assert unused == [], "an exception that nothing needs"


def test_an_old_name_would_be_found() -> None:
    old = ["desk", "dice_of", "Judgement", "judge_units", "CleanPart", "make_mark", "made_rows", "Material", "verdict"]
    old += ["told", "said_by_views", "places_of", "asked", "one", "given_rows", "wanted", "Place", "parts"]
    assert [name for name in old if not OLD_NAMES.search(name)] == []
    new = (
        "rng_of",
        "CleanSection",
        "remark",
        "partition",
        "make_report",
        "is_one_bot",
        "replaced",
        "turned_on",
        "department",
    )
    assert [name for name in new if OLD_NAMES.search(name)] == []
