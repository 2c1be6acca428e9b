"""A client for one bucket: it connects to judged addresses alone, waits and tries so long and so often, and no more.

boto3 costs 40 MB, so that it is loaded where a bucket is really used. Its own words never reach a person: in them may
stand a key's id, or a whole request.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from apps.host.addresses import Addresses
from apps.host.errors import HostError, Refused
from apps.host.targets.errors import Gone, LoginRefused, Mismatch, NoSpace, Unfit, Unreachable

CONNECT, READ, TRIES = 10, 60, 4
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
"""What the machine trusts, an administrator's own authority included."""
SAID = 60
AWAY = 500
LATER = frozenset({"SlowDown", "RequestTimeout", "TooManyRequests", "BadDigest", "XAmzContentSHA256Mismatch", "429"})
CODES: dict[type[HostError], frozenset[str]] = {
    Gone: frozenset({"NoSuchKey", "404", "NoSuchVersion", "NoSuchUpload"}),
    Mismatch: frozenset({"PreconditionFailed", "412", "InvalidRange", "416"}),
    NoSpace: frozenset({"QuotaExceeded", "XMinioStorageFull", "InsufficientStorage", "StorageQuotaExceeded", "507"}),
    Unfit: frozenset({"NoSuchBucket", "PermanentRedirect", "301", "InvalidBucketName", "IllegalLocationConstraint"}),
    LoginRefused: frozenset(
        {"InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied", "ExpiredToken", "RequestTimeTooSkewed"}
        | {"AuthorizationHeaderMalformed", "InvalidToken", "401", "403", "InvalidSecurity", "AllAccessDisabled"}
    ),
}
SENTENCES: dict[type[HostError], str] = {
    Gone: "{} does not have it any more ({}).",
    Mismatch: "What {} has is not as it was when it was copied ({}); try another copy.",
    NoSpace: "{} has no room for the copy ({}); make room there, or raise its limit.",
    Unfit: "{} cannot be used ({}); look at the bucket's name and its region.",
    LoginRefused: "{} refuses the key ({}); look at the key, its rights to the bucket, and this machine's clock.",
    Unreachable: "{} cannot take it just now ({}); what is there already is kept.",
    Refused: "{} refuses with {}.",
}


@dataclass(frozen=True)
class S3Place:
    """A bucket. *endpoint*: ``https://s3.example.com``, empty for Amazon's own of that *region*.

    *path_style*: the bucket stands in the path instead of in the host's name. *prefix*: folders in the bucket.
    """

    bucket: str
    key_id: str
    secret: str = field(repr=False)
    endpoint: str = ""
    region: str = "us-east-1"
    prefix: str = ""
    path_style: bool = False

    def __str__(self) -> str:
        host = urlsplit(self.endpoint).netloc.rpartition("@")[2] or "Amazon S3"
        return f"the bucket {self.bucket} at {host}"


def client_of(place: S3Place, addresses: Addresses) -> Any:
    """Raises Unfit for an endpoint that is none, Inner for one that leads to where an outsider could not come."""
    from botocore.config import Config  # noqa: PLC0415 - see above

    if place.endpoint:
        _must_be_fit(place, addresses)
    config = Config(
        connect_timeout=CONNECT,
        read_timeout=READ,
        retries={"mode": "standard", "total_max_attempts": TRIES},
        s3={"addressing_style": "path" if place.path_style else "auto"},
        request_checksum_calculation="when_required",  # of its newer ones many that speak S3 know nothing
        response_checksum_validation="when_required",
    )
    with spoken(place):
        client = _session().client(
            "s3",
            endpoint_url=place.endpoint or None,
            region_name=place.region,
            aws_access_key_id=place.key_id,
            aws_secret_access_key=place.secret,
            config=config,
        )
    wire = _wire(addresses)
    client.meta.events.register("before-send.s3", lambda request, **_: wire.send(request))
    return client


@cache
def _session() -> Any:
    """It knows no key, but what S3 is: half a second, once a process."""
    import boto3  # noqa: PLC0415 - see above

    return boto3.session.Session()


def _must_be_fit(place: S3Place, addresses: Addresses) -> None:
    """Without encryption a copy may only go through networks that the settings allow."""
    try:
        parts = urlsplit(place.endpoint)
        is_one = parts.scheme in ("http", "https") and parts.hostname and not parts.username and parts.port != 0
    except ValueError:
        is_one = False
    if not is_one or not parts.hostname or parts.path.strip("/") or parts.query:
        raise Unfit(f"{place.endpoint[:SAID]!r} is no address of an S3, as https://s3.example.com is.")
    found = addresses.resolve(parts.hostname)
    if parts.scheme == "http" and not all(addresses.is_allowed(ip_address(one)) for one in found):
        raise Unfit(f"{parts.hostname} is asked for without encryption; write https:// before its name.")


def _wire(addresses: Addresses) -> Any:
    """What sends botocore's requests: as its own, save for whom it connects to, and that it asks no proxy."""
    from botocore.awsrequest import (  # noqa: PLC0415 - see above
        AWSHTTPConnection,
        AWSHTTPConnectionPool,
        AWSHTTPSConnection,
        AWSHTTPSConnectionPool,
    )
    from botocore.httpsession import URLLib3Session  # noqa: PLC0415

    def connected(self: Any) -> socket.socket:
        connection = addresses.connect(self.host.strip("[]"), self.port, CONNECT)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    verify = str(AUTHORITIES) if AUTHORITIES.exists() else True
    wire = URLLib3Session(verify=verify, proxies={}, timeout=(CONNECT, READ), max_pool_connections=4)
    for scheme, pool, connection in (
        ("http", AWSHTTPConnectionPool, AWSHTTPConnection),
        ("https", AWSHTTPSConnectionPool, AWSHTTPSConnection),
    ):
        judged = type("Judged", (connection,), {"_new_conn": connected})
        wire._pool_classes_by_scheme[scheme] = type("Judged", (pool,), {"ConnectionCls": judged})
    return wire


@contextmanager
def spoken(place: S3Place) -> Iterator[None]:
    """Turn what boto3 says into a sentence of ours."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - see above
    from urllib3.exceptions import HTTPError  # noqa: PLC0415

    try:
        yield
    except ClientError as error:
        raise _answered(place, error.response) from None
    except (BotoCoreError, HTTPError, OSError) as error:
        raise _unanswered(place, error) from None


def _answered(place: S3Place, response: Any) -> HostError:
    code = str(response.get("Error", {}).get("Code", ""))[:SAID]
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    kind = next((kind for kind, codes in CODES.items() if code in codes), None)
    if kind is None:
        kind = Unreachable if status >= AWAY or code in LATER else Refused
    return kind(SENTENCES[kind].format(str(place).capitalize(), code))


def _unanswered(place: S3Place, error: Exception) -> HostError:
    from botocore.exceptions import SSLError  # noqa: PLC0415 - see above

    inner = getattr(error, "kwargs", {}).get("error")
    if isinstance(inner, HostError):
        return inner
    if isinstance(error, SSLError):
        return Refused(f"{str(place).capitalize()} shows a certificate that this machine does not trust.")
    return Unreachable(f"{str(place).capitalize()} does not answer, or broke off ({type(error).__name__}).")
