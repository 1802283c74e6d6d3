"""Messages answered in a batch: spark-submit jobs/answer.py shop/ko --from messages.jsonl --to answers.parquet."""

import sys

from mlpipeline.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["batch", *sys.argv[1:]]))
