# ruff: noqa: E501 (a list of sentences)
"""Sentences of eight locales with personal data and without: templates in two lists, both written after the rules.

`{phone}`, `{id}`, `{name}`, `{mail}`, `{account}` and `{address}` are filled with values of the locale.
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable

from mlpipeline.methods.personal_data import check_digits as check

BEFORE = {
    "kr": [
        "제 번호는 {phone}이에요",
        "{phone}로 연락 주세요",
        "주민번호 {id} 입니다",
        "메일은 {mail}이고 이름은 {name}입니다",
    ],
    "jp": [
        "電話番号は{phone}です",
        "{phone}まで連絡ください",
        "マイナンバーは{id}です",
        "{name}と申します。メールは{mail}です",
    ],
    "cn": ["我的手机号是{phone}", "请打{phone}联系我", "身份证号{id}", "我叫{name}，邮箱{mail}"],
    "tw": ["我的電話是{phone}", "請撥{phone}找我", "身分證字號{id}", "我叫{name}，信箱{mail}"],
    "hk": ["我電話係{phone}", "打{phone}聯絡我", "身份證號碼{id}", "我叫{name}，電郵{mail}"],
    "th": ["เบอร์โทร {phone} ค่ะ", "ติดต่อ {phone} ครับ", "เลขบัตรประชาชน {id}", "ผมชื่อ{name}ครับ อีเมล {mail}"],
    "vn": ["số điện thoại của tôi là {phone}", "gọi {phone} nhé", "số CCCD {id}", "Tôi tên là {name}, email {mail}"],
    "us": ["my number is {phone}", "call me at {phone}", "SSN {id}", "My name is {name} and my mail is {mail}"],
}
AFTER = {
    "kr": [
        "혹시 {phone}번으로 문자 가능할까요?",
        "배송 기사님이 {phone} 여기로 전화하게 해 주세요",
        "본인확인용 {id}요",
        "답장은 {mail}로 보내 주시고 성함은 {name}예요",
    ],
    "jp": [
        "折り返しは{phone}にお願いします",
        "携帯{phone}が繋がらない",
        "個人番号{id}を登録したい",
        "返信先:{mail}、氏名は{name}です",
    ],
    "cn": ["快递员打不通{phone}怎么办", "换成{phone}这个号码", "{id}是我的证件号", "发到{mail}就行，收货人{name}"],
    "tw": ["司機打{phone}都沒人接", "麻煩改成{phone}", "{id}是我的證號", "寄到{mail}就好，收件人{name}"],
    "hk": ["司機打唔通{phone}", "改做{phone}得唔得", "{id}係我張證", "寄去{mail}，聯絡人{name}"],
    "th": ["โทรกลับที่{phone}ได้ไหม", "เปลี่ยนเบอร์เป็น {phone} ให้หน่อย", "{id} คือเลขของฉัน", "ส่งไปที่ {mail} ดิฉันชื่อ{name}ค่ะ"],
    "vn": [
        "shipper không gọi được {phone}",
        "đổi sang số {phone} giúp em",
        "căn cước của em {id} ạ",
        "gửi vào {mail}, người nhận hàng. Em tên {name}",
    ],
    "us": [
        "the driver can't reach {phone}",
        "please change it to {phone}",
        "{id} is what I was given",
        "send it to {mail}, name: {name}",
    ],
}
WITHOUT = [
    "1,234,567원 환불해 주세요", "2024-12-25 18:30에 배송", "주문번호 20241201123456 취소", "송장번호 123456789012 어디예요", "버전 10.0.19045.3803 설치",
    "注文番号250-1234567-1234567のキャンセル", "12,800円の商品", "2024年12月25日に届く", "JANコード 4901234567894", "バージョン1.2.3.4です",
    "订单号202412011234567890什么时候发货", "价格是1999元", "运单号 123456789012", "版本 10.0.1.2", "訂單編號 2024120112345 取消",
    "คำสั่งซื้อ 2412011234567 อยู่ไหน", "ราคา 1,290 บาท", "วันที่ 25/12/2567 เวลา 18:30", "พัสดุ 123456789012", "เวอร์ชัน 1.2.3.4",
    "đơn hàng 241201123456 ở đâu", "giá 1.290.000đ", "ngày 25/12/2024 lúc 18:30", "phiên bản 1.2.3.4", "mã vận đơn 123456789012",
    "order 112-1234567-1234567 is late", "version v1.2.3.4", "EAN 4006381333931", "SM-G991N or WH-1000XM5", "timestamp 1700000000000", "size 10-12, 3 x 500 ml",
    "8801234567893", "1700000000", "20241225", "1588-1234", "http://example.com/a/b?page=2", "고객님 안녕하세요", "배우님 최고", "お客様センター", "我叫了外卖",
]  # fmt: skip
_NAMES = {
    "kr": ["김민준", "이서연", "박지훈", "최수아", "정하은"], "jp": ["田中太郎", "佐藤", "鈴木一郎", "高橋花子", "渡辺"],
    "cn": ["王小明", "李娜", "张伟", "刘洋", "陈静"], "tw": ["陳怡君", "林志明", "黃美玲", "張家豪", "李雅婷"], "hk": ["陳大文", "黃志強", "李嘉欣", "何家俊", "梁詠詩"],
    "th": ["สมชาย ใจดี", "สมหญิง", "ประเสริฐ", "วิชัย สุขสม", "มาลี"], "vn": ["Nguyễn Văn An", "Trần Thị Bình", "Lê Hoàng", "Phạm Minh Đức", "Vũ Lan"],
    "us": ["John Smith", "Maria Garcia", "Emily Johnson", "Ahmed Khan", "Linda"],
}  # fmt: skip


def phone(locale: str, rng: random.Random) -> str:
    """A number of the locale's plan, in one of the ways that it is written."""
    forms = {
        "kr": ["010-####-####", "010########", "010 #### ####", "02-2##-####", "031-7##-####", "+82 10-####-####"],
        "jp": ["090-####-####", "080########", "03-3###-####", "06-6###-####", "+81 90-####-####"],
        "cn": ["138########", "186 #### ####", "159-####-####", "+86 139########", "010-8#######"],
        "tw": ["0912-###-###", "0988######", "02-2###-####", "+886 912 ### ###"],
        "hk": ["9### ####", "6#######", "+852 5### ####"],
        "th": ["081-###-####", "089#######", "02-###-####", "+66 81 ### ####"],
        "vn": ["0903 ### ###", "098#######", "0777.###.###", "+84 903 ### ###"],
        "us": ["(415) 555-####", "212-555-####", "650.555.####", "+1 415 555 ####"],
    }
    return _filled(rng.choice(forms[locale]), rng)


