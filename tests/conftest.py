"""What all tests share. Keep it small: a fixture that one folder needs belongs beside its tests."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.loopback import guard

# A busy machine is no reason for a test to fail: no example has a deadline.
settings.register_profile("presensi", deadline=None)
settings.load_profile("presensi")

guard.install()


@pytest.fixture(autouse=True)
def stays_on_loopback() -> Iterator[None]:
    """Fails a test that reached for another machine even when its code swallowed the refusal."""
    yield
    refused = guard.taken()
    if refused:
        pytest.fail(f"reached for another machine: {', '.join(refused)}")
