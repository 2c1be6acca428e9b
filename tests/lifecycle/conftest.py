from tests.parts.machine import machine, parts

__all__ = ["machine", "parts"]
