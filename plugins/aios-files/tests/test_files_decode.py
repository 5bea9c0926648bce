"""How bytes become text."""

from __future__ import annotations

import pytest
from aios_files import decode, paragraphs
from hypothesis import given
from hypothesis import strategies as st

TEXTS = [
    ("shift_jis", "お見積りを送付します。よろしくお願いします", "Shift-JIS"),
    ("shift_jis", "株式会社山田商事 御中 東京都千代田区", "Shift-JIS"),
    ("euc_jp", "お見積りを送付します。よろしくお願いします", "EUC-JP"),
    ("gb18030", "您好，请查收附件中的发票，谢谢。", "GB18030"),
    ("gb18030", "发票号码：12345 金额：500元", "GB18030"),
    ("big5", "您好，請查收附件中的發票，謝謝。", "Big5"),
    ("euc_kr", "안녕하세요. 첨부된 견적서를 확인해 주십시오.", "EUC-KR"),
    ("cp1251", "Уважаемые господа, направляем вам счёт на оплату.", "Windows-1251"),
    ("cp1251", "Шановні панове, надсилаємо рахунок. Її єдність", "Windows-1251"),
    ("koi8_r", "Уважаемые господа, направляем вам счёт на оплату.", "KOI8-R"),
    ("cp866", "Уважаемые господа, направляем вам счёт на оплату.", "IBM866"),
    ("iso8859_5", "Уважаемые господа, направляем вам счёт на оплату.", "ISO-8859-5"),
    ("cp1253", "Αγαπητέ κύριε, σας στέλνουμε το τιμολόγιο.", "Windows-1253"),
    ("cp1250", "Szanowni Państwo, w załączeniu przesyłamy fakturę za usługi. Źródło", "Windows-1250"),
    ("cp1250", "Tisztelt Uram, mellékelten küldjük a számlát. Üdvözlettel őszinte", "Windows-1250"),
    ("iso8859_2", "Szanowni Państwo, w załączeniu przesyłamy fakturę za usługi. Źródło", "ISO-8859-2"),
    ("cp1254", "Sayın yetkili, faturanız ektedir. Teşekkür ederiz, iyi günler dileriz", "Windows-1254"),
    ("cp1255", "שלום רב, מצורפת החשבונית עבור השירותים", "Windows-1255"),
    ("cp1256", "السلام عليكم، مرفق الفاتورة الخاصة بالخدمات", "Windows-1256"),
    ("cp1257", "Gerbiamas pone, siunčiame jums sąskaitą už paslaugas. Ačiū", "Windows-1257"),
    ("cp874", "เรียน ท่านผู้มีอุปการคุณ ใบแจ้งหนี้แนบมาด้วย", "Windows-874"),
    ("cp1252", "Sehr geehrte Frau Müller, die Rechnung über 500 € für Größe 5 ist bezahlt.", "Windows-1252"),
    ("cp1252", "Señor, ¿dónde está la factura? ¡Mañana!", "Windows-1252"),
    ("cp1252", "“quoted” – it’s 20 °C ± 5 µm", "Windows-1252"),
    ("cp1252", "café", "Windows-1252"),
    ("cp1252", "MÜLLER GMBH GRÖSSE", "Windows-1252"),
    ("mac_roman", "Sehr geehrte Frau Müller, die Rechnung für Größe 5 ist bezahlt.", "Mac Roman"),
    ("cp850", "Sehr geehrte Frau Müller, die Rechnung für Größe 5 ist bezahlt.", "IBM850"),
]


@pytest.mark.parametrize(("encoding", "text", "name"), TEXTS)
def test_a_legacy_encoding_is_told_by_its_letters(encoding, text, name):
    found = decode(text.encode(encoding))
    assert (found.text, found.reason) == (text, f"decoded as {name}, whose letters fit")
    assert found.confidence is not None
    assert 0.25 <= found.confidence <= 1
    assert decode(b"ascii only\n" * 500 + (text + "\n").encode(encoding) * 100).text == "ascii only\n" * 500 + (text + "\n") * 100


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_wide_unicode_is_known_without_a_mark(encoding):
    found = decode("Dear Sirs, 500 EUR".encode(encoding))
    assert found.text == "Dear Sirs, 500 EUR"
    assert "pattern of zero bytes" in found.reason


def test_what_is_declared_counts_unless_the_bytes_are_utf_8_or_do_not_fit():
    assert decode(b"caf\xe9", declared="ISO-8859-1") == ("café", "", None)
    assert decode("café".encode(), declared="iso-8859-1") == ("café", "", None)
    assert decode("한글".encode("cp949"), declared="ks_c_5601-1987").text == "한글"
    assert decode("联通".encode("gb18030"), declared="gb2312").text == "联通"  # by chance these bytes are UTF-8, too
    assert decode("größer".encode("cp1252"), declared="utf-8").text == "größer"
    assert decode("ab\xe9".encode("cp1252") + b"\x81", declared="klingon").confidence is not None


def test_nothing_that_tells_is_said_as_well():
    assert decode("鱗鰯鯖鮪".encode("shift_jis")).confidence == 0


@given(st.binary(max_size=200), st.text(max_size=20), st.text(max_size=20))
def test_any_bytes_are_some_text_and_the_same_each_time(data, declared, fallback):
    found = decode(data, declared=declared, fallback=fallback)
    found.text.encode()
    assert found == decode(data, declared=declared, fallback=fallback)


@given(st.text(st.sampled_from("ab \t\n"), max_size=60))
def test_paragraphs_hold_all_text_but_white_space(text):
    place = 0
    for start, end in paragraphs(text):
        assert not text[place:start].strip()
        assert text[start:end].strip() == text[start:end] != ""
        place = end
    assert not text[place:].strip()
