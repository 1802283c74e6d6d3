"""Slow tasks on GPUs: their sum, and which GPU each had.

Arguments: a file to write when the first tasks are done, a file for the result.
"""

import json
import sys
import time
from pathlib import Path

from pyspark import TaskContext
from pyspark.sql import SparkSession


def main() -> None:
    begun, result = sys.argv[1:3]

    def square(number: int) -> tuple[int, str]:
        context = TaskContext.get()
        assert context is not None
        time.sleep(0.5)
        if number >= 2:
            Path(begun).touch()
        return number * number, ",".join(context.resources()["gpu"].addresses)

    spark = SparkSession.builder.getOrCreate()
    rows = spark.sparkContext.parallelize(range(24), 24).map(square).collect()
    ids = spark.range(1000).repartition(4).groupBy().sum("id").collect()[0][0]
    told = {"squares": sum(row[0] for row in rows), "gpus": sorted({row[1] for row in rows}), "ids": ids}
    Path(result).write_text(json.dumps(told))
    print("squares", told["squares"])
    spark.stop()


if __name__ == "__main__":
    main()
