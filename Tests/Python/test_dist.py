"""The archive and the Debian package that `make dist deb` builds, unpacked: they run without Swift, and compile a C program."""

import re
import subprocess
import sys

import pytest
from places import CHECKOUT, GSM8K

VERSION = (CHECKOUT / "VERSION").read_text().strip()
C = '#include <prep.h>\n#include <stdio.h>\nint main(void) { puts(prep_version()); return prep_abi_version() != PREP_ABI_VERSION; }\n'


def dist(*arguments):
    output = subprocess.run(
        [sys.executable, CHECKOUT / "Scripts" / "dist", *arguments], check=True, capture_output=True, text=True).stdout
    return output.strip().removeprefix("dist: ")


def output(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("archive")
    output("tar", "-xzf", dist("archive"), "-C", folder)
    (root,) = folder.iterdir()
    return root


def test_the_archive_runs_where_it_is_unpacked(unpacked, tmp_path):
    prep = unpacked / "bin" / "prep"
    assert output(prep, "--version", env={}).strip() == VERSION
    output(prep, "run", GSM8K, "--output", tmp_path / "out", "--quiet", env={}, cwd="/")
    libraries = output("ldd", prep, env={"PATH": "/usr/bin:/bin"})
    assert "not found" not in libraries and "swift" not in libraries
    # All but the C library comes from the archive.
    assert re.search(rf"libsimdjson\S* => {unpacked}/", libraries) and re.search(rf"libstdc\S* => {unpacked}/", libraries)


def test_a_c_program_is_built_by_pkg_config(unpacked, tmp_path):
    (tmp_path / "version.c").write_text(C)
    environment = {"PATH": "/usr/bin:/bin", "PKG_CONFIG_PATH": str(unpacked / "lib" / "pkgconfig")}
    flags = output("pkg-config", "--cflags", "--libs", "prep", env=environment).split()
    assert output("pkg-config", "--modversion", "prep", env=environment).strip() == VERSION
    output("gcc", tmp_path / "version.c", *flags, f"-Wl,-rpath,{unpacked}/lib", "-o", tmp_path / "version")
    assert output(tmp_path / "version", env={}).strip() == VERSION


def test_completions_and_the_manual_name_every_command(unpacked):
    whole = output(unpacked / "bin" / "prep", "help")
    commands = re.findall(r"^  ([a-z]+) {3,}", whole.split("SUBCOMMANDS:")[1], re.M)
    manual = (unpacked / "share/man/man1/prep.1").read_text()
    assert commands and all(f".Sh PREP {name.upper()}" in manual for name in commands)
    for path in ("share/bash-completion/completions/prep", "share/zsh/site-functions/_prep", "share/fish/vendor_completions.d/prep.fish"):
        text = (unpacked / path).read_text()
        assert all(name in text for name in commands) and "context-length" in text
    output("bash", "-n", unpacked / "share/bash-completion/completions/prep")


def test_the_debian_package_says_what_it_needs(tmp_path):
    package = dist("deb")
    fields = dict(line.split(": ", 1) for line in output("dpkg-deb", "--field", package).splitlines() if not line.startswith(" "))
    assert fields["Version"] == VERSION and "libsimdjson" in fields["Depends"] and "libc6 (>=" in fields["Depends"]
    output("dpkg-deb", "--extract", package, tmp_path)
    assert output(tmp_path / "usr/bin/prep", "--version").strip() == VERSION


def test_installing_again_replaces(unpacked, tmp_path):
    for _ in range(2):
        dist("install", str(tmp_path), "/opt/prep")
    root = tmp_path / "opt/prep"
    assert (root / "lib/libprep.so").resolve() == root / f"lib/libprep.so.3.{VERSION}"
    assert "prefix=/opt/prep\n" in (root / "lib/pkgconfig/prep.pc").read_text()
