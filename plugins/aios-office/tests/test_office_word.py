"""Word files: everything a reader sees is in the text, once, in order, and is called what it is."""

from __future__ import annotations

import io
import zipfile
from decimal import Decimal

import docx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import DOCX, docx_of, p, zipped

HEADINGS = {
    "styles": "".join(
        f'<w:style w:type="paragraph" w:styleId="{name}"><w:name w:val="{built_in}"/>{rest}</w:style>'
        for name, built_in, rest in (
            ("berschrift1", "heading 1", ""),
            ("berschrift2", "heading 2", ""),
            ("Titel", "Title", ""),
            ("Legende", "caption", ""),
            ("Code", "HTML Preformatted", ""),
            ("Eigene", "My own", '<w:basedOn w:val="berschrift2"/>'),
            ("Gliederung", "Outlined", '<w:pPr><w:outlineLvl w:val="2"/></w:pPr>'),
        )
    )
}


def level(number: int, form: str, text: str, more: str = "") -> str:
    return f'<w:lvl w:ilvl="{number}"><w:start w:val="1"/><w:numFmt w:val="{form}"/>{more}<w:lvlText w:val="{text}"/></w:lvl>'


def listed(text: str, number: int = 1, depth: int = 0) -> str:
    return p(text, more=f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{number}"/></w:numPr>')


NUMBERING = {
    "numbering": f'<w:abstractNum w:abstractNumId="0">{level(0, "decimal", "%1.")}{level(1, "lowerLetter", "%1.%2)")}'
    f"{level(2, 'bullet', 'o')}</w:abstractNum>"
    f'<w:abstractNum w:abstractNumId="1">{level(0, "upperRoman", "Art. %1")}{level(1, "decimal", "%1.%2", "<w:isLgl/>")}</w:abstractNum>'
    '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>'
    '<w:num w:numId="3"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="7"/></w:lvlOverride></w:num>'
}


def test_styles_in_any_language_say_what_a_paragraph_is(word):
    body = (
        p("Report", "Titel")
        + p("One", "berschrift1")
        + p("Two", "Eigene")
        + p("Three", "Gliederung")
        + p("x = 1", "Code")
        + p("Fig. 1", "Legende")
    )
    assert word(body, HEADINGS).outline == [
        ("title", "Report"), ("heading 1", "One"), ("heading 2", "Two"), ("heading 3", "Three"), ("code", "x = 1"), ("caption", "Fig. 1"),
    ]  # fmt: skip


def test_list_items_have_the_numbers_that_word_displays(word):
    body = (
        listed("a")
        + listed("b", depth=1)
        + listed("c", depth=1)
        + listed("d", depth=2)
        + listed("e")
        + listed("f", depth=1)
        + listed("g", 3)
    )
    assert [text for _, text in word(body, NUMBERING).outline] == ["1. a", "1.a) b", "1.b) c", "d", "2. e", "2.a) f", "7. g"]
    assert [kind for kind, _ in word(body, NUMBERING).outline][:4] == ["list_item 1", "list_item 2", "list_item 2", "list_item 3"]


def test_legal_numbering_turns_roman_numbers_into_decimal_ones(word):
    assert [text for _, text in word(listed("a", 2) + listed("b", 2, 1), NUMBERING).outline] == ["Art. I a", "1.1 b"]


def test_tracked_changes_read_as_accepted(word):
    body = (
        "<w:p><w:r><w:t>The sum is </w:t></w:r><w:del><w:r><w:delText>100</w:delText></w:r></w:del><w:ins><w:r><w:t>200</w:t></w:r></w:ins>"
        "<w:moveFrom><w:r><w:t> moved</w:t></w:r></w:moveFrom></w:p>"
        "<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr><w:r><w:t>One </w:t></w:r></w:p><w:p><w:r><w:t>sentence.</w:t></w:r></w:p>"
        f"<w:tbl><w:tr><w:trPr><w:del/></w:trPr><w:tc>{p('gone')}</w:tc><w:tc>{p('gone')}</w:tc></w:tr>"
        f"<w:tr><w:tc>{p('kept')}</w:tc><w:tc>{p('too')}</w:tc></w:tr></w:tbl>"
    )
    assert word(body).text == "The sum is 200\n\nOne sentence.\n\nkept\ttoo\n"


def test_content_controls_are_read_wherever_they_stand(word):
    cell = f"<w:sdt><w:sdtPr/><w:sdtContent><w:tc>{p('in a cell')}</w:tc></w:sdtContent></w:sdt><w:tc>{p('beside')}</w:tc>"
    body = (
        f"<w:sdt><w:sdtPr/><w:sdtContent>{p('a block')}</w:sdtContent></w:sdt>"
        "<w:p><w:r><w:t>within </w:t></w:r><w:sdt><w:sdtContent><w:r><w:t>a line</w:t></w:r></w:sdtContent></w:sdt></w:p>"
        f"<w:tbl><w:sdt><w:sdtContent><w:tr>{cell}</w:tr></w:sdtContent></w:sdt></w:tbl>"
    )
    assert word(body).text == "a block\n\nwithin a line\n\nin a cell\tbeside\n"


def test_a_text_box_is_read_once_after_its_paragraph(word):
    box = f"<w:txbxContent>{p('in the box')}</w:txbxContent>"
    body = (
        "<w:p><w:r><w:t>before</w:t></w:r><w:r><mc:AlternateContent>"
        f"<mc:Choice Requires='wps'><w:drawing><wp:anchor><a:graphic><a:graphicData>"
        f"<wps:wsp><wps:txbx>{box}</wps:txbx></wps:wsp></a:graphicData>"
        "</a:graphic></wp:anchor></w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict><v:shape><v:textbox>{box}</v:textbox></v:shape></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
        "<w:r><w:t> and after</w:t></w:r></w:p>"
    )
    assert word(body).text == "before and after\n\nin the box\n"


def test_fields_show_their_result_and_not_their_instruction(word):
    def field(instruction: str, result: str) -> str:
        marks = [f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "separate", "end")]
        return f"{marks[0]}<w:r><w:instrText>{instruction}</w:instrText></w:r>{marks[1]}<w:r><w:t>{result}</w:t></w:r>{marks[2]}"

    link = field(' HYPERLINK "https://example.org/a" \\l "b" ', "a link")
    body = (
        f"<w:p><w:r><w:t>Page </w:t></w:r>{field('PAGE', '7')}<w:r><w:t> of </w:t></w:r>"
        "<w:fldSimple w:instr='NUMPAGES'><w:r><w:t>9</w:t></w:r></w:fldSimple></w:p>"
        f"<w:p>{link}</w:p>"
    )
    found = word(body)
    assert found.text == "Page 7 of 9\n\na link\n"
    assert found.links == [("a link", "https://example.org/a#b")]


