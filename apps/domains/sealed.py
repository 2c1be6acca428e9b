"""What of a domain was sealed by a door: the keys of the certificates that owners gave."""

from __future__ import annotations

from apps.domains.models import Pair
from apps.operations.sealing import register

register(Pair, "sealed_key", server="site__server", told="keys of certificates", letters=True)
