"""Pure algorithms, one package each: plain Python and numpy, without Spark, store or recipe."""
