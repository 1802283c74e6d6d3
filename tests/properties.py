"""How many examples a property is tried on: all in `make test`, a fourth in `make check` (tests/conftest.py)."""

from __future__ import annotations

from collections.abc import Collection

from hypothesis import HealthCheck, settings

_WHOLE = 100  # of the profile in which every property has as many examples as its test says
_LEAST = 10


def examples(count: int, *, without: Collection[HealthCheck] = ()) -> settings:
    """Settings for a property that needs another number than the hundred of all others.

    Args:
        count: in `make test`; elsewhere the share that the profile has of its own hundred.
        without: health checks that mean nothing here.
    """
    share = count * settings().max_examples // _WHOLE
    return settings(max_examples=max(share, min(count, _LEAST)), suppress_health_check=tuple(without))
