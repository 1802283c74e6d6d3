"""Waits until a file appears, runs no job afterwards, and ends well."""

import os
import sys
import time

from pyspark.sql import SparkSession

if __name__ == "__main__":
    session = SparkSession.builder.getOrCreate()
    print("waiting", session.sparkContext.applicationId, flush=True)
    while not os.path.exists(sys.argv[1]):
        time.sleep(0.1)
