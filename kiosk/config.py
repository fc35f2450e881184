"""The terminal's settings: TOML over the packaged defaults, typed and checked before anything starts.

`default.toml` is the only place where defaults stand; the models below say what is allowed.
"""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from kiosk.errors import ConfigError


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Terminal(_Section):
    language: Literal["id", "en", "jv"]
    gallery_max_age_days: int = Field(ge=0)


class Camera(_Section):
    source: str = Field(pattern=r"^(auto|pi|v4l:\d+|v4l:/dev/v4l/by-(id|path)/[^/]+|replay:.+)$")
    infrared: str = Field(pattern=r"^(|v4l:\d+|v4l:/dev/v4l/by-(id|path)/[^/]+|replay:.+)$")
    rotation: Literal[0, 90, 180, 270]
    mirror: bool
    width: int = Field(ge=160, le=4096)
    height: int = Field(ge=120, le=4096)
    fps: float = Field(gt=0, le=240)
    timeout_s: float = Field(gt=0)
    retry_s: float = Field(gt=0)
    retry_ceiling_s: float = Field(gt=0)


class Recognition(_Section):
    engine: Literal["auto", "fast", "reference"]
    fpir: float = Field(gt=0, lt=1)
    fpir_table: str
    fps: float = Field(gt=0, le=240)
    margin: float = Field(ge=0)
    min_frames: int = Field(ge=1)
    max_frames: int = Field(ge=1)
    looks: int = Field(ge=1, le=4)

    @model_validator(mode="after")
    def _order(self) -> Recognition:
        if self.max_frames < self.min_frames:
            raise ValueError("max_frames must not be below min_frames")
        return self


class QualityLimits(_Section):
    min_eye_distance_px: float = Field(ge=0)
    max_width: float = Field(gt=0, le=1)
    min_sharpness: float = Field(ge=0)
    min_brightness: float = Field(ge=0, le=255)
    max_brightness: float = Field(ge=0, le=255)
    min_contrast: float = Field(ge=0)
    max_yaw: float = Field(ge=0, le=1)
    max_pitch: float = Field(ge=0, le=1)
    max_roll_deg: float = Field(ge=0, le=90)
    max_border: float = Field(ge=0, le=1)
    min_eyes: float = Field(ge=0, le=1)
    min_mouth: float = Field(ge=0)


class EnrolmentSettings(QualityLimits):
    min_templates: int = Field(ge=1, le=20)
    max_templates: int = Field(ge=1, le=20)
    spread: float = Field(ge=0)
    same_person_distance: float = Field(gt=0)
    same_person_distance_photos: float = Field(gt=0)
    duplicate_distance: float = Field(gt=0)
    duplicate_ratio: float = Field(gt=0, le=1)
    pose_s: float = Field(gt=0)

    @model_validator(mode="after")
    def _order(self) -> EnrolmentSettings:
        if self.max_templates < self.min_templates:
            raise ValueError("max_templates must not be below min_templates")
        return self


class LivenessSettings(_Section):
    policy: Literal["off", "passive", "challenge-when-in-doubt", "always-challenge"]
    challenge_s: float = Field(gt=0)
    risk: float = Field(gt=0, lt=1)
    risk_tries: int = Field(ge=1)


class EncounterSettings(_Section):
    confirm_s: float = Field(gt=0)
    quick_confirm_s: float = Field(ge=0)
    result_s: float = Field(gt=0)
    repeat_interval_min: float = Field(ge=0)
    leave_s: float = Field(gt=0)
    refused_pause_s: float = Field(ge=0)
    identify_s: float = Field(gt=0)


class Display(_Section):
    mode: Literal["auto", "window", "offscreen"]
    fullscreen: bool
    rotation: Literal[0, 90, 180, 270]
    screens_dir: str
    standby_s: float = Field(ge=0)


class Phone(_Section):
    offer: bool
    address: str = Field(pattern=r"^(https?://[^\s/#?]+)?$")


class VoiceSettings(_Section):
    enabled: bool
    volume: int = Field(ge=0, le=100)
    quiet: str = Field(pattern=r"^(|([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d)$")


class IndicatorSettings(_Section):
    enabled: bool
    green_pin: int = Field(ge=-1, le=27)
    red_pin: int = Field(ge=-1, le=27)
    buzzer_pin: int = Field(ge=-1, le=27)


class SensorSettings(_Section):
    motion_pin: int = Field(ge=-1, le=27)
    tamper_pin: int = Field(ge=-1, le=27)


class Server(_Section):
    url: str = Field(pattern=r"^(https?://[^\s/]+(/\S*)?)?$")
    ca_file: str
    timeout_s: float = Field(gt=0)
    batch_events: int = Field(ge=1, le=500)
    batch_bytes: int = Field(ge=10_000, le=8_000_000)
    retry_s: float = Field(gt=0)
    retry_ceiling_s: float = Field(gt=0)
    long_poll_s: int = Field(ge=0, le=55)
    heartbeat_s: float = Field(gt=0)
    audit_days: int = Field(ge=0)


class Config(_Section):
    """All settings; one attribute a table of default.toml."""

    terminal: Terminal
    camera: Camera
    recognition: Recognition
    quality: QualityLimits
    enrolment: EnrolmentSettings
    liveness: LivenessSettings
    encounter: EncounterSettings
    display: Display
    phone: Phone
    voice: VoiceSettings
    indicators: IndicatorSettings
    sensors: SensorSettings
    server: Server


def default_text() -> str:
    """The packaged, commented default.toml."""
    return resources.files("kiosk").joinpath("default.toml").read_text(encoding="utf-8")


def load(path: Path | None = None, overrides: dict[str, dict[str, Any]] | None = None) -> Config:
    """Defaults, then the file, then `overrides` (from the command line), table by table.

    Raises ConfigError naming the file, the key and what is allowed; the offending value is not repeated.
    """
    tables: dict[str, Any] = tomllib.loads(default_text())
    where = "the command line"
    if path is not None:
        where = str(path)
        _merge(tables, _read(path), where)
    if overrides:
        _merge(tables, overrides, "the command line")
    try:
        return Config.model_validate(tables)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'file'}: {_explain(e)}" for e in error.errors())
        raise ConfigError(f"{where}: {faults}. `kiosk config` prints every setting with its meaning.") from error


def load_usable(path: Path | None, overrides: dict[str, dict[str, Any]] | None = None) -> Config:
    """The settings without the tables that are wrong: enough to say on the screen that the file has to be mended."""
    try:
        tables = {} if path is None else _read(path)
    except ConfigError:
        tables = {}
    usable: dict[str, dict[str, Any]] = {}
    for layer in (tables, overrides or {}):
        for name, values in layer.items():
            try:
                load(None, {name: {**usable.get(name, {}), **values}})
            except (ConfigError, TypeError):  # TypeError: no table at all
                continue
            usable[name] = {**usable.get(name, {}), **values}
    return load(None, usable)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}). Check the path and its permissions.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: is not valid TOML: {error}") from error


def _merge(base: dict[str, Any], top: dict[str, Any], where: str) -> None:
    for table, values in top.items():
        if not isinstance(values, dict):
            raise ConfigError(f"{where}: {table}: must stand in a table such as [terminal]")
        base.setdefault(table, {}).update(values)


def _explain(error: Any) -> str:
    return "there is no such setting" if error["type"] == "extra_forbidden" else str(error["msg"])
