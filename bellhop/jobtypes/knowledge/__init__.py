"""The parts of `webpage`, `summary` and `notion_page`: private to them, no job types of their own.

Only `asking` is for every type that asks a service.

Each module imports only those before it in this order: asking, encodings, decoding, words,
languages, selectors, css, visible, shape, completeness, categories, extractive, notion_blocks.
"""
