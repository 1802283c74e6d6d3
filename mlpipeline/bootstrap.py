"""Makes .venv and everything in it. Run by path with any python3: `python3 mlpipeline/bootstrap.py`.

Only the standard library, and syntax that old versions of Python can read, so that they can be told what is missing.
A second call finds its stamp and ends in milliseconds.
"""

import ast
import hashlib
import os
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
STAMP = os.path.join(VENV, "mlpipeline.stamp")
LOG = os.path.join(VENV, "setup.log")
UV_LOCK = os.path.join(VENV, "uv.lock.txt")
LOCK = "requirements.lock"
INPUTS = ("setup.cfg", LOCK, os.path.join("mlpipeline", "bootstrap.py"))
OLDEST, NEWEST = (3, 10), (3, 12)
NEEDED_GB = 5.0  # the environment 3, uv's copies on another disk or the same 2
TIMEOUT_S = 1800


class Refused(Exception):
    """What is wrong and what to do, in one line."""


def main() -> int:
    """Set up unless the stamp says that it is done; 0 when all is there, 1 with one line on stderr when not."""
    digest = install_digest()
    if stamped() == digest and os.path.exists(PYTHON):
        os.utime(STAMP)  # for make, which compares times
        return 0
    started = time.time()
    try:
        check_disk(ROOT, shutil.disk_usage(ROOT).free)
        make_venv()
        install()
        run([PYTHON, "-m", "mlpipeline.spark.platform"], "setting up Spark", show=True)
        run([PYTHON, "-m", "mlpipeline.networks.encoders.use_encoder"], "unpacking the encoder", show=True)
    except Refused as refusal:
        say("mlpipeline: " + str(refusal))
        return 1
    with open(STAMP, "w", encoding="utf-8") as stamp:
        stamp.write(digest)
    say(f"set-up: done in {time.time() - started:.0f} s")
    return 0


