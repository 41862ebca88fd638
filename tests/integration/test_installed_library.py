"""What `cmake --install` puts down is enough for a program outside: headers, both libraries, a pkg-config file; and for people: command, pages, completion."""

import os
import re
import subprocess

import pytest

from support.command import Sealift

PROGRAM = r"""
#include <sealift/sealift.h>
#include <stdio.h>
#include <string.h>

static enum sealift_status
show(void *context, const struct sealift_obs *obs, struct sealift_error *err)
{
    (void)context;
    (void)err;
    printf("%s %s\n", obs->name, obs->spec.url);
    return SEALIFT_OK;
}

int
main(int argc, char **argv)
{
    struct sealift_options options;
    struct sealift_obs_spec spec;
    struct sealift *sealift = NULL;
    struct sealift_error err;
    enum sealift_status status;

    if (argc != 3)
        return 2;
    memset(&options, 0, sizeof(options));
    memset(&spec, 0, sizeof(spec));
    memset(&err, 0, sizeof(err));
    options.home = argv[1];
    spec.url = argv[2];
    status = sealift_open(&options, &sealift, &err);
    if (status == SEALIFT_OK)
        status = sealift_obs_add(sealift, "dr", &spec, false, &err);
    if (status == SEALIFT_OK)
        status = sealift_obs_list(sealift, show, NULL, &err);
    if (status != SEALIFT_OK)
        fprintf(stderr, "%s: %s\n", sealift_status_name(status), err.message);
    sealift_close(&sealift);
    printf("%s %d\n", sealift_version(), sealift_format_version());
    return status == SEALIFT_OK ? 0 : 1;
}
"""


def exported(library, *options):
    lines = subprocess.run(["nm", "--defined-only", *options, library], check=True, capture_output=True, text=True).stdout.splitlines()
    return {line.split()[2] for line in lines if len(line.split()) == 3 and line.split()[1].isupper()}


def declared(prefix):
    """The functions that the public headers name; callbacks are called sealift_each."""
    text = "".join(header.read_text() for header in (prefix / "include" / "sealift").glob("*.h"))
    return {name for name in re.findall(r"\b(sealift_\w+)\(", text) if not name.startswith("sealift_each")}


def test_both_libraries_export_what_the_headers_declare(prefix):
    api = declared(prefix)
    assert {"sealift_open", "sealift_snapshot_upload", "sealift_fs_download"} <= api
    assert exported(prefix / "lib" / "libsealift.so", "-D") == api
    assert exported(prefix / "lib" / "libsealift.a", "-g") == api


def pkg_config(prefix, *options):
    environment = {**os.environ, "PKG_CONFIG_PATH": str(prefix / "lib" / "pkgconfig")}
    return subprocess.run(["pkg-config", *options, "sealift"], check=True, capture_output=True, text=True, env=environment).stdout.split()


def runs(program, folder):
    store = folder / "store"
    store.mkdir()
    done = subprocess.run([program, folder / "home", f"file://{store}"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == f"dr file://{store}"


@pytest.mark.parametrize("compiler", [["cc", "-std=c11"], ["cc", "-std=gnu2x"], ["c++", "-std=c++17", "-x", "c++"]], ids=lambda words: words[1])
def test_a_program_outside_builds_and_runs(compiler, prefix, folder):
    if subprocess.run(["sh", "-c", f"command -v {compiler[0]}"], capture_output=True).returncode != 0:
        pytest.skip(f"{compiler[0]} is not installed")
    source, program = folder / "program.c", folder / "program"
    source.write_text(PROGRAM)
    libraries = pkg_config(prefix, "--libs")
    subprocess.run([*compiler, "-Wall", "-Wextra", "-Werror", *pkg_config(prefix, "--cflags"), source, "-x", "none", "-o", program, *libraries,
                    f"-Wl,-rpath,{prefix}/lib"], check=True)
    runs(program, folder)


def test_a_program_outside_links_the_static_library(prefix, folder):
    source, program, only_static = folder / "program.c", folder / "program", folder / "lib"
    source.write_text(PROGRAM)
    only_static.mkdir()
    (only_static / "libsealift.a").symlink_to(prefix / "lib" / "libsealift.a")
    libraries = [word for word in pkg_config(prefix, "--static", "--libs") if not word.startswith("-L")]
    subprocess.run(["cc", *pkg_config(prefix, "--static", "--cflags"), source, "-o", program, f"-L{only_static}", *libraries], check=True)
    assert "libsealift" not in subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
    runs(program, folder)


def test_the_command_its_pages_and_its_completion(prefix, folder, monkeypatch):
    monkeypatch.setenv("SEALIFT_BINARY", str(prefix / "bin" / "sealift"))
    assert Sealift(folder / "home").ok("--version").out.startswith("sealift ")
    for page in ("man1/sealift.1", "man1/sealift-fs-snapshot-upload.1"):
        assert (prefix / "share" / "man" / page).exists(), page
    assert (prefix / "share/bash-completion/completions/sealift").exists()
    assert (prefix / "share/zsh/site-functions/_sealift").exists()
