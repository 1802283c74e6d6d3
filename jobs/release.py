"""The stage `release` on Spark: spark-submit jobs/release.py --select domain:shop,lang:ko."""

import sys

from mlpipeline.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["run", "--from-stage", "release", "--to-stage", "release", *sys.argv[1:]]))
