"""Where the engine itself can be killed between two acts. The drivers declare their own."""

from __future__ import annotations

from apps.host.crash import CrashPoint

BEFORE_LINE = CrashPoint("engine.before-the-line")
AFTER_LINE = CrashPoint("engine.between-line-and-act")
AFTER_ACT = CrashPoint("engine.after-the-act")
BEFORE_UNDO = CrashPoint("engine.before-the-undo")
AFTER_UNDO = CrashPoint("engine.after-the-undo")
BEFORE_END = CrashPoint("engine.before-the-end")
