"""All stages as one Spark job: spark-submit jobs/pipeline.py [--select ...] [--from-stage STAGE] [--to-stage STAGE]."""

import sys

from mlpipeline.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["run", *sys.argv[1:]]))
