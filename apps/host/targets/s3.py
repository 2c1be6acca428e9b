"""A bucket as a target, at Amazon's or at whoever else speaks S3.

An archive goes there in parts of 16 MiB, each with its MD5, which the other side checks as it arrives. A part's ETag
is that MD5, and the whole object's is made of them: so the bucket's own word at the end shows that it holds the same
bytes. Where it encrypts with keys of its own, ETags are something else; then the copy is not ``proven``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from apps.host.addresses import Addresses
from apps.host.targets.errors import Gone, Mismatch, Occupied, Unfit, Unreachable
from apps.host.targets.s3_client import S3Place, client_of, spoken
from apps.host.targets.s3_upload import COMPLETED, Etags, Upload, part_size
from apps.host.targets.source import Source
from apps.host.targets.target import NAME, Copy, Copying, Kept, Stored, Target, checked

TRIES = 3
"""Reads of the same range; boto3 repeats the question, but not an answer that broke off."""


class S3Target(Target):
    """*kept* is ``{mark, part, key, upload, etags}``: of which file, in which parts, where to, under which id."""

    def __init__(self, place: S3Place, addresses: Addresses) -> None:
        self.place = place
        self.shown = str(place)
        self.prefix = f"{place.prefix.strip('/')}/" if place.prefix.strip("/") else ""
        if self.prefix and not NAME.fullmatch(self.prefix.rstrip("/")):
            raise Unfit(f"{place.prefix[:60]!r} are no folders of a bucket: letters, digits, dots, - and _ in each.")
        self.client = client_of(place, addresses)

    def put(self, file: Path, name: str, copying: Copying) -> Copy:
        with Source(file) as source:
            etags, is_new = Etags(part_size(source.size)), not self._has(checked(name))
            if is_new:
                self._send(source, name, copying, etags)
            else:
                etags.read(source)
            stored = self.stat(name)
            if stored.size != source.size:
                self._tell(stored, source.size, is_new=is_new)
            return Copy(stored, source.sha256, proven=stored.version == etags.whole)

    def discard(self, name: str, kept: Kept) -> None:
        wanted = self.prefix + checked(name)
        for key, upload, _ in self._uploads(wanted):
            if key == wanted:
                self._abort(key, upload)

    def delete(self, name: str) -> None:
        self._call("delete_object", Key=self.prefix + checked(name))

    def stat(self, name: str) -> Stored:
        found = self._call("head_object", Key=self.prefix + name)
        return Stored(name, found["ContentLength"], found["LastModified"], found["ETag"].strip('"'))

    def listed(self, folder: str = "") -> list[Stored]:
        below = f"{self.prefix}{folder}/" if folder else self.prefix
        return sorted(self._below(below), key=lambda one: one.name)

    def read_at(self, stored: Stored, offset: int, length: int) -> bytes:
        for _ in range(TRIES - 1):
            with suppress(Unreachable):
                return self._read(stored, offset, length)
        return self._read(stored, offset, length)

    def sweep(self, before: datetime, spared: Collection[str] = ()) -> int:
        old = [(key, upload) for key, upload, begun in self._uploads(self.prefix) if begun < before]
        gone = [(key, upload) for key, upload in old if key.removeprefix(self.prefix) not in spared]
        for key, upload in gone:
            self._abort(key, upload)
        return len(gone)

    def close(self) -> None:
        self.client.close()

    def _send(self, source: Source, name: str, copying: Copying, etags: Etags) -> None:
        key = self.prefix + name
        if source.size > etags.part:
            Upload(self._call, key, source, copying).run(etags)
            return
        whole = b"".join(etags.blocks(source))
        self._call("put_object", Key=key, Body=whole, ContentMD5=etags.checksum)
        COMPLETED()
        copying.progress(len(whole), len(whole))

    def _tell(self, stored: Stored, size: int, *, is_new: bool) -> None:
        """That what lies there is no copy. One that was just made is taken away again."""
        if not is_new:
            raise Occupied(f"{stored.name} in {self.shown} is something else than this backup; it is left as it is.")
        self.delete(stored.name)
        raise Mismatch(f"Of {size} bytes {self.shown} has kept {stored.size}; it cannot keep backups.")

    def _has(self, name: str) -> bool:
        with suppress(Gone):
            self.stat(name)
            return True
        return False

    def _below(self, below: str) -> Iterator[Stored]:
        for page in self._pages("list_objects_v2", below):
            for one in page.get("Contents", []):
                name = one["Key"].removeprefix(self.prefix)
                if NAME.fullmatch(name):
                    yield Stored(name, one["Size"], one["LastModified"], one["ETag"].strip('"'))

    def _uploads(self, below: str) -> list[tuple[str, str, datetime]]:
        """Those that were begun and not ended: key, id and when."""
        pages = self._pages("list_multipart_uploads", below)
        return [(one["Key"], one["UploadId"], one["Initiated"]) for page in pages for one in page.get("Uploads", [])]

    def _pages(self, question: str, below: str) -> Iterator[Any]:
        with spoken(self.place):
            yield from self.client.get_paginator(question).paginate(Bucket=self.place.bucket, Prefix=below)

    def _abort(self, key: str, upload: str) -> None:
        with suppress(Gone):
            self._call("abort_multipart_upload", Key=key, UploadId=upload)

    def _read(self, stored: Stored, offset: int, length: int) -> bytes:
        if not length:
            return b""
        wanted = {"Range": f"bytes={offset}-{offset + length - 1}", "IfMatch": f'"{stored.version}"'}
        answer = self._call("get_object", Key=self.prefix + stored.name, **wanted)
        with spoken(self.place):
            block: bytes = answer["Body"].read()
        if len(block) != length:
            raise Mismatch(f"{stored.name} in {self.shown} is shorter than it says; try another copy.")
        return block

    def _call(self, act: str, **words: Any) -> Any:
        with spoken(self.place):
            return getattr(self.client, act)(Bucket=self.place.bucket, **words)
