"""How fast rule operators make wordings that pass the gates of text, and what each language's tool costs.

    python -m tests.bench.paraphrase [--data FOLDER] [--rows 400] [--only ko ja]

One process a language, one thread. Each operator is asked once of each sentence; what it makes is normalised and goes
through the gates of a text alone (whole, script, length, new) and the round trip (content words kept), all of which is
in the time. The bare analyser reads the accepted texts and does nothing else. Sentences are those of the sample bots,
or of MASSIVE where `--data` has massive/LOCALE.jsonl.gz.
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mlpipeline.languages.paraphrase.operators import effective
from mlpipeline.languages.paraphrase.tools import load_tool
from mlpipeline.languages.profile import Profile, normalizer
from mlpipeline.methods.augmentation.corpus import Candidate, Corpus, rng_of
from mlpipeline.methods.augmentation.gates import TextGate
from mlpipeline.recipe.fields import AugmentSection, CleanSection, Language
from mlpipeline.recipe.load import load_sections
from mlpipeline.stages.augment import making_settings

_ROOT = Path(__file__).parents[2]
LOCALES = {
    "ko": "ko-KR", "ja": "ja-JP", "en": "en-US", "th": "th-TH", "vi": "vi-VN",
    "zh-Hans": "zh-CN", "zh-Hant": "zh-TW", "zh-TW": "zh-TW",
}  # fmt: skip
_COLUMNS = (
    "language", "rows", "made", "accepted", "accepted a row", "accepted a second", "bare analyser a second", "ratio",
    "seconds to load", "MB",
)  # fmt: skip


def sentences(tag: str, data: Path | None, count: int) -> list[str]:
    """So many different texts of a language, in an order of their own."""
    if data is None:
        lines = [line for file in sorted(_ROOT.glob(f"examples/*/{tag}.jsonl")) for line in file.open(encoding="utf-8")]
    else:
        with gzip.open(data / "massive" / f"{LOCALES[tag]}.jsonl.gz", "rt", encoding="utf-8") as stream:
            lines = stream.readlines()
    texts = sorted({json.loads(line)["text"] for line in lines})
    rng_of(1, tag).shuffle(texts)
    return texts[:count]


def bare_analyser(tag: str) -> Callable[[str], Any] | None:
    """What a language's tool asks of its analyser, and nothing else; None where rules do without one."""
    if tag == "ko":
        from kiwipiepy import Kiwi

        return Kiwi(num_workers=1, load_multi_dict=False).tokenize
    if tag == "ja":
        import sudachipy

        return sudachipy.Dictionary(dict="small").tokenizer(sudachipy.SplitMode.C).tokenize
    if tag == "th":
        from pythainlp.tokenize import word_tokenize

        return lambda text: word_tokenize(text, engine="newmm")
    if tag == "vi":
        from pyvi import ViTokenizer

        return ViTokenizer.tokenize
    if tag.startswith("zh"):
        import jieba

        return lambda text: list(jieba.cut(text, HMM=False))
    return None


def measured(tag: str, texts: Sequence[str]) -> dict[str, Any]:
    """The figures of one language, in this process."""
    tool = load_tool(tag)
    sections = load_sections(_ROOT / "conf", tag)
    profile, rules = Profile.of(sections[Language]), making_settings(sections[AugmentSection], sections[CleanSection])
    normalize = normalizer(profile)
    said = list(dict.fromkeys(filter(None, map(normalize, texts))))
    names = list(map(str, range(len(said))))
    corpus = Corpus(profile, ids=names, texts=said, intents=names)
    used = [one for one in effective(tool.operators, profile.steps).values() if not one.opposite]
    for text in said[:20]:
        tool.analyse(text)
    gate, made, accepted = TextGate(corpus, rules, tool), 0, list[str]()
    began = time.process_time()
    for row, text in enumerate(said):
        sentence, rng = tool.analyse(text), rng_of(1, text)
        for operator in used:
            for wording in operator.rewrite(sentence, rng):
                made += 1
                one = Candidate(wording, normalize(wording), row, (operator.name,))
                if not gate.refuse(one) and not gate.loses_words(one):
                    accepted.append(one.normalized)
    spent = time.process_time() - began
    figures = {"rows": len(said), "made": made, "accepted": len(accepted), "speed": len(accepted) / spent}
    bare = bare_analyser(tag)
    if bare is not None:
        for text in said[:50]:
            bare(text)
        began = time.process_time()
        for text in accepted:
            bare(text)
        figures["bare"] = len(accepted) / (time.process_time() - began)
    return figures


# In a process that has nothing else: what a worker has imported before counts for no tool.
_LOAD = """
import json, random, sys, time
from mlpipeline.languages.paraphrase.tools import load_tool
def megabytes():
    with open("/proc/self/statm") as stream:
        return int(stream.read().split()[1]) * 4096 / 1e6
before, began = megabytes(), time.process_time()
tool = load_tool(sys.argv[1])
sentence = tool.analyse(sys.argv[2])
for operator in tool.operators.values():
    list(operator.rewrite(sentence, random.Random(1)))
print(json.dumps({"load": time.process_time() - began, "megabytes": megabytes() - before}))
"""


def as_line(tag: str, one: dict[str, Any]) -> str:
    """A line of the table."""
    bare = one.get("bare")
    cells = [tag, f"{one['rows']:,}", f"{one['made']:,}", f"{one['accepted']:,}"]
    cells += [f"{one['accepted'] / one['rows']:.1f}", f"{one['speed']:,.0f}", f"{bare:,.0f}" if bare else ""]
    cells += [f"{one['speed'] / bare:.2f}" if bare else "", f"{one['load']:.1f}", f"{one['megabytes']:.0f}"]
    return f"| {' | '.join(cells)} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Reads the arguments, prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with massive/")
    parser.add_argument("--rows", type=int, default=400, help="sentences of a language, at most")
    parser.add_argument("--only", nargs="+", default=list(LOCALES), choices=list(LOCALES), help="languages")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.here:
        print(json.dumps(measured(given.only[0], sentences(given.only[0], given.data, given.rows))))
        return 0
    print(f"| {' | '.join(_COLUMNS)} |\n|{'---|' * len(_COLUMNS)}", flush=True)
    for tag in given.only:
        words = [sys.executable, "-m", "tests.bench.paraphrase", "--here", "--only", tag, "--rows", str(given.rows)]
        words += ["--data", str(given.data)] if given.data else []
        told = subprocess.run(words, cwd=_ROOT, check=True, capture_output=True, text=True).stdout
        one = [sys.executable, "-c", _LOAD, tag, sentences(tag, given.data, 1)[0]]
        loaded = subprocess.run(one, cwd=_ROOT, check=True, capture_output=True).stdout
        print(as_line(tag, json.loads(told) | json.loads(loaded)), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
