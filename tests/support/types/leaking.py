"""A job type that tells the secret it was given wherever it can."""

from __future__ import annotations

import base64
import json
import os
import sys
import time
from pathlib import Path
from urllib.parse import quote

from bellhop import BadInput, Context, Secret, TryAgain, Unavailable, job_type


@job_type(
    label="Leak",
    queue="parsing",
    delays_s=[],
    settings={"pin": Secret, "base_url": str},
)
def leak(text: str, context: Context) -> dict:
    """Print, warn, return, raise and write the secret, as `text` says."""
    secret = context.settings["pin"] or ""
    forms = [secret, json.dumps(secret), quote(secret, safe=""), quote(secret)]
    forms += [base64.b64encode(secret.encode()).decode(), f"x{secret}y"]
    for form in forms:
        print(form)
    for letter in secret:  # across any number of chunks
        print(letter, end="", flush=True)
        time.sleep(0.001)
    os.system("echo " + base64.b64encode(secret.encode()).decode())
    print(secret, file=sys.stderr)
    context.progress(50, f"with {secret}")
    context.warn(secret, f"It is {secret}.", secret)
    os.environ["LEFT_BEHIND"] = secret
    named = context.output_dir / f"{secret}.txt"
    named.parent.mkdir(exist_ok=True)
    named.write_text("its name is the secret")
    (context.output_dir / "kept.txt").write_text("plain")
    if text == "refuse":
        raise BadInput(secret, hint=secret)
    if text == "unavailable":
        raise Unavailable(secret, code="gone", hint=secret)
    if text == "again":
        raise TryAgain(3600, secret)
    if text == "mistake":
        raise ValueError(secret)
    return {"forms": forms, secret: [secret, {"n": 1.5, "b": True, "z": None}], "ok": "plain"}


@job_type(label="Look around", queue="parsing")
def look_around(text: str, context: Context) -> dict:
    """What a type that declares nothing can find of its world."""
    own = Path("/proc/self")
    found = {name: (own / name).read_bytes().decode("latin-1") for name in ("environ", "cmdline")}
    return {**found, "variables": dict(os.environ), "settings": dict(context.settings)}
