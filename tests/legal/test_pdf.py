"""A policy as PDF: everything that the page says, word for word, as a document that can be read aloud and filed."""

import io
from datetime import UTC, datetime

from pypdf import PdfReader

from app.legal import pdf as module
from app.legal.pdf import pdf
from tests.legal.test_redline import policy

HOSTILE = r"#import \"x\" $x^2$ @ref \ <label> *star* _under_ [b] {c} ~ // no comment /* nor this */"


def document(policy, **changes: object) -> bytes:
    words: dict[str, object] = {
        "versions": [("1.0", "2026-06-13", "Something")],
        "base_url": "https://leenops.com",
        "state_words": "In force since 13 June 2026",
    }
    return pdf(policy, **(words | changes))  # type: ignore[arg-type]


def text_of(made: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(made)).pages).split())


def test_it_says_what_the_page_says(client):
    made = client.get("/legal/terms.pdf").body
    reader, text = PdfReader(io.BytesIO(made)), text_of(made)

    assert reader.metadata.title == "Terms of service, version 1.0"
    assert "In force since 13 June 2026" in text and "Initial public legal policy system" in text
    assert "Page 1 of" in text and "http://localhost/legal/terms/v1.0" in text
    for words in ("Limits of liability", "three months before the event", "13.2", "hello@leenops.com"):
        assert words in text


def test_it_is_tagged_and_has_a_language_and_bookmarks(client):
    reader = PdfReader(io.BytesIO(client.get("/legal/terms.pdf").body))
    root = reader.trailer["/Root"]

    assert root["/MarkInfo"]["/Marked"] and root["/Lang"].startswith("en") and "/StructTreeRoot" in root
    assert "Limits of liability" in str(reader.outline)


def test_its_properties_name_the_day_it_was_published(client):
    made = client.get("/legal/terms.pdf").body

    assert PdfReader(io.BytesIO(made)).metadata.creation_date == datetime(2026, 6, 13, tzinfo=UTC)


def test_links_can_be_followed():
    made = document(policy("## One {#one}\n\n1. See [privacy](/legal/privacy) or [us](mailto:a@b.example). {#one-a}\n"))

    targets = [a.get_object()["/A"]["/URI"] for page in PdfReader(io.BytesIO(made)).pages for a in page["/Annots"]]
    assert targets == ["https://leenops.com/legal/privacy", "mailto:a@b.example"]


def test_no_text_is_read_as_markup():
    text = text_of(document(policy(f"## One {{#one}}\n\n1. Before ``{HOSTILE}`` after. {{#one-a}}\n")))

    assert "#import" in text and "$x^2$" in text and "@ref" in text and "*star*" in text and "// no comment" in text


def test_lists_paragraphs_and_letters_with_accents_come_out():
    clause = "**Müller** et *compagnie*:\n\n    - première,\n    - seconde “§ 3”.\n\n    Łódź, 5 € – 10 %."
    body = f"## Où {{#one}}\n\n1. {clause} {{#one-a}}\n"

    text = text_of(document(policy(body)))

    for words in ("Où", "Müller", "première", "“§ 3”", "Łódź", "5 € – 10 %"):
        assert words in text


def test_the_same_version_makes_the_same_bytes_and_another_state_others():
    one = policy("## One {#one}\n\n1. Text. {#one-a}\n")
    first = document(one)
    module._kept.clear()

    assert document(one) == first
    assert document(one, state_words="In force from 13 June 2026 to 30 September 2026") != first
