"""A backup at a place of its own: tried before it is relied upon, copied so that it goes on where it broke off."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from apps.backups.marks import MARK, give_mark, new_mark, take_mark
from apps.backups.models import Backup, Copy, Target
from apps.backups.naming import archive_of, name_of
from apps.backups.places import opened
from apps.backups.standing import standing
from apps.host.errors import Refused
from apps.host.targets.errors import Unreachable
from apps.host.targets.target import Copying
from apps.operations.flow import Step
from apps.operations.run import Run


class AgreeToKey(Step):
    """Who answers at an SSH server is asked once, and kept: another machine later gets neither password nor copy."""

    key = "target-key"

    def plan(self, run: Run) -> str:
        facts = run.record(Target).facts
        if "host" not in facts or facts.get("host_key"):
            return "Nothing is to be asked: it is known who answers there"
        return f"Ask {facts['host']} for its key, and keep that as the one that is meant"

    def do(self, run: Run) -> None:
        target = run.record(Target)
        if target.kind != Target.Kind.SFTP or target.facts.get("host_key"):
            return
        key = run.host.targets.host_key_of(target.facts["host"], int(target.facts.get("port") or 22))
        Target.objects.filter(pk=target.pk).update(facts={**target.facts, "host_key": str(key)})
        run.note(f"Its key is {key.fingerprint}; compare that with the server's own.")


class TryTarget(Step):
    """Put a small file there, find it, read it back and remove it."""

    key = "target-try"

    def plan(self, run: Run) -> str:
        return f"Put a small file to {run.record(Target)}, read it back and remove it"

    def do(self, run: Run) -> None:
        target = run.record(Target)
        with opened(run.host, target) as place:
            free = place.test(f"frankenpanel-test-{target.pk}")
        run.note(f"It works{f'; {free >> 20} MB are free there' if free is not None else ''}.")


class MarkTarget(Step):
    """Who answers at a server is known by its key; a folder is known by a mark that is put into it."""

    key = "target-mark"

    def plan(self, run: Run) -> str:
        target = run.record(Target)
        if target.kind != Target.Kind.FOLDER:
            return "Nothing is to be marked: it is known who answers there"
        return f"Put a mark into {target.facts['path']}, by which it is known where its disk is not mounted"

    def do(self, run: Run) -> None:
        target = run.record(Target)
        if target.kind == Target.Kind.FOLDER:
            give_mark(run.host, target, run.remember(MARK, new_mark))

    def undo(self, run: Run) -> None:
        """Where its disk is away by now, the mark stays there: nobody asks for it any more."""
        if mark := run.memo.get(MARK):
            with suppress(Unreachable):
                take_mark(run.host, run.record(Target), mark)


class UseTarget(Step):
    """From now on backups are copied there; those that are there already, too."""

    key = "target-use"

    def __init__(self, *, active: bool) -> None:
        self.active = active

    def plan(self, run: Run) -> str:
        target = run.record(Target)
        return f"{'Copy every backup to' if self.active else 'Copy nothing more to'} {target}"

    def do(self, run: Run) -> None:
        Target.objects.filter(pk=run.record(Target).pk).update(active=self.active)

    def undo(self, run: Run) -> None:
        Target.objects.filter(pk=run.params["target_id"]).update(active=not self.active)


class CopyBackup(Step):
    """A second run goes on where the first broke off; what the target cannot prove by itself is read back."""

    key = "backup-copy"

    def check(self, run: Run) -> None:
        standing(run)

    def plan(self, run: Run) -> str:
        return f"Copy {run.record(Backup)} to {run.record(Target)}, and compare what lies there"

    def do(self, run: Run) -> None:
        backup, target = run.record(Backup), run.record(Target)
        if target.kind == Target.Kind.FOLDER and MARK not in target.facts:
            give_mark(run.host, target, run.remember(MARK, new_mark))  # it was set up before there were marks
        copy = run.record(Copy)
        copying = Copying(copy.kept, lambda kept: _keep(copy, kept), run.progress)
        with opened(run.host, target) as place:
            put = place.put(archive_of(run.places, backup), name_of(backup), copying)
            if put.sha256 != backup.sha256:
                raise Refused(f"{backup} is not as it was written, so it is not copied; verify it.")
            if not put.proven and place.digest(put.stored, run.progress) != put.sha256:
                raise Refused(f"{target} gives back something else than was sent; look at its disk.")
        Copy.objects.filter(pk=copy.pk).update(status=Copy.Status.DONE, proven=True, kept={}, fault="")

    def undo(self, run: Run) -> None:
        """What was sent so far stays at the target: the next try goes on from there."""


class RemoveCopies(Step):
    """Where a target is away, that is waited for: a copy that nobody knows of any more would be there for ever."""

    key = "copies-remove"

    def plan(self, run: Run) -> str:
        names = [str(copy.target) for copy in copies_of(run)]
        return f"Remove it from {', '.join(names)}" if names else "It lies nowhere else"

    def do(self, run: Run) -> None:
        backup = run.record(Backup)
        for copy in copies_of(run):
            with opened(run.host, copy.target) as place:
                place.discard(name_of(backup), copy.kept)
                place.delete(name_of(backup))
            copy.delete()


def copies_of(run: Run) -> list[Copy]:
    return list(Copy.objects.filter(backup=run.record(Backup)).select_related("target"))


def _keep(copy: Copy, kept: dict[str, Any]) -> None:
    Copy.objects.filter(pk=copy.pk).update(kept=json.loads(json.dumps(kept)))
