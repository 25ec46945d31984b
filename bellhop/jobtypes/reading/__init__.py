"""How job types read the files that people send: what a file is, and whether it may be opened.

Shared by the types that come with Bellhop; nothing here knows any of them. Each function
refuses, before a library is let near the bytes, in the words of `refusals`: the same for all
types.
"""
