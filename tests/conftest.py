"""What all tests share. Keep it small: a fixture that one folder needs belongs beside its tests."""

from hypothesis import settings

# A busy machine is no reason for a test to fail: no example has a deadline.
settings.register_profile("presensi", deadline=None)
settings.load_profile("presensi")
