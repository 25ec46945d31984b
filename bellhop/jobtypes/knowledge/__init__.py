"""The parts of `webpage`, `summary` and `notion_page`: private to them, no job types of their own.

Each module imports only those before it in this order: asking, decoding, words, extractive,
notion_blocks.
"""
