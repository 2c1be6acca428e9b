"""Finding and changing one value in a site's own configuration. A number in a test's name is a row of security.md."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.conf import settings

from apps.databases import dotenv, literals
from apps.databases.configuration import Configuration
from apps.databases.literals import Literal
from apps.host.command import Identity
from apps.host.errors import Refused
from apps.host.frankenphp import FrankenPHP
from apps.sites.kinds import KINDS
from apps.sites.kinds.base import ConfigKeys, DatabaseFacts, SiteFacts
from tests.sites.php import defined, tokens

pytestmark = pytest.mark.host
NASTY = ["'", "\\", '"', "a\nb", "\U0001f9ff", "');system('id');//", "\n X=1", "$HOME", "${HOME}", "# no", " a b "]
FILE = "the file"


def facts(password: str) -> SiteFacts:
    database = DatabaseFacts("fp_rose_k3v9xa", "fp_rose_k3v9xa", password, Path("/run/mysqld.sock"))
    return SiteFacts(
        1, "rose", "Rose & Sons", "https://rose.test", "rose.test", 443, "admin", "a@rose.test", database
    )


def read(keys: ConfigKeys, text: str | bytes, owner: Identity) -> Configuration:
    content = text.encode() if isinstance(text, str) else text
    wanted = [keys.database, keys.password]
    if keys.form == "dotenv":
        return Configuration(FILE, keys, content, dotenv.find(content, wanted))
    program = FrankenPHP(Path(settings.FRANKENPHP), settings.PLACES)
    return Configuration(FILE, keys, content, literals.find(program, owner, keys.form, content, wanted))


def keys_of(kind: str) -> ConfigKeys:
    keys = KINDS[kind].config_keys
    assert keys is not None
    return keys


@pytest.fixture
def owner() -> Identity:
    return Identity("nobody", 65534, 65534) if os.geteuid() == 0 else Identity("me", os.geteuid(), os.getegid())


@pytest.mark.parametrize("kind", [key for key, kind in KINDS.items() if kind.config_keys])
def test_30_32_any_password_is_carried_into_the_panels_own_text_and_found_again(kind: str, owner: Identity) -> None:
    before = KINDS[kind].config(facts("the old one"))
    for password in NASTY:
        changed = read(keys_of(kind), before, owner).with_password(password)
        again = read(keys_of(kind), changed, owner)
        assert (again.password, again.database) == (password, "fp_rose_k3v9xa"), password
        assert again.with_password("the old one") == read(keys_of(kind), before, owner).with_password("the old one")


def test_32_a_password_stays_one_token_of_php(owner: Identity) -> None:
    before = KINDS["wordpress"].config(facts("the old one"))
    for password in NASTY[:6]:
        changed = read(keys_of("wordpress"), before, owner).with_password(password)
        assert tokens(changed) == tokens(before)
        found = [{**defined(text), "ABSPATH": "", "DB_PASSWORD": password} for text in (before, changed)]
        assert found[0] == found[1]
        assert defined(changed)["DB_PASSWORD"] == password


HANDMADE = """<?php
# define('DB_PASSWORD', 'in a comment');
/* define('DB_PASSWORD', 'in another'); */
$text = "define('DB_PASSWORD', 'in a text');";
DEFINE ( "DB_NAME" /* here */ , 'fp_rose_k3v9xa' ) ;
\\define('DB_PASSWORD', "the \\"old\\" one", false);
define('OTHER', 'x');
$table_prefix = 'wp_';
?>
define('DB_PASSWORD', 'outside PHP');
"""


def test_a_file_that_its_owner_has_written_keeps_all_but_the_password(owner: Identity) -> None:
    found = read(keys_of("wordpress"), HANDMADE, owner)
    assert (found.database, found.password) == ("fp_rose_k3v9xa", 'the "old" one')
    assert found.with_password("new") == HANDMADE.replace('"the \\"old\\" one"', "'new'")


def test_a_joomla_of_another_version_is_read_as_well(owner: Identity) -> None:
    text = """<?php
