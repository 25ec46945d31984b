"""What the tests of whole processes share: a browser, a server, and a network."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium import webdriver

from tests.support.browser import chromium
from tests.support.network import Host, Network
from tests.support.running import Running, running


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    with chromium() as driver:
        yield driver


@pytest.fixture(autouse=True)
def no_draft(request: pytest.FixtureRequest) -> Iterator[None]:
    """The form as a test leaves it is not a draft for the next one in the same browser."""
    yield
    if "browser" in request.fixturenames:
        script = "addEventListener('pagehide', () => sessionStorage.clear())"
        request.getfixturevalue("browser").execute_script(script)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server for the tests of a module, which leave it running."""
    with running(tmp_path_factory.mktemp("served")) as bellhop:
        bellhop.serve()
        yield bellhop


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    """A network for the tests of a module, which leave it whole."""
    with Network() as network:
        yield network


@pytest.fixture(scope="module")
def servers(network: Network) -> Host:
    """The host on it where servers run."""
    return network.host("servers")
