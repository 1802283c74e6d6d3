"""Spark's errors in one line: texts as Spark 4.1.4 writes them."""

from __future__ import annotations

import pytest

from mlpipeline.cluster.failures import explain
from mlpipeline.errors import SetupError, StageError

_WORKER = """Job aborted due to stage failure: Task 0 in stage 1.0 failed 4 times, most recent failure: Lost task 0.3
(TID 9) (10.0.0.7 executor 1): org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "worker.py", line 1, in main
"""


@pytest.mark.parametrize(
    ("text", "what", "fix"),
    [
        (_WORKER + "ModuleNotFoundError: No module named 'kiwipiepy.core'\n", "cannot import kiwipiepy", "every node"),
        (_WORKER + "ModuleNotFoundError: No module named 'mlpipeline'\n", "cannot import mlpipeline", "submit"),
        (
            'java.io.IOException: Cannot run program "/opt/py/bin/python": error=2, No such file or directory\n',
            "cannot run /opt/py/bin/python: No such file or directory",
            "PYSPARK_PYTHON",
        ),
        (
            "[PYTHON_VERSION_MISMATCH] Python in worker has different version: 3.10 than that in driver: 3.11, PySpark",
            "executors have Python 3.10, the driver has 3.11",
            "PYSPARK_PYTHON",
        ),
        (
            "java.net.BindException: Address already in use: Service 'sparkDriver' failed after 16 retries",
            "in use",
            "free the port",
        ),
        ("java.net.BindException: Cannot assign requested address: Service 'x' failed", "address", "SPARK_LOCAL_IP"),
        ("java.net.UnknownHostException: node-9: node-9: Name or service not known", "node-9", "/etc/hosts"),
        ("org.apache.spark.SparkException: All masters are unresponsive! Giving up.", "does not answer", "log"),
        (
            "TaskResourceProfiles are only supported for Standalone, Yarn and Kubernetes cluster for now",
            "resources of its own",
            "cluster",
        ),
        ("java.lang.OutOfMemoryError: Java heap space", "heap was too small", "spark.executor.memory"),
        ("Error occurred during initialization of VM\nToo small maximum heap\n", "too small", "4096m"),
        ("Invalid maximum heap size: -Xmx4gb\nError: Could not create the Java Virtual Machine.", "heap of 4gb", "4g"),
        ("java.lang.IllegalArgumentException: System memory 259522560 must be at least 471859200.", "too small", "1g"),
        (
            "[INVALID_CONF_VALUE.REQUIREMENT] The value 'x' in the config \"spark.scheduler.mode\" is invalid. It",
            "spark.scheduler.mode cannot be 'x'",
            "spark lint",
        ),
        (
            "[INVALID_SPARK_CONFIG.INVALID_EXECUTOR_HEARTBEAT_INTERVAL] Invalid Spark config: The value of "
            "spark.network.timeout=60000ms must be greater. SQLSTATE: 42616",
            "spark.network.timeout=60000ms must be greater",
            "spark lint",
        ),
        (
            "requirement failed: spark.memory.offHeap.size must be > 0",
            "spark.memory.offHeap.size must be",
            "spark lint",
        ),
        (
            "java.lang.RuntimeException: java.lang.ClassNotFoundException: Class "
            "org.apache.hadoop.fs.s3a.S3AFileSystem not found",
            "cannot open s3a://",
            "hadoop-aws:3.4.2",
        ),
        ('UnsupportedFileSystemException: No FileSystem for scheme "s3"', "knows no s3://", "s3a://"),
        ('UnsupportedFileSystemException: No FileSystem for scheme "gs"', "cannot open gs://", "spark.jars"),
        ("java.lang.ClassNotFoundException: com.acme.Listener", "com.acme.Listener", "spark.jars"),
        ("java.io.IOException: No space left on device", "disk is full", "spark.local.dir"),
        (
            "java.net.ConnectException: Call From here/127.0.0.1 to nn:9000 failed on connection exception: refused",
            "nn:9000 does not answer",
            "address",
        ),
        (
            "java.io.FileNotFoundException: File file:/tmp/spark-events does not exist",
            "file:/tmp/spark-events",
            "make it",
        ),
        ("Total size of serialized results is bigger than spark.driver.maxResultSize", "maxResultSize", "raise it"),
        (
            _WORKER + "org.apache.spark.SparkException: Python worker exited unexpectedly (crashed)",
            "memory",
            "Overhead",
        ),
    ],
)
def test_one_line_with_cause_and_fix(text: str, what: str, fix: str):
    told = explain(RuntimeError(text))
    assert told is not None
    assert what in told.what and fix in told.fix and "\n" not in str(told)


def test_memory_may_be_one_bots_fault_and_a_library_is_nobodys():
    assert isinstance(explain(RuntimeError("java.lang.OutOfMemoryError: Java heap space")), StageError)
    assert isinstance(explain(RuntimeError("ModuleNotFoundError: No module named 'x'")), SetupError)


def test_a_library_that_is_missing_in_the_task_itself():
    told = explain(ModuleNotFoundError("No module named 'kiwipiepy'"))
    assert told is not None and "kiwipiepy" in told.what


def test_a_segfault_with_its_stack_is_no_lack_of_memory():
    text = "Python worker exited unexpectedly (crashed): Fatal Python error: Segmentation fault"
    assert explain(RuntimeError(text)) is None


def test_what_is_known_already_and_what_nobody_knows():
    ours = StageError("x", fix="y")
    assert explain(ours) is ours
    assert explain(ValueError("something else")) is None
