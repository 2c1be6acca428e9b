"""Archives from elsewhere: recognised, refused, and packed anew. A number in a name is a row of the attacks."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from apps.host.archive.archives import Archives
from apps.host.archive.faults import Damaged, Hostile, Locked
from apps.host.archive.forward import members_of
from apps.host.archive.keys import new_key
from apps.host.archive.sources import LocalFile
from apps.host.archive.stored_dump import StoredDump
from apps.host.archive.tar import Tar
from apps.host.archive.tar_reading import USUAL, Limits, Member
from apps.host.archive.unpacking import unpack_tree, within
from apps.host.archive.writing import Content, Database, pack_manifest
from apps.host.arriving.converting import Conversion, Converted
from apps.host.arriving.dump_words import for_one_database, host_of
from apps.host.arriving.found import Found
from apps.host.arriving.looking import look
from apps.host.arriving.reading import limits_of, members_flowing, members_in
from apps.host.errors import Refused
from tests.host.archive.ground import FILE, SLUG, Ground, ground, listed, users
from tests.host.archive.tars import Entry, chunks, file, folder, link, tar
from tests.host.archive.test_age import Held
from tests.host.archive.test_hostile_archives import SLIPS
from tests.parts.tenants import places_in

__all__ = ["ground", "users"]
DUMP = b"""-- MariaDB dump 10.19  Distrib 10.6.12-MariaDB
-- Host: localhost    Database: shop_live
--
CREATE DATABASE /*!32312 IF NOT EXISTS*/ `shop_live` /*!40100 DEFAULT CHARACTER SET utf8mb4 */;
USE `shop_live`;

--
-- Table structure for table `wpx_options`
--

CREATE TABLE `wpx_options` (`option_id` int, `option_name` text, `option_value` text);
INSERT INTO `wpx_options` VALUES (1,'siteurl','http://shop.example/blog'),(2,'home','http://shop.example/blog');
INSERT INTO `wpx_options` VALUES (3,'note','USE `this`; and CREATE DATABASE x;');

--
-- Table structure for table `wpx_posts`
--

