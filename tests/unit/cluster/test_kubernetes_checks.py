"""What is asked of an API server before a job is submitted, with which login; the server is a stand-in without pods."""

from __future__ import annotations

import base64
import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from mlpipeline.cluster.submission.compose import Submission
from mlpipeline.cluster.submission.kubernetes_api import ApiServer, Login, connect, login_of, server_of
from mlpipeline.cluster.submission.kubernetes_checks import check_kubernetes
from mlpipeline.errors import SetupError
from tests.cluster.fake_kubernetes_api import Api, serve
from tests.cluster.fake_kubernetes_objects import Objects

TOKEN = "a-token-of-the-tests"
Config = Callable[..., Mapping[str, str]]


@pytest.fixture
def api() -> Iterator[tuple[Api, str]]:
    """(server, its address): a namespace `ml` with the service account `mlpipeline`; callers need TOKEN."""
    objects = Objects()
    objects.namespaces.add("ml")
    objects.add("ml", "serviceaccounts", {"metadata": {"name": "mlpipeline"}})
    found = Api(objects, lambda namespace, name: b"", TOKEN)
    with serve(found) as address:
        yield found, address


@pytest.fixture
def kubeconfig(tmp_path: Path) -> Config:
    """Writes a kubeconfig for a server with these entries of its user; gives the environment that names it."""

    def write(server: str, **user: object) -> Mapping[str, str]:
        text = yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "here",
                "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
                "clusters": [{"name": "c", "cluster": {"server": server}}],
                "users": [{"name": "u", "user": user}],
            }
        )
        (tmp_path / "config").write_text(text, "utf-8")
        return {"KUBECONFIG": str(tmp_path / "config"), "PATH": os.environ["PATH"], "HOME": str(tmp_path)}

    return write


def job(server: str, *, mode: str = "cluster", script: str = "local:///opt/x/job.py", **more: str) -> Submission:
    settings = {
        "spark.kubernetes.namespace": "ml",
        "spark.kubernetes.container.image": "registry.example/x:1",
        "spark.kubernetes.authenticate.driver.serviceAccountName": "mlpipeline",
        **{key.replace("__", "."): value for key, value in more.items()},
    }
    return Submission(script, (), f"k8s://{server}", mode, settings)


def told(submission: Submission, environ: Mapping[str, str]) -> str:
    return "\n".join(str(error) for error in check_kubernetes(submission, environ))


def test_a_job_that_can_run_is_let_through(api: tuple[Api, str], kubeconfig: Config) -> None:
    server, address = api
    assert told(job(address), kubeconfig(address, token=TOKEN)) == ""
    assert any("serviceaccounts/mlpipeline" in line for line in server.asked)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"spark__kubernetes__namespace": "nope"},
            "the cluster has no namespace nope -> kubectl create namespace nope",
        ),
        ({"spark__kubernetes__authenticate__driver__serviceAccountName": "who"}, "ml has no service account who"),
        ({"spark__kubernetes__container__image": ""}, "no container image is given -> add --image"),
        ({"spark__executor__resource__gpu__amount": "1"}, "without a vendor: Kubernetes would never give a GPU"),
        ({"spark__executor__resource__gpu__amount": "1"}, "without a discovery script"),
        ({"script": "/srv/job.py"}, "lies on this machine, where a driver in the cluster cannot read it"),
        (
            {"spark__jars": "/a.jar,/b.jar"},
            "/a.jar: lies on this machine, where a driver in the cluster cannot read it (and 1",
        ),
    ],
)
def test_what_could_never_run_is_told_in_one_line(
    api: tuple[Api, str], kubeconfig: Config, settings: dict[str, str], said: str
) -> None:
    _, address = api
    found = told(job(address, **settings), kubeconfig(address, token=TOKEN))
    assert said in found
    assert "Traceback" not in found


def test_local_files_are_fine_in_client_mode_and_with_a_place_to_upload_to(
    api: tuple[Api, str], kubeconfig: Config
) -> None:
    _, address = api
    environ = kubeconfig(address, token=TOKEN)
    assert told(job(address, mode="client", script="/srv/job.py"), environ) == ""
    place = {"spark__kubernetes__file__upload__path": "s3a://bucket/up"}
    assert told(job(address, script="/srv/job.py", **place), environ) == ""


def test_a_login_that_the_server_does_not_know(api: tuple[Api, str], kubeconfig: Config) -> None:
    _, address = api
    assert "does not know this login (401) -> log in anew" in told(job(address), kubeconfig(address, token="other"))


def test_missing_rights_are_told_with_who_lacks_them(api: tuple[Api, str], kubeconfig: Config) -> None:
    server, address = api
    server.denied = {("create", "pods"), ("create", "services")}
    found = told(job(address), kubeconfig(address, token=TOKEN))
    assert "this login may not create pods, create services in namespace ml" in found
    assert "system:serviceaccount:ml:mlpipeline may not create pods" in found
    assert "rbac.yaml" in found


def test_a_server_that_is_no_api_server(tmp_path: Path) -> None:
    found = told(job("http://127.0.0.1:9"), {"HOME": str(tmp_path), "PATH": ""})
    assert "is no API server of Kubernetes" in found


