"""Fuzzing: cases by the thousand against every address, and checks that want no luck."""
