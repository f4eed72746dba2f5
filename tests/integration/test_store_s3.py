"""Buckets of two servers are stores like any other."""

import pytest
from store_conformance import Conformance


class TestSeaweedFS(Conformance):
    @pytest.fixture
    def store(self, weed, new_bucket):
        return new_bucket(weed)


class TestMoto(Conformance):
    @pytest.fixture
    def store(self, moto, new_bucket):
        return new_bucket(moto)
