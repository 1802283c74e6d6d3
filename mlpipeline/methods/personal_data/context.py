# ruff: noqa: E501 (a rule a line, however long)
"""Words that say what a number beside them is, of eight languages: patterns, to be read without regard to case."""

from __future__ import annotations

REACH = 30  # characters between a number and the word that says what it is

CITIZEN = (
    r"주민\s?(?:등록)?\s?번호|주민등록|외국인\s?등록|등록\s?번호|マイナンバー|個人番号|在留カード|身份证|身分證|身份證|居留證|居留证|香港身份|"
    r"hkid|id\s?(?:card|no|number)|identity|ssn|social\s?security|\bitin\b|tax(?:payer)?\s?id|บัตรประชาชน|เลขประจำตัว|"
    r"cccd|cmnd|cmt|căn\s?cước|chứng\s?minh|số\s?định\s?danh"
)
BUSINESS = r"사업자|법인|法人番号|法人|統一編號|统一编号|統編|business\s?(?:no|number|reg)|เลขนิติบุคคล|mã\s?số\s?thuế"
PASSPORT = r"여권|旅券|パスポート|护照|護照|passport|หนังสือเดินทาง|พาสปอร์ต|hộ\s?chiếu"
LICENCE = r"운전\s?면허|면허\s?번호|免許|驾照|驾驶证|駕照|駕駛執照|driv(?:er|ing)\S{0,2}\s?licen[cs]e|ใบขับขี่|bằng\s?lái|giấy\s?phép\s?lái"
CARD = r"카드\s?번호|카드|カード|信用卡|卡号|卡號|銀行卡|银行卡|(?:credit|debit)\s?card|card\s?(?:no|number)|บัตรเครดิต|หมายเลขบัตร|เลขบัตร|số\s?thẻ|thẻ\s?tín\s?dụng"
ACCOUNT = (
    r"계좌|통장|은행|농협|신협|口座|銀行|账号|帳號|账户|帳戶|银行|户口|戶口|bank|account\s?(?:no|number|is|:|#)|acct|"
    r"บัญชี|ธนาคาร|tài\s?khoản|\bstk\b|ngân\s?hàng"
)
PHONE = (
    r"전화|연락처|휴대폰|핸드폰|폰번호|번호는|電話|携帯|連絡先|番号は|电话|手机|手機|联系方式|聯絡|致電|致电|打给|打給|打|搵我|號碼|号码|改[做成為为]|"
    r"phone|mobile|\bcell\b|\bcall\b|\btel\b|contact|whatsapp|\btext\b|reach\s?me|โทร|เบอร์|มือถือ|ติดต่อ|điện\s?thoại|\bsđt\b|\bsdt\b|số\s?máy|gọi|liên\s?hệ|zalo"
)
# What has as many digits and is nobody's.
SURVIVES = (
    r"주문\s?번호|주문|운송장|송장|상품\s?(?:번호|코드)|제품\s?번호|바코드|버전|모델|시리얼|일련\s?번호|"
    r"注文|追跡|伝票|商品(?:コード|番号)|バーコード|バージョン|型番|シリアル|"
    r"订单|訂單|运单|運單|快递单|物流|单号|單號|商品(?:编号|編號|條碼|条码)|条形码|條碼|版本|型号|型號|序列号|序號|"
    r"order|tracking|invoice|shipment|parcel|\bawb\b|version|\bver\b|\bv\b|firmware|build|model|\bsku\b|serial|\bean\b|\bupc\b|"
    r"\bisbn\b|barcode|epoch|unix|timestamp|ticket|ref(?:erence)?\b|"
    r"คำสั่งซื้อ|ออเดอร์|ออร์เดอร์|พัสดุ|เวอร์ชัน|รุ่น|บาร์โค้ด|รหัสสินค้า|"
    r"đơn\s?hàng|mã\s?đơn|vận\s?đơn|phiên\s?bản|mã\s?vạch|mã\s?sản\s?phẩm|số\s?sê-ri"
)
# Behind a number: money and quantities.
QUANTITY = (
    r"\s?(?:원|만원|円|元|块|塊|บาท|đồng|đ\b|vnd|usd|krw|jpy|dollars?|won|yen|명|개|個|个|件|ชิ้น|cái|ml|kg|km|mb|gb|%)"
)
MONEY = r"[$₩¥€฿₫£￥￦]\s?$|(?:HK|NT|US)\$\s?$"
