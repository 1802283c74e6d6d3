"""The stage `export` on Spark: spark-submit jobs/export.py --select domain:shop,lang:ko."""

import sys

from mlpipeline.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["run", "--from-stage", "export", "--to-stage", "export", *sys.argv[1:]]))
