"""What holds for all tests."""

from hypothesis import settings

settings.register_profile("noisy machines", deadline=None)  # an example may take long because others are at work
settings.load_profile("noisy machines")
