from tests.lifecycle.driving import before, unsent
from tests.lifecycle.three_doors import door
from tests.parts.machine import machine, parts

__all__ = ["before", "door", "machine", "parts", "unsent"]