def test_fields_of_forms_show_what_is_chosen(word):
    def form(data: str) -> str:
        return (
            f'<w:p><w:r><w:fldChar w:fldCharType="begin"><w:ffData>{data}</w:ffData></w:fldChar></w:r>'
            "<w:r><w:instrText>FORM</w:instrText></w:r>"
            '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
        )

    ticked = form("<w:checkBox><w:default w:val='0'/><w:checked/></w:checkBox>")
    blank = form("<w:checkBox><w:default w:val='0'/></w:checkBox>")
    chosen = form("<w:ddList><w:result w:val='1'/><w:listEntry w:val='red'/><w:listEntry w:val='blue'/></w:ddList>")
    assert word(ticked + blank + chosen).text == "☒\n\n☐\n\nblue\n"


def test_links_lie_within_their_paragraph_and_in_cells_of_tables(word):
    link = '<w:hyperlink r:id="rL"><w:r><w:t>the page</w:t></w:r></w:hyperlink>'
    body = (
        f"<w:p><w:r><w:t>  see </w:t></w:r>{link}</w:p>"
        f"<w:tbl><w:tr><w:tc>{p('left')}</w:tc><w:tc><w:p>{link}<w:r><w:t> there</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
    )
    found = word(body, {"hyperlink:rL": "https://example.org/?a=1"})
    assert found.text == "see the page\n\nleft\tthe page there\n"
    assert found.links == [("the page", "https://example.org/?a=1")] * 2


def test_symbols_tabs_breaks_and_hyphens_are_characters(word):
    body = (
        '<w:p><w:r><w:sym w:font="Symbol" w:char="F061"/><w:sym w:font="Wingdings" w:char="F0FE"/><w:sym w:font="Arial" w:char="20AC"/>'
        "<w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t><w:noBreakHyphen/><w:t>d</w:t><w:softHyphen/><w:t>e</w:t></w:r></w:p>"
    )
    assert word(body).text == "α☑€a\tb\nc‑de\n"


