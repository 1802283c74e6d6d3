"""Files that people write, read as rows: corpora, logs, messages, in any encoding."""