class JConfig {
\tpublic string $password = 'old'; // public $password = 'no';
\tvar $db = "fp_rose_k3v9xa";
\tpublic $smtppass = 'mail';
}
"""
    found = read(keys_of("joomla"), text, owner)
    assert (found.database, found.password) == ("fp_rose_k3v9xa", "old")
    assert found.with_password("n'ew") == text.replace("'old'", "'n\\'ew'")


@pytest.mark.parametrize(
    "line",
    [
        "",
        "define('DB_PASSWORD', getenv('DB_PASSWORD'));",
        "define('DB_PASSWORD', 'a' . 'b');",
        "define('DB_PASSWORD', \"a$b\");",
        "define('DB_PASSWORD', <<<X\nold\nX);",
        "define('DB_PASSWORD', 'one'); define('DB_PASSWORD', 'two');",
        "if (A) { define('DB_PASSWORD', 'one'); } else { define('DB_PASSWORD', getenv('B')); }",
    ],
)
def test_what_is_no_plain_value_once_is_refused_with_what_to_do(line: str, owner: Identity) -> None:
    found = read(keys_of("wordpress"), f"<?php\ndefine('DB_NAME', 'x');\n{line}\n", owner)
    assert found.database == "x"
    with pytest.raises(Refused, match=f"^{FILE} has . plain values for DB_PASSWORD, .* write it there once"):
        found.with_password("new")
    assert not found.says("one")


def test_a_file_that_php_cannot_read_is_refused(owner: Identity) -> None:
    with pytest.raises(Refused, match="PHP cannot read the site's configuration file"):
        read(keys_of("wordpress"), "<?php define('DB_PASSWORD', 'a'; }", owner)


def test_a_file_that_is_not_utf8_is_left_alone(owner: Identity) -> None:
    found = read(keys_of("wordpress"), b"<?php // caf\xe9\ndefine('DB_PASSWORD', 'old');", owner)
    assert found.password == "old"
    with pytest.raises(Refused, match="is not UTF-8"):
        found.with_password("new")


def test_what_the_sites_php_says_is_believed_only_where_it_can_be_so(
    owner: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    for answer in ("", "[]", "{}", '{"A": [[0, 99, "eA=="]]}', '{"A": [[3, 1, "eA=="]]}', '{"A": [[0, 1, "eA=="]]}'):
        told = answer.encode()
        monkeypatch.setattr(FrankenPHP, "script", lambda self, *args, told=told: told)
        with pytest.raises(Refused, match="PHP cannot read"):
            literals.find(FrankenPHP(Path("/x"), settings.PLACES), owner, "constant", b"<?php 'a'", ["A"])


DOTENV = ConfigKeys("dotenv", "DB_DATABASE", "DB_USERNAME", "DB_PASSWORD")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("DB_PASSWORD=old\n", "old"),
        ("DB_PASSWORD=old", "old"),
        ("A=1\r\nDB_PASSWORD=old\r\nB=2\r\n", "old"),
        (" export DB_PASSWORD = 'o # l d' # told\n", "o # l d"),
        ('DB_PASSWORD="o\\"l\\\\d\\n\\$"\n', 'o"l\\d\n$'),
        ("#DB_PASSWORD=no\nDB_PASSWORD=\n", ""),
        ('LONG="a\nDB_PASSWORD=no\nb"\nDB_PASSWORD=old\nXDB_PASSWORD=no\n', "old"),
    ],
)
def test_a_dotenv_is_changed_in_that_value_alone(text: str, value: str, owner: Identity) -> None:
    found = read(DOTENV, text, owner)
    assert found.password == value
    (place,) = found.found["DB_PASSWORD"]
    changed = found.with_password("n ew")
    assert changed == text.encode()[: place.start].decode() + "'n ew'" + text.encode()[place.end :].decode()
    assert read(DOTENV, changed, owner).password == "n ew"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "DB_PASSWORD=${OTHER}\n",
        'DB_PASSWORD="a$b"\n',
        "DB_PASSWORD=a b\n",
        'DB_PASSWORD="open\n',
        "DB_PASSWORD='a'b\n",
        "DB_PASSWORD=a\nDB_PASSWORD=b\n",
    ],
)
def test_what_readers_of_a_dotenv_read_differently_is_refused(text: str, owner: Identity) -> None:
    with pytest.raises(Refused, match="plain values for DB_PASSWORD"):
        read(DOTENV, text, owner).with_password("new")


def test_a_place_is_in_bytes(owner: Identity) -> None:
    found = read(keys_of("wordpress"), "<?php // é\ndefine('DB_PASSWORD', 'ü');", owner)
    assert found.found["DB_PASSWORD"] == [Literal(34, 38, "ü")]
