from __future__ import annotations

import pytest

from kiosk.machine.lacks import Lacks, cause


def test_the_first_cause_of_each_part_is_kept_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    lacks = Lacks()
    assert lacks.current() == {}
    lamps = lacks.of("lamps")
    for why in ("the pin is taken", "it is closed"):
        lamps(why)
    lacks.of("trace")("the disk is full")
    assert lacks.current() == {"lamps": "the pin is taken", "trace": "the disk is full"}
    assert [record.message for record in caplog.records] == ["no lamps: the pin is taken", "no trace: the disk is full"]


def test_a_cause_names_the_kind_of_an_exception_that_says_little() -> None:
    class error(Exception):  # noqa: N801 - as lgpio's is called
        pass

    assert cause(error("GPIO busy")) == "GPIO busy (error)"
