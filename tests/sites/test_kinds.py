from __future__ import annotations

import json
import re
import select
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from apps.sites import kinds
from apps.sites.kinds import KINDS
from apps.sites.kinds.base import DatabaseFacts, Kind, SiteFacts
from tests.sites.php import defined, php, tokens
from tests.sites.test_escaping import ATTACKS, read_dotenv

DATABASE = DatabaseFacts(
    name="fp1a2b_shop_x7", user="fp1a2b_shop_x7", password="s3cret", socket=Path("/run/fp/mysql/mysqld.sock")
)
FACTS = SiteFacts(
    id=7,
    slug="shop",
    title="My shop",
    url="https://shop.test:7443",
    host="shop.test",
    https_port=7443,
    admin_user="admin",
    admin_email="admin@shop.test",
    database=DATABASE,
)
WORDPRESS, CUSTOM, LARAVEL, STATIC = KINDS["wordpress"], KINDS["custom"], KINDS["laravel"], KINDS["static"]


def hostile(value: str) -> SiteFacts:
    return replace(FACTS, title=value, url=value, database=replace(DATABASE, name=value, user=value, password=value))


# -- all of them


def test_the_kinds_are_found_by_their_modules() -> None:
    assert set(KINDS) >= {"wordpress", "custom", "static"}
    assert all(kind.key == key for key, kind in KINDS.items())


def test_a_further_kind_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = """
from apps.sites.kinds.base import Kind
class Drupal(Kind):
    key = "drupal"
    label = "Drupal"
KIND = Drupal()
"""
    (tmp_path / "drupal.py").write_text(text)
    monkeypatch.setattr(kinds, "__path__", [*kinds.__path__, str(tmp_path)])
    assert kinds._found()["drupal"].label == "Drupal"


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_path_of_a_kind_stays_in_the_site(kind: Kind) -> None:
    texts = [*kind.starter(FACTS), *kind.placeholder(FACTS), *kind.folders]
    paths = [*texts, kind.config_file or "private/x", kind.rules.document_root]
    assert all(re.match(r"(public|private)(/|$)", path) and ".." not in path for path in paths)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_pattern_of_a_kind_is_one(kind: Kind) -> None:
    re.compile(kind.rules.no_php)
    re.compile(kind.rules.hidden)


def test_no_password_is_in_what_is_printed_of_the_facts() -> None:
    assert "s3cret" not in repr(FACTS)


# -- WordPress


@pytest.mark.host
def test_wordpress_gets_its_database_and_keys_of_its_own() -> None:
    seen = defined(WORDPRESS.config(FACTS))
    assert seen["DB_NAME"] == seen["DB_USER"] == "fp1a2b_shop_x7"
    assert seen["DB_PASSWORD"] == "s3cret"
    assert seen["DB_HOST"] == "localhost:/run/fp/mysql/mysqld.sock"
    assert seen["DB_CHARSET"] == "utf8mb4"
    assert (seen["FS_METHOD"], seen["DISALLOW_FILE_EDIT"], seen["WP_AUTO_UPDATE_CORE"]) == ("direct", True, "minor")
    assert "WP_HOME" not in seen
    keys = [value for name, value in seen.items() if name.endswith(("_KEY", "_SALT"))]
    assert len(set(keys)) == 8
    assert min(map(len, keys)) == 64
    assert defined(WORDPRESS.config(FACTS))["AUTH_KEY"] != seen["AUTH_KEY"]


@pytest.mark.host
@pytest.mark.parametrize("attack", ATTACKS)
def test_no_value_becomes_code_in_wp_config(attack: str) -> None:
    """Row 32 of the attacks."""
    text = WORDPRESS.config(hostile(attack))
    assert tokens(text) == tokens(WORDPRESS.config(FACTS))
    seen = defined(text)
    assert seen["DB_NAME"] == seen["DB_USER"] == seen["DB_PASSWORD"] == attack


def test_a_nul_is_refused_before_anything_is_written() -> None:
    with pytest.raises(ValueError, match="NUL"):
        WORDPRESS.config(hostile("a\0b"))
    with pytest.raises(ValueError, match="NUL"):
        CUSTOM.config(hostile("a\0b"))


def test_wordpress_without_a_database_is_refused() -> None:
    with pytest.raises(ValueError, match="does not work without a database"):
        WORDPRESS.config(replace(FACTS, database=None))


def test_the_installer_is_told_the_address_with_its_port() -> None:
    told = WORDPRESS.install_input(FACTS, "hunter22")
    assert told == {
        "title": "My shop",
        "url": "https://shop.test:7443",
        "user": "admin",
        "email": "admin@shop.test",
        "password": "hunter22",
    }


@pytest.mark.host
def test_the_scripts_of_wordpress_parse() -> None:
    assert WORDPRESS.installer
    for text in (WORDPRESS.installer, *WORDPRESS.starter(FACTS).values()):
        assert tokens(text)[0] == "T_OPEN_TAG"


