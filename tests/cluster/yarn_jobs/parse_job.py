"""Uses a library in a task; where only the driver has it, the script ends with an exit code of its own."""

import sys
import traceback

import orjson
from pyspark.sql import SparkSession


def parsed(text: str) -> int:
    import orjson

    return int(orjson.loads(text)["n"])


if __name__ == "__main__":
    session = SparkSession.builder.getOrCreate()
    print("the driver has orjson", orjson.__version__, flush=True)
    texts = session.sparkContext.parallelize(['{"n": 7}'], 1)
    try:
        print("executors say:", texts.map(parsed).collect(), flush=True)
        print("with", texts.map(lambda text: sys.executable).collect(), flush=True)
    except Exception:
        traceback.print_exc()
        sys.exit(3)
    finally:
        session.stop()
