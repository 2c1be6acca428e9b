"""What must be there before Django, and without settings: the lost panel's name and ports, its keys and records."""

from __future__ import annotations

import os
import stat
from argparse import ArgumentParser
from collections.abc import Iterable, MutableMapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from apps.host.archive import panel
from apps.host.archive.faults import Locked
from apps.host.archive.found import Found, Shelf, opened
from apps.host.archive.keys import Key, read_key
from apps.host.authority import place_authority
from apps.host.errors import Refused
from apps.servers.local.instance import make_root
from apps.servers.local.recovery import source
from apps.servers.local.recovery.asking import answers
from apps.servers.local.recovery.marker import Marker

SLUG = "panel"
KEPT = ("INSTANCE", "HTTP_PORT", "HTTPS_PORT", "SITE_PORTS", "SERVER")
"""What the new panel has of the old one's settings, unless the environment says otherwise."""
EXAMPLE = "For example: ./panel recover --from s3://backups/panel --login AKIA… --identity recovery.key"
RECORDS, DUMP = "records/panel.sqlite3", "backups/.records.sql"


def add_arguments(parser: ArgumentParser) -> None:
    source.add_arguments(parser)
    parser.add_argument("--identity", type=Path, required=True, metavar="FILE", help="the recovery key")


@dataclass(frozen=True)
class Placing:
    """The panel's archive that was chosen, and the root that it goes into. *arguments*: all that was asked for."""

    shelf: Shelf
    archive: str
    key: Key
    root: Path
    arguments: Sequence[str]

    def place(self) -> None:
        """Put keys and records into the places laid for them. Once: from then on the new panel changes them."""
        marker = Marker(self.root)
        if marker.read().get("placed"):
            return
        with opened(self.shelf, self.archive, [self.key]) as archive:
            for path, text in panel.keys(archive).items():
                _replace(self.root / path, [text.encode()])
            if authority := panel.authority(archive):
                place_authority(self.root, authority)
            kind = (panel.about(archive) or {}).get("records")
            if kind == panel.SQLITE:
                _replace(self.root / RECORDS, panel.records(archive))
            else:
                _replace(self.root / DUMP, panel.records(archive))
        marker.write(placed=True, records=kind)


def choose(arguments: Sequence[str], root: Path, env: MutableMapping[str, str]) -> Placing:
    """Find the newest good archive of the panel, whole, and put its name and ports into *env*.

    Refused, with nothing done, where *root* has something in it, or no archive opens with the key.
    """
    about = "Make a lost panel and its sites anew."
    parser = ArgumentParser(prog="./panel recover", description=about, epilog=EXAMPLE)
    add_arguments(parser)
    asked = parser.parse_args(arguments)
    marker = Marker(root)
    if not marker.exists and root.exists() and any(root.iterdir()):
        raise Refused(f"{root} is not empty: a panel is made anew only where there is none. Set FRANKENPANEL_ROOT.")
    key = read_key(source.read_text(asked.identity))
    words = [*arguments, *answers(asked)]
    shelf = source.shelf_of(parser.parse_args(words))
    archive = marker.read()["archive"] if marker.exists else newest(shelf, key)
    if not marker.exists or not marker.read().get("placed"):
        _take_name(shelf, archive, key, env)
        make_root(root)
        marker.write(archive=archive)
    return Placing(shelf, archive, key, root, words)


def newest(shelf: Shelf, key: Key) -> str:
    """The newest archive of a panel that is whole, every byte of it. Refused, with each one's fault, without one."""
    faults = []
    for one in shelf.archives():
        if one.slug == SLUG and not (fault := _fault(one, key)):
            return one.name
        faults += [f"{one.file}: {fault}"] if one.slug == SLUG else []
    if not faults:
        raise Refused(f"There is no archive of a panel in {shelf.shown}: it is called panel-….tar.gz.age.")
    raise Refused("\n  ".join([f"No archive of a panel in {shelf.shown} can be used:", *faults]))


def _fault(one: Found, key: Key) -> str:
    try:
        with opened(one.shelf, one.name, [key]) as archive:
            if panel.about(archive) is None:
                return "it is the archive of a site."
            archive.verify()
    except Locked:
        return "it is not locked for this key."
    except Refused as refused:
        return str(refused)
    return ""


def _take_name(shelf: Shelf, file: str, key: Key, env: MutableMapping[str, str]) -> None:
    with opened(shelf, file, [key]) as archive:
        lines = panel.small(archive, panel.SETTINGS).splitlines()
        _must_suit(str((panel.about(archive) or {}).get("records")), env)
    told = dict(line.split("=", 1) for line in lines if "=" in line)
    for name in (f"FRANKENPANEL_{one}" for one in KEPT):
        if name in told:
            env.setdefault(name, told[name])


def _must_suit(records: str, env: MutableMapping[str, str]) -> None:
    """Records of one database are not another's."""
    address = env.get("DATABASE_URL", "")
    if records == panel.POSTGRESQL and not address.startswith("postgres"):
        raise Refused("This panel's records are PostgreSQL's; set DATABASE_URL to an empty database for them.")
    if records == panel.SQLITE and address and not address.startswith("sqlite:"):
        raise Refused("This panel's records are SQLite's; recover it without DATABASE_URL.")


def _replace(path: Path, content: Iterable[bytes]) -> None:
    """In the place of what was laid there, with its owner and rights; what was not is the caller's alone."""
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        if path.exists():
            laid = path.stat()
            os.fchown(descriptor, laid.st_uid, laid.st_gid)
            os.fchmod(descriptor, stat.S_IMODE(laid.st_mode))
        for chunk in content:
            file.write(chunk)
        file.flush()
        os.fsync(descriptor)
    part.rename(path)
