"""Files that somebody might bring to do harm, each made anew: what it is, its name, its bytes.

Those of KEPT are kept, because nothing about them is false but what they are for: what keeps
readers safe is how every file is sent. Those of REFUSED are refused with a sentence.
"""

import io
import struct
import zipfile
from email.message import EmailMessage

from tests.evidence import (
    CSV,
    EML,
    GOOD,
    JPG,
    MB,
    PDF,
    PNG,
    SHEET,
    TXT,
    WORD,
    docx,
    packed,
    xlsx,
)

HTML = b"<!doctype html><html><body><script>alert(document.cookie)</script></body></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
JS = b"fetch('/admin/').then(r => r.text()).then(t => alert(t));"
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
ZIP = packed({"a.txt": "a"})
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
EXE = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00"
GIF = b"GIF89a/*\x01\x00\x01\x00*/=1;alert(1);"


def macros(types: str) -> str:
    """The list of kinds of a file with macros."""
    found = types.replace("openxmlformats-officedocument.", "ms-word.")
    return found.replace("wordprocessingml.document.main", "document.macroEnabled.main")


def with_macros_named(part: str) -> bytes:
    kind = '<Override PartName="/x" ContentType="application/vnd.ms-office.vbaProject"/></Types>'
    return docx({part: "macros"}, types=WORD.replace("</Types>", kind))


def locked() -> bytes:
    """As if its parts were closed with a password."""
    data = bytearray(docx())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = 0
        while (start := data.find(mark, start)) >= 0:
            data[start + at] |= 1
            start += 4
    return bytes(data)


def overlapping() -> bytes:
    """One part's bytes named a hundred times, as the worst of bombs do."""
    data = docx({"word/kernel.xml": b"\0" * MB})
    end = data.rfind(b"PK\x05\x06")
    count, length, start = struct.unpack("<HII", data[end + 10 : end + 20])
    listed = data[start : start + length]
    kernel = listed[listed.rfind(b"PK\x01\x02") :]
    more = b"".join(kernel.replace(b"kernel", b"ker%03d" % n) for n in range(100))
    count += 100
    tail = struct.pack(
        "<4sHHHHIIH", b"PK\x05\x06", 0, 0, count, count, len(listed + more), start, 0
    )
    return data[:start] + listed + more + tail


def endless_list() -> bytes:
    """A list of parts longer than any document's."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as zipped:
        for number in range(6_000):
            zipped.writestr(f"word/{number}", "")
    return held.getvalue()


def bomb(make) -> bytes:
    part = b"\0" * 60 * MB
    return make({f"word/{n}.xml": part for n in range(8)})


def twice() -> bytes:
    """Two parts of one name: which of them is read depends on the reader."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as zipped:
        zipped.writestr("[Content_Types].xml", WORD)
        zipped.writestr("word/document.xml", "<harmless/>")
        zipped.writestr("WORD/document.xml", "<harmful/>")
    return held.getvalue()


def mail() -> bytes:
    """A mail with a page and a program in it."""
    said = EmailMessage()
    said["From"], said["To"], said["Subject"] = "a@x.example", "b@x.example", "Invoice"
    said.set_content("See the page.")
    said.add_alternative(HTML.decode(), subtype="html")
    said.add_attachment(EXE, maintype="application", subtype="octet-stream", filename="a.exe")
    return bytes(said)


