"""The generator: what is asked, what is taken, and what is refused; a stand-in answers on this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipeline.errors import RecipeError, SetupError, StageError
from mlpipeline.languages.paraphrase.tools import Plain
from mlpipeline.methods.augmentation import generator as module
from mlpipeline.methods.augmentation.corpus import Candidate
from mlpipeline.methods.augmentation.generator import generator, open_generator
from tests.properties import examples
from tests.unit.methods.augmentation.augment_rows import corpus, rules

Answer = Callable[[dict[str, Any]], tuple[int, bytes]]


class StandIn:
    """A server on this machine that answers as it is told, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.answer: Answer = paraphrased
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.asked.append(body)
                status, found = outer.answer(body)
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.send_header("Content-Length", str(len(found)))
                with suppress(OSError):
                    self.end_headers()
                with suppress(OSError):  # who asked may have gone
                    self.wfile.write(found)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/paraphrase?key=secret"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()


def paraphrased(body: dict[str, Any]) -> tuple[int, bytes]:
    made = [[f"{text}, version {at}" for at in range(body["count"])] for text in body["texts"]]
    return 200, json.dumps({"paraphrases": made}).encode()


def saying(found: Any, status: int = 200) -> Answer:
    body = found if isinstance(found, bytes) else json.dumps(found).encode()
    return lambda _: (status, body)


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    monkeypatch.setattr(module, "_PAUSE", 0.0)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")  # nobody is there: it must not be asked
    one = StandIn()
    yield one
    one.server.shutdown()
    one.server.server_close()


def ask(place: str, wanted: dict[str, int] | None = None) -> tuple[list[Candidate], dict[str, Any]]:
    told: dict[str, Any] = {}
    missing = {"cancel": 8, "hours": 3} if wanted is None else wanted
    return list(generator(corpus(), missing, rules(generator=place), Plain(), told)), told


def test_rows_of_lacking_intents_are_asked_for_and_their_answers_given(stand_in: StandIn) -> None:
    made, told = ask(stand_in.url)
    assert {corpus().intents[one.row] for one in made} == {"cancel", "hours"}
    assert all(one.operators == ("generator",) and one.text.startswith(corpus().texts[one.row]) for one in made)
    assert all(one.normalized == one.text.casefold() for one in made)
    assert {key: stand_in.asked[0][key] for key in ("lang", "seed")} == {"lang": "en", "seed": 20}
    assert told == {"requested": 7, "returned": len(made), "refused": {}}
    assert made == ask(stand_in.url)[0]


def test_nothing_is_asked_for_where_nothing_is_lacking(stand_in: StandIn) -> None:
    assert ask(stand_in.url, {}) == ([], {"requested": 0, "returned": 0, "refused": {}})
    assert not stand_in.asked


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (saying(b"\xff<html>"), "the answer is no JSON"),
        (saying(b"[" * 100_000), "the answer is no JSON"),
        (saying([["a"]]), "no object with a list called paraphrases"),
        (saying({"paraphrases": "a"}), "no object with a list called paraphrases"),
        (saying({"paraphrases": [["a"]]}), "as many lists as texts are needed"),
        (saying(b"x" * ((8 << 20) + 10)), "the answer is too large"),
        (saying(b"busy", 503), "status 503"),
    ],
)
def test_an_answer_of_no_use_is_counted(stand_in: StandIn, answer: Answer, reason: str) -> None:
    stand_in.answer = answer
    made, told = ask(stand_in.url)
    assert not made
    assert told["refused"] == {reason: 7}


def test_texts_of_no_use_are_counted_one_by_one(stand_in: StandIn) -> None:
    def mixed(body: dict[str, Any]) -> tuple[int, bytes]:
        made = [["good", 7, None, " ", "x" * 301, "\ud800", text] for text in body["texts"]]
        return 200, json.dumps({"paraphrases": made}).encode()

    stand_in.answer = mixed
    made, told = ask(stand_in.url, {"hours": 7})
    assert [one.text for one in made] == ["good"] * 3
    reasons = ("not a text", "empty", "too long", "broken characters", "the text itself")
    assert told["refused"] == {**dict.fromkeys(reasons, 3), "not a text": 6}


def test_more_than_was_asked_for_is_cut(stand_in: StandIn) -> None:
    stand_in.answer = lambda body: (200, json.dumps({"paraphrases": [["a", "b"] * 50] * len(body["texts"])}).encode())
    made, told = ask(stand_in.url, {"hours": 1})
    assert len(made) == 3
    assert told["refused"] == {"more than were asked for": 3 * 99}


