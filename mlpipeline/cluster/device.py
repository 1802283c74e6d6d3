"""What a task computes on: the CPU, or one GPU. Spark's side finds it, the networks' side uses it."""

from __future__ import annotations

from dataclasses import dataclass, replace

_NONE_GIVEN = "no GPU was given to this task"


@dataclass(frozen=True)
class Device:
    """One device of one process.

    Args:
        address: of the GPU, as Spark names it: an index on the host, or a UUID; "" for the CPU.
        number: what CUDA calls that GPU in this process; None for the CPU.
        reason: why it is the CPU.
    """

    address: str = ""
    number: int | None = None
    reason: str = _NONE_GIVEN

    def __str__(self) -> str:
        """In words: "GPU 1 of this executor", or "CPU: " and why."""
        return f"CPU: {self.reason}" if self.number is None else f"GPU {self.address} of this executor"

    def as_cpu(self, reason: str) -> Device:
        """The CPU instead of this GPU, and why; the CPU stays what it is."""
        return self if self.number is None else replace(self, address="", number=None, reason=reason)


CPU = Device()
