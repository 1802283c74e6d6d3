"""A script for spark-submit: prints the settings of the session that it gets, as JSON, and what a local one refuses."""

from __future__ import annotations

import json
import sys

from mlpipeline.errors import SetupError
from mlpipeline.spark.profiles import task_profile
from mlpipeline.spark.session import open_session


def main() -> int:
    """Prints one JSON object; the arguments name settings."""
    with open_session("own name") as spark:
        told = {key: spark.conf.get(key, None) for key in sys.argv[1:]}
        told["pool"] = spark.sparkContext.getLocalProperty("spark.scheduler.pool")
        try:
            task_profile(spark, gpus=1)
        except SetupError as error:
            told["profile"] = str(error)
    print(json.dumps(told))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
