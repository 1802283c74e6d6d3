"""A small client of the Kubernetes API: the login that spark-submit would use, a question, a pod, a log."""

from __future__ import annotations

import base64
import binascii
import json
import os
import shutil
import ssl
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import yaml

from mlpipeline.cluster.submission.kubernetes_pods import Pod
from mlpipeline.cluster.submission.rest import Answer, is_loopback
from mlpipeline.errors import SetupError

# Where a pod finds its own login.
IN_POD = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_STATES = {"NotFound": 404, "Forbidden": 403, "Unauthorized": 401, "AlreadyExists": 409}


@dataclass(frozen=True)
class Login:
    """How to show who we are; all empty: as nobody.

    Args:
        token: bearer token.
        authority: PEM text of the certificates that the server's is checked against; "" is the system's.
        certificate: PEM text of a client certificate.
        key: PEM text of its key.
        unchecked: the kubeconfig says not to check the server's certificate.
        program: of the kubeconfig's user, which hands out logins; kubectl has to be asked then.
        context: of the kubeconfig that the rest is from.
    """

    token: str = ""
    authority: str = ""
    certificate: str = ""
    key: str = ""
    unchecked: bool = False
    program: str = ""
    context: str = ""


def server_of(master: str) -> str:
    """The address of the API server in a master: `k8s://host:443` is https."""
    address = master.removeprefix("k8s://").rstrip("/")
    return address if "://" in address else f"https://{address}"


def login_of(settings: Mapping[str, str], environ: Mapping[str, str], *, in_pod: Path = IN_POD) -> Login:
    """The login spark-submit would use: its settings, else the kubeconfig, else the service account of our own pod.

    Raises:
        SetupError: a file of the login cannot be read, or the kubeconfig does not fit itself.
    """
    for room in ("spark.kubernetes.authenticate.submission.", "spark.kubernetes.authenticate."):
        token = settings.get(f"{room}oauthToken", "") or _text(settings.get(f"{room}oauthTokenFile", ""))
        certificate = _text(settings.get(f"{room}clientCertFile", ""))
        if token or certificate:
            key = _text(settings.get(f"{room}clientKeyFile", ""))
            return Login(token, _text(settings.get(f"{room}caCertFile", "")), certificate, key)
    file = _kubeconfig(environ)
    if file is not None:
        return _from_kubeconfig(file, settings.get("spark.kubernetes.context", ""))
    if (in_pod / "token").is_file():
        return Login(_text(str(in_pod / "token")), _text(str(in_pod / "ca.crt")))
    return Login()


def _text(name: str) -> str:
    if not name:
        return ""
    try:
        return Path(name).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SetupError(f"cannot be read: {error.strerror}", where=name, fix="correct the path") from error


def _kubeconfig(environ: Mapping[str, str]) -> Path | None:
    stated = [Path(part) for part in environ.get("KUBECONFIG", "").split(os.pathsep) if part]
    places = stated or [Path(environ.get("HOME") or os.path.expanduser("~")) / ".kube" / "config"]
    return next((place for place in places if place.is_file()), None)


def _from_kubeconfig(file: Path, wanted: str) -> Login:
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise SetupError("is no kubeconfig", where=str(file), fix="correct KUBECONFIG") from error
    name = wanted or str(found.get("current-context") or "")
    if not name:
        return Login()
    context = _part(_named(found, "contexts", name, file), "context")
    user = _part(_named(found, "users", str(context.get("user", "")), file), "user")
    cluster = _part(_named(found, "clusters", str(context.get("cluster", "")), file), "cluster")
    program = _part(user, "exec").get("command") or _part(user, "auth-provider").get("name") or ""
    return Login(
        str(user.get("token") or "") or _beside(file, user.get("tokenFile")),
        _pem(file, cluster, "certificate-authority"),
        _pem(file, user, "client-certificate"),
        _pem(file, user, "client-key"),
        bool(cluster.get("insecure-skip-tls-verify")),
        str(program),
        name,
    )


def _part(entry: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = entry.get(name)
    return found if isinstance(found, dict) else {}


def _named(found: Mapping[str, object], kind: str, name: str, file: Path) -> Mapping[str, object]:
    entries = found.get(kind)
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict) and entry.get("name") == name:
            return entry
    one = kind.removesuffix("s")
    raise SetupError(f"the kubeconfig has no {one} {name!r}", where=str(file), fix="kubectl config get-contexts")


def _beside(file: Path, name: object) -> str:
    return _text(str(file.parent / str(name))) if name else ""


def _pem(file: Path, entry: Mapping[str, object], key: str) -> str:
    data = entry.get(f"{key}-data")
    if data:
        try:
            return base64.b64decode(str(data), validate=True).decode("ascii")
        except (binascii.Error, ValueError) as error:
            raise SetupError(f"{key}-data is no base64", where=str(file), fix="write the kubeconfig anew") from error
    return _beside(file, entry.get(key))


