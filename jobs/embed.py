"""The stage `embed` on Spark: spark-submit jobs/embed.py --select domain:shop,lang:ko."""

import sys

from mlpipeline.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["run", "--from-stage", "embed", "--to-stage", "embed", *sys.argv[1:]]))