CREATE TABLE `wpx_posts` (`ID` int);
"""
CONFIG = b"<?php define( 'DB_NAME', \"shop_live\" ); define('DB_HOST', 'db7.host.example'); $table_prefix = 'wpx_';"
VERSION = b"<?php\n$wp_version = '6.4.2';\n$required_php_version = '7.0.0';\n"
RULES = b"""# BEGIN WordPress
RewriteRule . /index.php [L]
# END WordPress
<IfModule mod_rewrite.c>
RewriteEngine On
</IfModule>
Redirect 301 /old /new
php_value upload_max_filesize 64M
"""
INSIDE: tuple[tuple[str, bytes], ...] = (
    ("wp-config.php", CONFIG),
    ("wp-includes/version.php", VERSION),
    (".htaccess", RULES),
    ("wp-content/plugins/x/schema.sql", b"CREATE TABLE x (n INT);"),
    ("wp-content/uploads/a.jpg", b"\xff" * 1000),
)


def wordpress(root: str, *more: Entry) -> bytes:
    return tar(*(file(root + path, content) for path, content in INSIDE), *more)


CPANEL = wordpress(
    "backup-7.1_shop/homedir/public_html/",
    file("backup-7.1_shop/mysql.sql", b"GRANT USAGE ON *.* TO 'shop'@'localhost';"),
    file("backup-7.1_shop/mysql/shop_live.sql", DUMP),
    file("backup-7.1_shop/homedir/mail/inbox", b"x"),
    file("backup-7.1_shop/homedir/mail/sent", b"x"),
    link("backup-7.1_shop/homedir/www", "public_html"),
)
TOP = wordpress("", file("dump.sql.gz", gzip.compress(DUMP)))
OF_OURS = file("manifest.json", b'{"format": 1, "site": {}}')
FOLDER = wordpress("my-shop/", folder("my-shop"))


def inside(packed: bytes, limits: Limits = USUAL) -> Iterator[Member]:
    return members_flowing(chunks(packed), Held(packed), (), limits)


def seen(packed: bytes, dump: bytes | None = None) -> Found:
    return look(inside(packed), None if dump is None else [dump])


@pytest.mark.parametrize(
    ("packed", "root", "dumps"),
    [
        (CPANEL, "backup-7.1_shop/homedir/public_html/", {"backup-7.1_shop/mysql/shop_live.sql": "shop_live"}),
        (TOP, "", {"dump.sql.gz": "shop_live"}),
        (FOLDER, "my-shop/", {}),
    ],
    ids=["cpanel", "at the top", "in a folder"],
)
def test_wordpress_is_found_wherever_it_lies(packed: bytes, root: str, dumps: dict[str, str]) -> None:
    found = seen(packed)
    assert (found.kind, found.root, found.dumps) == ("wordpress", root, dumps)
    assert (found.version, found.php, found.database, found.prefix) == ("6.4.2", ">=7.0.0", "shop_live", "wpx_")
    assert found.unread == [
        ".htaccess, line 7: Redirect 301 /old /new",
        ".htaccess, line 8: php_value upload_max_filesize 64M",
    ]
    assert Found(**json.loads(json.dumps(found.as_json()))) == found


OTHERS: dict[str, tuple[tuple[Entry, ...], str, str]] = {
    "joomla": (
        (
            file("htdocs/administrator/manifests/files/joomla.xml", b"<version>5.0.1</version>"),
            file("htdocs/configuration.php", b"<?php class JConfig { public $db = 'j'; public $dbprefix = 'jo_'; }"),
        ),
        "joomla",
        "htdocs/",
    ),
    "laravel": (
        (
            file("app/artisan"),
            file("app/composer.json", b'{"require": {"php": "^8.2"}}'),
            file("app/public/index.php"),
            file("app/.env", b"APP_URL=https://app.example\nDB_DATABASE=app\n"),
        ),
        "laravel",
        "app/",
    ),
    "static": ((file("site/index.html", b"<h1>"), file("site/a.css")), "static", "site/"),
    "php": ((file("www/index.php", b"<?php"), file("logs/x.log")), "custom", "www/"),
    "files at the top": ((file("a.php"), file("b/c.txt")), "custom", ""),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_kinds_are_told_apart(name: str) -> None:
    entries, kind, root = OTHERS[name]
    found = seen(tar(*entries))
    assert (found.kind, found.root) == (kind, root)


def test_what_a_laravel_application_says_of_itself_is_told() -> None:
    found = seen(tar(*OTHERS["laravel"][0]))
    assert (found.php, found.database, found.address) == ("^8.2", "app", "https://app.example")


@pytest.fixture
def archives(tmp_path: Path) -> Archives:
    return Archives(places_in(tmp_path, "0000"))


def converted(archives: Archives, packed: bytes, dump: bytes | None = None, **more: Any) -> Converted:
    """Into an archive that is not locked."""
    found, done = seen(packed, dump), list[Converted]()

    def fill(made: Tar) -> dict[str, Database]:
        second = None if dump is None else [dump]
        done[:] = [Conversion(made, found, lambda count: None).all(inside(packed), second)]
        pack_manifest(made, {})
        return done[0].databases

    archives.write_filled(SLUG, FILE, Content({}, **more), fill)
    return done[0]


def paths(archives: Archives) -> list[str]:
    with archives.opened(SLUG, FILE, []) as archive:
        archive.verify()
        return [entry.path for entry in archive.index.entries()]


def test_a_cpanel_tree_becomes_an_archive_of_ours(archives: Archives) -> None:
    done = converted(archives, CPANEL)
    assert {"files/public", "files/public/wp-config.php", "files/public/.htaccess"} <= set(paths(archives))
    assert "files/public/wp-content/plugins/x/schema.sql" in paths(archives)
    assert not [path for path in paths(archives) if "mail" in path or path.endswith("mysql.sql")]
    assert done.left_out == {"backup-7.1_shop": 4}
    assert (done.addresses, done.prefix) == (["http://shop.example/blog"], "wpx_")
    assert done.databases["shop_live"].tables == 2
    with archives.opened(SLUG, FILE, []) as archive:
        stored = StoredDump(archive, "shop_live")
        sql = b"".join(stored.sql())
        assert list(stored.tables()) == ["wpx_options", "wpx_posts"]
    assert b"CREATE DATABASE /*" not in sql
    assert b"\nUSE `shop_live`" not in sql
    assert b"'USE `this`; and CREATE DATABASE x;'" in sql


def test_a_dump_in_a_second_file_goes_before_those_that_lie_about(archives: Archives) -> None:
    done = converted(archives, TOP, gzip.compress(DUMP.replace(b"shop.example/blog", b"other.example")))
    assert (list(done.databases), done.addresses) == (["shop_live"], ["http://other.example"])
    assert "files/public/dump.sql.gz" in paths(archives)


def test_a_dump_in_the_document_root_does_not_stay_where_visitors_could_fetch_it(archives: Archives) -> None:
    converted(archives, TOP)
    assert "files/public/dump.sql.gz" not in paths(archives)


def test_an_archive_of_ours_stays_what_it_is(ground: Ground, archives: Archives) -> None:
    ground.as_site("open('a.php', 'w').write('x' * 3000); os.symlink('a.php', 'l'); os.mkdir('d')")
    manifest = {"site": {"kind": "custom", "name": "Shop"}, "format": 1}
    ground.saved(manifest=manifest, recipients=[])
    packed = ground.path.read_bytes()
    assert seen(packed).ours
    assert list(converted(archives, packed).databases) == ["fp_shop"]
    with ground.archives.opened(SLUG, FILE, []) as before, archives.opened(SLUG, FILE, []) as after:
        old, new = (
            {
                entry.path: (entry.kind, entry.mode, entry.size, entry.sha256, entry.part)
                for entry in one.index.entries()
            }
            for one in (before, after)
        )
    for path in ("README.txt", "manifest.json"):
        old.pop(path), new.pop(path)
    assert old == new


def test_one_that_is_locked_for_another_opens_with_that_one_s_key(ground: Ground) -> None:
    ground.saved(manifest={"site": {}, "format": 1})
    with ground.path.open("rb") as opened:
        source = LocalFile(opened.fileno())
        with pytest.raises(Locked):
            list(members_in(source, [new_key()], Limits()))
        assert look(members_in(source, [new_key(), ground.panels], Limits())).ours


@pytest.mark.parametrize("slip", SLIPS)
def test_40_what_no_site_s_archive_holds_is_refused_at_the_look_or_by_the_unpacking(
    slip: str, ground: Ground, archives: Archives
) -> None:
    """Links may point anywhere: they are made as they are, and nothing goes through them."""
    packed = tar(file("files/public/index.php"), *SLIPS[slip])
    try:
        converted(archives, packed)
    except Refused:
        assert not archives.exists(SLUG, FILE)
        return
    ground.asides.make(SLUG, 1, ground.owner)
    aside = ground.asides.path(SLUG, 1)
    with archives.opened(SLUG, FILE, []) as archive, pytest.raises(Refused):
        unpack_tree(archive.members(), ground.owner, aside, within("files"))
    ground.asides.remove(SLUG, 1, ground.owner)


def zeros(count: int) -> Iterator[bytes]:
    """A tar of one file of so many gigabytes of zeros, packed by gzip as it is read."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=9) as one:
        one.write(bytes(1 << 24))
    member = out.getvalue()
    header = tar_header(count << 30)
    yield gzip.compress(header)
    for _ in range(count * 64):
        yield member


