"""The command line: results on stdout, progress on stderr; exit 0 ok, 1 something failed, 2 usage, 4 gate refused."""
