"""Where everything lies: tables, released bundles, the registry, runs, and the files that utterances come from."""
