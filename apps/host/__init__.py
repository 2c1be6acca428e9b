"""The drivers: the only code that touches files, processes, MySQL, Caddy and FrankenPHP.

A driver knows no model, no task and no request. Each takes plain values, may be called twice, and raises
``Refused``, ``Unavailable`` or ``CommandFailed`` from ``errors``.
"""