def tar_header(size: int) -> bytes:
    from apps.host.archive import ustar

    return ustar.header(ustar.FILE, b"index.php", 0o644, 0, size)


def test_40_ten_gibibytes_of_zeros_are_refused_before_they_are_read() -> None:
    packed = sum(len(chunk) for chunk in zeros(1)) * 10
    with pytest.raises(Hostile, match="more than"):
        look(members_of(zeros(10), (), limits_of(packed, 1 << 40)))


def test_37_an_archive_of_a_million_names_and_more_is_refused() -> None:
    packed = tar(*(file(f"{number}", b"") for number in range(300)))
    with pytest.raises(Hostile, match="more than 200 entries"):
        look(members_of(chunks(packed), (), Limits(members=200)))


def test_37_names_that_are_long_or_no_text_are_kept(archives: Archives, ground: Ground) -> None:
    names = ["n" * 255, "b\udcffd", "new\nline", "ü" * 127]
    converted(archives, tar(file("public_html/index.php"), *(file(f"public_html/{name}") for name in names)))
    ground.asides.make(SLUG, 1, ground.owner)
    with archives.opened(SLUG, FILE, []) as archive:
        unpack_tree(archive.members(), ground.owner, ground.asides.path(SLUG, 1), within("files"))
    assert {f"public/{name}" for name in names} <= set(listed(ground.asides.path(SLUG, 1)))
    ground.asides.remove(SLUG, 1, ground.owner)


