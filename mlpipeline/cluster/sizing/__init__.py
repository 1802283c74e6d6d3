"""How many executors of what size, by stated rules: pure arithmetic, explained in words."""
