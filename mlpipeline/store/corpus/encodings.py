"""Which encoding the bytes of a text file fit, where they are not UTF-8. Pure Python, codecs of the standard library.

A few sentences decide it: each encoding reads the bytes as letters, and a small model of each language says how likely
these letters are. Letters are drawn independently (a unigram model); the likelihood of bytes is that of the letters, so
encodings of one byte and of two bytes a letter compare without weights.
"""

from __future__ import annotations

import codecs
import shlex
from collections.abc import Callable
from typing import NamedTuple

_SAMPLE = 4000
"""Bytes of lines that are not UTF-8; more say nothing new."""
_UNIFORM = -4.9  # log of 1/128 and a bit: a byte above 0x7f of a file that is no text
_ASKED = 5  # single lines of one reading that are asked for their encoding
_BETTER = 0.3  # a single rare letter is no evidence
_PRIOR = 3.0  # what the declared language weighs, in letters about one

_MARKS = (
    (codecs.BOM_UTF8, "UTF-8"),
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)

# the most frequent letters of everyday questions: four fifths of the running text of a language
_HANGUL = frozenset(
    "어이해줘가에시는고지아하오다일로나알서까야내기리람한스요사주있소마자데게려여트들을음도정싶은거으피만의인재구전제면무니좋안커생라워수드할달간네설장"
    "보조비뭐남부너러파화동혼늘대공카줄십목말록래모더금랑미바틀운명날꺼청와세없후선때좀겠식친불색먹작개그짝올추문물우테결팅볼방상택진디행집같술통담몇치"
    "취국뉴월신녕송환예약처별"
)
_SIMPLIFIED = frozenset(
    "的我一点播个钟闹音在吗天上请放下有你灯把是新么关设要日到时能给开想十清什今多除了笑最色车加咖啡五现话单机会客元打几提周这掉中器所调午动置间些三告"
    "小定醒大美早诉听地需乐为静成人扫少事率出通去里删量从电月房辆明二声消高交后租帮好气闻汇啊改启订历以歌表杯家让况始活之子怎国六四晚件和外叫分不室食"
    "尘七前九期情欧议列近目找光可说用移来厅将变样吸八看道息预建比度起取广创台闭公曲做份并物滴约星报哪知条面号您货款退换查询谢再见"
)
_TRADITIONAL = frozenset(
    "的我一點鐘鬧個播天音在嗎上有請放下燈是設你新要麼到關日開時清把十什笑今多定單想最色能五話車除咖給啡了現早加幾會動打這中器機間告客所提三掉電午幫"
    "美樂少大靜小醒訴聽置調成地些通掃率消明需月週房量元好人匯聞以後二氣訂叫活聲交台改可讓外事從何廣曆刪程去前出不目九道移高光六分晚始塵子取歌杯食吸家"
    "知四況說議行建如用近七之來廳幣輛室為期變八預計怎找餐網換起將表號國度息您貨款退查詢謝再見"
)
_KANJI = frozenset(
    "日時除定今何午間設十明私音前教消一新予生掃気再後作五通削文二曜聞量機注変照三加月色追次上電見最交換家知現在全入料天九起週始大算七成朝曲約分楽会"
    "中近流六行理番四部青状出屋動八言報白冗談場夜要開確解話目合必方室読用議食替送事探面為物配願況認更米返品発届人年本東京店商"
)


_THAI = frozenset("กขคงจชดตถทนบปผพมยรลวสหอาำแเโใไ")


class _Fit(NamedTuple):
    """An encoding, the codec that reads it, the languages that used it, and how likely a letter of theirs is."""

    name: str
    codec: str
    langs: tuple[str, ...]
    score: Callable[[str, str], float]
    prior: float = 0.0  # encodings to which nearly every byte is a letter need more of them


def proposed_encoding(data: bytes, lang: str | None = None) -> str | None:
    """The encoding that a text file seems to have: `cp949`, `Shift-JIS`, `Big5`, `UTF-16`; a name Python knows too.

    Args:
        data: the file's bytes, or its beginning. Lines that are UTF-8 say nothing and are passed over.
        lang: tag of the language that the file should have; it decides where the bytes do not.

    Returns:
        None where the bytes are UTF-8, or fit no encoding better than chance.
    """
    for mark, name in _MARKS:
        if data.startswith(mark) and name != "UTF-8":
            return name
    if b"\0" in data:
        return _wide(data)
    sample = _foreign_lines(data)
    if not sample:
        return None
    own = (lang or "").lower()
    found = [(_likelihood(sample, fit, own), fit) for fit in _FITS]
    best, fit = max(found, key=lambda one: one[0])
    if best < _UNIFORM * sum(byte > 0x7F for byte in sample) + _BETTER:
        return None
    if fit.name == "latin-1" and any(0x80 <= byte < 0xA0 for byte in sample):
        return "cp1252"
    return fit.name


