from tests.lifecycle.driving import before, unsent
from tests.lifecycle.three_doors import door

__all__ = ["before", "door", "unsent"]
