"""The running terminal's parts, each from the configuration: `kiosk.app` puts them together."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from kiosk.config import Config
from kiosk.errors import CameraError, ConfigError, ModelError
from kiosk.face import open_detector, open_engine, quality
from kiosk.liveness import InfraredWitness, Liveness, Risk
from kiosk.machine import memory
from kiosk.machine.lacks import Lacks
from kiosk.machine.model_files import ModelStore
from kiosk.model import DLIB_RESNET_V1, Fault, Hint, ModelId, Quality
from kiosk.model.recognisers import RECOGNISERS
from kiosk.paired import terminal_camera
from kiosk.ports import FaceMatcher, FrameSource, LivenessDetector
from kiosk.scores.threshold import ThresholdTable, load_table
from kiosk.terminal import encounter as enc
from kiosk.terminal.faults import FaultBoard
from kiosk.terminal.recognise import Recogniser
from kiosk.terminal.recognition import OpenRecogniser, Recognition
from kiosk.wire.phone import SHOWN_S


def camera_opener(config: Config) -> Callable[[], FrameSource]:
    """Opens the configured camera, each time anew. Raises CameraError."""
    return partial(terminal_camera, config.camera)


def first_source(open_source: Callable[[], FrameSource], faults: FaultBoard, wait: bool) -> FrameSource | None:
    """The camera at start. Raises CameraError when there is none and nobody is to wait for it."""
    try:
        return open_source()
    except CameraError:
        if not wait:
            raise
        faults.set(Fault.CAMERA_ABSENT, True)
        return None


def recogniser_opener(config: Config, models_dir: Path, cache_dir: Path, lacks: Lacks) -> OpenRecogniser:
    """Opens the models, each time anew: see `kiosk.terminal.recognition.OpenRecogniser`."""

    def open_recogniser(matcher: FaceMatcher, more: Sequence[ModelId], tracks: int) -> Recogniser:
        engine = open_engine(
            config.recognition.engine,
            models_dir=models_dir,
            cache_dir=cache_dir,
            lost=lacks.of("detector model"),
            lost_recogniser=lacks.of("recogniser"),
            threads=engine_threads(os.cpu_count() or 1),
            model_id=matcher.model_id,
            more=more,
        )
        evidence = liveness_of(config, models_dir, lacks)
        memory.hand_back()
        return Recogniser(
            engine,
            matcher,
            evidence,
            judge_of(config),
            config.recognition.max_frames,
            min_frames=config.recognition.min_frames,
            looks=config.recognition.looks,
            tracks=tracks,
        )

    return open_recogniser


def liveness_of(config: Config, models_dir: Path, lacks: Lacks) -> LivenessDetector:
    """The evidence of life; with an infrared camera, only of faces that it sees too. Raises ConfigError."""
    evidence = Liveness(
        config.liveness.policy,
        ModelStore(models_dir),
        challenge_s=config.liveness.challenge_s,
        risk=Risk(config.liveness.risk, config.liveness.risk_tries),
        lost=lacks.of("passive model"),
    )
    if not config.camera.infrared:
        return evidence
    return InfraredWitness(evidence, open_detector(models_dir, lacks.of("detector model")))


def engine_threads(cores: int) -> int:
    """Threads of the networks: half of the board's cores, the others are left over for screen, camera and journal."""
    return max(1, cores // 2)


def first_models(recognition: Recognition, wait: bool) -> None:
    """Raises ModelError when they cannot be opened and nobody is to wait for it."""
    try:
        recognition.open()
    except ModelError as error:
        if not wait:
            raise
        recognition.failed(error)


def encounter_settings(config: Config) -> enc.Settings:
    """The encounter's times and counts."""
    return enc.Settings(
        min_frames=config.recognition.min_frames,
        max_frames=config.recognition.max_frames,
        confirm_s=config.encounter.confirm_s,
        quick_confirm_s=min(config.encounter.quick_confirm_s, config.encounter.confirm_s),
        result_s=config.encounter.result_s,
        leave_s=config.encounter.leave_s,
        refused_pause_s=config.encounter.refused_pause_s,
        identify_s=config.encounter.identify_s,
        repeat_interval_s=config.encounter.repeat_interval_min * 60,
        phone_s=SHOWN_S if config.phone.offer else 0.0,
    )


def threshold_table(config: Config) -> ThresholdTable | None:
    """The office's own, or None for the packaged one. Raises ConfigError when the file cannot serve."""
    if not config.recognition.fpir_table:
        return None
    try:
        table = load_table(Path(config.recognition.fpir_table))
        if table.model_id not in RECOGNISERS:
            table.check_model(DLIB_RESNET_V1)
    except ModelError as error:
        raise ConfigError(f"[recognition] fpir_table: {error}") from error
    return table


def judge_of(config: Config) -> Callable[[Quality], Hint | None]:
    """What is wrong with a face, by the configured limits."""
    return partial(quality.judge, limits=limits_of(config))


def limits_of(config: Config) -> quality.Limits:
    """What a face must measure at the daily screen."""
    return quality.Limits(**config.quality.model_dump())
