"""What the shapes of the JSON of the four calls (docs/protocol.md) are made of; each room has its own in `wire.py`.

Unknown members are let through everywhere: a newer terminal may send them, and an event's are covered by its hash.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
)

from etpp.base import nip, texts
from etpp.base.encoding import MAX_INTEGER, decode_descriptor, decode_key, format_time, parse_time
from etpp.base.errors import Problem

MAX_BODY_BYTES = 8 * 1024 * 1024


def _checked(function: Any) -> AfterValidator:
    def check(text: str) -> str:
        function(text)
        return text

    return AfterValidator(check)


_DATE = "(19[7-9][0-9]|[2-8][0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?"
_SEEN = r"^[^\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]*$"
"""For documents: `texts.plain` goes by Unicode's categories, which regular expressions do not name everywhere."""
Time = Annotated[
    dt.datetime,
    BeforeValidator(parse_time),
    PlainSerializer(format_time, return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "format": "date-time",
            "pattern": f"^{_DATE}T{_CLOCK}Z$",
            "examples": ["2026-11-24T00:30:05.123Z"],
        }
    ),
]
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:-]{1,64}$")]
EventId = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"),
]
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Nip = Annotated[str, StringConstraints(pattern=r"^[0-9]{18}$"), AfterValidator(nip.check)]
Name = Annotated[
    str,
    AfterValidator(texts.name),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": texts.NAME_LENGTH}),
]
ShortText = Annotated[
    str,
    StringConstraints(max_length=100),
    AfterValidator(texts.plain),
    WithJsonSchema({"type": "string", "maxLength": 100, "pattern": _SEEN}),
]
Key = Annotated[
    str,
    StringConstraints(max_length=44),
    _checked(decode_key),
    # 256 bits in 43 letters of six bits each: the last has four of them.
    WithJsonSchema({"type": "string", "pattern": "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$"}),
]
Descriptor = Annotated[str, StringConstraints(max_length=700), _checked(decode_descriptor)]
Natural = Annotated[int, Field(ge=0, le=MAX_INTEGER)]
Number = Annotated[float, Field(allow_inf_nan=False)]


class Shape(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow", frozen=True)


S = TypeVar("S", bound=Shape)


class ProblemDocument(Shape):
    type: str
    title: str
    status: int
    detail: str


def checked(shape: type[S], value: object) -> S:
    """Raises Problem `malformed` naming the member."""
    try:
        return shape.model_validate(value)
    except ValidationError as error:
        raise Problem("malformed", explain(error)) from None


def explain(error: ValidationError) -> str:
    """Which member is wrong and what it must be, without the value: it may be personal."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"]).replace("schema_", "schema") or "body"
    return f"{where[:200]}: {first['msg']}"
