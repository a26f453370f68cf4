"""Mail: headers, paragraphs, quoted replies, parts and what is attached."""

from email.message import EmailMessage

from papers import PROSE, pdf, wrapped
from reading_checks import blocks, pages, read_checked

from summit_qa.documents.corpus import make_document
from summit_qa.documents.outline import context_of


def mail(text: str = "", **headers: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Ada <ada@a.example>"
    message["To"] = "bo@b.example"
    message["Date"] = "Fri, 11 Oct 2024 09:27:41 +0100"
    message["Subject"] = "Größe des Saals"
    message["Message-ID"] = "<1@a.example>"
    for name, value in headers.items():
        message[name] = value
    if text:
        message.set_content(text)
    return message


HEAD = [
    ("meta", "From: Ada <ada@a.example>"),
    ("meta", "To: bo@b.example"),
    ("meta", "Date: Fri, 11 Oct 2024 09:27:41 +0100"),
    ("meta", "Subject: Größe des Saals"),
]


def test_headers_wrapped_paragraphs_items_and_quoted_replies() -> None:
    text = (
        "Dear Bo,\n\nthe hall is larger than we thought when we measured it the last time,\n"
        "so the party can take place. Please bring:\n\n- chairs\n- tables\n\n"
        "On Wed, 9 Oct 2024 at 16:12, Bo Bergman of the residents\n<bo@b.example> wrote:\n"
        "> Is it large enough?\n>\n> > It was not last\n> > year.\n\n-- \nAda\n"
    )
    reading = read_checked(mail(text).as_bytes(), "x.eml")
    assert blocks(reading) == [
        *HEAD,
        ("paragraph", "Dear Bo,"),
        ("paragraph", "the hall is larger than we thought when we measured it the last time, "
         "so the party can take place. Please bring:"),
        ("item", "- chairs"),
        ("item", "- tables"),
        ("meta", "On Wed, 9 Oct 2024 at 16:12, Bo Bergman of the residents <bo@b.example> wrote:"),
        ("quote1", "Is it large enough?"),
        ("quote2", "It was not last"),
        ("quote2", "year."),
        ("paragraph", "Ada"),
    ]  # fmt: skip
    assert (reading.title, reading.date) == ("Größe des Saals", "2024-10-11")


def test_plain_text_is_read_rather_than_its_html_twin() -> None:
    message = mail("In plain words.")
    message.add_alternative("<p>In <b>marked</b> words.</p>", subtype="html")
    assert blocks(read_checked(message.as_bytes(), "x"))[4:] == [("paragraph", "In plain words.")]


def test_html_is_read_where_there_is_nothing_else() -> None:
    message = mail()
    message.set_content(
        "<p>Grüße</p>", subtype="html", charset="iso-8859-1", cte="quoted-printable"
    )
    assert blocks(read_checked(message.as_bytes(), "x"))[4:] == [("paragraph", "Grüße")]


def test_attached_documents_are_pages_and_pictures_only_names() -> None:
    message = mail("See below.")
    note = pdf([wrapped(PROSE, 72, 760, 400), wrapped("Page two.", 72, 760, 400)])
    message.add_attachment(note, maintype="application", subtype="pdf", filename="note.pdf")
    message.add_attachment(
        b"\x89PNG\r\n\x1a\n\0", maintype="image", subtype="png", filename="p.png"
    )
    message.add_attachment("One.\nTwo.\n", filename="list.txt")
    inner = mail("Within.")
    message.add_attachment(inner)
    reading = read_checked(message.as_bytes(), "x.eml")
    texts = pages(reading)
    assert texts[0].endswith("See below.\nAttached: note.pdf\n")
    assert texts[1] == PROSE.strip() + "\n"
    assert texts[2] == "Page two.\nAttached: p.png\nAttached: list.txt\n"
    assert texts[3] == "One.\nTwo.\nAttached: message.eml\n"
    assert texts[4].startswith("From: Ada")
    assert texts[4].endswith("Within.\n")


def test_what_is_said_is_read_under_who_said_it() -> None:
    body = (
        "Thanks, it works.\n\nOn Wed, 9 Oct 2024, Priya Nair wrote:\n> Clean the roller.\n>\n"
        "> Then try again.\n>\n> On Tue, 8 Oct 2024, Tom Hart wrote:\n>> It jams.\n"
    )
    raw = "From: Tom Hart <t@x.example>\nDate: Fri, 11 Oct 2024 09:00:00 +0000\nSubject: Re: Jam\n"
    document = make_document("m.eml", f"{raw}Message-ID: <1@x>\n\n{body}".encode())
    found = {
        document.text[block.start : block.end]: context_of(document, block)[1]
        for block in document.blocks
    }
    assert found["Thanks, it works."].startswith("Re: Jam › From: Tom Hart <t@x.example> › Date:")
    assert found["Then try again."] == "Re: Jam › On Wed, 9 Oct 2024, Priya Nair wrote:"
    assert found["It jams."] == "Re: Jam › On Tue, 8 Oct 2024, Tom Hart wrote:"


def test_attached_text_has_its_paragraphs() -> None:
    message = EmailMessage()
    message["Subject"], message["From"] = "Note", "a@x.example"
    message.set_content("See below.")
    note = (
        "SERVICE NOTE\n\nDevices that were built before June have a roller of the old type, which\n"
        "wears out after a while.\n"
    )
    message.add_attachment(note, filename="note.txt")
    document = make_document("m.eml", message.as_bytes())
    assert "type, which wears out after a while." in document.text
