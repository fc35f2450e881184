"""The bytes of a list of people to its text, where that is certain: the encodings in which spreadsheets write. Pure."""

from __future__ import annotations

import codecs
import re

from enrollment.catalogue import Phrase
from enrollment.refusal import Refusal

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins with UTF-16's
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_TYPED_FOR = b"\x91\x92\x93\x94\x96\x97\xa0"
"""Of Windows-1252: the quotation marks, dashes and the hard space that spreadsheets put in place of typed ones."""

_TYPED = {0xDC00 + byte: bytes([byte]).decode("cp1252") for byte in _TYPED_FOR}

_UNDECODED = re.compile("[\udc80-\udcff]")


def decode(content: bytes) -> str:
    """The text. A byte of it that is certain in no encoding stands there as `undecoded` finds it.

    In a list that has no letter outside ASCII in UTF-8 the bytes of `_TYPED_FOR` are Windows-1252: in other code pages
    something stands there that no name has. A letter is not certain: it is another one in each code page, and a name
    would be wrong without anybody noticing. Raises Refusal listing_unreadable for what is marked as UTF-16 and is none.
    """
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), _unmarked(content))
    if encoding.startswith("utf-8"):
        text = content.decode(encoding, "surrogateescape")
        return text.translate(_TYPED) if _UNDECODED.sub("", text).isascii() else text
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = 1 + content[: error.start].decode(encoding).count("\n")
        found = Phrase("byte", {"byte": f"0x{content[error.start]:02X}", "encoding": encoding[:6].upper()})
        raise Refusal("listing_unreadable", line=line, found=found) from error


def undecoded(text: str) -> Phrase | None:
    """What to say of the first byte in `text` that no encoding gave a character for."""
    found = _UNDECODED.search(text)
    return None if found is None else Phrase("byte", {"byte": f"0x{ord(found[0]) - 0xDC00:02X}", "encoding": "UTF-8"})


def _unmarked(content: bytes) -> str:
    """A list begins with the name of a column, in ASCII: in UTF-16 every other byte of it is zero."""
    match [byte == 0 for byte in content[:2]]:
        case [False, True]:
            return "utf-16-le"
        case [True, False]:
            return "utf-16-be"
    return "utf-8"