def test_hidden_text_is_left_out(word):
    styles = {"styles": '<w:style w:type="character" w:styleId="H"><w:name w:val="h"/><w:rPr><w:vanish/></w:rPr></w:style>'}
    body = (
        "<w:p><w:r><w:t>seen</w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t> hidden</w:t></w:r>"
        '<w:r><w:rPr><w:rStyle w:val="H"/></w:rPr><w:t> too</w:t></w:r>'
        '<w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t> shown</w:t></w:r></w:p>'
    )
    assert word(body, styles).text == "seen shown\n"


def test_notes_stand_last_and_leave_their_mark(word):
    def note(kind: str, number: int) -> str:
        return f'<w:r><w:{kind}Reference w:id="{number}"/></w:r>'

    parts = {
        "footnotes": f'<w:footnote w:id="-1" w:type="separator">{p("-")}</w:footnote><w:footnote w:id="5">{p("five")}</w:footnote>'
        f'<w:footnote w:id="2">{p("two")}{p("more")}</w:footnote>',
        "endnotes": f'<w:endnote w:id="1">{p("the end")}</w:endnote>',
        "comments": f'<w:comment w:id="0" w:author="Ann">{p("really?")}</w:comment>',
    }
    body = f"<w:p><w:r><w:t>a</w:t></w:r>{note('footnote', 5)}<w:r><w:t> b</w:t></w:r>{note('footnote', 2)}{note('endnote', 1)}</w:p>"
    assert word(body, parts).outline == [
        ("paragraph", "a[1] b[2][i]"), ("footnote", "[1] five"), ("footnote", "[2] two"), ("footnote", "more"), ("footnote", "[i] the end"),
        ("comment", "Ann: really?"),
    ]  # fmt: skip


def test_sections_show_their_headers_and_inherit_those_before(word):
    def section(*references: str, more: str = "") -> str:
        return (
            "<w:sectPr>"
            + "".join(f'<w:{name}Reference w:type="{form}" r:id="{key}"/>' for name, form, key in references)
            + more
            + "</w:sectPr>"
        )

    first = section(("header", "default", "h"), ("header", "first", "f"), ("header", "even", "e"), ("footer", "default", "t"))
    body = f"<w:p><w:pPr>{first}</w:pPr><w:r><w:t>one</w:t></w:r></w:p>" + p("two") + section(more="<w:titlePg/>")
    parts = {"header:h": p("head"), "header:f": p("first page"), "header:e": p("even pages"), "footer:t": p("foot")}
    assert word(body, parts).outline == [
        ("header", "head"), ("paragraph", "one"), ("footer", "foot"), ("header", "first page"), ("paragraph", "two"),
    ]  # fmt: skip


def test_tables_keep_merged_cells_and_types(word):
    def cell(text: str, more: str = "") -> str:
        return f"<w:tc><w:tcPr>{more}</w:tcPr>{p(text)}</w:tc>"

    start, on, wide = '<w:vMerge w:val="restart"/>', "<w:vMerge/>", '<w:gridSpan w:val="2"/>'
    body = (
        f"<w:tbl><w:tr><w:trPr><w:tblHeader/></w:trPr>{cell('Item')}{cell('Price')}{cell('Note')}</w:tr>"
        f"<w:tr>{cell('Door', start)}{cell('1,204.50')}{cell('left')}</w:tr>"
        f"<w:tr>{cell('', on)}{cell('80.00', wide)}</w:tr></w:tbl>"
    )
    found = word(body)
    (table,) = found.document.tables
    assert found.text == "Item\tPrice\tNote\nDoor\t1,204.50\tleft\n\t80.00\t\n"
    assert found.rows == [("Door", Decimal("1204.50"), "left"), (None, Decimal("80.00"), None)]
    assert table.merged == ((0, 0, 2, 1), (1, 1, 1, 2))
    (region,) = found.document.layers.regions
    assert (region.kind, region.target) == ("table", table.artifact)


def test_a_table_in_a_cell_is_part_of_its_text(word):
    inner = f"<w:tbl><w:tr><w:tc>{p('a')}</w:tc><w:tc>{p('b')}</w:tc></w:tr></w:tbl>"
    body = f"<w:tbl><w:tr><w:tc>{p('left')}{inner}{p('')}</w:tc><w:tc>{p('right')}</w:tc></w:tr></w:tbl>"
    assert word(body).text == "left a b\tright\n"


