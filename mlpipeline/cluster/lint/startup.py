"""What Spark checks when a session starts, as data: bounds of one setting, and settings that have to fit together.

Converters refuse most values by themselves, and their bounds stand in the packaged table. What is here is checked
elsewhere in Spark (SparkConf, the heartbeat receiver, memory managers, the allocation of executors, serialisers, the
binding of ports), each tried on the pinned version: the session does not start, or waits for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

_DYNAMIC = "spark.dynamicAllocation"
_HEARTBEAT, _NETWORK = "spark.executor.heartbeatInterval", "spark.network.timeout"
_WATCH, _SILENT = "spark.network.timeoutInterval", "spark.storage.blockManagerHeartbeatTimeoutMs"

# Bounds, in the unit of the setting, beside those of the table.
BOUNDS: Mapping[str, str] = {
    "spark.memory.fraction": ">0<=1",
    "spark.cores.max": ">=1",
    "spark.default.parallelism": ">=1",
    "spark.driver.cores": ">=1",
    "spark.executor.cores": ">=1",
    "spark.executor.instances": ">=0",
    "spark.task.cpus": ">=1",
    "spark.task.maxFailures": ">=1",
    "spark.executor.heartbeatInterval": ">=1",
    "spark.rpc.message.maxSize": ">=1<=2047",
    "spark.kryoserializer.buffer": "<=2097151",
    "spark.kryoserializer.buffer.max": "<=2047",
    "spark.speculation.quantile": ">=0<=1",
    "spark.scheduler.minRegisteredResourcesRatio": ">=0<=1",
    f"{_DYNAMIC}.minExecutors": ">=0",
    f"{_DYNAMIC}.initialExecutors": ">=0",
    f"{_DYNAMIC}.maxExecutors": ">=1",
    f"{_DYNAMIC}.executorAllocationRatio": ">0<=1",
    f"{_DYNAMIC}.schedulerBacklogTimeout": ">=1",
    f"{_DYNAMIC}.sustainedSchedulerBacklogTimeout": ">=1",
    "spark.port.maxRetries": ">=0",
}
# A type where the table knows none.
TYPES: Mapping[str, str] = {"spark.port.maxRetries": "int"}

# Ports that Spark binds by itself: 0 is any free one.
LOWEST_PORT, HIGHEST_PORT = 1024, 65535
# Bound by others, who may take a low one.
OTHER_PORTS = ("spark.shuffle.service.port",)


class Order(NamedTuple):
    """Two settings, the first not above the second.

    Args:
        less: the key of the smaller one.
        more: the key of the larger one.
        strict: equal is too much.
        when: a switch that has to be on for it to count; "" for always.
        severity: `error` where Spark does not start.
        why: what happens else.
        name: of the finding.
    """

    less: str
    more: str
    strict: bool = False
    when: str = ""
    severity: str = "error"
    why: str = "the session does not start"
    name: str = "order of settings"


ORDERS: tuple[Order, ...] = (
    Order(_HEARTBEAT, _NETWORK, strict=True),
    Order(_HEARTBEAT, _SILENT),
    Order(_WATCH, _SILENT),
    Order("spark.shuffle.mapOutput.minSizeForBroadcast", "spark.rpc.message.maxSize"),
    Order(
        f"{_DYNAMIC}.minExecutors",
        f"{_DYNAMIC}.maxExecutors",
        when=f"{_DYNAMIC}.enabled",
        name="bounds of executors",
    ),
    Order("spark.executor.cores", "spark.cores.max", why="no executor ever starts, and the job waits for ever"),
    Order(
        "spark.kryoserializer.buffer",
        "spark.kryoserializer.buffer.max",
        severity="warning",
        why="a row that needs it fails its task",
    ),
)


class Need(NamedTuple):
    """A switch that needs another one, or an amount above 0; each fails when the session starts."""

    switch: str
    needs: str
    fix: str


NEEDS: tuple[Need, ...] = (
    Need("spark.network.crypto.enabled", "spark.authenticate", "spark.authenticate true"),
    Need("spark.authenticate.enableSaslEncryption", "spark.authenticate", "spark.authenticate true"),
    Need("spark.memory.offHeap.enabled", "spark.memory.offHeap.size", "spark.memory.offHeap.size 1g"),
)

# Settings that hold the name of a class, or several with commas, and the short words that Spark takes instead.
_CODECS = ("lz4", "lzf", "snappy", "zstd")
CLASSES: Mapping[str, tuple[str, ...]] = {
    "spark.serializer": (),
    "spark.kryo.registrator": (),
    "spark.extraListeners": (),
    "spark.plugins": (),
    "spark.io.compression.codec": _CODECS,
    "spark.eventLog.compression.codec": _CODECS,
    "spark.shuffle.manager": ("sort", "tungsten-sort"),
    "spark.shuffle.sort.io.plugin.class": (),
    "spark.resources.discoveryPlugin": (),
    "spark.history.provider": (),
    "spark.sql.extensions": (),
    "spark.sql.catalog.spark_catalog": ("builtin",),
    "spark.sql.queryExecutionListeners": (),
    "spark.sql.streaming.streamingQueryListeners": (),
    "spark.sql.streaming.checkpointFileManagerClass": (),
    "spark.sql.sources.commitProtocolClass": (),
    "spark.sql.sources.outputCommitterClass": (),
    "spark.sql.parquet.output.committer.class": (),
    "spark.sql.cache.serializer": (),
    "spark.sql.adaptive.customCostEvaluatorClass": (),
    "spark.delta.logStore.class": (),
}

# Files and folders of this machine that have to be there when the driver starts here.
FILES: tuple[str, ...] = (
    "spark.files",
    "spark.archives",
    "spark.jars",
    "spark.submit.pyFiles",
    "spark.kerberos.keytab",
    "spark.kubernetes.driver.podTemplateFile",
    "spark.kubernetes.executor.podTemplateFile",
    "spark.scheduler.allocation.file",
)
IMAGES: tuple[str, ...] = (
    "spark.kubernetes.container.image",
    "spark.kubernetes.driver.container.image",
    "spark.kubernetes.executor.container.image",
)
