"""Which php.ini values may be set for a site, and what each may look like.

FrankenPHP writes them unquoted as ``key=value``: a newline would add a line, ``;`` would cut the value off and
``${NAME}`` would be expanded. So a key that is not listed is refused, and so is a value that is not matched whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

SIZE = r"[1-9]\d{0,4}M"
SECONDS = r"\d{1,4}"
COUNT = r"[1-9]\d{0,5}"
SWITCH = r"On|Off"
ODD = r"[1-9]\d{0,2}[13579]"
"""Megabytes of shared memory that are no multiple of 2. For one that is, PHP (until the repair of php-src 23554) maps
huge pages over up to 2 MB of what lies behind, the process's own heap for one: one start in some 500 then ends at once.
"""

CHOSEN = {
    "memory_limit": SIZE,
    "upload_max_filesize": SIZE,
    "post_max_size": SIZE,
    "max_execution_time": SECONDS,
    "max_input_time": SECONDS,
    "max_input_vars": COUNT,
    "max_file_uploads": r"\d{1,3}",
    "default_socket_timeout": SECONDS,
    "session.gc_maxlifetime": r"\d{1,7}",
    "date.timezone": r"[A-Za-z]{2,20}(/[A-Za-z_+-]{1,20}[0-9]{0,2}){0,2}",
    "display_errors": SWITCH,
    "log_errors": SWITCH,
    "short_open_tag": SWITCH,
    "opcache.memory_consumption": ODD,
    "opcache.revalidate_freq": SECONDS,
    "opcache.validate_timestamps": SWITCH,
    "opcache.jit": r"off|disable|tracing|function",
    "opcache.jit_buffer_size": r"0|[1-9]?\d?[02468]M",  # it is added to the above
}
PATH = r"/[A-Za-z0-9._/-]{1,250}"
OURS = {
    "open_basedir": f"{PATH}(:{PATH}){{0,9}}",
    "sys_temp_dir": PATH,
    "upload_tmp_dir": PATH,
    "session.save_path": PATH,
    "error_log": PATH,
    "auto_prepend_file": PATH,
    "expose_php": "Off",
    "sendmail_path": f"{PATH} {PATH} -t -i",
}
DEFAULTS = {
    "memory_limit": "256M",
    "upload_max_filesize": "64M",
    "post_max_size": "64M",
    "max_execution_time": "60",
    "log_errors": "On",
    "display_errors": "Off",
    "opcache.memory_consumption": "65",
}


def php_ini(ours: Mapping[str, str], chosen: Mapping[str, str]) -> dict[str, str]:
    """The php.ini of one worker: the defaults, then what was *chosen* for the site, then the panel's *ours*.

    Raises ValueError with a sentence for a key that cannot be chosen or a value of the wrong form.
    """
    for key, value in chosen.items():
        _check(key, value, CHOSEN)
    for key, value in ours.items():
        _check(key, value, OURS)
    return {**DEFAULTS, **chosen, **ours}


def _check(key: str, value: str, patterns: Mapping[str, str]) -> None:
    pattern = patterns.get(key)
    if pattern is None:
        raise ValueError(f"{key!r} cannot be set for a site; choose one of {', '.join(sorted(patterns))}.")
    if not re.fullmatch(pattern, value, re.ASCII):
        raise ValueError(f"{value!r} is not a value for {key}; it must look like {pattern}.")
