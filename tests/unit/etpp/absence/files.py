"""Files as people attach them to letters, small and whole."""

from __future__ import annotations

import io
import zipfile

from PIL import Image


def pdf(said: bytes = b"surat perintah", version: bytes = b"1.7", table: int | None = None) -> bytes:
    """One page's worth of objects, with their table; `table` is where the end says that it stands."""
    body = b"%PDF-" + version + b"\n%\xe2\xe3\xcf\xd3\n"
    body += b"1 0 obj\n<< /Type /Catalog /Pages 2 0 R /Note (" + said + b") >>\nendobj\n"
    at = len(body)
    body += b"xref\n0 2\n0000000000 65535 f \n0000000015 00000 n \n"
    body += b"trailer\n<< /Size 2 /Root 1 0 R >>\nstartxref\n"
    return body + str(at if table is None else table).encode() + b"\n%%EOF\n"


def pdf_of_streams() -> bytes:
    """As newer writers do: the table is an object."""
    body = b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"
    at = len(body)
    body += b"2 0 obj\n<< /Type /XRef /Root 1 0 R /Length 0 >>\nstream\n\nendstream\nendobj\nstartxref\n"
    return body + str(at).encode() + b"\n%%EOF"


def picture(kind: str, size: tuple[int, int] = (40, 30), mode: str = "RGB", **more: object) -> bytes:
    kept = io.BytesIO()
    Image.new(mode, size, "white").save(kept, kind, **more)
    return kept.getvalue()


def archive() -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as made:
        made.writestr("[Content_Types].xml", "<Types/>")
    return kept.getvalue()
