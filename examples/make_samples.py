"""Makes the corpora of examples/ from the public data they come from; needs opencc (the [dev] extra has it).

    python examples/make_samples.py --massive DIR --chatbot DIR

DIR of MASSIVE holds <locale>.jsonl.gz (id, text, label, annot_utt) of its train and dev splits, DIR of ChatbotData
chatbotdata.jsonl.gz (id, text). The answers and topics beside the corpora are written by hand and only read here.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import re
from collections import defaultdict
from pathlib import Path

import opencc
import yaml

HERE = Path(__file__).parent
LOCALES = {
    "ko": "ko-KR",
    "ja": "ja-JP",
    "en": "en-US",
    "zh-Hans": "zh-CN",
    "zh-TW": "zh-TW",
    "th": "th-TH",
    "vi": "vi-VN",
}
ROWS_AN_INTENT = 50
# of one or two words many are labelled by what was said before ("fine", "not use")
LEAST_WORDS = 3

# who and where people are stays out, in whichever language it is marked; numbers and addresses too
PERSONAL_SLOTS = re.compile(r"\[(person|email_address|personal_info|relation|email_folder|transport_name) :")
PERSONAL_TEXT = re.compile(r"@|\bgmail|hotmail|yahoo|\d{4,}|street|avenue|https?:|www\.", re.IGNORECASE)

# nothing that a sample should not teach a bot to hear as small talk
UNWANTED = re.compile("자살|죽[었이을]|년놈|섹스|성관계|성적 취향|욕[해하]|바람[ 을]*[피핀]")


def main() -> None:
    """Reads both folders and writes jsonl files and questions below this file's folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--massive", type=Path, required=True, help="folder with <locale>.jsonl.gz")
    parser.add_argument("--chatbot", type=Path, required=True, help="folder with chatbotdata.jsonl.gz")
    folders = parser.parse_args()
    make_assistant(folders.massive)
    make_smalltalk(folders.chatbot)


def make_assistant(folder: Path) -> None:
    """examples/assistant/<tag>.jsonl and examples/questions/<tag>.txt: the same utterances in all languages."""
    rows = {tag: {row["id"]: row for row in _read(folder / f"{name}.jsonl.gz")} for tag, name in LOCALES.items()}
    intents = yaml.safe_load((HERE / "assistant" / "answers.en.yaml").read_text("utf-8"))
    asked = yaml.safe_load((HERE / "questions" / "ids.yaml").read_text("utf-8"))["massive"]
    chosen = _parallel(rows, list(intents), set(asked))
    traditional = opencc.OpenCC("s2t").convert
    for tag in [*LOCALES, "zh-Hant"]:
        source = rows["zh-Hans" if tag == "zh-Hant" else tag]
        convert = traditional if tag == "zh-Hant" else str
        _write(
            HERE / "assistant" / f"{tag}.jsonl",
            [{"text": convert(source[key]["text"]), "intent": source[key]["label"]} for key in chosen],
        )
        questions = [convert(source[key]["text"]) for key in asked]
        (HERE / "questions" / f"{tag}.txt").write_text("\n".join(questions) + "\n", "utf-8")


def _parallel(rows: dict[str, dict[str, dict]], intents: list[str], asked: set[str]) -> list[str]:
    """Ids of the rows to ship: 50 an intent, drawn by hash, no text twice in any language, nothing personal."""
    seen: dict[str, set[str]] = {tag: {_folded(table[key]["text"]) for key in asked} for tag, table in rows.items()}
    found: dict[str, list[str]] = defaultdict(list)
    for key in sorted(rows["en"], key=_drawn):
        label = rows["en"][key]["label"]
        texts = {tag: _folded(table[key]["text"]) for tag, table in rows.items()}
        words = rows["en"][key]["text"].split()
        if label not in intents or len(found[label]) == ROWS_AN_INTENT or key in asked:
            continue
        if len(words) < LEAST_WORDS:
            continue
        if any(_personal(table[key]) or texts[tag] in seen[tag] for tag, table in rows.items()):
            continue
        found[label].append(key)
        for tag, text in texts.items():
            seen[tag].add(text)
    return [key for label in intents for key in found[label]]


def make_smalltalk(folder: Path) -> None:
    """examples/smalltalk/ko.jsonl: questions that fit exactly one topic of topics.yaml."""
    topics = yaml.safe_load((HERE / "smalltalk" / "topics.yaml").read_text("utf-8"))
    asked = set(yaml.safe_load((HERE / "questions" / "ids.yaml").read_text("utf-8"))["chatbot"])
    words = {topic: re.compile(pattern) for topic, pattern in topics.items()}
    found: dict[str, dict[str, str]] = defaultdict(dict)
    questions = []
    rows = sorted(_read(folder / "chatbotdata.jsonl.gz"), key=lambda row: _drawn(row["id"]))
    unseen = {_folded(row["text"]) for row in rows if row["id"] in asked}
    for row in rows:
        text = row["text"].strip()
        fitting = [topic for topic, pattern in words.items() if pattern.search(text)]
        if row["id"] in asked:
            questions.append(text)
        elif _folded(text) in unseen or PERSONAL_TEXT.search(text):
            continue
        elif len(fitting) == 1 and len(found[fitting[0]]) < ROWS_AN_INTENT and not UNWANTED.search(text):
            found[fitting[0]].setdefault(_folded(text), text)
    corpus = [{"text": text, "intent": topic} for topic in topics for text in found[topic].values()]
    _write(HERE / "smalltalk" / "ko.jsonl", corpus)
    (HERE / "questions" / "smalltalk.ko.txt").write_text("\n".join(questions) + "\n", "utf-8")


def _personal(row: dict) -> bool:
    return bool(PERSONAL_SLOTS.search(row["annot_utt"]) or PERSONAL_TEXT.search(row["text"]))


def _drawn(key: str) -> str:
    """A place in an order that has nothing to do with the order of the file."""
    return hashlib.sha256(key.encode()).hexdigest()


def _folded(text: str) -> str:
    return re.sub(r"[\s.,!?~。、]+", "", text).casefold()


def _read(path: Path) -> list[dict]:
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")


if __name__ == "__main__":
    main()
