"""The stage `train` as a Spark job: spark-submit jobs/train.py --select domain:shop,lang:ko [--store PATH] [--conf DIR]."""

import sys

from mlpipeline.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["run", "--from", "train", "--to", "train", *sys.argv[1:]]))
