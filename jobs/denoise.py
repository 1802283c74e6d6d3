"""The stage `denoise` on Spark: spark-submit jobs/denoise.py --select domain:shop,lang:ko."""

import sys

from mlpipeline.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["run", "--from-stage", "denoise", "--to-stage", "denoise", *sys.argv[1:]]))
