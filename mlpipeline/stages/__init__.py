"""The work: each stage reads datasets and writes datasets; none imports another."""
