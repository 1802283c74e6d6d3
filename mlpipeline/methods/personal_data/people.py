# ruff: noqa: E501 (a rule a line, however long)
"""Names and addresses by what is written beside them: rules of eight languages, each with the part that is personal.

A language without spaces says where a name ends by a list of surnames or by what is said behind it. Sources: the
commonest surnames of the censuses of Korea (2015), China (2020), Taiwan (2018) and Vietnam.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

_KO = "김이박최정강조윤장임한오서신권황안송전홍유고문양손배백허남심노하곽성차주우구민진지엄채원천방공현함변염여추도소석선설마길연위표명기반왕금옥육인맹제모탁국어은편용"
_ZH = (
    "王李张張刘劉陈陳杨楊黄黃赵趙吴吳周徐孙孫马馬朱胡郭何林高罗羅郑鄭梁谢謝宋唐许許韩韓邓鄧冯馮曹彭曾肖蕭田董潘袁蔡蒋蔣余于杜叶葉程魏苏蘇吕呂"
    "丁任卢盧姚沈钟鍾姜崔谭譚陆陸范汪廖石金贾賈韦韋夏付方邹鄒熊白孟秦邱侯江尹薛闫段雷龙龍黎史陶贺賀毛郝顾顧龚龔邵万萬覃武钱錢戴严嚴莫孔向常汤湯洪詹簡"
)
# Words of three syllables that begin like a name before 님 or 씨 and are none.
_NOT_KO = "고객|주인|선생|하느|하나|장모|이모|고모|성도|배우|신부|강사|원장|조교|서방|도련|사장|안주인|주치의|한의사|이사|지사|전하|여사|기사|조상|손주|공주|왕비|원님|어머|국장|정부|우리|임금|오빠|유저|지인|변호사|성우|연출|문하|이웃|한국|마누라|어르신"
_LATIN = "A-Za-zÀ-ỹ"
_UPPER = "A-ZÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝĂĐĨŨƠƯẠ-Ỹ"
_END_ZH = r"(?=$|[\s,.，。!！?？、;；的])"
_NOT_EN = r"(?!(?:not|wrong|spelled|misspelled|on|in|is|the|my|a|listed|missing|for|and|to|incorrect)\b)"


@dataclass(frozen=True)
class Phrase:
    """A rule of words: `hints` are texts of which one stands in all that it finds; group 1 is what is personal."""

    name: str
    kind: str
    hints: str
    pattern: str
    score: float
    reason: str


_PHRASES = (
    Phrase("ko_name_said", "NAME", "이름|성함|성명|예금주|수령인|받는\\s?사람", rf"(?:이름은|성함은|성명은|(?:이름|성함|성명)\s?[:：]|(?:예금주|수령인|받는\s?사람)[은는]?\s?[:：]?)\s?([{_KO}][가-힣]{{1,2}})(?=이고|입니다|이에요|예요|이라고|라고|이요|요|이며|씨|님|[\s,.)]|$)", 0.8, "ko: my name is + surname"),
    Phrase("ko_name_self", "NAME", "저는|전", rf"(?<![가-힣])(?:저는|전)\s([{_KO}][가-힣]{{2}})(?:입니다|이에요|예요|이라고|라고)", 0.7, "ko: I am + surname and two syllables"),
    Phrase("ko_name_title", "NAME", "씨|님|고객", rf"(?<![가-힣])(?!(?:{_NOT_KO}))([{_KO}][가-힣]{{2}})(?<!날)(?<!감독)(?=\s?(?:씨|고객님|회원님)(?![가-힣]{{2}})|님(?:께|의|이|은|에게|한테|으로|[\s,.]|$))", 0.7, "ko: surname and two syllables + title"),
    Phrase("ja_name_said", "NAME", "申します|名前|氏名|名義", r"(?:名前は|氏名は|氏名[:：]|名義は|私は|^|[、。\s])(?:[一-龥々]{1,4}(?:株式会社|会社)の)?([一-龥々ァ-ヴー]{1,8}(?:[ 　]?[一-龥々ぁ-んァ-ヴー]{1,8}?)?)(?=と申し)", 0.85, "ja: to be called"),
    Phrase("ja_name_is", "NAME", "名前|氏名|名義", r"(?:名前は|氏名は|氏名[:：]\s?|名義は)(?!何|誰)([一-龥々ァ-ヴー]{1,8}(?: [一-龥々ァ-ヴー]{1,8})?)(?=です|で[、。\s]|。|、|$)", 0.75, "ja: the name is"),
    Phrase("ja_name_title", "NAME", "様", r"(?<![一-龥々])(?!お客|皆|王|神|奥|同|仕|多)([一-龥々]{2,5})(?=様(?:[のにはがを、。\s]|$))", 0.6, "ja: name + sama"),
    Phrase("zh_name_said", "NAME", "我叫|姓名|名字|我是|收件人|联系人|聯絡人|收貨人|收货人", rf"(?:我叫|我的名字(?:是|叫)|姓名(?:是|为|為)?[:：]?|收[件货貨]人[:：是]?|[联聯][系絡]人[:：是]?)\s?([{_ZH}][一-龥]{{1,2}}){_END_ZH}", 0.8, "zh: to be called + surname"),
    Phrase("zh_name_self", "NAME", "我是", rf"我是([{_ZH}][一-龥]{{1,2}})(?=[，,。]|$)", 0.6, "zh: I am + surname"),
    Phrase("zh_name_title", "NAME", "先生|女士|小姐", rf"(?<![一-龥])([{_ZH}][一-龥]{{1,2}})(?=先生|女士|小姐)", 0.65, "zh: surname + title"),
    Phrase("th_name_said", "NAME", "ชื่อ|คุณ|นาย|นาง", r"(?:ผม|ฉัน|ดิฉัน|หนู|เรา)ชื่อ\s?((?:นาย|นางสาว|นาง)?[ก-๙]{2,20}?(?: (?!ครับ|ค่ะ|คะ|จะ|ต้อง|อยาก|ขอ|เบอร์|อยู่|มี|อีเมล|โทร)[ก-๙]{2,20}?)?)(?=ครับ|ค่ะ|คะ|นะ|[\s,.]|$)", 0.75, "th: my name"),
    Phrase("th_name_title", "NAME", "นาย|นาง|น\\.ส", r"(?:(?<![ก-๙])|ชื่อ)((?:นางสาว|นาย|นาง|น\.ส\.)\s?[ก-๙]{2,20} [ก-๙]{2,20})", 0.65, "th: title + two words"),
    Phrase("vi_name_said", "NAME", "tên|Tên|TÊN", rf"(?:[Tt]ôi tên(?: là)?|[Tt]ên (?:tôi|em|mình|khách|người nhận)(?: là|:)?|[Mm]ình tên(?: là)?|[Ee]m tên(?: là)?|[Hh]ọ (?:và )?tên(?: là|:)?|[Tt]ên là)\s?:?\s?([{_UPPER}][{_LATIN}]{{0,8}}(?: [{_UPPER}][{_LATIN}]{{0,8}}){{0,4}})", 0.8, "vi: my name is + capitals"),
    Phrase("vi_name_title", "NAME", "anh|chị|ông|bà|Anh|Chị|Ông|Bà", rf"(?<![{_LATIN}])(?:anh|chị|ông|bà|Anh|Chị|Ông|Bà) ((?:Nguyễn|Trần|Lê|Phạm|Hoàng|Huỳnh|Phan|Vũ|Võ|Đặng|Bùi|Đỗ|Hồ|Ngô|Dương|Lý)(?: [{_UPPER}][{_LATIN}]{{0,8}}){{1,3}})", 0.75, "vi: title + surname"),
    Phrase("en_name_said", "NAME", "name|Name|NAME", rf"(?i:(?<![a-z])(?:my (?:full )?name is|my name's|(?<=\S )name[:：]|the name is)\s{{1,2}}|(?<=[^\s\x00-\x7f])name[:：])(?i:{_NOT_EN})([A-Z][A-Za-z'-]{{1,20}}(?: [A-Z][A-Za-z'.-]{{0,20}}){{0,3}}|[a-z]{{2,15}}(?: [a-z]{{3,15}})?(?=$|[,.!?]))", 0.75, "en: my name is"),
    Phrase("en_name_title", "NAME", "Mr|Ms|Mrs|Dr", r"(?<![A-Za-z])(?:Mr|Mrs|Ms|Dr)\.? ([A-Z][a-z]{1,20}(?: [A-Z][a-z]{1,20}){0,2})", 0.65, "en: title + capitals"),
    Phrase("ko_road", "ADDRESS", "로|길", r"((?:[가-힣]{1,10}(?:시|도)\s)?(?:[가-힣]{1,8}(?:시|군)\s)?[가-힣]{1,8}(?:구|군|시|읍|면)\s[가-힣0-9]{1,12}(?:로|길)\s?(?:[0-9]{1,3}번?길\s?)?[0-9]{1,4}(?:-[0-9]{1,4})?(?:\s?[0-9]{1,4}(?:동|층))?(?:\s?[0-9]{1,5}호)?)", 0.8, "ko: road address"),
    Phrase("ko_lot", "ADDRESS", "동|리|읍|면", r"((?:[가-힣]{1,10}(?:시|도)\s)?[가-힣]{1,8}(?:시|군|구)\s[가-힣0-9]{1,8}(?:동|리|읍|면)\s?[0-9]{1,4}(?:-[0-9]{1,4})?(?:번지)?)", 0.75, "ko: lot address"),
    Phrase("ja_address", "ADDRESS", "都|道|府|県|区|市", r"((?:東京都|北海道|(?:京都|大阪)府|[一-龥]{2,3}県|[一-龥]{1,4}市)[^\s、。,0-9]{1,20}[0-9]{1,4}(?:丁目|番地?|-[0-9]{1,4})[0-9番地号\-の]{0,12})", 0.8, "ja: prefecture or city + block"),
    Phrase("zh_address", "ADDRESS", "号|號", r"((?:[一-龥]{2,8}(?:省|市|县|縣|区|區)){0,3}[一-龥]{1,6}(?:路|街|大道|巷|弄|胡同)(?:[一二三四五六七八九十0-9]{1,2}段)?(?:[0-9]{1,4}[巷弄])?(?:[0-9]{1,4}弄)?[0-9]{1,5}(?:-[0-9]{1,3})?[号號](?:[0-9]{1,3}[楼樓栋棟])?(?:[之0-9]{1,4}[室号號]?)?)", 0.8, "zh: road + number"),
    Phrase("th_address", "ADDRESS", "เลขที่|ซอย|ถนน|หมู่|ม\\.|ต\\.|แขวง", r"((?:บ้านเลขที่|ที่อยู่|เลขที่)\s?[0-9]{1,5}(?:/[0-9]{1,5})?(?:\s(?:หมู่|ม\.|ซอย|ซ\.|ถนน|ถ\.|แขวง|เขต|ตำบล|ต\.|อำเภอ|อ\.|จังหวัด|จ\.)\s?[ก-๙0-9]{1,20}){0,6}|[0-9]{1,5}/[0-9]{1,5}\s?(?:(?:หมู่|ม\.|ซอย|ซ\.|ถนน|ถ\.)\s?[ก-๙0-9]{1,20}\s?){1,4}|[0-9]{1,5}\s(?:ถนน|ซอย)[ก-๙]{2,20}[0-9]{0,3})", 0.75, "th: house number + lane or road"),
    Phrase("vi_address", "ADDRESS", "đường|phố|ngõ|hẻm|Đường|ấp|phường|quận", rf"((?:[Ss]ố (?:nhà )?)?[0-9]{{1,4}}[A-Z]?(?:/[0-9]{{1,4}}){{0,3}},? (?:đường|phố|ngõ|hẻm|Đường|ấp) (?:[{_UPPER}0-9][{_LATIN}0-9/]{{0,9}} ?){{1,5}}(?:, ?(?:phường|quận|huyện|[Pp]\.|[Qq]\.) ?(?:[{_UPPER}0-9][{_LATIN}0-9]{{0,9}} ?){{1,4}}){{0,3}})", 0.75, "vi: number + road"),
    Phrase("us_address", "ADDRESS", " (?:St|Ave|R[od]|B|Dr|L|Way|C)", r"(?<![A-Za-z0-9$])([0-9]{1,5} (?:[NSEW]\.? )?(?:[A-Z][a-z]{1,15} |[0-9]{1,3}(?:st|nd|rd|th) ){1,3}(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Drive|Dr|Lane|Ln|Way|Court|Ct)(?![a-z])\.?(?:,? (?:Apt|Suite|Unit|#)\.? ?[0-9A-Z]{1,6})?(?:,? [A-Z][a-z]{1,15}(?: [A-Z][a-z]{1,15})?,? [A-Z]{2}(?: [0-9]{5})?)?)", 0.8, "us: number + street"),
)  # fmt: skip


@dataclass(frozen=True)
class CompiledPhrase:
    """A phrase whose patterns are compiled when a text first asks for them."""

    phrase: Phrase

    @cached_property
    def hints(self) -> re.Pattern[str]:
        """What stands in every text that the pattern finds something in."""
        return re.compile(self.phrase.hints)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What is personal, as group 1."""
        return re.compile(self.phrase.pattern)


PHRASES = tuple(CompiledPhrase(phrase) for phrase in sorted(_PHRASES, key=lambda phrase: -phrase.score))
HINTS = re.compile("|".join(f"(?:{phrase.hints})" for phrase in _PHRASES))
