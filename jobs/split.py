"""The stage `split` as a Spark job: spark-submit jobs/split.py --select domain:shop,lang:ko [--store PATH] [--conf DIR]."""

import sys

from mlpipeline.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["run", "--from", "split", "--to", "split", *sys.argv[1:]]))
