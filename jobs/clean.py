"""The stage `clean` on Spark: spark-submit jobs/clean.py --select domain:shop,lang:ko."""

import sys

from mlpipeline.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["run", "--from", "clean", "--to", "clean", *sys.argv[1:]]))
