"""A program that crashes leaves no core file with the names and keys that it had in memory (T17)."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

CRASH = """
import os, resource, sys
import typer
{more}
_soft, most = resource.getrlimit(resource.RLIMIT_CORE)
resource.setrlimit(resource.RLIMIT_CORE, (most, most))
app = typer.Typer({group})

@app.command()
def crash() -> None:
    name = "Kwispelaar"
    print(resource.getrlimit(resource.RLIMIT_CORE)[0], flush=True)
    os.abort()

@app.command()
def other() -> None: ...

app(["crash"])
"""


def _crashed(folder: Path, more: str, group: str) -> tuple[str, list[Path]]:
    program = CRASH.format(more=more, group=group)
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode < 0, done.stderr
    return done.stdout.strip(), [one for one in folder.iterdir() if one.name.startswith("core")]


def test_no_program_leaves_a_core_file(tmp_path: Path) -> None:
    limit, cores = _crashed(tmp_path, "from samenloop.usage import Program", "cls=Program")
    assert limit in ("0", "1")
    assert cores == []


@pytest.mark.skipif(
    Path("/proc/sys/kernel/core_pattern").read_text(encoding="ascii").strip() != "core"
    or resource.getrlimit(resource.RLIMIT_CORE)[1] != resource.RLIM_INFINITY,
    reason="cores are not allowed, or go elsewhere",
)
def test_a_program_without_the_limit_would_leave_the_name_on_disk(tmp_path: Path) -> None:
    """Positive control."""
    _limit, cores = _crashed(tmp_path, "", "")
    assert any(b"Kwispelaar" in one.read_bytes() for one in cores)
