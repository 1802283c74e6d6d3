"""Errors of Spark that come of settings, files and storage, as data: how each is known, what it means, what to do."""

from __future__ import annotations

import re
from typing import NamedTuple

from mlpipeline.errors import InputError, MLPipelineError, SetupError, StageError, UsageError

_HADOOP = "3.4.2"  # of the Hadoop client in the pinned Spark


class Sign(NamedTuple):
    """One kind of error.

    Args:
        text: a pattern of what Spark, Java or Hadoop says.
        kind: the class of the error that a person gets.
        what: what it means; `\\1` is the pattern's first group.
        fix: what to do.
    """

    text: re.Pattern[str]
    kind: type[MLPipelineError]
    what: str
    fix: str

    def error_of(self, match: re.Match[str]) -> MLPipelineError:
        """The error of a text in which the sign was found."""
        return self.kind(match.expand(self.what), fix=match.expand(self.fix))


def _sign(text: str, kind: type[MLPipelineError], what: str, fix: str) -> Sign:
    return Sign(re.compile(text), kind, what, fix)


_CORRECT = "correct it; `mlpipeline spark lint FILE` reads all of them"
SIGNS: tuple[Sign, ...] = (
    # The heap of the JVM, as Java says it.
    _sign(
        r"Too small (?:maximum|initial) heap",
        SetupError,
        "the driver's heap is too small for Java",
        "write spark.driver.memory with its unit: 4096m or 4g",
    ),
    _sign(
        r"Invalid (?:maximum|initial) heap size: -Xm[xs](\S+)",
        SetupError,
        r"Java does not take a heap of \1",
        "write spark.driver.memory as 4096m or 4g, and smaller than the memory of the machine",
    ),
    _sign(
        r"Could not reserve enough space|insufficient memory for the Java Runtime",
        SetupError,
        "this machine has not as much memory as the driver's heap asks for",
        "lower spark.driver.memory",
    ),
    _sign(
        r"System memory \d+ must be at least (\d+)",
        SetupError,
        r"a heap is too small: Spark wants at least \1 bytes",
        "set spark.driver.memory (spark.executor.memory on a cluster) to 1g or more",
    ),
    _sign(
        r"bigger than spark\.driver\.maxResultSize",
        StageError,
        "results are larger than spark.driver.maxResultSize",
        "raise it, and spark.driver.memory with it",
    ),
    _sign(
        r"Kryo serialization failed: Buffer overflow",
        StageError,
        "a row is larger than the buffer of Kryo",
        "raise spark.kryoserializer.buffer.max",
    ),
    # Settings.
    _sign(r"The value '([^']*)' in the config \"([\w.]+)\" is invalid", UsageError, r"\2 cannot be '\1'", _CORRECT),
    _sign(
        r"[Ii]llegal value for config key ([\w.]+)", UsageError, r"\1 has a value that Spark does not take", _CORRECT
    ),
    _sign(
        r"INVALID_SPARK_CONFIG[.\w]*\] (?:Invalid Spark config: )?([^\n]+?)\.?(?: SQLSTATE[^\n]*)?(?:\n|\Z)",
        UsageError,
        r"settings that Spark refuses: \1",
        _CORRECT,
    ),
    _sign(r"requirement failed: (startPort [^\n]*)", UsageError, r"a port is none that Spark binds: \1", _CORRECT),
    _sign(r"requirement failed: (spark\.[^\n]+)", UsageError, r"settings that Spark refuses: \1", _CORRECT),
    _sign(r"The codec (\S+) is not available", UsageError, r"Spark has no codec \1", "take lz4, lzf, snappy or zstd"),
    # Jars that Spark does not bring.
    _sign(
        r"Class org\.apache\.hadoop\.fs\.s3a\.\w+ not found|NoClassDefFoundError: (?:software/amazon|com/amazonaws)",
        SetupError,
        "Spark cannot open s3a://: Hadoop's module for it is missing",
        f"add --conf spark.jars.packages=org.apache.hadoop:hadoop-aws:{_HADOOP}, or its jars by spark.jars",
    ),
    _sign(r"No FileSystem for scheme \"?(s3n?)\b", SetupError, r"Spark knows no \1://", "write s3a://"),
    _sign(
        r"No FileSystem for scheme \"?(\w+)",
        SetupError,
        r"Spark cannot open \1://: no jar for it is there",
        "name the jar of that storage by spark.jars or spark.jars.packages",
    ),
    _sign(
        r"(?:ClassNotFoundException|NoClassDefFoundError): (?:Class )?([\w.$/]+)",
        SetupError,
        r"a class is missing: \1",
        "name its jar by spark.jars, or correct the setting that names it",
    ),
    _sign(
        r"InvalidClassException: ([\w.$]+)",
        SetupError,
        r"driver and cluster have different versions of Spark (\1)",
        "use the cluster's version, or submit to a cluster of this one",
    ),
    _sign(
        r"unresolved dependenc\w+: ([^\n\]]+)",
        SetupError,
        r"a package of spark.jars.packages was not found: \1",
        "correct its name, or see whether the repository can be reached",
    ),
    # Storage.
    _sign(
        r"No space left on device",
        SetupError,
        "a disk is full: the store's, or the one of spark.local.dir",
        "free space, or set spark.local.dir to a larger disk (the default is /tmp); then run again",
    ),
    _sign(
        r"Failed to create (?:local dir|a temp directory|a directory)[^\n]*? (?:in|under|\(under) (\S+?)[)\s.]",
        SetupError,
        r"Spark cannot make its scratch folder in \1",
        "set spark.local.dir to a folder of yours",
    ),
    _sign(
        r"(?:NoAuthWithAWSException|No AWS Credentials|Unable to load credentials|CredentialInitializationException)",
        SetupError,
        "S3 was given no login",
        "set spark.hadoop.fs.s3a.access.key and secret.key in a file that only you may read, or AWS_ACCESS_KEY_ID",
    ),
    _sign(
        r"(?:AccessDenied|Forbidden|InvalidAccessKeyId|SignatureDoesNotMatch)[^\n]*(?:S3|s3a|Service: Amazon)",
        SetupError,
        "S3 refuses this login",
        "see whether key, secret and the bucket's rights are right",
    ),
    _sign(
        r"(?:NoSuchBucket|Bucket (\S+) does not exist)", SetupError, "there is no such bucket", "correct the address"
    ),
    _sign(
        r"Call From \S+ to (\S+?) failed on connection exception",
        SetupError,
        r"\1 does not answer",
        "start the service, or correct the address (spark.hadoop.fs.defaultFS, --store)",
    ),
    _sign(
        r"(?:GSS initiate failed|Can't get Master Kerberos principal|No valid credentials provided)",
        SetupError,
        "the cluster wants a Kerberos login",
        "kinit, or set spark.kerberos.keytab and spark.kerberos.principal",
    ),
    _sign(
        r"FileNotFoundException: File (\S+) does not exist",
        SetupError,
        r"\1 is not there",
        "make it, or correct the setting or the path that names it",
    ),
    _sign(
        r"\[PATH_NOT_FOUND\] Path does not exist: (\S+?)\.?(?:\s|\Z)|Input path does not exist: (\S+)",
        InputError,
        "a path that is read is not there",
        "correct it",
    ),
)