@pytest.mark.host
@pytest.mark.parametrize(
    ("url", "leads_home"),
    [
        ("https://shop.test:7443/wp-cron.php?doing_wp_cron=1", True),
        ("https://SHOP.test:7443/", True),
        ("https://shop.test/", False),
        ("http://shop.test:7443/", False),
        ("https://api.wordpress.org/", False),
    ],
)
def test_only_requests_to_the_site_itself_go_to_the_front(url: str, leads_home: bool) -> None:
    plugin = next(iter(WORDPRESS.starter(FACTS).values())).removeprefix("<?php")
    code = f"""<?php
    define('ABSPATH', '/');
    define('FRANKENPANEL_FRONT', $given[1][1]);
    function home_url() {{ return 'https://shop.test:7443'; }}
    function wp_parse_url($url) {{ return parse_url($url); }}
    function add_filter(...$unused) {{ }}
    function add_action($name, $act) {{ $GLOBALS['act'] = $act; }}
    {plugin}
    $handle = curl_init($given[1][0]);
    $GLOBALS['act']($handle, [], $given[1][0]);
    // where no name service and no proxy is asked, the request comes to the front or to a port where nobody is
    curl_setopt_array($handle, [CURLOPT_RESOLVE => ['*:443:127.0.0.2', '*:7443:127.0.0.2'],
        CURLOPT_PROXY => '', CURLOPT_TIMEOUT_MS => 300, CURLOPT_RETURNTRANSFER => true]);
    curl_exec($handle);
    echo json_encode(true);
    """
    with socket.create_server(("127.0.0.1", 0)) as front:
        front.setblocking(False)
        php(code, [url, f"127.0.0.1:{front.getsockname()[1]}"])
        assert bool(select.select([front], [], [], 0)[0]) is leads_home


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("My shop", "My shop"),
        ('Bob\'s "shop" & <b>more</b>', "Bob&#8217;s &#8220;shop&#8221; &amp; &lt;b&gt;more&lt;/b&gt;"),
        ("ünï - ñ", "ünï &#8211; ñ"),
    ],
)
def test_a_wordpress_page_is_recognised_by_its_title_and_marks(title: str, shown: str) -> None:
    page = f'<title>{shown} &#8211; Just another</title><meta name="generator" content="WordPress 7.1.4" />'
    assert WORDPRESS.recognises(page)
    assert WORDPRESS.recognises(page, title)
    assert not WORDPRESS.recognises(page, "Another site")
    assert not WORDPRESS.recognises(f"<title>{shown}</title>", title)
    assert not WORDPRESS.recognises("Error establishing a database connection", "")


@pytest.mark.parametrize(
    ("path", "refused"),
    [
        ("/wp-content/uploads/2026/e.PHP", True),
        ("/wp-content/uploads/a.php/b", True),
        ("/wp-includes/ms-files.php", True),
        ("/wp-content/plugins/akismet/akismet.php", False),
        ("/wp-login.php", False),
    ],
)
def test_php_does_not_run_where_wordpress_only_keeps_files(path: str, refused: bool) -> None:
    assert bool(re.search(rf"(?i)^/({WORDPRESS.rules.no_php})/.*\.php(/|$)", path)) is refused


# -- custom


@pytest.mark.parametrize("attack", ["'); system('id');//", "\n X=1", "a\r\nB=2", "$(id) ${HOME} # \\ \" '"])
def test_no_value_becomes_a_line_in_a_dotenv_file(attack: str) -> None:
    """Row 32 of the attacks."""
    seen = read_dotenv(CUSTOM.config(hostile(attack)))
    assert seen == {
        "APP_NAME": attack,
        "APP_URL": attack,
        "DB_CONNECTION": "mysql",
        "DB_HOST": "localhost",
        "DB_SOCKET": "/run/fp/mysql/mysqld.sock",
        "DB_DATABASE": attack,
        "DB_USERNAME": attack,
        "DB_PASSWORD": attack,
    }


def test_a_site_without_a_database_is_told_of_none() -> None:
    assert "DB_" not in CUSTOM.config(replace(FACTS, database=None))


@pytest.mark.host
@pytest.mark.parametrize("title", ["My shop", "<?php echo 6*7; ?>", "</title><script>x</script>", "{title} %s"])
@pytest.mark.parametrize("kind", [CUSTOM, LARAVEL], ids=["custom", "laravel"])
def test_the_first_page_runs_php_and_shows_the_name_as_text(kind: Kind, title: str) -> None:
    facts = replace(FACTS, title=title)
    text = {**kind.starter(facts), **kind.placeholder(facts)}[f"{kind.rules.document_root}/index.php"]
    page = php(f"<?php ob_start(); ?>{text}<?php echo json_encode(ob_get_clean());")
    assert "<script" not in page
    assert re.search(r"PHP works: it is \d\d:\d\d:\d\d", page)
    assert kind.recognises(page, title)
    assert not kind.recognises(text, title), "not run"
    assert not kind.recognises(page, "another")


# -- static


def test_a_static_site_has_a_page_and_no_php() -> None:
    page = STATIC.starter(replace(FACTS, title="<script>"))["public/index.html"]
    assert "<script" not in page
    assert STATIC.recognises(page, "<script>")
    assert not STATIC.rules.php
    assert (STATIC.config_file, STATIC.installer, STATIC.source) == (None, None, None)
    assert "<?" not in page


def test_the_facts_for_the_installer_are_json() -> None:
    assert json.loads(json.dumps(WORDPRESS.install_input(hostile("\n'ü"), "x")))["title"] == "\n'ü"
