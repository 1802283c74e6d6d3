"""Looking at what was made, by hand: a session with a job's settings, plots in every script, notebook files."""