def wide_encoding(data: bytes) -> str | None:
    """`UTF-16` or `UTF-32`, whose letters have zeros beside them; None for anything else, and for UTF-8 with NUL."""
    head = data[:_SAMPLE]
    zeros = 3 * head[:400].count(0) >= len(head[:400]) > 1
    if not zeros and b"\0" not in head and not head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return None
    found = proposed_encoding(head)
    return found if found and found.startswith("UTF-") else "UTF-16" if zeros else None


class ForeignLines:
    """What encoding lines that are not UTF-8 seem to have: asked of the first few, and remembered."""

    def __init__(self) -> None:
        self.asked = 0
        self.found: str | None = None

    def __call__(self, line: bytes) -> str | None:
        """The encoding of a line, or of an earlier one."""
        if self.found is None and self.asked < _ASKED:
            self.asked += 1
            self.found = proposed_encoding(line)
        return self.found


def as_utf8_hint(encoding: str | None, path: str = "") -> str:
    """What to do about a file that is not UTF-8: `save it as UTF-8: iconv -f CP949 -t UTF-8 a.csv > a.utf8.csv`."""
    stem, dot, suffix = path.rpartition(".")
    if encoding is None or not path or "://" in path or suffix == "gz":
        return "save it as UTF-8 and run again"
    known = {"latin-1": "ISO-8859-1", "cp874": "TIS-620"}.get(encoding, encoding.upper())
    name = f"{stem}.utf8.{suffix}" if dot and "/" not in suffix else f"{path}.utf8"
    return f"save it as UTF-8: iconv -f {known} -t UTF-8 {shlex.quote(path)} > {shlex.quote(name)}"


def seems_to_be(encoding: str | None) -> str:
    """`, it seems to be cp949` for the end of a sentence about bytes that are not UTF-8; empty for None."""
    return f"; it seems to be {_SPOKEN.get(encoding, encoding)}" if encoding else ""


_SPOKEN = {"cp874": "TIS-620 (cp874)", "latin-1": "latin-1 (ISO-8859-1)", "Shift-JIS": "Shift-JIS (cp932)"}


def _foreign_lines(data: bytes) -> bytes:
    kept, size = [], 0
    for line in data.split(b"\n"):
        if line.isascii():
            continue
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            kept.append(line)
            size += len(line)
            if size > _SAMPLE:
                break
    return b"\n".join(kept)[: 2 * _SAMPLE]


