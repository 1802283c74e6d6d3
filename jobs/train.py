"""The stage `train` on Spark: spark-submit jobs/train.py --select domain:shop,lang:ko."""

import sys

from mlpipeline.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["run", "--from-stage", "train", "--to-stage", "train", *sys.argv[1:]]))
