"""What the web answers once it runs with other settings."""

from __future__ import annotations

from collections.abc import Callable

from bellhop.reloading import taking
from bellhop.server.rules import Rules
from bellhop.settings.settings import Settings
from bellhop.web.site import Site
from tests.support.wsgi import WsgiClient

Config = Callable[[str], Settings]
OTHERS = """[server]
allowed_hosts = jobs.example.org
max_upload_mb = 1
[oidc]
issuer = https://auth.example.org
client_id = bellhop
label = the office"""


def test_it_serves_the_names_and_sizes_that_hold_now(
    web: WsgiClient, site: Site, config: Config
) -> None:
    rules, headers = Rules(site), {"HOST": "jobs.example.org"}
    assert web.get("/health", host="jobs.example.org").body != web.get("/health").body
    assert rules.judge("GET", headers) is not None
    taking.become(site.settings, taking.taken(site.settings, config(OTHERS)))
    assert web.get("/health", host="jobs.example.org").body == web.get("/health").body
    assert rules.judge("GET", headers) is None
    assert web.get("/api/v1/types").json["limits"]["max_upload_bytes"] == 1 << 20
    assert "the office" in web.get("/login").body.decode()


def test_it_asks_the_provider_that_holds_now(site: Site, config: Config) -> None:
    before = site.provider
    assert site.provider is before
    taking.become(site.settings, taking.taken(site.settings, config(OTHERS)))
    assert site.provider is not before and site.provider is site.provider
