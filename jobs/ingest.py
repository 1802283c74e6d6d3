"""The stage `ingest` as a Spark job: spark-submit jobs/ingest.py --select domain:shop,lang:ko [--store PATH] [--conf DIR]."""

import sys

from mlpipeline.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["run", "--from", "ingest", "--to", "ingest", *sys.argv[1:]]))
