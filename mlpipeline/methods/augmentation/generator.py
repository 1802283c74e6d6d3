"""Paraphrases of a model that is no part of the pipeline: an address that is asked, or a folder with a seq2seq model.

The address gets `{"texts": [...], "lang": "ko", "count": 4, "seed": 20}` by POST and answers
`{"paraphrases": [[...], ...]}`, a list of at most `count` texts for each text. A folder holds weights as safetensors,
`config.json` and `tokenizer.json`: nothing in it is run as code.
"""

from __future__ import annotations

import importlib.util
import ipaddress
import json
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from functools import lru_cache
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from mlpipeline.errors import RecipeError, SetupError, StageError
from mlpipeline.languages.paraphrase.operators import Tool
from mlpipeline.languages.profile import normalizer
from mlpipeline.methods.augmentation.corpus import LONGEST, Candidate, Corpus, left_alone
from mlpipeline.methods.augmentation.settings import MakingSettings

OPERATOR = "generator"
TIMEOUT = 60.0
"""Seconds for one request."""
_TRIES = 3
_PAUSE = 0.5  # seconds before the second try, twice as long before the third
_TOGETHER = 32  # texts in one request
_MOST_BYTES = 8 << 20  # of one answer
_FOR_ONE = 3  # texts asked for a row that is lacking: gates take some of them
_MOST_COUNT = 16
_MOST_TOKENS = 64
_AGAIN = (408, 425, 429, 500, 502, 503, 504)
_FIX = "start the generator, correct augment.generator, or set it to null"

# Texts, language, how many of each, seed -> paraphrases of each text.
Generate = Callable[[Sequence[str], str, int, int], Sequence[Sequence[str]]]


class BadAnswerError(Exception):
    """An answer that cannot be used; its text is the reason that is counted."""


def generator(
    corpus: Corpus, counts: Mapping[str, int], rules: MakingSettings, tool: Tool, report: MutableMapping[str, object]
) -> Iterator[Candidate]:
    """What the recipe's generator makes of the rows of intents that lack some.

    Answers that cannot be used are counted and left out; what is given still has to pass the gates.

    Args:
        corpus: in its canonical order.
        counts: intent -> rows that it lacks.
        rules: the recipe's `augment` part.
        tool: of its language; not used.
        report: gets `requested` (texts), `returned` and `refused` (reason -> count).

    Raises:
        RecipeError: for an address that is none.
        SetupError: for a folder without a model, or without the libraries for it.
        StageError: when nobody answers at the address.
    """
    asked, given, refused = 0, 0, Counter[str]()
    report.update(requested=asked, returned=given, refused={})
    if not rules.generator:
        return
    normalize, generate = normalizer(corpus.profile), open_generator(rules.generator)
    for rows, count in _batches(corpus, counts, rules.per_row):
        texts = [corpus.texts[row] for row in rows]
        asked += len(texts)
        report["requested"] = asked
        try:
            answers = generate(texts, corpus.profile.tag, count, rules.seed % 2**31)
            if len(answers) != len(texts):
                raise BadAnswerError("as many lists as texts are needed")
        except BadAnswerError as why:
            refused[str(why)] += len(texts)
            answers = []
        for row, made in zip(rows, answers, strict=False):
            for text in _usable(made, corpus.texts[row], count, refused):
                given += 1
                report["returned"] = given
                yield Candidate(text, normalize(text), row, (OPERATOR,))
        report["refused"] = dict(sorted(refused.items()))


def open_generator(folder: str) -> Generate:
    """The generator at an address (`http://...`, `https://...`) or in a folder.

    Raises:
        RecipeError: for an address that is none.
        SetupError: for a folder without a model, or without the libraries for it.
    """
    if "://" in folder:
        return _at_address(folder)
    return _in_folder(folder)