def test_masters_without_a_scheme_are_https() -> None:
    assert server_of("k8s://host:6443") == "https://host:6443"
    assert server_of("k8s://http://127.0.0.1:8001/") == "http://127.0.0.1:8001"


def test_settings_of_spark_come_before_the_kubeconfig(kubeconfig: Config, tmp_path: Path) -> None:
    environ = kubeconfig("https://k", token="of the file")
    (tmp_path / "token").write_text("of the settings\n")
    settings = {"spark.kubernetes.authenticate.submission.oauthTokenFile": str(tmp_path / "token")}
    assert login_of(settings, environ).token == "of the settings"
    assert login_of({}, environ).token == "of the file"


def test_certificates_of_a_kubeconfig_are_read_as_data_and_as_files(kubeconfig: Config, tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("KEY")
    data = base64.b64encode(b"CERT").decode()
    found = login_of({}, kubeconfig("https://k", **{"client-certificate-data": data, "client-key": "key.pem"}))
    assert (found.certificate, found.key) == ("CERT", "KEY")


def test_a_pod_uses_its_own_service_account(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("mine")
    (tmp_path / "ca.crt").write_text("PEM")
    found = login_of({}, {"HOME": str(tmp_path)}, in_pod=tmp_path)
    assert (found.token, found.authority) == ("mine", "PEM")
    assert login_of({}, {"HOME": str(tmp_path)}, in_pod=tmp_path / "nothing") == Login()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"current-context": "gone"}, "has no context 'gone'"),
        ({"users": []}, "has no user 'u'"),
    ],
)
def test_a_kubeconfig_that_does_not_fit_itself(
    kubeconfig: Config, tmp_path: Path, change: dict[str, object], said: str
) -> None:
    environ = kubeconfig("https://k", token="x")
    found = yaml.safe_load((tmp_path / "config").read_text("utf-8"))
    (tmp_path / "config").write_text(yaml.safe_dump({**found, **change}), "utf-8")
    with pytest.raises(SetupError, match=said):
        login_of({}, environ)


def test_certificates_that_are_none_are_told_and_not_traced() -> None:
    with pytest.raises(SetupError, match="certificates cannot be used"):
        ApiServer("https://k", Login(authority="nonsense"))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_token_does_not_follow_a_server_that_points_elsewhere(status: int) -> None:
    seen: list[tuple[str, str | None]] = []

    class Handler(BaseHTTPRequestHandler):
        """Points from /api to its own /elsewhere, where whoever comes is let in."""

        def do_GET(self) -> None:
            seen.append((self.path, self.headers["Authorization"]))
            is_api = self.path.startswith("/api")
            self.send_response(status if is_api else 200)
            if is_api:
                self.send_header("Location", f"http://{self.headers['Host']}/elsewhere")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        do_POST = do_DELETE = do_GET

        def log_message(self, format: str, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        asks = ApiServer(f"http://127.0.0.1:{server.server_address[1]}", Login(token=TOKEN))
        for method, data in (("GET", None), ("POST", {"spec": {}}), ("DELETE", None)):
            answer = asks.ask("/api/v1/namespaces/ml/pods", method=method, data=data)
            assert (answer.status, answer.ok, answer.json()) == (status, False, None), method
        assert asks.pod("ml", "one") is None and not asks.delete_pod("ml", "one")
    finally:
        server.shutdown()
        server.server_close()
    assert {path.split("/")[1] for path, _ in seen} == {"api"}, "nobody went elsewhere"
    assert {shown for _, shown in seen} == {f"Bearer {TOKEN}"}


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="needs kubectl")
def test_a_login_by_a_program_goes_through_kubectl(api: tuple[Api, str], kubeconfig: Config, tmp_path: Path) -> None:
    server, address = api
    server.token = ""  # kubectl shows a login to nobody without TLS
    program = tmp_path / "hand-out"
    said = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": TOKEN}}
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps(said)}\nEND\n")
    program.chmod(0o755)
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": str(program), "interactiveMode": "Never"}
    environ = kubeconfig(address, exec=plugin)
    found = connect(f"k8s://{address}", {}, environ)
    assert found.ask("/version").status == 200
    assert found.pods("ml", "spark-role=driver") == []
    assert found.ask("/api/v1/namespaces/nope").status == 404
    review = {"kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes": {"verb": "get", "resource": "pods"}}}
    body = {"apiVersion": "authorization.k8s.io/v1", **review}
    made = found.ask("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", method="POST", data=body).json()
    assert made["status"] == {"allowed": True}


def test_without_kubectl_such_a_login_is_told_and_the_job_not_refused(api: tuple[Api, str], kubeconfig: Config) -> None:
    _, address = api
    environ = {**kubeconfig(address, exec={"command": "aws-iam"}), "PATH": ""}
    assert (
        "logs in by aws-iam, which needs kubectl here"
        in connect(f"k8s://{address}", {}, environ).ask("/version").trouble
    )
    assert told(job(address), environ) == ""  # spark-submit calls such programs itself
