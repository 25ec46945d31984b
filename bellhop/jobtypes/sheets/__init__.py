"""Quiz sheets: pictures of them, the lines on them, their questions, and the grading.

Private to `quiz` and `quiz_grading`. `key` and `grading` are pure Python; the others need the
extra `ocr` and are imported when a sheet is read.
"""
