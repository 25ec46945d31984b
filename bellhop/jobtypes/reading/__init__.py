"""How job types read the files that people send: what a file is, and whether it may be opened.

Shared by the types that come with Bellhop; nothing here knows any of them. Each function
refuses with a `BadInput` whose code is the same for all types, before a
library is let near the bytes.
"""
