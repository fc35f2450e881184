"""What the answers of the administrator's calls are made of: plain frozen models, and texts that say their form."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, WithJsonSchema


class Shown(BaseModel):
    """Of what the server itself holds to be true: it is described, and not looked at again."""

    model_config = ConfigDict(frozen=True)


class FaultShown(Shown):
    """What is wrong with one line of a table, in words that quote nothing of it."""

    line: int
    says: str


Day = Annotated[str, WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-11-24"]})]
Moment = Annotated[
    str,
    WithJsonSchema(
        {
            "type": "string",
            "format": "date-time",
            "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$",
            "examples": ["2026-11-24T00:30:05.123Z"],
        }
    ),
]
"""UTC, as `encoding.format_time` writes it."""
MonthText = Annotated[
    str, WithJsonSchema({"type": "string", "pattern": r"^\d{4}-(0[1-9]|1[0-2])$", "examples": ["2026-11"]})
]
Clock = Annotated[
    str, WithJsonSchema({"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d$", "examples": ["07:30"]})
]
Amount = Annotated[
    str, WithJsonSchema({"type": "string", "pattern": r"^-?(0|[1-9]\d*)(\.\d*[1-9])?$", "examples": ["-1250.5"]})
]
"""An exact decimal, as `money.plain` writes it."""
Json = Annotated[dict[str, Any], WithJsonSchema({"type": "object", "additionalProperties": True})]
"""What somebody else wrote, as it was kept: its form is theirs."""
Sha256 = Annotated[str, WithJsonSchema({"type": "string", "pattern": "^[0-9a-f]{64}$"})]