class ApiServer:
    """Asks one API server.

    Args:
        server: its address, http or https.
        login: how to show who we are.
        kubectl: path of kubectl, for logins that only it can make; None when it is not installed.
        environ: environment variables of kubectl; os.environ when None.

    Raises:
        SetupError: the certificates cannot be used.
    """

    def __init__(
        self, server: str, login: Login, *, kubectl: str | None = None, environ: Mapping[str, str] | None = None
    ) -> None:
        self._server = server.rstrip("/")
        self._login = login
        self._kubectl = kubectl
        self._environ = dict(os.environ if environ is None else environ)
        handlers: list[urllib.request.BaseHandler] = [_NoRedirect()]
        if server.startswith("https"):
            handlers.append(urllib.request.HTTPSHandler(context=_context(login)))
        if is_loopback(urlsplit(server).hostname or ""):
            handlers.append(urllib.request.ProxyHandler({}))
        self._opener = urllib.request.build_opener(*handlers)

    def ask(self, path: str, *, method: str = "GET", data: object = None, timeout: float = 5.0) -> Answer:
        """Ask for a path such as /api/v1/namespaces/ml/pods; `data` goes as JSON; `timeout` in seconds."""
        if self._login.program:
            return self._by_kubectl(path, method, data, timeout)
        headers = {"Accept": "application/json, */*;q=0.1", "Content-Type": "application/json"}
        if self._login.token:
            headers["Authorization"] = f"Bearer {self._login.token}"
        body = None if data is None else json.dumps(data).encode()
        request = urllib.request.Request(self._server + path, data=body, headers=headers, method=method)
        try:
            with self._opener.open(request, timeout=timeout) as answer:
                return Answer(answer.status, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.read())
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            return Answer(0, trouble=str(getattr(reason, "strerror", None) or reason))

    def _by_kubectl(self, path: str, method: str, data: object, timeout: float) -> Answer:
        if self._kubectl is None:
            return Answer(0, trouble=f"the kubeconfig logs in by {self._login.program}, which needs kubectl here")
        verb = {"GET": "get", "POST": "create", "DELETE": "delete"}[method]
        words = [self._kubectl, "--context", self._login.context, "--server", self._server, verb, "--raw", path]
        words += ["-f", "-"] if data is not None else []
        body = None if data is None else json.dumps(data).encode()
        try:
            done = subprocess.run(
                words, input=body, capture_output=True, check=False, timeout=timeout + 10, env=self._environ
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return Answer(0, trouble=str(error))
        if done.returncode == 0:
            return Answer(200, done.stdout)
        said = done.stderr.decode("utf-8", errors="replace").strip()
        status = next((code for word, code in _STATES.items() if f"({word})" in said), 0)
        return Answer(status, json.dumps({"message": said}).encode(), "" if status else said[:200])

    def pod(self, namespace: str, name: str) -> Pod | None:
        """One pod, None when it is not there or cannot be asked for."""
        found = self.ask(_pods(namespace, name)).json()
        is_pod = isinstance(found, dict)
        return found if is_pod else None

    def pods(self, namespace: str, selector: str) -> list[Pod]:
        """The pods with these labels, e.g. `spark-role=executor`."""
        found = self.ask(f"{_pods(namespace)}?{urlencode({'labelSelector': selector})}").json()
        return list((found or {}).get("items") or []) if isinstance(found, dict) else []

    def log(self, namespace: str, name: str, container: str, since: str = "") -> bytes:
        """The output of a container, each line behind its time; with `since` (RFC 3339) about from there on."""
        query = {"container": container, "timestamps": "true", **({"sinceTime": since} if since else {})}
        answer = self.ask(f"{_pods(namespace, name)}/log?{urlencode(query)}", timeout=15)
        return answer.body if answer.ok else b""

    def delete_pod(self, namespace: str, name: str) -> bool:
        """Delete a pod; False when the server does not let us."""
        return self.ask(_pods(namespace, name), method="DELETE").ok


def _pods(namespace: str, name: str = "") -> str:
    return f"/api/v1/namespaces/{quote(namespace)}/pods" + (f"/{quote(name)}" if name else "")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A token goes to the server that it is for, and nowhere else."""

    def redirect_request(self, *args: object, **kwargs: object) -> None:
        return None


def _context(login: Login) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cadata=login.authority or None)
        if login.unchecked:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if login.certificate:
            # Python takes them from a file only.
            with tempfile.NamedTemporaryFile("w", suffix=".pem") as held:
                held.write(f"{login.certificate}\n{login.key}\n")
                held.flush()
                context.load_cert_chain(held.name)
    except (ssl.SSLError, ValueError) as error:
        fix = "look at the certificates of the kubeconfig"
        raise SetupError(f"the certificates cannot be used ({error})", fix=fix) from error
    return context


def connect(master: str, settings: Mapping[str, str], environ: Mapping[str, str]) -> ApiServer:
    """The API server of a master, with the login that spark-submit would use.

    Raises:
        SetupError: the login cannot be read.
    """
    found = shutil.which("kubectl", path=environ.get("PATH"))
    return ApiServer(server_of(master), login_of(settings, environ), kubectl=found, environ=environ)
