"""Puts uv into .local/uv on a machine that has only Python: with pip where there is one, else the wheel that uv.lock names."""

import hashlib
import io
import platform
import subprocess
import sys
import tomllib
import urllib.request
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / ".local" / "uv" / "bin" / "uv"
PLATFORMS = {
    ("Linux", "x86_64"): "manylinux_2_17_x86_64",
    ("Linux", "aarch64"): "manylinux_2_17_aarch64",
    ("Darwin", "x86_64"): "macosx_10_12_x86_64",
    ("Darwin", "arm64"): "macosx_11_0_arm64",
}


def with_pip() -> bool:
    """A private virtual environment; honours the machine's pip settings, such as a mirror nearby."""
    folder = TARGET.parent.parent
    return all(
        subprocess.run(command, check=False, capture_output=True).returncode == 0  # noqa: S603 - our own interpreter
        for command in (
            [sys.executable, "-m", "venv", "--clear", folder],
            [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "uv"],
        )
    )


def from_lock() -> None:
    """The wheel of this platform, checked against the checksum in uv.lock. For systems without pip."""
    tag = PLATFORMS.get((platform.system(), platform.machine()))
    packages = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]
    wheels = next(package for package in packages if package["name"] == "uv")["wheels"]
    wheel = next((wheel for wheel in wheels if tag and tag in wheel["url"]), None)
    if wheel is None:
        sys.exit("There is no uv for this platform; install it by hand and run make again.")
    with urllib.request.urlopen(wheel["url"], timeout=120) as response:  # noqa: S310 - an https address from our lock file
        content = response.read()
    if "sha256:" + hashlib.sha256(content).hexdigest() != wheel["hash"]:
        sys.exit("The downloaded uv does not match the checksum in uv.lock.")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        program = next(name for name in archive.namelist() if name.endswith("/scripts/uv"))
        TARGET.parent.mkdir(parents=True, exist_ok=True)
        TARGET.write_bytes(archive.read(program))
    TARGET.chmod(0o755)


if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036 - the one file an older Python may meet
        sys.exit("Gatehouse needs Python 3.11 or newer.")
    with_pip() or from_lock()
