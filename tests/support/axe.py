"""axe-core in a page: what of it people with a disability cannot use."""

from __future__ import annotations

import functools
from importlib import resources
from typing import Any

from selenium import webdriver

RUN = """const done = arguments[arguments.length - 1];
const failed = (error) => done([{id: String(error)}]);
const asked = {resultTypes: ["violations"]};
axe.run(document, asked).then(({violations}) => done(violations), failed);"""


@functools.cache
def _script() -> str:
    return (resources.files("axe_core_python") / "axe.min.js").read_text()


def findings(browser: webdriver.Chrome) -> list[str]:
    """What axe finds in the page as it is now: the rule and the elements of each."""
    # Through the tools of developers, which the policy of the page does not concern.
    browser.execute_cdp_cmd("Runtime.evaluate", {"expression": _script()})
    found: list[dict[str, Any]] = browser.execute_async_script(RUN)
    return [f"{each['id']}: {[node['html'] for node in each.get('nodes', ())]}" for each in found]
