"""Label noise: which rows carry a wrong intent, how many there are, and what a reviewer should read first."""
