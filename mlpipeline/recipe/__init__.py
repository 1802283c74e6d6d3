"""The recipe of a bot: plain YAML in layers, checked, with the origin of every value."""
