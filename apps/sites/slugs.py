"""A site's slug: derived once from its name, never changed."""

from __future__ import annotations

from django.utils.text import slugify

from apps.sites.models import Site

LONGEST = 41
RESERVED = frozenset({"front", "panel"})
"""Names that the panel's own folders have beside those of the sites."""


def unique_slug(name: str) -> str:
    """The name as a slug of at most 41 characters; ``-2``, ``-3`` … where it is taken already.

    A name without a letter or digit that ASCII knows gives ``site``. Called under ``one_at_a_time``.
    """
    stem = slugify(name).replace("_", "-").strip("-")[:LONGEST].strip("-") or "site"
    alike = Site.objects.filter(slug__startswith=stem[: LONGEST - 6]).order_by()
    taken = RESERVED.union(alike.values_list("slug", flat=True))
    slug, number = stem, 1
    while slug in taken:
        number += 1
        slug = f"{stem[: LONGEST - 1 - len(str(number))].rstrip('-')}-{number}"
    return slug
