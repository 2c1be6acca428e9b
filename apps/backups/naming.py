"""What an archive is called, and what its label may be."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from apps.backups.models import Backup
from apps.operations.refusals import Invalid
from frankenpanel.places import Places

LONGEST_LABEL = 60


def archive_name(slug: str, at: datetime, pk: int) -> str:
    """``shop-20260214T031500Z-17.tar.gz.age``: a person finds his way, and no two are alike."""
    return f"{slug}-{at:%Y%m%dT%H%M%S}Z-{pk}.tar.gz.age"


def archive_of(places: Places, backup: Backup) -> Path:
    """Where it lies on its server. The panel's own: no site's user can reach it."""
    return places.backups(backup.slug) / backup.file


def name_of(backup: Backup) -> str:
    """What it is called at every target."""
    return f"{backup.slug}/{backup.file}"


def check_label(label: str) -> str:
    """*label* without blanks around it. Raises Invalid for one that no list could show."""
    label = label.strip()
    if len(label) > LONGEST_LABEL or not label.isprintable():
        raise Invalid("label", f"A label is one line of at most {LONGEST_LABEL} letters.")
    return label
