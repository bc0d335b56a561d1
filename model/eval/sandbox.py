"""Runs a script that nobody has read, and a check of what it did, where it can harm nothing.

Bubblewrap gives it a machine of its own: no network, no other processes, the host's programs read-only, and a home
folder in memory that is gone afterwards. Time, memory, file size, disk space and the number of processes are limited.
"""

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

SCRIPT_SECONDS = 5
CASE_SECONDS = 20
HOME_BYTES = 32 << 20
NOBODY = 65534

# Runs inside: what is there before, the script under its limits, the check. Exit status 90 means a broken case.
_DRIVER = """
cd "$HOME" || exit 90
bash -e /case/setup.sh < /dev/null > /dev/null 2>&1 || exit 90
mapfile -d '' -t arguments < /case/arguments
(
    ulimit -v 1000000 -f 16384 -t 5
    exec timeout -k 1 "$SCRIPT_SECONDS" bash /case/script.sh "${arguments[@]}"
) < /case/stdin > /tmp/out 2> /tmp/err
STATUS=$? OUT=/tmp/out bash -e /case/check.sh < /dev/null > /dev/null 2>&1
"""

_PASSWD = """root:x:0:0:root:/root:/bin/bash
www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin
user:x:1000:1000:User:/home/user:/bin/bash
alice:x:1001:1001:Alice:/home/alice:/bin/bash
bob:x:1002:1002:Bob:/home/bob:/bin/zsh
"""


@dataclass(frozen=True)
class Case:
    """`setup` makes files in the home folder, where the script then runs. `check` exits 0 if the script did what was asked:
    it runs in the same place, with `$OUT` (a file with the script's output) and `$STATUS`. `stubs` are programs, by name,
    that stand before the real ones."""

    id: str
    request: str
    setup: str
    check: str
    arguments: list[str] = field(default_factory=list)
    stdin: str = ""
    stubs: dict[str, str] = field(default_factory=dict)


def sandbox_available() -> bool:
    """Whether this machine can run the sandbox."""
    return shutil.which("bwrap") is not None


def run_case(case: Case, script: str) -> bool:
    """Whether the script did what the case asks for.

    Raises RuntimeError when the case's own setup fails, or when there is no sandbox: then nothing is run.
    """
    if not sandbox_available():
        raise RuntimeError("bubblewrap (bwrap) is not installed")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "bin").mkdir()
        texts = {"setup.sh": case.setup, "script.sh": script, "check.sh": case.check, "stdin": case.stdin}
        texts["arguments"] = "".join(f"{argument}\0" for argument in case.arguments)
        texts["passwd"] = _PASSWD
        texts["driver.sh"] = _DRIVER
        for file, text in texts.items():
            (folder / file).write_text(text)
        for program, text in case.stubs.items():
            (folder / "bin" / program).write_text("#!/bin/bash\n" + text)
        # The sandbox's user is not ours, and must be able to read the case.
        for path in [folder, *folder.rglob("*")]:
            path.chmod(0o755)
        try:
            done = subprocess.run(_command(folder), stdin=subprocess.DEVNULL, capture_output=True, timeout=CASE_SECONDS)
        except subprocess.TimeoutExpired:
            return False
        if done.returncode == 90:
            raise RuntimeError(f"the setup of {case.id} fails")
        if b"bwrap:" in done.stderr:
            raise RuntimeError(done.stderr.decode(errors="replace").strip())
        return done.returncode == 0


def _command(folder: Path) -> list[str]:
    bind = [option for name in ("bin", "lib", "lib64", "sbin") for option in ("--symlink", f"usr/{name}", f"/{name}")]
    # The limit on processes binds no user who is root outside, so root steps down first.
    step_down = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"] if os.geteuid() == 0 else []
    return [
        *step_down,
        "bwrap",
        *["--unshare-all", "--die-with-parent", "--new-session", "--clearenv", "--hostname", "sandbox"],
        *["--uid", "1000", "--gid", "1000", "--setenv", "PATH", "/case/bin:/usr/bin:/bin:/usr/sbin"],
        *["--setenv", "HOME", "/home/user", "--setenv", "USER", "user", "--setenv", "LC_ALL", "C.UTF-8"],
        *["--setenv", "SCRIPT_SECONDS", str(SCRIPT_SECONDS), "--setenv", "TZ", "UTC"],
        *["--ro-bind", "/usr", "/usr", *bind, "--ro-bind-try", "/etc/alternatives", "/etc/alternatives"],
        *["--ro-bind", str(folder / "passwd"), "/etc/passwd", "--dev", "/dev", "--proc", "/proc"],
        *["--size", str(HOME_BYTES), "--tmpfs", "/tmp", "--size", str(HOME_BYTES), "--tmpfs", "/home/user"],
        *["--ro-bind", str(folder), "/case", "--remount-ro", "/", "--chdir", "/home/user"],
        *["--", "bash", "-c", "ulimit -u 200; exec bash /case/driver.sh"],
    ]