def _filled(form: str, rng: random.Random) -> str:
    return "".join(rng.choice(string.digits) if one == "#" else one for one in form)


def number(locale: str, rng: random.Random) -> str:
    """An id of the locale with a right check digit, where it has one."""
    day = f"{rng.randint(60, 99)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}"
    forms: dict[str, tuple[str, Callable[[str], bool]]] = {
        "kr": (f"{day}-{rng.choice('12')}######", lambda text: True),
        "jp": ("############", check.is_my_number),
        "cn": (f"11010519{day}####", check.is_chinese),
        "tw": (f"{rng.choice('ABFT')}{rng.choice('12')}########", check.is_taiwanese),
        "hk": (f"{rng.choice('ACKZ')}######(#)", check.is_hong_kong),
        "th": ("1############", check.is_thai),
        "vn": (f"001{rng.choice('01')}{day[:2]}######", lambda text: True),
        "us": (f"{rng.randint(100, 599)}-{rng.randint(10, 99)}-{rng.randint(1000, 9999)}", lambda text: True),
    }
    form, holds = forms[locale]
    while True:
        made = _filled(form, rng)
        if holds(made) and not (len(made) in (12, 13) and made.isdigit() and check.is_article(made)):
            return made


def sentences(
    templates: dict[str, list[str]], locale: str, count: int, seed: int = 1
) -> list[tuple[str, list[tuple[str, int, int]]]]:
    """`count` sentences of a locale, each with (kind, start, end) of what is personal in it."""
    rng = random.Random(f"{locale}{seed}")
    made = []
    for turn in range(count):
        text, spans = templates[locale][turn % len(templates[locale])], []
        values = {
            "phone": lambda: phone(locale, rng), "id": lambda: number(locale, rng), "name": lambda: rng.choice(_NAMES[locale]),
            "mail": lambda: _filled("a.user##@mail.example", rng),
        }  # fmt: skip
        while (start := text.find("{")) >= 0:
            field = text[start + 1 : text.index("}")]
            value = values[field]()
            text = f"{text[:start]}{value}{text[text.index('}') + 1 :]}"
            spans.append(({"mail": "EMAIL"}.get(field, field.upper()), start, start + len(value)))
        made.append((text, spans))
    return made
