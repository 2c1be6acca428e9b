"""One upload in parts: begun, gone on with after a crash, completed."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import suppress
from time import monotonic
from typing import Any

from apps.host.crash import CrashPoint
from apps.host.targets.errors import Gone
from apps.host.targets.source import Source
from apps.host.targets.target import Copying

BEGUN = CrashPoint("target.s3-upload-begun")
SENT = CrashPoint("target.s3-part-sent")
COMPLETED = CrashPoint("target.s3-completed")
PART, STEP, MOST = 16 << 20, 1 << 20, 10_000
KEPT_EVERY = 5.0
"""Seconds between two times that the state is given to be kept; what was sent since, the bucket lists itself."""
Call = Callable[..., Any]


def part_size(size: int) -> int:
    """Bytes of a part, so that there are no more of them than an upload may have."""
    return max(PART, -(-size // MOST // STEP) * STEP)


class Etags:
    """The ETags that the parts of a file, and the whole of it, have at whoever makes them as Amazon does."""

    def __init__(self, part: int) -> None:
        self.part = part
        self._md5s: list[bytes] = []

    def blocks(self, source: Source) -> Iterator[bytes]:
        for block in source.blocks(self.part):
            self._md5s.append(hashlib.md5(block, usedforsecurity=False).digest())
            yield block

    def read(self, source: Source) -> None:
        """All of it, for its ETag alone."""
        for _ in self.blocks(source):
            pass

    @property
    def last(self) -> str:
        return self._md5s[-1].hex()

    @property
    def checksum(self) -> str:
        """Of the last block, as HTTP has it."""
        return b64encode(self._md5s[-1]).decode()

    @property
    def whole(self) -> str:
        if len(self._md5s) == 1:
            return self.last
        made_of_them = hashlib.md5(b"".join(self._md5s), usedforsecurity=False).hexdigest()
        return f"{made_of_them}-{len(self._md5s)}"


class Upload:
    def __init__(self, call: Call, key: str, source: Source, copying: Copying) -> None:
        self.call, self.key, self.source, self.copying = call, key, source, copying
        self.id = ""
        self.etags: list[str] = []
        self._kept_at = 0.0

    def run(self, part: Etags) -> None:
        """Send what is not there yet, and have it put together."""
        there, done = self._begin(part.part), 0
        for number, block in enumerate(part.blocks(self.source), 1):
            known = self.etags[number - 1] if number <= len(self.etags) else part.last
            if there.get(number) in ((part.last, len(block)), (known, len(block))):
                self._note(number, there[number][0])
            else:
                self._send(number, block, part.checksum)
            done += len(block)
            self._keep(part.part)
            self.copying.progress(done, self.source.size)
        self._complete()

    def _begin(self, part: int) -> dict[int, tuple[str, int]]:
        """Go on with the upload that is known, where there is one of this very file. Returns what it has of it."""
        kept = self.copying.kept
        if (kept.get("mark"), kept.get("part"), kept.get("key")) == (self.source.mark, part, self.key):
            self.id, self.etags = str(kept["upload"]), list(kept["etags"])
            with suppress(Gone):
                return self._parts()
        self.id, self.etags = self.call("create_multipart_upload", Key=self.key)["UploadId"], []
        BEGUN()
        self._keep(part)
        return {}

    def _parts(self) -> dict[int, tuple[str, int]]:
        found: dict[int, tuple[str, int]] = {}
        marker: dict[str, int] = {}
        while True:
            page = self.call("list_parts", Key=self.key, UploadId=self.id, **marker)
            found |= {one["PartNumber"]: (one["ETag"].strip('"'), one["Size"]) for one in page.get("Parts", [])}
            if not page.get("IsTruncated"):
                return found
            marker = {"PartNumberMarker": int(page["NextPartNumberMarker"])}

    def _send(self, number: int, block: bytes, checksum: str) -> None:
        words = {"Key": self.key, "UploadId": self.id, "PartNumber": number, "ContentMD5": checksum}
        self._note(number, self.call("upload_part", **words, Body=block)["ETag"].strip('"'))
        SENT()

    def _note(self, number: int, etag: str) -> None:
        self.etags[number - 1 :] = [etag, *self.etags[number:]]

    def _keep(self, part: int) -> None:
        if monotonic() - self._kept_at < KEPT_EVERY:
            return
        self._kept_at = monotonic()
        state = {"mark": self.source.mark, "part": part, "key": self.key, "upload": self.id}
        self.copying.keep({**state, "etags": list(self.etags)})

    def _complete(self) -> None:
        """One that is gone was completed by a request whose answer got lost: the object itself is looked at next."""
        parts = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(self.etags, 1)]
        with suppress(Gone):
            self.call(
                "complete_multipart_upload", Key=self.key, UploadId=self.id, MultipartUpload={"Parts": parts}
            )
        COMPLETED()
