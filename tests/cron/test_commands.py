"""What a job may do: three forms, and no shell's."""

from __future__ import annotations

import pytest

from apps.cron.commands import Page, Program, checked, parsed


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("GET /wp-cron.php", Page("/wp-cron.php")),
        ("GET /index.php?task=cron&key=a;b", Page("/index.php?task=cron&key=a;b")),
        ("php private/report.php --all", Program("private/report.php", ("--all",), php=True)),
        ("php public/artisan schedule:run", Program("public/artisan", ("schedule:run",), php=True)),
        ("private/bin/report 'two words' \"\"", Program("private/bin/report", ("two words", ""), php=False)),
        ("  private/bin/report  ", Program("private/bin/report", (), php=False)),
    ],
)
def test_each_form_is_understood(text: str, wanted: Page | Program) -> None:
    assert parsed(checked(text)) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "", "php", "/usr/bin/php private/x.php", "curl https://rose.example", "private/../../etc/passwd",
        "private/.ssh/id", "php ../x.php", "php /etc/passwd", "tmp/x", "private", "private/", "private//x",
        "GET", "GET x", "GET https://other.example/", "GET /a b", "GET /\N{LATIN SMALL LETTER E WITH ACUTE}",
        "POST /x", "private/a\nprivate/b", "private/a\0", "private/a 'open", "x" * 501, "--help",
    ],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        checked(text)


@pytest.mark.parametrize(
    "text",
    ["php private/x.php > /dev/null 2>&1", "private/a; private/b", "private/a && private/b", "private/a|private/b",
     "private/a &", "php private/x.php < private/list"],
)  # fmt: skip
def test_what_only_a_shell_would_understand_is_refused_and_not_run_by_half(text: str) -> None:
    with pytest.raises(ValueError, match="without a shell"):
        checked(text)
