"""The stage `split` on Spark: spark-submit jobs/split.py --select domain:shop,lang:ko."""

import sys

from mlpipeline.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["run", "--from-stage", "split", "--to-stage", "split", *sys.argv[1:]]))
