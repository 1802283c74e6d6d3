"""The stage `augment` on Spark: spark-submit jobs/augment.py --select domain:shop,lang:ko."""

import sys

from mlpipeline.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["run", "--from-stage", "augment", "--to-stage", "augment", *sys.argv[1:]]))
