"""What is filled into forms."""

from aios_sdk import Box, Source


def widget(name: str, kind: bytes, more: bytes, rect: tuple[int, int, int, int] = (100, 150, 200, 170), flags: int = 0) -> bytes:
    return b"<</Type/Annot/Subtype/Widget/FT/%s/T(%s)/Ff %d/F 4/Rect[%d %d %d %d]%s>>" % (kind, name.encode(), flags, *rect, more)


def fields_of(bench, *objects: bytes, content: bytes = b"", roots: bytes = b""):
    numbers = b" ".join(b"%d 0 R" % number for number in range(4, 4 + len(objects)))
    page = bench.page(content, more=b"/Annots[%s]" % numbers)
    data = bench.write([page], objects=objects, catalog=b"/AcroForm<</Fields[%s]>>" % (roots or numbers))
    document, _ = bench.ingest(data)
    return document.fields


def test_texts_are_fields_by_their_full_name_with_their_box(bench):
    owner = b"<</T(owner)/Kids[5 0 R]>>"
    child = b"<</Type/Annot/Subtype/Widget/Parent 4 0 R/FT/Tx/T(name)/V(Max Miller)/Rect[100 150 200 170]/F 4>>"
    fields = fields_of(bench, owner, child, roots=b"4 0 R")
    assert list(fields) == ["owner.name"]
    (span,) = fields["owner.name"].spans
    assert (fields["owner.name"].value, span.kind, span.page, span.quote) == ("Max Miller", "box", 0, "")
    assert span.box == Box.of(100 / 300, 30 / 200, 200 / 300, 50 / 200)


def test_a_value_that_the_page_prints_too_is_quoted_there(bench):
    content = bench.lines("Name", left=20, top=155) + b"\n" + bench.lines("Max Miller", left=104, top=155)
    (span,) = fields_of(bench, widget("name", b"Tx", b"/V(Max Miller)"), content=content)["name"].spans
    assert (span.kind, span.quote) == ("text", "Max Miller")
    assert span.box == Box.of(100 / 300, 30 / 200, 200 / 300, 50 / 200)


def test_empty_fields_and_buttons_are_left_out(bench):
    assert not list(fields_of(bench, widget("a", b"Tx", b""), widget("b", b"Tx", b"/V( )"), widget("c", b"Btn", b"", flags=1 << 16)))


def test_a_box_to_tick_is_true_or_false(bench):
    state = b"/V/%s/AS/%s/AP<</N<</Yes 3 0 R/Off 3 0 R>>>>"
    fields = fields_of(bench, widget("insured", b"Btn", state % (b"Yes", b"Yes")), widget("smoker", b"Btn", state % (b"Off", b"Off")))
    assert {name: fields[name].value for name in fields} == {"insured": True, "smoker": False}


def test_of_radio_buttons_the_value_is_the_one_that_is_chosen(bench):
    group = b"<</FT/Btn/T(cause)/Ff 32768/V/storm/Kids[5 0 R 6 0 R]>>"
    kid = b"<</Type/Annot/Subtype/Widget/Parent 4 0 R/Rect[%d 150 %d 170]/F 4/AS/%s/AP<</N<</%s 3 0 R/Off 3 0 R>>>>>>"
    fields = fields_of(bench, group, kid % (20, 40, b"Off", b"fire"), kid % (60, 80, b"storm", b"storm"), roots=b"4 0 R")
    assert {name: fields[name].value for name in fields} == {"cause": "storm"}
    assert fields["cause"].spans[0].box == Box.of(0.2, 0.15, 80 / 300, 0.25)


def test_choices_are_what_they_are_called(bench):
    one = widget("country", b"Ch", b"/Opt[[(de)(Germany)][(at)(Austria)]]/V(at)", flags=1 << 17)
    several = widget("rooms", b"Ch", b"/Opt[(hall)(kitchen)(bath)]/V[(hall)(bath)]", flags=1 << 21)
    fields = fields_of(bench, one, several)
    assert {name: fields[name].value for name in fields} == {"country": "Austria", "rooms[0]": "hall", "rooms[1]": "bath"}


