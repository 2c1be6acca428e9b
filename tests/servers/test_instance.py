from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.host import claims
from apps.host.claims import Claim
from apps.host.errors import Refused
from apps.servers.local import ground, instance
from apps.servers.local.instance import Instance, open_instance, read_environment
from frankenpanel.places import Places


@pytest.fixture
def base(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A machine of its own: no other panel, and no port taken."""
    folder = Path(tempfile.mkdtemp(prefix="fpt-i-", dir="/var/tmp"))
    folder.chmod(0o755)
    monkeypatch.setattr(claims, "SYSTEM", folder / "none.json")
    monkeypatch.setattr(instance, "listening", set)
    yield folder
    shutil.rmtree(folder)


def opened(base: Path, name: str, **env: str) -> Instance:
    (base / name).mkdir(exist_ok=True)
    return open_instance(base / name, base / "cache", env)


def test_the_first_panel_gets_the_first_ports_and_the_next_ones_others(base: Path) -> None:
    wanted = [(7080, 7443, 8081, 9080), (7081, 7444, 10081, 11080), (7082, 7445, 12081, 13080)]
    found = [opened(base, name).claim for name in ("a", "b", "c")]
    assert [(one.http, one.https, one.first, one.last) for one in found] == wanted
    assert len({one.instance for one in found}) == 3


def test_a_panel_keeps_what_it_has_chosen(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = opened(base, "a")
    monkeypatch.setattr(instance, "listening", lambda: {7080, 7443})  # its own front, running now
    assert opened(base, "a") == first
    (base / "cache" / "instances.json").unlink()
    assert opened(base, "a") == first


def test_a_front_port_that_somebody_listens_on_is_passed_over(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instance, "listening", lambda: {7443, 8090})
    claim = opened(base, "a").claim
    assert (claim.http, claim.https, claim.first) == (7081, 7444, 8081)


def test_the_ports_of_a_panel_whose_root_is_gone_are_free_again(base: Path) -> None:
    gone = opened(base, "a")
    shutil.rmtree(gone.places.root)
    assert opened(base, "b").claim.http == gone.claim.http


def test_the_environment_comes_first_and_is_remembered(base: Path) -> None:
    env = {"FRANKENPANEL_HTTP_PORT": "17080", "FRANKENPANEL_SITE_PORTS": "20000-20010", "FRANKENPANEL_INSTANCE": "00aa"}
    claim = opened(base, "a", **env).claim
    assert (claim.http, claim.https, claim.first, claim.last, claim.instance) == (17080, 7443, 20000, 20010, "00aa")
    assert opened(base, "a").claim == claim


@pytest.mark.parametrize(
    ("env", "sentence"),
    [
        ({"FRANKENPANEL_HTTP_PORT": "7443"}, "Port 7443 belongs to the panel in .*/a/var"),
        ({"FRANKENPANEL_SITE_PORTS": "9000-9100"}, "Port 9000 belongs to the panel in .*/a/var"),
        ({"FRANKENPANEL_HTTP_PORT": "http"}, "FRANKENPANEL_HTTP_PORT must be a port"),
        ({"FRANKENPANEL_HTTP_PORT": "70000"}, "FRANKENPANEL_HTTP_PORT must be a port"),
        ({"FRANKENPANEL_SITE_PORTS": "9080-8081"}, "FRANKENPANEL_SITE_PORTS must be two ports"),
        ({"FRANKENPANEL_SITE_PORTS": "8081"}, "FRANKENPANEL_SITE_PORTS must be"),
        ({"FRANKENPANEL_SITE_PORTS": "20000-20010", "FRANKENPANEL_HTTPS_PORT": "20001"}, "must differ, and lie"),
        ({"FRANKENPANEL_INSTANCE": "XY"}, "FRANKENPANEL_INSTANCE must be four hex digits"),
        ({"FRANKENPANEL_ROOT": "var"}, "FRANKENPANEL_ROOT must be an absolute path"),
    ],
)
def test_a_wrong_value_is_refused_with_its_name_and_claims_nothing(
    base: Path, env: dict[str, str], sentence: str
) -> None:
    opened(base, "a")
    with pytest.raises(Refused, match=sentence):
        opened(base, "b", **env)
    assert [one.root for one in claims.read(base / "cache" / "instances.json")] == [str(base / "a" / "var")]


def test_an_instance_name_is_nobody_elses_even_when_two_roots_hash_alike(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instance, "_digest", lambda path: "ffff")
    assert [opened(base, name).claim.instance for name in ("a", "b")] == ["ffff", "0000"]


def test_the_root_of_production_has_no_instance_name(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instance, "PRODUCTION", base / "a" / "var")
    found = opened(base, "a")
    assert found.places.instance == ""
    assert found.places.run.name == "frankenpanel"


def test_twenty_panels_that_start_at_once_share_nothing(base: Path) -> None:
    """As many as there are ranges below the ports that the kernel gives away itself; the rest is told so."""
    script = (
        "import sys; from pathlib import Path; from apps.host import claims\n"
        "from apps.servers.local import instance\n"
        "claims.SYSTEM = Path('/nonexistent.json'); instance.listening = set\n"
        "from apps.host.errors import Refused\n"
        "try: instance.open_instance(Path(sys.argv[1]), Path(sys.argv[2]), {})\n"
        "except Refused as error: print(error)\n"
    )
    started = []
    for number in range(20):
        (base / str(number)).mkdir()
        argv = [sys.executable, "-c", script, str(base / str(number)), str(base / "cache")]
        started.append(subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]))
    said = [one.communicate()[0] for one in started]
    found = claims.read(base / "cache" / "instances.json")
    assert all(not one.collides(other) for one in found for other in found if one is not other)
    assert len(found) + sum("have all its ports" in text for text in said) == 20
    assert len(found) >= 12


def test_claims_that_somebody_has_spoilt_are_a_sentence(base: Path) -> None:
    opened(base, "a")
    for text in ("{", '[{"root": 1}]'):
        (base / "cache" / "instances.json").write_text(text)
        with pytest.raises(Refused, match=r"instances\.json"):
            opened(base, "b")


def test_what_another_user_claims_for_the_whole_machine_counts_too(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(base, "a")
    monkeypatch.setattr(claims, "SYSTEM", base / "cache" / "instances.json")
    (base / "b").mkdir()
    assert open_instance(base / "b", base / "own-cache", {}).claim.http == 7081


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's sites run as other users")
def test_where_site_users_cannot_come_the_root_is_below_var_lib(base: Path) -> None:
    (base / "closed").mkdir(mode=0o700)
    checkout = base / "closed" / "checkout"
    checkout.mkdir()
    root = instance.root_of(checkout, {}, separate=True)
    assert root.parent == Path("/var/lib") and root.name.startswith("frankenpanel-")
    assert instance.root_of(checkout, {}, separate=False) == checkout / "var"
    assert not root.exists()


def test_a_root_that_others_may_write_in_is_refused(base: Path) -> None:
    (base / "open").mkdir()
    (base / "open").chmod(0o777)
    with pytest.raises(Refused, match="nobody else may write"):
        opened(base, "a", FRANKENPANEL_ROOT=str(base / "open"))


def test_nothing_secret_and_nothing_twice_stands_in_instance_env(base: Path) -> None:
    root = opened(base, "a").places.root
    instance.write_environment(root, {"FRANKENPHP_BIN": "/x"})
    instance.write_environment(root, {"FRANKENPHP_BIN": "/y"})
    assert set(read_environment(root)) == {
        "FRANKENPANEL_INSTANCE",
        "FRANKENPANEL_RUN",
        "FRANKENPANEL_CACHE",
        "FRANKENPANEL_HTTP_PORT",
        "FRANKENPANEL_HTTPS_PORT",
        "FRANKENPANEL_SITE_PORTS",
        "FRANKENPANEL_SERVER",
        "FRANKENPHP_BIN",
    }
    assert read_environment(root)["FRANKENPHP_BIN"] == "/y"


@pytest.fixture
def laid(base: Path) -> Iterator[Instance]:
    """A panel with its folders; its system user is removed afterwards."""
    found = opened(base, "a", FRANKENPANEL_RUN=str(base / "run"))
    ground.lay(found)
    yield found
    if found.separate:
        subprocess.run(["userdel", "--force", found.places.panel_user], check=True)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.mark.host
def test_no_folder_of_the_panel_is_for_everybody_to_write_and_the_keys_are_roots_alone(laid: Instance) -> None:
    places = laid.places
    below = [path for top in (places.root, places.run) for path in (top, *top.rglob("*"))]
    assert not [path for path in below if mode(path) & stat.S_IWOTH]
    assert (mode(places.keys), mode(places.keys / "fernet")) == (0o700, 0o600)
    assert mode(places.root / "secret_key") == 0o640
    assert mode(places.run / "panel") == mode(places.run / "supervisor") == 0o700


@pytest.mark.host
def test_the_keys_are_made_once(laid: Instance) -> None:
    files = [laid.places.root / "secret_key", laid.places.keys / "fernet"]
    before = [file.read_text() for file in files]
    ground.lay(laid)
    assert [file.read_text() for file in files] == before
    assert all(len(text) > 40 for text in before)


@pytest.mark.host
@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes users")
def test_the_panels_own_user_can_read_the_secret_key_but_no_other_key(laid: Instance) -> None:
    account = pwd.getpwnam(laid.places.panel_user)
    assert account.pw_shell == "/usr/sbin/nologin" and 0 < account.pw_uid < 1000

    def can_read(path: Path) -> bool:
        argv = ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups", "cat", str(path)]
        return subprocess.run(argv, capture_output=True, check=False).returncode == 0

    assert can_read(laid.places.root / "secret_key")
    assert not can_read(laid.places.keys / "fernet")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes users")
def test_a_user_that_the_panel_did_not_make_is_refused(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Places, "panel_user", "daemon")
    with pytest.raises(Refused, match="daemon was not made by the panel"):
        ground.lay(opened(base, "a"))


def test_a_folder_for_sockets_with_too_long_a_path_is_refused(base: Path) -> None:
    run = base / ("r" * 90)
    with pytest.raises(Refused, match="FRANKENPANEL_RUN to a shorter one"):
        _lay_without_users(opened(base, "a", FRANKENPANEL_RUN=str(run)))


def _lay_without_users(found: Instance) -> None:
    ground.lay(Instance(found.places, found.claim, separate=False))


def test_a_file_where_a_folder_belongs_is_refused(base: Path) -> None:
    found = opened(base, "a", FRANKENPANEL_RUN=str(base / "run"))
    (found.places.root / "sites").write_text("not ours")
    with pytest.raises(Refused, match="is not a folder; move it away"):
        _lay_without_users(found)


def test_free_ports_end_with_a_sentence() -> None:
    others = [Claim("/x", "0000", 1, 2, 1024, 65535)]
    with pytest.raises(Refused, match="have all its ports"):
        claims.free_ports(Claim("/y", "0001", 0, 0, 0, 0), others, set())


def test_a_server_is_named_once_and_remembered(base: Path) -> None:
    assert opened(base, "one").server == "local"
    assert opened(base, "two", FRANKENPANEL_SERVER="b").server == "b"
    assert opened(base, "two").environment()["FRANKENPANEL_SERVER"] == "b"
    before = read_environment(base / "two" / "var")
    with pytest.raises(Refused, match="is the server b's; set FRANKENPANEL_ROOT to another folder for a"):
        opened(base, "two", FRANKENPANEL_SERVER="a")
    assert read_environment(base / "two" / "var") == before
    for wrong in ("B", "b c", "b\n", "-b", "b" * 32):
        with pytest.raises(Refused, match="FRANKENPANEL_SERVER must be a short lower-case name"):
            opened(base, "three", FRANKENPANEL_SERVER=wrong)
    assert read_environment(base / "three" / "var") == {}
