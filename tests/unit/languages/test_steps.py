"""Real texts of each language and what becomes of them."""

from __future__ import annotations

import unicodedata

import pytest

from mlpipeline.languages.profile import normalize

SAME = {
    "ko": [
        (
            "배송 언제 와요?",
            [
                "배송  언제 와요?",
                "\ufeff배송\u3000언제\u200b 와요？",
                "배송 언제 와요??",
                unicodedata.normalize("NFD", "배송 언제 와요?"),
            ],
        ),
        ("진짜 웃겨ㅋㅋ", ["진짜 웃겨ㅋㅋㅋㅋㅋ", "진짜 웃겨ㅋㅋㅋ.", "진짜 웃겨ﾻﾻ", "진짜 웃겨\u110f\u110f\u110f"]),
        ("너무 슬퍼ㅠㅠ", ["너무 슬퍼ㅜㅜ", "너무 슬퍼ㅠㅜㅠㅜ", "너무 슬퍼ㅠㅠㅠㅠ~~"]),
        ("'wifi' 안돼", ["‘WiFi’ 안돼", "＇ＷＩＦＩ＇ 안돼...", "'wifi' 안돼…"]),
        ("네네", ["네네네네", "네네!!!", "네네。".replace("。", ".")]),
        ("서울 부산", ["서울·부산", "서울ㆍ부산", "서울\t부산\n"]),
    ],
    "ja": [
        (
            "パソコンが壊れた",
            ["ﾊﾟｿｺﾝが壊れた", "パソコンか゛壊れた。", "ハ゜ソコンか\u3099壊れた", "パソコン が 壊れた！"],
        ),
        ("すごーい", ["すご〜い", "すご～い", "すごーーーい", "すご-い"]),
        ("コンピューター", ["コンピュ-タ-".rstrip("-") + "ー", "ｺﾝﾋﾟｭｰﾀｰ"]),
        ("いすず", ["いすゞ", "いすす\u3099"]),
        ("ただ", ["たゞ"]),
        ('"東京"って,何?', ["「東京」って、何？", "『東京』って，何??"]),
        ("wifi 12", ["ＷｉＦｉ　１２", "WiFi ⑫"]),
        ("10~20", ["10〜20", "１０～２０"]),
    ],
    "en": [
        (
            "whats the weather",
            ["What's the weather?".rstrip("?"), "what’s  the weather...", "WHATS THE WEATHER!!", "what`s the weather"],
        ),
        ("cafe near me?", ["Café near me??", "cafe\u0301 near me?!", "CAFE near me？"]),
        ("soo good", ["Sooooo good", "sooo good ~"]),
        ("fire", ["ﬁre", "fi\u00adre", "Fi\u200dre."]),
        ("at 7:30 p. m", ["at 7:30 p. m."]),
        ("call 1000000", ["call 1000000"]),
    ],
    "zh-Hans": [
        ("今天天气怎么样?", ["今天天气怎么样？", "今天 天气 怎么样??", "今天天气怎么样?!"]),
        ("打开wifi", ["打开ＷＩＦＩ", "打开WiFi。"]),
        ('你好,"小明"', ["你好，“小明”", "你好、《小明》", "你好，「小明」。"]),
        ("哈哈", ["哈哈哈哈", "哈哈～～"]),
        ("打三三三三", ["打三三三三"]),
        ("软件", ["软件"]),
    ],
    "zh-Hant": [("鬧鐘", ["鬧鐘", "鬧 鐘。"]), ("軟體在哪?", ["軟體在哪？"])],
    "zh-TW": [("計程車多少錢?", ["計程車　多少錢？"]), ("新聞的通知", ["新聞的\u200b\u200b通知"])],
    "th": [
        ("น้ำ", ["นํ้า", "น้ํา", "นำ้", "น้้ำ"]),
        ("ที่นี่", ["ท่ีน่ี", "ที่่นี่่", "ที\u200bี่นี่"]),
        ("และ", ["เเละ", "และะ", "และ..."]),
        ("บ่อยๆ", ["บ่อย ๆ", "บ่อย  ๆๆ"]),
        ("เปิดเพลง pop", ["เปิด เพลง pop", "เปิด  เพลง\u3000POP"]),
        ("กุ้ง 9 ตัว", ["กุ้ง ๙ ตัว", "กุ้ง ９ ตัว"]),
        ("มากก", ["มากกกกก"]),
    ],
    "vi": [
        ("tàu hoả", ["tàu hỏa", "Tàu Hoả.", unicodedata.normalize("NFD", "tàu hỏa"), "TÀU HỎA!"]),
        ("thuý quý", ["thúy quý", "thúy qúy"]),
        ("khoẻ quá hoàn thuỷ", ["khỏe qúa hoàn thủy", "khoẻ quá hòan thuỷ"]),
        ("đi đâu?", ["ði đâu？", "Đi đâu??", "Ði đâu?"]),
        (
            "được",
            [
                unicodedata.normalize("NFD", "được"),
                "đ\u01b0\u0323\u01a1c".replace("\u01b0\u0323\u01a1", "\u01b0\u01a1\u0323"),
            ],
        ),
        ("vângg", ["vângggg"]),
        ("của tuần mùa chìa", ["của tuần mùa chìa"]),
    ],
}
CASES = [(tag, wanted, given) for tag, cases in SAME.items() for wanted, variants in cases for given in variants]


@pytest.mark.parametrize(("tag", "wanted", "given"), CASES)
def test_variants_of_one_text_become_one(profiles, tag: str, wanted: str, given: str):
    assert normalize(given, profiles[tag]) == wanted
    assert normalize(wanted, profiles[tag]) == wanted


DIFFERENT = [
    ("vi", ["ma", "má", "mà", "mả", "mã", "mạ"]),
    ("vi", ["ban", "bạn", "bàn", "bán"]),
    ("ko", ["밥 먹었어", "밥 먹었어?", "ㅋ", "ㅋㅋ", "ㅠㅠ", "ㅋㅠ", "큐"]),
    ("th", ["มา", "ม่า", "ม้า", "ไกล", "ใกล้"]),
    ("ja", ["はし", "ばし", "ぱし", "ハシ", "人々", "ビル", "ビール"]),
    ("zh-Hans", ["软件", "軟體", "轟炸"]),
    ("en", ["stop", "stop?", "100", "1000"]),
]


@pytest.mark.parametrize(("tag", "texts"), DIFFERENT)
def test_texts_that_mean_different_things_stay_apart(profiles, tag: str, texts: list[str]):
    assert len({normalize(text, profiles[tag]) for text in texts}) == len(texts)


@pytest.mark.parametrize("tag", SAME)
def test_what_holds_no_word_becomes_empty(profiles, tag: str):
    for text in ("", " \u3000\u200b", "...", "!!!", "\0\ufeff", "\ud800"):
        assert normalize(text, profiles[tag]) == ""
