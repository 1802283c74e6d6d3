"""The stage `ingest` on Spark: spark-submit jobs/ingest.py --select domain:shop,lang:ko."""

import sys

from mlpipeline.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["run", "--from-stage", "ingest", "--to-stage", "ingest", *sys.argv[1:]]))