def _batches(corpus: Corpus, wanted: Mapping[str, int], per_row: int) -> Iterator[tuple[list[int], int]]:
    """Rows that are asked for together, and how many texts are wanted of each."""
    by_count: dict[int, list[int]] = {}
    for intent, rows in corpus.rows_of_intents().items():
        asked = [row for row in rows if not left_alone(corpus.texts[row], corpus.profile)]
        if wanted.get(intent, 0) > 0 and asked:
            count = min(-(-_FOR_ONE * wanted[intent] // len(asked)), _FOR_ONE * per_row, _MOST_COUNT)
            by_count.setdefault(count, []).extend(asked)
    for count, rows in sorted(by_count.items()):
        for start in range(0, len(rows), _TOGETHER):
            yield rows[start : start + _TOGETHER], count


def _usable(made: object, text: str, count: int, refused: Counter[str]) -> Iterator[str]:
    if not isinstance(made, list | tuple):
        refused["not a list of texts"] += 1
        return
    refused["more than were asked for"] += max(len(made) - count, 0)
    for one in made[:count]:
        reason = _flaw(one, text)
        if reason:
            refused[reason] += 1
        else:
            yield one.strip()
    refused += Counter()  # without zeros


def _flaw(one: object, text: str) -> str:
    if not isinstance(one, str):
        return "not a text"
    if not one.strip():
        return "empty"
    if len(one) > LONGEST:
        return "too long"
    try:
        one.encode()
    except UnicodeEncodeError:
        return "broken characters"
    return "the text itself" if one.strip() == text else ""


def _at_address(url: str) -> Generate:
    parts = _parts(url)
    # what a proxy would be asked for on this machine is another machine's
    direct = [urllib.request.ProxyHandler({})] if _is_loopback(parts.hostname or "") else []
    opener = urllib.request.build_opener(_NoRedirect, *direct)

    def generate(texts: Sequence[str], lang: str, count: int, seed: int) -> Sequence[Sequence[str]]:
        asked = {"texts": list(texts), "lang": lang, "count": count, "seed": seed}
        body = json.dumps(asked, ensure_ascii=True).encode()
        answer = _read(_post(opener, url, body))
        found = answer.get("paraphrases") if isinstance(answer, dict) else None
        if not isinstance(found, list):
            raise BadAnswerError("no object with a list called paraphrases")
        return found

    return generate


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable:
        raise RecipeError(f"{url!r} is no address", where="augment.generator", fix="write http://host:port/path")
    if parts.username or parts.password:
        fix = "leave them out; let a gateway on this machine add them"
        raise RecipeError("an address must not hold a name and a password", where="augment.generator", fix=fix)
    return parts


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost" or host.lower().endswith(".localhost")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Texts of customers go to the host that the recipe names, and to no other."""

    def redirect_request(self, *args: object, **named: object) -> None:
        """None: the answer stays what it is, an error."""
        return None


def _post(opener: urllib.request.OpenerDirector, url: str, body: bytes) -> bytes:
    """The body of the answer. Raises BadAnswerError for one that is of no use, StageError where there is none."""
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    why, cause = "", None
    for attempt in range(_TRIES):
        if attempt:
            time.sleep(_PAUSE * 2 ** (attempt - 1))
        request = urllib.request.Request(url, body, headers, method="POST")
        try:
            with opener.open(request, timeout=TIMEOUT) as answer:
                return _body(answer)
        except urllib.error.HTTPError as error:
            error.close()
            why = f"status {error.code}"
            if error.code in _AGAIN:
                continue
            raise StageError(f"the generator answers with {why}", where=_shown(url), fix=_FIX) from error
        except (urllib.error.URLError, HTTPException, OSError) as error:
            why, cause = str(getattr(error, "reason", error)) or type(error).__name__, error
            continue
    if why.startswith("status"):
        raise BadAnswerError(why)
    raise StageError(f"the generator does not answer ({why})", where=_shown(url), fix=_FIX) from cause


def _shown(url: str) -> str:
    """An address without its query, where keys stand."""
    return url.partition("?")[0]


def _body(answer: HTTPResponse) -> bytes:
    """All of it, unless it is too large or comes drop by drop."""
    parts, size, end = list[bytes](), 0, time.monotonic() + TIMEOUT
    while part := answer.read1(1 << 16):
        parts.append(part)
        size += len(part)
        if size > _MOST_BYTES:
            raise BadAnswerError("the answer is too large")
        if time.monotonic() > end:
            raise BadAnswerError("the answer takes too long")
    return b"".join(parts)


def _read(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadAnswerError("the answer is no JSON") from error


@lru_cache(maxsize=1)
def _in_folder(place: str) -> Generate:
    """A seq2seq model of transformers, loaded once a process. Each text by itself: equal seeds give equal texts."""
    folder = Path(place)
    _check_folder(folder)
    import torch
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    own = {"local_files_only": True, "trust_remote_code": False}
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(folder), use_fast=True, **own)
        model = AutoModelForSeq2SeqLM.from_pretrained(str(folder), use_safetensors=True, **own).eval()
    except Exception as error:  # the library raises kinds of many libraries
        raise SetupError(f"the model cannot be loaded: {error}", where=place, fix="save it anew") from error
    prefix = getattr(model.config, "prefix", None) or ""

    def generate(texts: Sequence[str], lang: str, count: int, seed: int) -> Sequence[Sequence[str]]:
        found = []
        for text in texts:
            torch.manual_seed(seed)
            given = tokenizer(prefix + text, return_tensors="pt", truncation=True, max_length=_MOST_TOKENS * 2)
            with torch.inference_mode():
                made = model.generate(
                    input_ids=given["input_ids"],
                    attention_mask=given["attention_mask"],
                    do_sample=True,
                    top_p=0.95,
                    num_return_sequences=count,
                    max_new_tokens=_MOST_TOKENS,
                )
            found.append(tokenizer.batch_decode(made, skip_special_tokens=True))
        return found

    return generate


def _check_folder(folder: Path) -> None:
    fix = "put a saved seq2seq model there: config.json, tokenizer.json, model.safetensors"
    if not folder.is_dir():
        raise SetupError("there is no such folder with a generator", where=str(folder), fix="correct augment.generator")
    try:
        config = json.loads((folder / "config.json").read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise SetupError("the folder holds no readable config.json", where=str(folder), fix=fix) from error
    if not isinstance(config, dict) or not config.get("is_encoder_decoder"):
        raise SetupError("the model is no encoder with a decoder", where=str(folder), fix=fix)
    if not (folder / "tokenizer.json").is_file() or not any(folder.glob("*.safetensors")):
        raise SetupError("weights are read as safetensors only, words from tokenizer.json", where=str(folder), fix=fix)
    for name in ("torch", "transformers"):
        if importlib.util.find_spec(name) is None:
            fix = "pip install 'torch>=2.4' 'sentence-transformers>=3.3', which are of the extra `encoders`"
            raise SetupError(f"{name} is not installed", where=str(folder), fix=fix)
