"""A bucket: moto's server, which speaks S3 over HTTP on loopback, in this process."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from ipaddress import ip_network
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

from apps.host.addresses import Addresses
from apps.host.targets.s3_client import S3Place

BUCKET = "backups"
SECRET = "canary-s3-secret"
LOOPBACK = Addresses([ip_network("127.0.0.0/8")])


@contextmanager
def bucket() -> Iterator[int]:
    """The port that it is at. Nobody's key is looked at there."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        port = int(server.get_host_and_port()[1])
        client(port).create_bucket(Bucket=BUCKET)
        yield port
    finally:
        server.stop()


@cache
def client(port: int) -> Any:
    """One of the tests' own, to look at what is really there."""
    session = boto3.session.Session("key", SECRET, region_name="us-east-1")
    return session.client("s3", endpoint_url=f"http://127.0.0.1:{port}")


def place(port: int, **facts: Any) -> S3Place:
    endpoint = f"http://127.0.0.1:{port}"
    return S3Place(**{"bucket": BUCKET, "key_id": "key", "secret": SECRET, "endpoint": endpoint, **facts})
