"""The contract as it was recorded: requests, answers, and data folders of every schema.

`open_pass`, `accounts_pass` and `web_pass` say what is asked; `answers/` holds what was answered,
with placeholders for what differs from run to run, and `tests/test_recorded.py` asks again and
compares. `data/` holds a data folder of each schema there was, made by `keep`;
`tests/test_earlier_data.py` starts on each. All of it looks at Bellhop from outside, through
processes, HTTP and files, so that it stays the same while everything inside is moved.
"""
