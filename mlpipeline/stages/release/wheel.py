"""The wheel of the code that runs: it stands in each bundle, so that what answers is installed without an index."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution

from mlpipeline import DISTRIBUTION, __version__
from mlpipeline.cluster.submission.packing import code_bytes

_EPOCH = (1980, 1, 1, 0, 0, 0)


@cache
def running_wheel() -> tuple[str, bytes]:
    """Name and bytes of a wheel of this package as it is imported here, from a checkout, a wheel or a zip alike.

    Equal code gives equal bytes. It is what `make wheel` builds, put together without a builder and a network.
    """
    stem = f"{DISTRIBUTION.replace('-', '_')}-{__version__}"
    info = f"{stem}.dist-info"
    with zipfile.ZipFile(io.BytesIO(code_bytes())) as code:
        files = {name: code.read(name) for name in code.namelist()}
    files[f"{info}/METADATA"] = _metadata().encode()
    files[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: mlpipeline\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files[f"{info}/entry_points.txt"] = b"[console_scripts]\nmlpipeline = mlpipeline.cli.main:main\n"
    files[f"{info}/RECORD"] = _record(files, f"{info}/RECORD").encode()
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name], zipfile.ZIP_DEFLATED)
    return f"{stem}-py3-none-any.whl", held.getvalue()


def _metadata() -> str:
    """As it was installed; of code that was only put on the path (an executor's zip), name and version."""
    try:
        found = distribution(DISTRIBUTION)
    except PackageNotFoundError:
        return f"Metadata-Version: 2.1\nName: {DISTRIBUTION}\nVersion: {__version__}\n"
    needs = "".join(f"Requires-Dist: {need}\n" for need in found.requires or [])
    extras = "".join(f"Provides-Extra: {extra}\n" for extra in found.metadata.get_all("Provides-Extra") or [])
    python = f"Requires-Python: {found.metadata['Requires-Python']}\n"
    return f"Metadata-Version: 2.1\nName: {DISTRIBUTION}\nVersion: {__version__}\n{python}{extras}{needs}"


def _record(files: dict[str, bytes], own: str) -> str:
    lines = []
    for name in sorted(files):
        digest = base64.urlsafe_b64encode(hashlib.sha256(files[name]).digest()).rstrip(b"=").decode()
        lines.append(f"{name},sha256={digest},{len(files[name])}\n")
    return "".join([*lines, f"{own},,\n"])
