"""The stage `clean` as a Spark job: spark-submit jobs/clean.py --select domain:shop,lang:ko [--store PATH] [--conf DIR]."""

import sys

from mlpipeline.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["run", "--from", "clean", "--to", "clean", *sys.argv[1:]]))
