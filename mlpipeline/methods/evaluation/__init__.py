"""How good a model is, with intervals, and whether its test rows leaked into what it learnt."""