def install_digest() -> str:
    """Return a digest of everything that decides what is installed."""
    digest = hashlib.sha256(ROOT.encode("utf-8", "surrogateescape"))
    for name in INPUTS:
        with open(os.path.join(ROOT, name), "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def stamped() -> str:
    """Return the digest of the last set-up that ended well, "" when there was none."""
    try:
        with open(STAMP, encoding="utf-8") as stamp:
            return stamp.read().strip()
    except OSError:
        return ""


def check_disk(root: str, free_bytes: float) -> None:
    """Raise Refused when nothing can be written to `root`, or too little."""
    if not os.access(root, os.W_OK):
        raise Refused(f"{root}: no permission to write -> copy the project to a folder of yours")
    free = free_bytes / 1e9
    if free < NEEDED_GB:
        what = f"{root}: {free:.1f} GB free, set-up needs {NEEDED_GB:.0f}"
        raise Refused(what + " -> free some, or move the project to another disk")


def make_venv() -> None:
    """Create .venv with a fitting Python unless it is there; raise Refused when that cannot be."""
    found = version_of(PYTHON) if os.path.exists(PYTHON) else None
    if found is not None and not fits(found):
        raise Refused(".venv holds Python {}.{} -> rm -r .venv and try again".format(*found))
    if found is not None and works(PYTHON, "import pip"):
        return
    python = choose_python(sys.version_info[:2], sys.executable, shutil.which)
    say("set-up: .venv with Python {}.{}".format(*(version_of(python) or (0, 0))))
    done = subprocess.run([python, "-m", "venv", "--clear", VENV], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        said = done.stdout.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
        fix = "on Debian and Ubuntu: apt install python3-venv"
        raise Refused(f"{python} cannot make a virtual environment: {said[0][:200]} -> {fix}")


def choose_python(running: "tuple[int, ...]", executable: str, which) -> str:  # type: ignore[no-untyped-def]
    """Return the running Python when it fits, else the newest fitting one on PATH; raise Refused when there is none."""
    if fits(running):
        return executable
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        path = which(f"python3.{minor}")
        # A shim (pyenv) may stand on PATH for a version that is not there.
        if path and fits(version_of(path) or (0, 0)):
            return str(path)
    what = "python3 is {}.{}, mlpipeline needs 3.10, 3.11 or 3.12".format(*running)
    raise Refused(what + " -> install one of them (apt install python3.11, brew install python@3.12)")


def fits(version: "tuple[int, ...]") -> bool:
    """Say whether (major, minor) is a Python that we run on."""
    return OLDEST <= tuple(version) <= NEWEST


def version_of(python: str) -> "tuple[int, ...] | None":
    """Return (major, minor) of a Python, None when it does not run."""
    try:
        said = subprocess.check_output(
            [python, "-c", "import sys; print(tuple(sys.version_info[:2]))"], stderr=subprocess.DEVNULL, timeout=30
        )
        return tuple(ast.literal_eval(said.decode().strip()))
    except (OSError, subprocess.SubprocessError, ValueError, SyntaxError):
        return None


def works(python: str, code: str) -> bool:
    """Say whether `python` runs `code` without an error."""
    return subprocess.call([python, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0


def install() -> None:
    """Install uv with pip, then what is locked and the project itself with uv; raise Refused when that fails.

    Nothing comes from an index but what the lock has a digest of, uv itself and setuptools included.
    """
    if not works(PYTHON, "import uv"):
        with open(os.path.join(ROOT, LOCK), encoding="utf-8") as whole, open(UV_LOCK, "w", encoding="utf-8") as pinned:
            pinned.write(locked("uv", whole.read()))
        pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
        run([*pip, "--no-deps", "--requirement", UV_LOCK], "installing uv from PyPI")
    uv = [PYTHON, "-m", "uv", "pip", "install", "--python", PYTHON]
    environment = uv_environment(pip_settings(), os.environ)
    lock = os.path.join(ROOT, LOCK)
    run(
        [*uv, "--require-hashes", "--requirement", lock],
        "installing what requirements.lock names, some minutes",
        environment,
    )
    # A plain path entry instead of an import hook: packaged files and jobs/ are found as in any folder.
    own = ["--no-deps", "--no-build-isolation", "--config-settings", "editable_mode=compat", "--editable", ROOT]
    run(uv + own, "installing mlpipeline", environment)


def locked(name: str, lock: str) -> str:
    """Return the lines of a lock that pin `name` and its digests; raise Refused when there are none."""
    kept: list[str] = []
    for line in lock.splitlines():
        if kept and not line.startswith("    --hash="):
            break
        if kept or line.startswith(name + "=="):
            kept.append(line)
    if len(kept) < 2:
        raise Refused(f"{LOCK} has no digest of {name} -> make lock")
    return "\n".join(kept) + "\n"


def pip_settings() -> "dict[str, str]":
    """Return what pip is told on this machine (mirror, local wheels), e.g. {"index-url": "https://..."}."""
    try:
        said = subprocess.check_output([PYTHON, "-m", "pip", "config", "list"], stderr=subprocess.DEVNULL, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return {}
    settings = {}
    for line in said.decode("utf-8", "replace").splitlines():
        key, equals, value = line.partition("=")
        if equals and value[:1] in "'\"":
            settings[key.rpartition(".")[2]] = str(ast.literal_eval(value)).strip()
    return settings


def uv_environment(settings: "dict", environ) -> "dict[str, str]":  # type: ignore[no-untyped-def, type-arg]
    """Return the environment for uv, which does not read pip's settings: the same mirror, wheels and patience."""
    found = dict(environ)
    found.setdefault("UV_HTTP_TIMEOUT", "300")  # a slow mirror is no reason to give up after 30 s
    for key, name in (
        ("index-url", "UV_DEFAULT_INDEX"),
        ("extra-index-url", "UV_INDEX"),
        ("find-links", "UV_FIND_LINKS"),
        ("trusted-host", "UV_INSECURE_HOST"),
        ("cert", "SSL_CERT_FILE"),
    ):
        if settings.get(key):
            found.setdefault(name, " ".join(settings[key].split()))
    return found


def run(command: "list[str]", what: str, environment: "dict[str, str] | None" = None, show: bool = False) -> None:
    """Run a step with its output in the log; raise Refused with the likely cause when it fails."""
    say("set-up: " + what)
    with open(LOG, "ab") as log:
        start = log.tell()
        log.write((" ".join(command) + "\n").encode("utf-8", "replace"))
        log.flush()
        try:
            # What a step wants to show it prints on stdout; everything else is for the log.
            out = None if show else log
            code = subprocess.call(command, cwd=ROOT, stdout=out, stderr=log, env=environment, timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            fix = "try again (what was fetched is kept), or set a nearer mirror: PIP_INDEX_URL"
            raise Refused(f"{what}: not ready after {TIMEOUT_S} s -> {fix}; log: {LOG}") from None
    if code:
        with open(LOG, "rb") as log:
            log.seek(start)
            raise Refused(cause(what, log.read().decode("utf-8", "replace"))) from None


def cause(what: str, output: str) -> str:
    """Return one line: what failed, why as far as the output tells, and what to do."""
    own = [line for line in output.splitlines() if line.startswith("mlpipeline: ")]
    if own:
        return own[-1][len("mlpipeline: ") :]
    for signs, meaning, fix in (
        (("No space left",), "the disk is full", "free some space"),
        (
            ("ash mismatch", "DO NOT MATCH THE HASHES"),
            "a package is not the one that was locked",
            "try another mirror (PIP_INDEX_URL); where its makers replaced it, make lock",
        ),
        (("certificate", "UnknownIssuer"), "the network's certificate is not trusted", "set SSL_CERT_FILE"),
        (
            ("dns error", "Name or service not known", "resolution", "Network is unreachable", "Could not connect"),
            "no network",
            "connect to the network for the first set-up, or set PIP_INDEX_URL to a mirror",
        ),
        (
            ("Connection refused", "error sending request", "Max retries", "NewConnectionError", "tunnel"),
            "the package index cannot be reached",
            "check the network and proxy, or set PIP_INDEX_URL to a mirror",
        ),
        (("timed out", "Timeout"), "the package index is too slow", "try again: what was fetched is kept"),
        (("Permission denied",), "no permission to write", "check the owner of .venv and of uv's cache"),
    ):
        if any(sign in output for sign in signs):
            return f"{what} failed: {meaning} -> {fix}; log: {LOG}"
    errors = [line.strip() for line in output.splitlines() if "rror" in line] or ["see the log"]
    return f"{what} failed: {errors[0][:200]} -> see {LOG}"


def say(text: str) -> None:
    """Tell progress on stderr."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
