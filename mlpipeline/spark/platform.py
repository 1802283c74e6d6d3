"""Set-up of what Spark needs and no package installer brings: Java, the Delta jars, the class archive."""

from __future__ import annotations

import sys

from mlpipeline.cluster.cache import cache_folder
from mlpipeline.cluster.environment import PYSPARK, check_environment
from mlpipeline.cluster.jars import DELTA, delta_jars
from mlpipeline.cluster.java import find_java
from mlpipeline.errors import SetupError
from mlpipeline.spark.archive_recording import make_archive


def set_up() -> str:
    """Make whatever is missing and return one line that says what was chosen; a second call takes milliseconds.

    Raises:
        SetupError: no Java, no network for the jars, the cache cannot be written, or versions that do not go together.
    """
    check_environment()
    java = find_java()
    jars = delta_jars()
    complaint = make_archive(java)
    archive = f"no class archive ({complaint})" if complaint else "class archive"
    return f"{java}; Spark {PYSPARK}; Delta {DELTA} ({len(jars)} jars) and {archive} in {cache_folder()}"


def main() -> int:
    """Run the set-up for the bootstrap; 0 when all is there."""
    try:
        print(set_up())
    except SetupError as error:
        print(f"mlpipeline: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
