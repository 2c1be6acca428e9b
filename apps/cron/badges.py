"""Colours for what became of a run. Red is only for what needs a hand."""

from __future__ import annotations

from apps.cron.models import CronRun

STATUS = {
    CronRun.Status.PENDING: "info",
    CronRun.Status.RUNNING: "info",
    CronRun.Status.DONE: "success",
    CronRun.Status.FAILED: "danger",
    CronRun.Status.MISSED: "warning",
}