@pytest.mark.parametrize("cut", [10, 600, -700, -9])
def test_43_one_that_was_cut_is_refused(cut: int, archives: Archives) -> None:
    with pytest.raises(Damaged):
        converted(archives, CPANEL[:cut])
    assert not archives.exists(SLUG, FILE)


@pytest.mark.parametrize(
    ("packed", "sentence"),
    [
        (b"Rar!\x1a\x07 and so on" , "packed by RAR; send it as .tar or .tar.gz"),
        (b"7z\xbc\xaf and so on", "packed by 7z; send it as .tar or .tar.gz"),
        (b"PK\x03\x04 and so on", "a zip ends with its table of contents"),
        (b"no tar at all" * 100, "damaged, or is no tar"),
        (tar(folder("empty")), "Nothing of a site is in this archive"),
        (tar(OF_OURS, file("database/../x")), "lead out"),
        (tar(OF_OURS, file("database/x.sql.evil")), "is no part of a database's dump"),
        (tar(OF_OURS, file("database/`x`.sql.00001")), "is no part of a database's dump"),
    ],
    ids=["rar", "7z", "half a zip", "no tar", "empty", "dots", "not a part", "a name that is none"],
)
def test_what_is_no_archive_of_a_site_is_refused_in_a_sentence(
    packed: bytes, sentence: str, archives: Archives
) -> None:
    with pytest.raises(Refused, match=sentence):
        converted(archives, packed)


def test_a_second_file_that_is_no_dump_is_refused() -> None:
    with pytest.raises(Refused, match="no dump: no table is created"):
        seen(TOP, b"GRANT ALL ON *.* TO x;")


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://shop.example", "shop.example"),
        ("http://Shop.example:8080/blog", "shop.example:8080"),
        ("ftp://shop.example", ""),
        ("https://a.example{evil", ""),
        ("https://a.example\nb", ""),
        ("https://user@a.example", ""),
        ("javascript:alert(1)", ""),
        ("https://[::1", ""),
    ],
)
def test_an_address_of_a_dump_is_believed_only_where_it_is_one(address: str, host: str) -> None:
    assert host_of(address) == host


def test_lines_that_choose_a_database_go_wherever_a_dump_is_cut() -> None:
    sql = DUMP + b"x" * 3000 + b"\nUSE `y`;\nuse z;\n-- USE `z`;\nINSERT INTO t VALUES ('\nnot USE `y`;\n');\n"
    whole = b"".join(for_one_database([sql]))
    assert whole.count(b"USE `y`;") == 1
    for size in (1, 7, 100):
        assert b"".join(for_one_database(pieces(sql, size))) == whole


def pieces(text: bytes, size: int) -> Iterable[bytes]:
    return (text[at : at + size] for at in range(0, len(text), size))
