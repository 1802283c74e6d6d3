"""A team's MLflow server beside the store: what is released is told there too, where the environment names one.

`MLFLOW_TRACKING_URI` names where runs go, `MLFLOW_REGISTRY_URI` where versions and aliases go: each stands for the
other where only one is set. The store stays what answers: a server that is down stops a release before the alias moves.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlpipeline.errors import StoreError
from mlpipeline.inputs import hide_logins
from mlpipeline.store.registry.clients import open_client
from mlpipeline.store.registry.pointers import DIGEST_TAG, model_name
from mlpipeline.store.registry.tracking import EXPERIMENT, RunFacts, log_run

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion
    from mlflow.tracking import MlflowClient

_TRACKING, _REGISTRY = "MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"
# MLflow itself tries for four minutes, once for each request.
_PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "30"}
_TOLD = 200  # characters of a server's own words


@dataclass(frozen=True)
class TeamServer:
    """The URIs of a team's server: runs go to `tracking`, versions and aliases to `registry`, None: nowhere."""

    tracking: str
    registry: str | None

    def record(self, bot: str, folder: Path, digest: str, facts: RunFacts) -> None:
        """Logs the run of a release with its bundle, and registers that; what stands there already stays.

        Args:
            bot: DOMAIN/LANG.
            folder: the bundle.
            digest: of the bundle.
            facts: what is told of it.

        Raises:
            StoreError: the server cannot be reached, or refuses.
        """
        with self._told():
            client = self._client()
            if self.registry is not None and self._version(client, bot, digest) is not None:
                return
            experiment = os.environ.get("MLFLOW_EXPERIMENT_NAME") or EXPERIMENT
            run = log_run(client, bot, digest, facts, experiment=experiment)
            client.log_artifacts(run.info.run_id, str(folder), "bundle")
            if self.registry is None:
                return
            name = model_name(bot)
            if not client.search_registered_models(f"name = '{name}'"):
                with suppress_exists():
                    client.create_registered_model(name)
            source = f"{self._reachable(str(run.info.artifact_uri))}/bundle"
            tags = {DIGEST_TAG: digest, "bot": bot, **{key: str(value) for key, value in facts.tags.items()}}
            client.create_model_version(name, source, run.info.run_id, tags=tags, description=facts.description)

    def move(self, bot: str, alias: str, digest: str | None) -> None:
        """Lets an alias name the version of a bundle there, or none.

        Raises:
            StoreError: the server cannot be reached, refuses, or has no version of this bundle.
        """
        if self.registry is None:
            return
        with self._told():
            client = self._client()
            if digest is None:
                client.delete_registered_model_alias(model_name(bot), alias)
                return
            found = self._version(client, bot, digest)
            if found is None:
                fix = f"run `mlpipeline run --from-stage release --select {bot}` with the server named"
                raise StoreError(f"the MLflow server has no version of this bundle of {bot}", where=str(self), fix=fix)
            client.set_registered_model_alias(model_name(bot), alias, str(found.version))

    def attach(self, bot: str, digest: str, name: str, text: str) -> None:
        """Lays a file beside the run of a bundle there, where there is such a run.

        Raises:
            StoreError: the server cannot be reached, or refuses.
        """
        with self._told():
            client = self._client()
            experiment = client.get_experiment_by_name(os.environ.get("MLFLOW_EXPERIMENT_NAME") or EXPERIMENT)
            if experiment is None:
                return
            query = f"tags.{DIGEST_TAG} = '{digest}' and tags.bot = '{bot}'"
            for run in client.search_runs([experiment.experiment_id], query, max_results=1):
                client.log_text(run.info.run_id, text, name)

    def __str__(self) -> str:
        return hide_logins(
            self.tracking if self.registry in (None, self.tracking) else f"{self.tracking} {self.registry}"
        )

    def _client(self) -> MlflowClient:
        for name, value in _PATIENCE.items():
            os.environ.setdefault(name, value)
        logging.getLogger("urllib3").setLevel(logging.ERROR)  # it tells each try with its address
        return open_client(self.tracking, self.registry)

    def _version(self, client: MlflowClient, bot: str, digest: str) -> ModelVersion | None:
        found = client.search_model_versions(f"name = '{model_name(bot)}' and tags.{DIGEST_TAG} = '{digest}'")
        return max(found, key=lambda made: int(made.version), default=None)

    def _reachable(self, artifacts: str) -> str:
        """A place of artefacts that another server understands: one behind the tracking server names its host."""
        if self.registry == self.tracking or not artifacts.startswith("mlflow-artifacts:/"):
            return artifacts
        host = hide_logins(self.tracking).partition("://")[2].removeprefix("***@").partition("/")[0]
        return f"mlflow-artifacts://{host}/{artifacts.removeprefix('mlflow-artifacts:').lstrip('/')}"

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Whatever MLflow's client raises is one line that names the server, without logins."""
        try:
            yield
        except StoreError:
            raise
        except Exception as error:
            fix = f"start it, or correct {_TRACKING} and {_REGISTRY}; then run again: nothing was moved"
            raise StoreError(f"the MLflow server {_cause(error)}", where=str(self), fix=fix) from None


@contextmanager
def suppress_exists() -> Iterator[None]:
    """Another process has made it meanwhile."""
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def team_server(own: str) -> TeamServer | None:
    """The server that the environment names; None where it names none, or the store's own registry.

    Args:
        own: the URI of the store's registry.
    """
    named = (os.environ.get(name, "").strip() for name in (_TRACKING, _REGISTRY))
    # `mlflow.set_tracking_uri` sets the variables, too: who has looked into a store's registry named no server by it.
    tracking, registry = (own if _is_of_a_store(uri) else uri for uri in named)
    tracking, registry = tracking or registry, registry or tracking
    if not tracking or tracking == own == registry:
        return None
    if tracking == own:
        tracking = registry  # its artefacts are files of this machine, which no other can read
    return TeamServer(tracking, None if registry == own else registry)


def _is_of_a_store(uri: str) -> bool:
    """Whether a URI names the registry of this store or of another: a release in a copy must not reach the original."""
    path = Path(uri.removeprefix("sqlite:///"))
    return uri.startswith("sqlite:///") and path.name == "mlflow.db" and (path.parent.parent / "bundles").is_dir()


def _cause(error: Exception) -> str:
    """What went wrong, in words: the library's own are a page, and hold the address as it was typed."""
    text = " ".join(str(error).split())
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if "Timeout" in kinds or "timed out" in text.lower():
        return "does not answer in time"
    if "ConnectionError" in kinds or ("Max retries exceeded" in text and "too many" not in text):
        return "cannot be reached"
    for code, words in (("401", "asks for a login"), ("403", "refuses this user")):
        if f"error code {code}" in text:
            return f"{words} ({code})"
    if "too many 5" in text or "error code 5" in text:
        return "fails (it answers with 500 or the like)"
    return f"refuses: {hide_logins(text)[:_TOLD]}"
