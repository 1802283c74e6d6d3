"""A bundle written, read back and asked."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pyspark.sql.pandas.types import to_arrow_schema

from mlpipeline.errors import InputError, SetupError, StageError, StoreError
from mlpipeline.networks import approximate
from mlpipeline.networks.arrays import pack
from mlpipeline.networks.encoders import opening
from mlpipeline.networks.encoders.ngram_lsa import NgramEncoder
from mlpipeline.schemas import EXPORTED
from mlpipeline.serving.answer import Answerer
from mlpipeline.serving.bundle import load_bundle, write_bundle
from mlpipeline.serving.choose import ANSWER, FALLBACK
from mlpipeline.serving.pyfunc import _load_pyfunc
from mlpipeline.stages.release.index import seal_index
from mlpipeline.store.bundles.archives import pack_files
from mlpipeline.store.tables.pieces import as_pieces


@pytest.fixture
def answerer(contents, folder):
    write_bundle(folder, contents)
    return Answerer(load_bundle(folder))


def test_known_questions_get_their_intent_and_find_themselves(answerer, questions):
    answers = answerer.answer([text for text, _ in questions])
    assert [answer.intent for answer in answers] == [intent for _, intent in questions]
    for answer, (text, intent) in zip(answers, questions, strict=True):
        assert answer.nearest[0][:2] == (text, intent)
        assert answer.nearest[0].similarity == pytest.approx(1.0, abs=2e-3)
        assert len(answer.nearest) == 3


def test_the_answer_stands_only_in_the_zone_answer(answerer):
    hours, delivery, oos = answerer.answer(["몇 시에 문을 여나요", "배송비가 얼마인가요", "노래 불러줘"])
    assert (hours.zone, hours.answer, hours.question) == (ANSWER, "9시입니다.", "몇 시에 여나요?")
    assert (delivery.zone, delivery.answer, delivery.question) == (ANSWER, None, None)
    assert (oos.intent, oos.zone, oos.answer) == ("oos", FALLBACK, None)


def test_texts_are_normalized_first(answerer):
    import unicodedata

    whole = answerer.answer(["몇 시에 문을 여나요"])[0]
    parts = answerer.answer([unicodedata.normalize("NFD", "몇 시에 문을 여나요")])[0]
    assert (parts.intent, parts.score, parts.nearest) == (whole.intent, whole.score, whole.nearest)


def test_an_answer_names_what_answered(contents, folder):
    write_bundle(folder, contents)
    bundle = load_bundle(folder)
    (told,) = Answerer(bundle, version=7).answer(["hello"])
    assert (told.version, told.bundle_digest) == (7, bundle.digest)
    (plain,) = Answerer(bundle).answer(["hello"])
    assert plain.to_dict()["version"] is None and plain.to_dict()["bundle_digest"] == bundle.digest


def test_what_was_typed_with_the_wrong_keyboard_is_read_as_it_was_meant(contents, folder):
    steps = {"tag": "ko", "steps": ["nfc", "korean_keyboard"], "scripts": ["Hang"]}
    write_bundle(folder, replace(contents, profile=steps))
    answerer = Answerer(load_bundle(folder))
    typed, meant = answerer.answer(["auctldp ansdmf duskdy", "몇시에 문을 여나요"])
    assert (typed.text, typed.read_as, meant.read_as) == ("auctldp ansdmf duskdy", "몇시에 문을 여나요", None)
    assert (typed.intent, typed.score, typed.nearest) == (meant.intent, meant.score, meant.nearest)
    assert typed.to_dict()["read_as"] == "몇시에 문을 여나요"


def test_a_bot_with_knownness_does_not_answer_what_it_knows_little_of(contents, folder):
    """One letter that the bot knows among many that it does not: the network alone is sure of its intent."""
    question, nonsense = "배송비가 얼마인가요", "배텨뮤 쟈켭횹 뀨뢔"
    curve = {"bias": -6.0, "known_share": 12.0, "max_logit": 0.0}
    plain, aware = folder / "plain", folder / "aware"
    write_bundle(plain, replace(contents, thresholds={**contents.thresholds, "answer": 0.6}))
    write_bundle(aware, replace(contents, thresholds={**contents.thresholds, "answer": 0.6, "knownness": curve}))
    sure, unsure = (Answerer(load_bundle(one)).answer([question, nonsense]) for one in (plain, aware))
    assert [answer.zone for answer in sure] == [ANSWER, ANSWER]
    assert [answer.zone for answer in unsure] == [ANSWER, FALLBACK]
    assert [answer.intent for answer in unsure] == [answer.intent for answer in sure]
    table = _load_pyfunc(str(aware)).predict([question, nonsense])
    assert table["score"].tolist() == [answer.score for answer in unsure]


@pytest.mark.parametrize("text", ["", " ", "\x00", "zzzz", "🙂", "\udcff", "x" * 100_000])
def test_a_text_without_a_known_ngram_falls_back(answerer, text):
    (answer,) = answerer.answer([text])
    assert (answer.zone, answer.answer) == (FALLBACK, None)
    json.dumps(answer.to_dict(), ensure_ascii=False).encode("utf-8")


def test_an_answer_does_not_depend_on_its_batch(answerer, questions):
    texts = [text + end for text, _ in questions for end in ("", "?", " 지금")] * 15
    together = answerer.answer(texts)
    for text, answer in list(zip(texts, together, strict=True))[:24]:
        alone = answerer.answer([text])[0]
        assert alone.score == pytest.approx(answer.score, abs=1e-6)
        assert replace(alone, score=answer.score) == answer
    assert answerer.answer([]) == []


def test_fewer_questions_than_asked_for(contents, folder, questions):
    few = replace(
        contents, vectors=contents.vectors[:2], vector_intents=contents.vector_intents[:2], questions=["a", "b"]
    )
    write_bundle(folder, few)
    assert len(Answerer(load_bundle(folder), nearest=5).answer([questions[0][0]])[0].nearest) <= 2
    assert Answerer(load_bundle(folder), nearest=0).answer([questions[0][0]])[0].nearest == []


def test_a_bot_without_an_index_answers_too(contents, folder, questions):
    write_bundle(folder, replace(contents, encoder=None, vectors=None, vector_intents=None, questions=()))
    (answer,) = Answerer(load_bundle(folder)).answer([questions[0][0]])
    assert (answer.intent, answer.nearest) == ("hours", [])


def test_what_is_read_back_is_what_was_written(contents, folder, questions):
    digest = write_bundle(folder, contents)
    bundle = load_bundle(folder)
    assert (bundle.bot, bundle.digest, bundle.labels) == ("shop/ko", digest, tuple(contents.labels))
    assert bundle.golden() == list(contents.golden)
    np.testing.assert_array_equal(bundle.vocabulary.keys, contents.vocabulary["keys"])
    assert bundle.index is not None
    np.testing.assert_allclose(bundle.index.vectors, contents.vectors, atol=1e-3)
    assert bundle.index.question(1) == questions[1][0]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"onnx": b"no network"}, "onnxruntime cannot load"),
        ({"profile": {"tag": "ko"} | {"steps": ["no_such_step"], "scripts": []}}, "no_such_step"),
        ({"features": {"unheard_of": 1}}, "features.json"),
        ({"thresholds": {}}, "thresholds"),
        ({"encoder": b"no encoder"}, "encoder.npz"),
    ],
)
def test_parts_that_cannot_be_understood(contents, folder, change, says):
    write_bundle(folder, replace(contents, **change))
    with pytest.raises(StoreError, match=says):
        Answerer(load_bundle(folder)).answer(["문"])


def test_a_network_of_another_bot_is_refused(contents, folder, make_network):
    table = np.zeros((len(contents.vocabulary["keys"]) + 1, 5), np.float32)
    write_bundle(folder, replace(contents, onnx=make_network(table)))
    with pytest.raises(StageError, match="5 outputs, the bundle 3 labels"):
        Answerer(load_bundle(folder)).answer(["문"])


def test_pyfunc_takes_a_table_and_gives_a_table(contents, folder):
    write_bundle(folder, contents)
    model = _load_pyfunc(str(folder))
    table = model.predict(pd.DataFrame({"text": ["노래 불러줘", None, "몇 시에 문을 여나요"]}))
    assert list(table.columns) == ["text", "intent", "score", "zone", "answer", "nearest", "read_as", "bundle_digest"]
    assert table["zone"].tolist() == [FALLBACK, FALLBACK, ANSWER]
    assert json.loads(table["nearest"][2])[0]["question"] == "몇 시에 문을 여나요"
    assert model.predict(["노래 불러줘"])["intent"].tolist() == ["oos"]
    assert list(model.predict(pd.DataFrame({"text": []})).columns) == list(table.columns)
    with pytest.raises(InputError, match=r"no column `text` \(it has: utterance\)"):
        model.predict(pd.DataFrame({"utterance": ["a"]}))


def test_a_large_bot_has_an_index_beside_its_vectors(contents, folder, questions, monkeypatch):
    pytest.importorskip("usearch", reason="usearch, which is of the extra `search`, is not installed")
    write_bundle(folder, contents)
    texts = [text for text, _ in questions]
    before = Answerer(load_bundle(folder)).answer(texts)
    exported = to_arrow_schema(EXPORTED).empty_table()
    seal_index(folder, contents.vectors, exported)
    assert load_bundle(folder).approximate is None, "few vectors are looked at, all of them"
    monkeypatch.setattr(approximate, "CELLS", 1)
    seal_index(folder, contents.vectors, exported)
    opened = load_bundle(folder)
    assert opened.approximate is not None and Answerer(opened).answer(texts) == before
    facts = json.loads((folder / "index.json").read_bytes())
    assert (facts["rows"], facts["recall"]) == (len(questions), 1.0)
    index = folder / "index.usearch"
    index.write_bytes(index.read_bytes()[:-1] + b"x")
    with pytest.raises(StoreError, match=r"index.usearch.*->"):
        load_bundle(folder)


@pytest.mark.parametrize("moved", [False, True])
def test_the_index_that_export_made_is_sealed_where_it_is_of_these_vectors(contents, folder, monkeypatch, moved):
    pytest.importorskip("usearch", reason="usearch, which is of the extra `search`, is not installed")
    write_bundle(folder, contents)
    monkeypatch.setattr(approximate, "CELLS", 1)
    vectors = contents.vectors.astype(np.float16).astype(np.float32)
    data, facts = approximate.build_index(vectors[::-1] if moved else vectors)
    told = {"kind": "made by export", "digest": facts.digest}
    payload = pack_files({"index.usearch": data, "index.json": json.dumps(told).encode()})
    row = {**dict.fromkeys(EXPORTED.names), "target": "index", "payload": payload}
    seal_index(folder, contents.vectors, as_pieces(row, to_arrow_schema(EXPORTED)))
    found = json.loads((folder / "index.json").read_bytes())
    assert (found == told) is not moved and load_bundle(folder).approximate is not None
    assert (found["digest"] == facts.digest) is not moved, "of other vectors: it is made anew"


def test_an_answer_needs_no_heavy_library(contents, folder):
    write_bundle(folder, contents)
    code = (
        "import sys; from pathlib import Path\n"
        "from mlpipeline.serving.answer import Answerer; from mlpipeline.serving.bundle import load_bundle\n"
        "Answerer(load_bundle(Path(sys.argv[1]))).answer(['문'])\n"
        "heavy = 'pyspark tensorflow keras torch mlflow pandas scipy sklearn pydantic pyarrow onnx'.split()\n"
        "print(sorted(set(heavy) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


class PretendedEncoder:
    """As `use`, of which a bundle holds the digest and no weights: the vectors are handed to it."""

    dims, digest, name = 6, "d" * 64, "use"

    def __init__(self, encode):
        self.encode = encode


@pytest.fixture
def named_only(contents, folder):
    """A bundle whose index was made by an encoder with weights."""
    payload = pack({}, {"format": 1, "kind": "use", "digest": PretendedEncoder.digest})
    write_bundle(folder, replace(contents, encoder=payload))
    return NgramEncoder.from_bytes(contents.encoder)


def test_an_encoder_that_is_only_named_is_taken_from_this_machine(named_only, folder, questions, monkeypatch):
    monkeypatch.setattr(opening, "open_use", lambda: PretendedEncoder(named_only.encode))
    text, intent = questions[3]
    assert Answerer(load_bundle(folder)).answer([text])[0].nearest[0][:2] == (text, intent)


def test_a_machine_without_its_weights_answers_and_says_once_what_it_lacks(
    named_only, folder, questions, monkeypatch, capsys
):
    def missing():
        raise SetupError("the encoder `use` is not installed", where="embed.encoder", fix="pip install it")

    monkeypatch.setattr(opening, "open_use", missing)
    answerer = Answerer(load_bundle(folder))
    for text, intent in questions[:3]:
        (answer,) = answerer.answer([text])
        assert (answer.intent, answer.nearest) == (intent, [])
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and "shop/ko answers without its nearest questions" in told and "pip install" in told


def test_no_encoder_is_opened_where_no_neighbours_are_asked_for(named_only, folder, questions, monkeypatch):
    monkeypatch.setattr(opening, "open_use", lambda: pytest.fail("opened"))
    assert Answerer(load_bundle(folder), nearest=0).answer([questions[0][0]])[0].intent == questions[0][1]


def test_another_release_of_the_encoder_is_not_taken(named_only, folder, questions, monkeypatch, capsys):
    other = PretendedEncoder(named_only.encode)
    other.digest = "e" * 64
    monkeypatch.setattr(opening, "open_use", lambda: other)
    assert Answerer(load_bundle(folder)).answer([questions[0][0]])[0].nearest == []
    assert "another release" in capsys.readouterr().err


def test_personal_data_is_masked_before_anything_reads_or_repeats_it(answerer):
    one, other = answerer.answer(["배송비 010-2345-6789로 알려줘", "배송비 <PHONE>로 알려줘"])
    assert one == other
    assert one.text == "배송비 <PHONE>로 알려줘"
    assert answerer.bundle.normalize("010-2345-6789로") == answerer.bundle.normalize("<PHONE>로")


def test_a_bot_that_has_learnt_personal_data_reads_messages_as_they_come(contents, folder):
    write_bundle(folder, replace(contents, profile={**contents.profile, "personal_data": "keep"}))
    (told,) = Answerer(load_bundle(folder)).answer(["배송비 010-2345-6789로 알려줘"])
    assert told.text == "배송비 010-2345-6789로 알려줘"
    assert load_bundle(folder).normalize("010-2345-6789로") != load_bundle(folder).normalize("<PHONE>로")
