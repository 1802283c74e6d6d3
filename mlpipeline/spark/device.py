"""Which device a task owns: what Spark gave it, by the number that CUDA has for it in the worker process."""

from __future__ import annotations

import os
from collections.abc import MutableMapping, Sequence

from pyspark import TaskContext

from mlpipeline.cluster.device import CPU, Device
from mlpipeline.errors import SetupError

_VISIBLE, _ORDER = "CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER"


def device_of_task(gpus_of_executor: int) -> Device:
    """The GPU of the task that runs in this process; the CPU where Spark gave it none, and outside of tasks.

    Args:
        gpus_of_executor: how many GPUs each executor has. With one, the process is tied to it: no library sees another.
    """
    context = TaskContext.get()
    gpu = context.resources().get("gpu") if context is not None else None
    return device_at(list(gpu.addresses) if gpu else [], gpus_of_executor, os.environ)


def device_at(addresses: Sequence[str], gpus_of_executor: int, environ: MutableMapping[str, str]) -> Device:
    """The device of a task with these addresses, and the environment that CUDA reads in its process.

    Spark's addresses are those that the discovery script found: indices on the host, in the order of `nvidia-smi`, or
    UUIDs. CUDA counts otherwise unless it is told to (by speed), and counts anew what `CUDA_VISIBLE_DEVICES` lists. It
    reads both once a process, while a worker process of an executor with several GPUs gets tasks with this and that
    one. So:

    - the order is made that of `nvidia-smi`, if nobody has chosen one;
    - a list that is there stays: the GPU is the place of its address in the list;
    - without one, an executor's only GPU becomes the list, and is number 0; of several, each is its own number.

    Args:
        addresses: of the task's GPUs; the first is used.
        gpus_of_executor: how many each executor has.
        environ: of the process; changed as said above.

    Raises:
        SetupError: a list is there, without that GPU; or the address is no index and there is no list.
    """
    if not addresses:
        return CPU
    address = addresses[0]
    environ.setdefault(_ORDER, "PCI_BUS_ID")
    if gpus_of_executor == 1:
        environ.setdefault(_VISIBLE, address)
    if _VISIBLE not in environ:
        if not address.isdecimal():
            what = f"GPU {address} is no index, and an executor has several: CUDA cannot be told which is meant"
            raise SetupError(what, fix="let the discovery script list indices, or give each executor one GPU")
        return Device(address, int(address))
    listed = [one.strip() for one in environ[_VISIBLE].split(",")]
    if address in listed:
        return Device(address, listed.index(address))
    if address.isdecimal() and int(address) < len(listed) and not any(one.lstrip("-").isdecimal() for one in listed):
        # UUIDs of what this container has: its indices are counted within.
        return Device(address, int(address))
    what = f"Spark gave GPU {address} to a task, and {_VISIBLE} of its process is {environ[_VISIBLE]!r}"
    raise SetupError(what, fix=f"unset {_VISIBLE} on the executors (spark.executorEnv), or list that GPU")