def test_a_field_in_two_places_is_one_value_with_both(bench):
    group = b"<</FT/Tx/T(policy)/V(HR-77)/Kids[5 0 R 6 0 R]>>"
    kid = b"<</Type/Annot/Subtype/Widget/Parent 4 0 R/Rect[%d 150 %d 170]/F 4>>"
    fields = fields_of(bench, group, kid % (20, 80), kid % (120, 180), roots=b"4 0 R")
    assert (fields["policy"].value, len(fields["policy"].spans)) == ("HR-77", 2)


def test_boxes_stand_in_the_document_by_its_content(bench, context):
    from aios_pdf import Pdf

    data = bench.write([bench.page(more=b"/Annots[4 0 R]")], objects=[widget("a", b"Tx", b"/V(x)")], catalog=b"/AcroForm<</Fields[4 0 R]>>")
    document = next(iter(Pdf(Pdf.Config()).ingest(Source(name="a.pdf", data=data, content_id="c" * 64), context)))
    assert document.layers.fields[0].spans[0].artifact == "c" * 64


def appearance(text: str) -> bytes:
    drawn = b"BT /F 10 Tf 2 2 Td (%s) Tj ET" % text.encode()
    head = b"<</Type/XObject/Subtype/Form/BBox[0 0 100 20]/Resources<</Font<</F 3 0 R>>>>/Length %d>>" % len(drawn)
    return head + b"\nstream\n" + drawn + b"\nendstream"


def test_what_is_filled_in_is_part_of_the_text_beside_its_label(bench):
    field = widget("insured", b"Tx", b"/V(Max Miller)/AP<</N 5 0 R>>")
    page = bench.page(bench.lines("Name", "Town", left=20, top=153), more=b"/Annots[4 0 R]")
    data = bench.write([page], objects=[field, appearance("Max Miller")], catalog=b"/AcroForm<</Fields[4 0 R]>>")
    document, _ = bench.ingest(data)
    assert document.text == "Name Max Miller\nTown"
    (span,) = document.fields["insured"].spans
    assert (span.kind, span.quote, span.box) == ("text", "Max Miller", Box.of(100 / 300, 30 / 200, 200 / 300, 50 / 200))


def test_what_is_typed_onto_a_page_or_stamped_is_part_of_the_text_and_what_is_hidden_is_not(bench):
    kinds = ((b"FreeText", 100, 4), (b"Stamp", 60, 4), (b"FreeText", 20, 2))
    notes = [b"<</Type/Annot/Subtype/%s/F %d/Rect[20 %d 120 %d]/AP<</N %d 0 R>>>>" % (kind, flags, y, y + 20, 7 + number)
             for number, (kind, y, flags) in enumerate(kinds)]  # fmt: skip
    texts = [appearance(text) for text in ("Approved 450 EUR", "RECEIVED", "secret")]
    page = bench.page(bench.lines("Offer"), more=b"/Annots[4 0 R 5 0 R 6 0 R]")
    document, _ = bench.ingest(bench.write([page], objects=[*notes, *texts]))
    assert document.text.split("\n\n") == ["Offer", "Approved 450 EUR", "RECEIVED"]


def test_a_page_without_text_of_its_own_is_left_to_ocr_whatever_is_filled_in(bench):
    field = widget("insured", b"Tx", b"/V(Max Miller)/AP<</N 5 0 R>>")
    page = bench.page(b"", more=b"/Annots[4 0 R]")
    data = bench.write([page], objects=[field, appearance("Max Miller")], catalog=b"/AcroForm<</Fields[4 0 R]>>")
    document, _ = bench.ingest(data)
    assert document.layers.text[0].reason == "no text"
    assert document.fields["insured"].value == "Max Miller"


def test_the_data_of_a_form_that_is_xfa_alone_are_a_child(bench):
    xml = b"<xfa:datasets xmlns:xfa='http://www.xfa.org/schema/xfa-data/1.0/'><xfa:data><policy>PN-9</policy></xfa:data></xfa:datasets>"
    packet = b"<</Length %d>>\nstream\n%s\nendstream" % (len(xml), xml)
    page = bench.page(bench.lines("Please wait"))
    _, children = bench.ingest(bench.write([page], objects=[packet], catalog=b"/AcroForm<</Fields[]/XFA[(datasets)4 0 R]>>"))
    (child,) = children
    assert isinstance(child, Source)
    assert (child.name, child.media_type, child.read()) == ("xfa-datasets.xml", "application/xml", xml)