def test_a_table_of_one_cell_is_a_frame_round_text(word):
    body = f"<w:tbl><w:tr><w:tc>{p('Terms', 'berschrift1')}{p('You pay.')}</w:tc></w:tr></w:tbl>"
    assert word(body, HEADINGS).outline == [("heading 1", "Terms"), ("paragraph", "You pay.")]


def test_formulas_are_linear_text(word):
    def run(text: str) -> str:
        return f"<m:r><m:t>{text}</m:t></m:r>"

    formula = (
        f"<m:oMath>{run('x=')}<m:f><m:num>{run('a+b')}</m:num><m:den>{run('2')}</m:den></m:f>{run('+')}"
        f"<m:rad><m:deg/><m:e>{run('c')}</m:e></m:rad><m:sSup><m:e>{run('d')}</m:e><m:sup>{run('2')}</m:sup></m:sSup></m:oMath>"
    )
    found = word(f"<w:p><m:oMathPara>{formula}</m:oMathPara></w:p><w:p><w:r><w:t>so </w:t></w:r>{formula}</w:p>")
    assert found.outline == [("formula", "x=(a+b)/2+√cd^2"), ("paragraph", "so x=(a+b)/2+√cd^2")]


def test_pictures_are_parts_that_their_regions_name(word):
    drawing = (
        '<w:p><w:r><w:drawing><wp:inline><wp:docPr id="1" name="Picture 1" descr="{}"/><a:graphic><a:graphicData><pic:pic>'
        '<pic:blipFill><a:blip r:embed="rP"/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>'
    )
    body = drawing.format("the broken door") + drawing.format("IMG_1.png") + drawing.format("A dog Description automatically generated")
    found = word(body, {"image:rP": b"\x89PNG picture"})
    assert found.outline == [("picture", "the broken door"), ("picture", ""), ("picture", "")]
    assert {region.target for region in found.document.layers.regions} == {"image-rP.png"}
    assert found.parts == {"image-rP.png": b"\x89PNG picture"}
    assert word(body, {"image:rP": b"\x89PNG picture"}, pictures=False).parts == {}


def test_the_strict_form_of_the_format_is_read_alike(read):
    transitional = docx_of(listed("a") + p("b"), NUMBERING)
    strict = zipped({
        name: data.replace(b"http://schemas.openxmlformats.org/wordprocessingml/2006/main", b"http://purl.oclc.org/ooxml/wordprocessingml/main")
        for name, data in _members(transitional).items()
    })  # fmt: skip
    assert read(strict, DOCX).outline == read(transitional, DOCX).outline == [("list_item 1", "1. a"), ("paragraph", "b")]


def _members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_properties_are_fields_without_a_place(read):
    document = docx.Document()
    document.core_properties.title, document.core_properties.author = "Claim 471102", "Ann Example"
    document.add_paragraph("text")
    buffer = io.BytesIO()
    document.save(buffer)
    fields = read(buffer.getvalue(), DOCX).document.fields
    assert (fields["document.title"].value, fields["document.author"].value) == ("Claim 471102", "Ann Example")
    assert {field.status for field in fields.all("document.title")} == {"ungrounded"}


_TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cn")), max_size=20)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.one_of(_TEXTS, st.lists(st.lists(_TEXTS, min_size=2, max_size=2), min_size=1, max_size=3)), max_size=5))
def test_whatever_python_docx_writes_is_read_in_its_order(read, blocks):
    """Law: each paragraph and cell is found after the one before it."""
    document = docx.Document()
    texts: list[str] = []
    for block in blocks:
        if isinstance(block, str):
            document.add_paragraph(block)
            texts.append(block)
        else:
            table = document.add_table(len(block), 2)
            for row, cells in enumerate(block):
                for column, text in enumerate(cells):
                    table.cell(row, column).text = text
                    texts.append(text)
    buffer = io.BytesIO()
    document.save(buffer)
    found = read(buffer.getvalue(), DOCX)
    at = 0
    for text in texts:
        wanted = " ".join(text.replace("\u00ad", "").replace("\ufeff", "").split())
        if wanted:
            at = " ".join(found.text.split()).find(wanted, at)
            assert at >= 0, wanted
            at += len(wanted)


def test_a_document_without_text_has_a_page(word):
    found = word("")
    assert len(found.document.pages) == 1
    assert found.text == ""
