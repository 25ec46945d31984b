"""The chaos run: load and trouble against a real Bellhop, and a checker that believes neither."""
