"""The stage `embed` as a Spark job: spark-submit jobs/embed.py --select domain:shop,lang:ko [--store PATH] [--conf DIR]."""

import sys

from mlpipeline.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["run", "--from", "embed", "--to", "embed", *sys.argv[1:]]))
