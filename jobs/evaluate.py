"""The stage `evaluate` on Spark: spark-submit jobs/evaluate.py --select domain:shop,lang:ko."""

import sys

from mlpipeline.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["run", "--from-stage", "evaluate", "--to-stage", "evaluate", *sys.argv[1:]]))
