"""What a run would do, and why: python jobs/plan.py [--select ...]; needs no JVM."""

import sys

from mlpipeline.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["plan", *sys.argv[1:]]))
