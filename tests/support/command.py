"""The command under test, each time with a home of its own."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Result:
    arguments: list
    code: int
    out: str
    err: str

    @property
    def last_line(self):
        return self.out.rstrip("\n").rsplit("\n", 1)[-1]

    @property
    def json(self):
        return json.loads(self.out)

    def __str__(self):
        return f"sealift {' '.join(self.arguments)}\nexit code {self.code}\nstdout:\n{self.out}\nstderr:\n{self.err}"


def binary():
    """$SEALIFT_BINARY, else the newest build of this tree."""
    if "SEALIFT_BINARY" in os.environ:
        return Path(os.environ["SEALIFT_BINARY"]).resolve()
    top = Path(__file__).resolve().parents[2]
    built = sorted((path for path in top.glob("build*/**/sealift") if path.is_file() and os.access(path, os.X_OK)),
                   key=lambda path: path.stat().st_mtime)
    assert built, f"no sealift was built below {top}: cmake --build build, or set SEALIFT_BINARY"
    return built[-1]


class Sealift:
    """A machine: one SEALIFT_HOME, an environment in which nothing of the tester's own leaks, and the command."""

    def __init__(self, home, environment=None):
        self.home = Path(home)
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(self.home.parent), "LANG": "C.UTF-8", "SEALIFT_HOME": str(self.home),
                            "AWS_EC2_METADATA_DISABLED": "true",
                            **{name: os.environ[name] for name in os.environ if name.endswith("SAN_OPTIONS")}, **(environment or {})}

    def start(self, *arguments, environment=None, **options):
        return subprocess.Popen([str(binary()), *map(str, arguments)], stdin=subprocess.DEVNULL, env={**self.environment, **(environment or {})},
                                **options)

    def run(self, *arguments, environment=None, timeout=300, prefix=(), stdin=""):
        """Runs it and returns what it said; judges nothing. `prefix` is a command in front, such as setpriv."""
        argv = [*map(str, prefix), str(binary()), *map(str, arguments)]
        done = subprocess.run(argv, input=stdin, capture_output=True, text=True, errors="surrogateescape",
                              env={**self.environment, **(environment or {})}, timeout=timeout)
        result = Result([str(argument) for argument in arguments], done.returncode, done.stdout, done.stderr)
        assert "Sanitizer" not in result.err and "runtime error:" not in result.err, result
        assert result.code >= 0, f"ended by signal {-result.code}: {result}"
        return result

    def ok(self, *arguments, **options):
        result = self.run(*arguments, **options)
        assert result.code == 0, result
        return result

    def fails(self, *arguments, code, says, **options):
        """It ends with `code`, or one of several, and its error output holds each of the words in `says`, without regard to case."""
        result = self.run(*arguments, **options)
        assert result.code in (code if isinstance(code, tuple) else (code,)), f"expected exit code {code}: {result}"
        for words in says:
            assert words.lower() in result.err.lower(), f"expected {words!r} in the error: {result}"
        return result
