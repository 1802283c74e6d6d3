"""Where everything lies: datasets, their manifests, models, runs, and the files that utterances come from."""
