"""Which encoding the bytes of a text file fit."""

from __future__ import annotations

import shlex

import pytest

from mlpipeline.store.corpus.encodings import as_utf8_hint, proposed_encoding, seems_to_be

SENTENCES = {
    "cp949": "text,intent\n안녕하세요,인사\n잘 가,작별\n",
    "Shift-JIS": "明日の天気は\n",
    "EUC-JP": "text,intent\nこんにちは,挨拶\n荷物はいつ届きますか,配送\n",
    "GB18030": "text,intent\n你好，我的包裹在哪里？,物流\n我要退款,退款\n",
    "Big5": "text,intent\n你好，我的包裹在哪裡？,物流\n我要退款,退款\n",
    "cp874": "text,intent\nสวัสดีครับ,ทักทาย\nสินค้าจะมาถึงเมื่อไหร่,จัดส่ง\n",
    "cp1258": "text,intent\nTôi đã đặt hàng rồi,giao\n",
    "latin-1": "text,intent\nje voudrais un café,menu\nà bientôt,adieu\n",
    "cp1252": "text,intent\nwhere’s my café order,menu\n",
    "UTF-16-LE": "내일 날씨 알려줘\r\n",
    "UTF-16-BE": "text,intent\n我想退款,退款\n",
    "UTF-16": "text,intent\nhi,greet\n",
    "UTF-32": "text,intent\nhi,greet\n",
}


@pytest.mark.parametrize("name", SENTENCES)
def test_a_few_sentences_tell_the_encoding(name: str):
    text = SENTENCES[name]
    if name == "cp1258":  # a tone is a letter of its own there
        text = text.replace("ã", "a\u0303").replace("ặ", "ă\u0323").replace("à", "a\u0300").replace("ồ", "ô\u0300")
    data = text.encode(name)
    assert proposed_encoding(data) == name
    assert data.decode(name) == text, "the name is one that Python knows"


@pytest.mark.parametrize(
    ("text", "codec", "name"),
    [
        ("text,intent\n내일 알람 맞춰줘,alarm_set\n", "euc_kr", "cp949"),
        ("질문,의도\n안녕하세요,인사\n잘 가,작별\n", "cp949", "cp949"),
        ("您好,问候\n再见,告别\n", "gbk", "GB18030"),
        ("ｽﾄｱはどこですか①\n", "cp932", "Shift-JIS"),
        ("ขอบคุณมาก\n", "tis_620", "cp874"),
    ],
)
def test_what_the_encodings_were_called_elsewhere(text: str, codec: str, name: str):
    assert proposed_encoding(text.encode(codec)) == name


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text,intent\nhi,greet\n",
        "질문,의도\n안녕,인사\n".encode(),
        "\ufeff질문,의도\n".encode(),
        "안녕하세요,인사\n".encode() * 50 + b"\xff\xfe,x\n",
        b"\xff",
        bytes(range(128, 256)),
    ],
    ids=["nothing", "ascii", "utf-8", "mark", "one broken line", "one byte", "every byte"],
)
def test_utf8_and_what_is_no_text_have_no_other_encoding(data: bytes):
    assert proposed_encoding(data) is None


def test_lines_that_are_utf8_say_nothing_about_those_that_are_not():
    assert proposed_encoding("안녕하세요\n".encode() * 50 + "내일 날씨 알려줘\n".encode("cp949")) == "cp949"


def test_the_declared_language_decides_where_the_bytes_do_not():
    data = "배".encode("cp949")
    assert proposed_encoding(data) is None
    assert proposed_encoding(data, "ko") == "cp949" and proposed_encoding(data, "zh-Hans") == "GB18030"


def test_the_hint_is_a_command_for_files_that_a_shell_can_read():
    assert shlex.split(as_utf8_hint("cp949", "my data/a.csv").partition(": ")[2])[-1] == "my data/a.utf8.csv"
    assert as_utf8_hint("cp949", "a.csv") == "save it as UTF-8: iconv -f CP949 -t UTF-8 a.csv > a.utf8.csv"
    for encoding, path in ((None, "a.csv"), ("cp949", "a.csv.gz"), ("cp949", "hdfs://x/a.csv"), ("cp949", "")):
        assert as_utf8_hint(encoding, path) == "save it as UTF-8 and run again"
    assert seems_to_be("cp949") == "; it seems to be cp949" and seems_to_be(None) == ""
