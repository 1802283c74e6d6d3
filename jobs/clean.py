"""The stage `clean` on Spark: spark-submit jobs/clean.py --select domain:shop,lang:ko."""

import sys

from mlpipeline.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["run", "--from-stage", "clean", "--to-stage", "clean", *sys.argv[1:]]))