def _wide(data: bytes) -> str | None:
    """UTF-16 without a mark: half of its text are letters of one language, and its ASCII letters have a zero beside."""
    ends = data.count(b"\n")
    if 2 * (data.count(b"\n\0") + data.count(b"\0\n")) < ends:
        return None  # zeros in a text of single bytes: its line ends have none
    head = data[:_SAMPLE] if len(data) > _SAMPLE else data[: len(data) // 2 * 2]
    found = [(_wide_likelihood(head.decode(codec, "replace")), codec) for codec in ("utf-16-le", "utf-16-be")]
    best, codec = max(found)
    return codec.upper() if best > _UNIFORM * len(head) + _BETTER else None


def _wide_likelihood(text: str) -> float:
    letters = [char for char in text if not char.isascii()]
    plain = sum(-3.2 if char.isprintable() or char in "\t\r\n" else -14.0 for char in text if char.isascii())
    befores = [" ", *letters]
    return plain + max(
        sum(
            -25.0 if char == "\ufffd" else fit.score(char, before)
            for char, before in zip(letters, befores, strict=False)
        )
        for fit in _FITS
    )


def _likelihood(sample: bytes, fit: _Fit, lang: str) -> float:
    text = sample.decode(fit.codec, "replace")
    total = fit.prior
    total += _PRIOR if lang and any(lang == tag or lang.startswith(f"{tag}-") for tag in fit.langs) else 0.0
    before = " "
    for char in text:
        if not char.isascii():
            total += -25.0 if char == "\ufffd" else fit.score(char, before)
        before = char
    # bytes below 0x80 that are the second half of a letter here are letters of their own to other encodings
    return total + 3.2 * (sum(byte < 0x80 for byte in sample) - sum(map(str.isascii, text)))


def _east_asian(
    frequent: frozenset[str], own: Callable[[str], float | None], plain: str, level: str
) -> Callable[[str, str], float]:
    """A model: frequent letters, the language's own classes, then level 1, level 2 and the rest of a character set."""

    def score(char: str, before: str) -> float:
        if char in frequent:
            return -5.4
        if char in _PUNCTUATION:
            return -5.5
        given = own(char)
        if given is not None:
            return given
        if not ("\u4e00" <= char <= "\u9fff" or "\uac00" <= char <= "\ud7a3"):
            return -14.0
        lead = _lead(char, plain)
        return -14.5 if lead is None else -9.7 if lead in _LEVEL_1[level] else -12.5

    return score


_PUNCTUATION = frozenset("。、，？！：；（）「」『』…～·“”‘’《》　")
_LEVEL_1 = {
    "ko": range(0xB0, 0xC9),  # KS X 1001: hangul, before its hanja
    "zh": range(0xB0, 0xD8),  # GB 2312: level 1
    "ja": range(0xB0, 0xD0),  # JIS X 0208: level 1, as EUC
    "big5": range(0xA4, 0xC7),
}


def _lead(char: str, codec: str) -> int | None:
    try:
        return char.encode(codec)[0]
    except UnicodeEncodeError:
        return None


def _korean(char: str) -> float | None:
    if "\u3131" <= char <= "\u3163":
        return -6.5 if char in "ㅋㅎㅠㅜㅇㄱㄴㅡ" else -11.0
    return -13.0 if "\u4e00" <= char <= "\u9fff" else None


def _chinese(char: str) -> float | None:
    return -13.5 if "\uac00" <= char <= "\ud7a3" else None


def _japanese(char: str) -> float | None:
    if "\u3041" <= char <= "\u3096":
        return -4.9
    if "\u30a1" <= char <= "\u30fc":
        return -6.2
    if "\uff61" <= char <= "\uff9f":
        return -7.0
    return None


def _thai(char: str, before: str) -> float:
    """Signs above and below follow a consonant or each other; a vowel that is written first stands before one."""
    if not "\u0e01" <= char <= "\u0e5b":
        return -14.0
    if char in "\u0e31\u0e34\u0e35\u0e36\u0e37\u0e38\u0e39\u0e3a\u0e47\u0e48\u0e49\u0e4a\u0e4b\u0e4c\u0e4d\u0e4e":
        return -3.3 if "\u0e01" <= before <= "\u0e2e" or "\u0e31" <= before <= "\u0e4d" else -11.0
    if "\u0e40" <= before <= "\u0e44" and not "\u0e01" <= char <= "\u0e2e":
        return -11.0
    return -3.1 if char in _THAI else -6.5


def _latin(char: str, before: str) -> float:
    if char in "éèàùâêîôûçëïüöäßñáíóúãõåøæ":
        return -3.6 if before.isascii() else -7.5
    if char in "ÉÈÀÇÜÖÄÑÁÍÓÚÅØÆÊÔ" and not (before.isascii() and before.islower()):
        return -5.5 if before.isascii() else -8.0
    if char in "’–“”":
        return -4.6
    if char in "¿¡«»°£€©®·—‘…\u00a0":
        return -6.0
    return -9.5 if char < "\u0180" else -14.0


def _vietnamese(char: str, before: str) -> float:
    """Windows-1258: the tone is a sign of its own that follows its vowel."""
    if char in "\u0300\u0301\u0303\u0309\u0323":
        return -2.6 if before in "aeiouyAEIOUYâêôăơưÂÊÔĂƠƯ" else -11.0
    if char in "ăâđêôơưàáèéìíòóùúã":
        return -3.4 if before.isascii() else -7.0
    return -6.0 if char in "ĂÂĐÊÔƠƯ“”…–" else -10.0 if char < "\u0180" else -14.0


_FITS = (
    _Fit("cp949", "cp949", ("ko",), _east_asian(_HANGUL, _korean, "euc_kr", "ko")),
    _Fit("Shift-JIS", "cp932", ("ja",), _east_asian(_KANJI, _japanese, "euc_jp", "ja")),
    _Fit("EUC-JP", "euc_jp", ("ja",), _east_asian(_KANJI, _japanese, "euc_jp", "ja")),
    _Fit("GB18030", "gb18030", ("zh-hans", "zh-cn", "zh"), _east_asian(_SIMPLIFIED, _chinese, "gb2312", "zh")),
    _Fit("Big5", "cp950", ("zh-hant", "zh-tw", "zh-hk"), _east_asian(_TRADITIONAL, _chinese, "big5", "big5")),
    _Fit("cp874", "cp874", ("th",), _thai, -4.0),
    _Fit("cp1258", "cp1258", ("vi",), _vietnamese, -1.5),
    _Fit("latin-1", "cp1252", ("en", "fr", "de", "es", "it", "pt"), _latin),
)
