from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def nobody_runs_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cron job that is asked for is carried out by a runner that is not there: it is not waited for."""
    monkeypatch.setattr("apps.cron.steps.PATIENCE", 0.0)
