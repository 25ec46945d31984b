"""The parts of `webpage`, `summary` and `notion_page`: private to them, no job types of their own.

Only `asking` is for every type that asks a service, and `visible` for every type that reads pages.

Each module imports only those before it in this order: asking, encodings, decoding, words,
languages, selectors, css, drawn, nesting, visible, shape, completeness, categories, extractive,
notion_blocks.
"""