#: Refused: what it is, its name, its bytes or how they are made.
REFUSED = {
    # One kind under the name of another
    "a page as pdf": ("a.pdf", HTML),
    "a page as png": ("a.png", HTML),
    "a page as jpg": ("a.jpg", HTML),
    "a page as docx": ("a.docx", HTML),
    "a page as xlsx": ("a.xlsx", HTML),
    "a page as mail": ("a.eml", HTML),
    "a drawing as png": ("a.png", SVG),
    "a drawing as jpg": ("a.jpg", SVG),
    "a drawing as pdf": ("a.pdf", SVG),
    "a script as pdf": ("a.pdf", JS),
    "a program as pdf": ("a.pdf", EXE),
    "a program as txt": ("a.txt", EXE),
    "a program as csv": ("a.csv", EXE),
    "a program as mail": ("a.eml", EXE),
    "a packed file as docx": ("a.docx", ZIP),
    "a packed file as txt": ("a.txt", ZIP),
    "a gif as png": ("a.png", GIF),
    "a gif as jpg": ("a.jpg", GIF),
    "a pdf as txt": ("a.txt", PDF),
    "a pdf as png": ("a.png", PDF),
    "a png as jpg": ("a.jpg", PNG),
    "a workbook as docx": ("a.docx", GOOD["figures.xlsx"]),
    "a document as xlsx": ("a.xlsx", GOOD["minutes.docx"]),
    "an old document as docx": ("a.docx", OLE),
    "an old workbook as xlsx": ("a.xlsx", OLE),
    "a page before a pdf": ("a.pdf", HTML + PDF),
    "a page before a png": ("a.png", HTML + PNG),
    "a program before a document": ("a.docx", EXE + GOOD["minutes.docx"]),
    "a page behind a document": ("a.docx", GOOD["minutes.docx"] + HTML),
    # Kinds that are not kept
    "a page": ("a.html", HTML),
    "a page of two endings": ("a.pdf.html", HTML),
    "a drawing": ("a.svg", SVG),
    "a script": ("a.js", JS),
    "a program": ("letter.pdf.exe", EXE),
    "a program by its full-width ending": ("letter.ｅｘｅ", EXE),
    "a document with macros": ("a.docm", docx()),
    "an archive": ("a.zip", ZIP),
    "a page of the mail program": ("a.mht", HTML),
    "a link": ("a.url", b"[InternetShortcut]\nURL=file://x"),
    "a file of no ending": ("letter", PDF),
    "a file of an empty ending": ("letter.pdf.", PDF),
    "a stream of another file": ("a.pdf::$DATA", PDF),
    "an ending after a NUL": ("a.pdf\x00.exe", EXE),
    "a name with the end of a line": ("a\r\nSet-Cookie: x=1.txt", TXT),
    "an ending turned round": ("letter\u202efdp.exe", EXE),
    "an ending turned round inside": ("letter\u202efdp.\u202dexe", EXE),
    # Cut off, empty, too large
    "nothing as pdf": ("a.pdf", b""),
    "nothing as txt": ("a.txt", b""),
    "a pdf without its end": ("a.pdf", PDF[:40]),
    "a png without its middle": ("a.png", PNG[:10]),
    "a document cut off": ("a.docx", GOOD["minutes.docx"][:-30]),
    "a byte too many": ("a.txt", lambda: b"a" * (25 * MB + 1)),
    "a pdf too large": ("a.pdf", lambda: PDF + b"%" * 26 * MB + PDF),
    # Documents that ask for too much, or hold programs
    "a bomb as docx": ("a.docx", lambda: bomb(docx)),
    "a bomb as xlsx": ("a.xlsx", lambda: bomb(xlsx)),
    "a bomb of one part named often": ("a.docx", overlapping),
    "a list of parts without end": ("a.docx", endless_list),
    "kinds of parts without end": ("a.docx", lambda: docx(types=WORD + " " * 2 * MB)),
    "macros renamed": ("a.docx", lambda: docx({"word/vbaProject.bin": "x"})),
    "macros in a workbook": ("a.xlsx", lambda: xlsx({"xl/VBAProject.bin": "x"})),
    "macros under another name": ("a.docx", lambda: with_macros_named("word/harmless.bin")),
    "a document that says it has macros": ("a.docx", lambda: docx(types=macros(WORD))),
    "kinds in two bytes a letter": ("a.docx", lambda: docx(types=macros(WORD).encode("utf-16"))),
    "kinds with entities": ("a.xlsx", lambda: xlsx(types="<!DOCTYPE x []>" + SHEET)),
    "a locked document": ("a.docx", locked),
    "parts of one name": ("a.docx", twice),
    "a part outside": ("a.docx", lambda: docx({"../../etc/cron.d/x": "x"})),
    "a part at the root": ("a.docx", lambda: docx({"/etc/passwd": "x"})),
    # Texts that are none
    "a NUL in a text": ("a.txt", b"a\x00b"),
    "escapes for a terminal": ("a.txt", b"\x1b]0;x\x07"),
    "half a letter": ("a.txt", b"\xff\xfea\x00b"),
    "a mail without headers": ("a.eml", b"\r\nHello\r\n"),
    "a mail with a NUL": ("a.eml", EML + b"\x00"),
}

#: Kept and sent as bytes of no kind: what it is, its name, its bytes, and the name as kept.
KEPT = {
    "a page as txt": ("a.txt", HTML, "a.txt"),
    "a page as csv": ("a.csv", HTML, "a.csv"),
    "a drawing as txt": ("a.txt", SVG, "a.txt"),
    "a script as txt": ("a.txt", JS, "a.txt"),
    "the sign that virus scanners look for": ("a.txt", EICAR, "a.txt"),
    "formulas": ("a.csv", b"=cmd|'/c calc'!A1,+1,-1,@x\r\n", "a.csv"),
    "a mail with a program": ("a.eml", mail(), "a.eml"),
    "a page inside a pdf": ("a.pdf", PDF[:9] + HTML + PDF[9:], "a.pdf"),
    "a page behind a pdf": ("a.pdf", PDF + HTML, "a.pdf"),
    "an archive behind a pdf": ("a.pdf", PDF + ZIP, "a.pdf"),
    "a page behind a png": ("a.png", PNG + HTML, "a.png"),
    "a page behind a jpg": ("a.jpg", JPG + HTML, "a.jpg"),
    "an archive behind a jpg": ("a.jpg", JPG + ZIP, "a.jpg"),
    "a script in a pdf": ("a.pdf", PDF.replace(b"/Catalog", b"/OpenAction /JS"), "a.pdf"),
    "a page in a document": ("a.docx", docx({"word/media/a.html": HTML}), "a.docx"),
    "a name with folders": ("../../../../etc/passwd.txt", TXT, "passwd.txt"),
    "a name with folders of Windows": ("..\\..\\windows\\system.txt", TXT, "system.txt"),
    "a name with folders in code": ("..%2f..%2fpasswd.txt", TXT, "..%2f..%2fpasswd.txt"),
    "a name with a NUL": ("a\x00b.txt", TXT, "ab.txt"),
    "a name with the end of a line in code": ("a%0D%0AX: 1.txt", TXT, "a%0D%0AX: 1.txt"),
    "a name that turns": ("a\u202etxt.exe\u202c.txt", TXT, "atxt.exe.txt"),
    "a name of 300 letters": ("x" * 300 + ".txt", TXT, None),
    "a name of 300 letters of others": ("ж" * 300 + ".txt", TXT, None),
    "a name with marks of a header": ('a"; filename="b.html.txt', TXT, None),
    "a name that is a page": ("<img src=x onerror=alert(1)>.txt", TXT, None),
    "a name of a device": ("CON.txt", TXT, "CON.txt"),
    "a name of an ending alone": (".txt", TXT, ".txt"),
    "a name of many dots": ("a.html.svg.js.txt", TXT, "a.html.svg.js.txt"),
    "a name in capitals": ("A.TXT", TXT, "A.TXT"),
    "a name with spaces at the end": ("a.txt   ", TXT, "a.txt"),
    "a name with a formula": ("=cmd|x!A1.csv", CSV, "=cmd|x!A1.csv"),
}