def test_a_busy_server_is_asked_again(stand_in: StandIn) -> None:
    tries = iter([503, 429])
    stand_in.answer = lambda body: (status, b"") if (status := next(tries, 200)) != 200 else paraphrased(body)
    assert ask(stand_in.url, {"hours": 3})[0]
    assert len(stand_in.asked) == 3


@pytest.mark.parametrize("status", [302, 401, 404])
def test_what_waiting_does_not_mend_is_an_error(stand_in: StandIn, status: int) -> None:
    stand_in.answer = saying(b"", status)
    with pytest.raises(StageError, match=f"status {status}") as caught:
        ask(stand_in.url)
    assert len(stand_in.asked) == 1
    assert "secret" not in str(caught.value) and "127.0.0.1" in str(caught.value)


def test_nobody_there_is_an_error_that_names_the_address(stand_in: StandIn) -> None:
    stand_in.server.shutdown()
    stand_in.server.server_close()
    with pytest.raises(StageError, match="does not answer") as caught:
        ask(stand_in.url)
    assert isinstance(caught.value.__cause__, OSError)
    assert "127.0.0.1" in caught.value.where and "start the generator" in caught.value.fix


def test_a_server_that_says_nothing_is_an_error(stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIMEOUT", 0.1)
    waits = threading.Event()
    stand_in.answer = lambda body: (200, str(waits.wait(1)).encode())
    with pytest.raises(StageError, match="does not answer"):
        ask(stand_in.url, {"hours": 1})
    waits.set()


@pytest.mark.parametrize("place", ["http://", "ftp://host/x", "file:///etc/passwd", "http://[::1", "http://h:99999/"])
def test_no_address(place: str) -> None:
    with pytest.raises(RecipeError, match="is no address"):
        open_generator(place)


def test_an_address_holds_no_password() -> None:
    with pytest.raises(RecipeError, match="password"):
        open_generator("http://me:word@localhost/")


def model_folder(place: Path, *names: str, config: str = '{"is_encoder_decoder": true}') -> str:
    (place / "config.json").write_text(config, "utf-8")
    for name in names:
        (place / name).write_bytes(b"")
    return str(place)


def test_a_folder_without_a_model_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="no such folder"):
        open_generator(str(tmp_path / "gone"))
    with pytest.raises(SetupError, match=r"no readable config\.json"):
        open_generator(str(tmp_path))
    with pytest.raises(SetupError, match="no encoder with a decoder"):
        open_generator(model_folder(tmp_path, config="{}"))


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="safetensors only"):
        open_generator(model_folder(tmp_path, "pytorch_model.bin", "tokenizer.json"))


def test_a_folder_needs_libraries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = model_folder(tmp_path, "model.safetensors", "tokenizer.json")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SetupError, match="torch is not installed") as caught:
        open_generator(folder)
    assert "the extra `encoders`" in caught.value.fix


def test_a_model_in_a_folder_says_the_same_of_a_text_whatever_stands_beside_it(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    words = Tokenizer(models.WordPiece(unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    special = ["<pad>", "</s>", "<unk>"]
    words.train_from_iterator(corpus().texts, trainers.WordPieceTrainer(vocab_size=80, special_tokens=special))
    named = dict(zip(("pad_token", "eos_token", "unk_token"), special, strict=True))
    transformers.PreTrainedTokenizerFast(tokenizer_object=words, **named).save_pretrained(tmp_path)
    sizes = {"d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 1, "num_heads": 2}
    config = transformers.T5Config(vocab_size=words.get_vocab_size(), decoder_start_token_id=0, **sizes)
    transformers.T5ForConditionalGeneration(config).save_pretrained(tmp_path)
    generate = open_generator(str(tmp_path))
    both = generate(corpus().texts[:2], "en", 3, 20)
    assert [len(made) for made in both] == [3, 3]
    assert both[1] == generate(corpus().texts[1:2], "en", 3, 20)[0]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


@examples(60)
@given(st.lists(_JSON, max_size=8))
def test_whatever_is_answered_only_texts_come_through(answers: list[Any]) -> None:
    told: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "open_generator", lambda place: lambda texts, lang, count, seed: answers)
        asked = rules(generator="x")
        made = list(generator(corpus(), {"hours": 5}, asked, Plain(), told))
    assert all(isinstance(one.text, str) and one.text.strip() for one in made)
    assert told["returned"] == len(made)
