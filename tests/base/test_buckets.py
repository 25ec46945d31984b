"""The address of a bucket: read in one way, and never told with its secret."""

from __future__ import annotations

import pytest

from bellhop.base.buckets import bucket, files_location
from bellhop.base.errors import StartRefused
from bellhop.base.hidden import passwords_in

HTTPS = "endpoint=https://s3.example:9000"


def refusal(address: str) -> str:
    with pytest.raises(StartRefused) as caught:
        files_location(address)
    line = str(caught.value)
    assert "\n" not in line
    assert "c3cr3t" not in line
    return line


def test_it_reads_all_that_an_address_says() -> None:
    found = bucket(
        f"s3://k%2Bey:se%2Fc%40%3Aret+x@jobs.of-us/a/b%20c/?{HTTPS}&region=eu&ca=/ca.crt"
    )
    assert (found.key, found.secret) == ("k+ey", "se/c@:ret+x")
    assert (found.name, found.prefix) == ("jobs.of-us", "a/b c")
    assert (found.endpoint, found.region, found.ca) == ("https://s3.example:9000", "eu", "/ca.crt")


def test_it_knows_the_secret_to_mask() -> None:
    assert passwords_in(f"s3://key:se%2Fc%40%3Aret+x@jobs?{HTTPS}") == ["se/c@:ret+x"]


def test_it_takes_the_credentials_of_the_environment_where_none_are_given() -> None:
    found = bucket("s3://jobs")
    assert (found.key, found.secret, found.prefix) == ("", "", "")


@pytest.mark.parametrize(
    ("address", "location"),
    [
        ("", ""),
        ("/mnt/shared/", "/mnt/shared"),
        ("s3://jobs", "s3://jobs?endpoint=https://s3.us-east-1.amazonaws.com"),
        ("s3://jobs/a?region=eu-west-1", "s3://jobs/a?endpoint=https://s3.eu-west-1.amazonaws.com"),
        (f"s3://key:c3cr3t@jobs/a%20b/?{HTTPS}", f"s3://jobs/a%20b?{HTTPS}"),
        ("s3://jobs?endpoint=https://S3.Example:443/", "s3://jobs?endpoint=https://s3.example"),
        ("s3://jobs?endpoint=http://localhost:8333", "s3://jobs?endpoint=http://localhost:8333"),
        ("s3://jobs?endpoint=http://[::1]:8333", "s3://jobs?endpoint=http://[::1]:8333"),
        (
            "s3://jobs?endpoint=http://10.0.0.7&allow_http=true",
            "s3://jobs?endpoint=http://10.0.0.7",
        ),
    ],
)
def test_it_tells_where_files_are_in_one_form(address: str, location: str) -> None:
    assert files_location(address) == location


def test_it_tells_an_address_that_means_the_same() -> None:
    location = files_location(f"s3://key:c3cr3t@jobs/a%20b/?{HTTPS}&region=eu")
    assert files_location(location) == location


@pytest.mark.parametrize(
    ("address", "line"),
    [
        ("shared", "neither a path"),
        ("./shared", "neither a path"),
        ("https://key:c3cr3t@host", "neither a path"),
        ("s3://key:c3cr3t/x@jobs", "not an address"),
        ("s3://key:c3cr3t@", "not an address"),
        ("s3://key@jobs", "not an address"),
        ("s3:///jobs", "not an address"),
        ("s3://key:c3cr3t@jobs#a", "not an address"),
        ("s3://jobs/a?endpoint", "not an address"),
        ("s3://jobs/a/../b", "a prefix with"),
        ("s3://jobs/a/%2e%2e", "a prefix with"),
        ("s3://jobs//a", "a prefix with"),
        ("s3://key:c3cr3t@jobs?endpont=https://host", "the option endpont"),
        ("s3://key:c3cr3t@jobs?endpoint=ftp://host", "an endpoint that is not"),
        ("s3://key:c3cr3t@jobs?endpoint=https://k:c3cr3t%40host", "an endpoint that is not"),
        ("s3://key:c3cr3t@jobs?endpoint=http://10.0.0.7:8333", "an endpoint without TLS"),
        ("s3://jobs?endpoint=http://host&allow_http=false", "an endpoint without TLS"),
    ],
)
def test_it_refuses_what_is_no_address(address: str, line: str) -> None:
    assert line in refusal(address)
