"""The registry of released bots: MLflow in a sqlite file of the store, and a pointer for those who cannot wait for it.

MLflow is the truth about versions and aliases. Importing it takes seconds, so each bot's `champion.json` repeats,
beside its bundles, which of them the alias names; `champion` puts it right where the two differ. A version's source is
the bundle's own folder: nothing is copied, nothing is pickled, no MLflow file store is used.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from mlpipeline.store.bundles.content import open_bundle
from mlpipeline.store.layout import Store
from mlpipeline.store.registry.clients import open_client
from mlpipeline.store.registry.described import describe_bundle
from mlpipeline.store.registry.pointers import DIGEST_TAG, model_name
from mlpipeline.store.registry.rows import bring_home, check_registry
from mlpipeline.store.registry.tables import make_tables
from mlpipeline.store.registry.tracking import EXPERIMENT, RunFacts, log_run

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion
    from mlflow.tracking import MlflowClient

_log = logging.getLogger(__name__)


def tracking_uri(folder: Path) -> str:
    """The registry in `folder`, such as `sqlite:////data/store/mlflow/mlflow.db`."""
    return f"sqlite:///{folder.absolute() / 'mlflow.db'}"


def registry(store: Store) -> str:
    """The tracking URI of a store's registry."""
    return tracking_uri(Path(store.path("mlflow")))


def register_bundle(
    uri: str,
    bot: str,
    folder: Path,
    *,
    loader_module: str,
    facts: RunFacts,
    wheel: tuple[str, bytes] | None = None,
) -> int:
    """Register the bundle in `folder` and return its version; the same bundle keeps the version that it has.

    Args:
        uri: of the registry, see `tracking_uri`.
        bot: such as `shop/ko`.
        folder: a bundle; MLflow's description of it is written into it.
        loader_module: the module with `_load_pyfunc`, by its name.
        facts: what is told of the release; it is kept with the version's run.
        wheel: name and bytes of the wheel that has this module; it is laid into the bundle.

    Raises:
        StoreError: no readable bundle, or MLflow refuses.
    """
    digest = open_bundle(folder).digest
    client = _client(uri)
    bring_home(_file(uri), DIGEST_TAG)
    name = model_name(bot)
    describe_bundle(folder, loader_module, wheel)
    found = _versions(client, name, digest)
    if found:
        return int(found[0].version)
    artifacts = (_file(uri).parent / "artifacts").as_uri()
    run = log_run(client, bot, digest, facts, experiment=EXPERIMENT, artifacts=artifacts)
    # Metrics stand in the tags too: a version is then understood without its run, and read in one query.
    own = {key: str(value) for key, value in facts.tags.items()}
    marks = {DIGEST_TAG: digest, "bot": bot, "metrics": json.dumps(facts.measured), **own}
    if not client.search_registered_models(f"name = '{name}'"):
        client.create_registered_model(name)
    source, told = str(folder.absolute()), facts.description
    made = client.create_model_version(name, source, run_id=run.info.run_id, tags=marks, description=told)
    return int(made.version)


def attach_texts(uri: str, name: str, texts: Iterable[tuple[str, int, str]]) -> dict[str, str]:
    """Lay a file beside the runs of versions: (bot, version, text) each; gives the digests of their bundles by bot.

    The files quote customers, so only the owner of the store may read them. A version that is not there is left out.
    """
    if not _file(uri).is_file():
        return {}
    client, found = _client(uri), {}
    bring_home(_file(uri), DIGEST_TAG)  # the runs of a copy would lead into the original
    for bot, version, text in texts:
        for made in client.search_model_versions(f"name = '{model_name(bot)}' and version_number = '{version}'"):
            found[bot] = str(made.tags.get(DIGEST_TAG, ""))
            if not made.run_id:
                continue
            client.log_text(made.run_id, text, name)
            with suppress(OSError):
                (_file(uri).parent / "artifacts" / str(made.run_id) / "artifacts" / name).chmod(0o600)
    return found


def _file(uri: str) -> Path:
    return Path(uri.removeprefix("sqlite:///"))


def tag_version(uri: str, bot: str, version: int, tags: Mapping[str, str]) -> None:
    """Writes tags of a registered version, over those that it has; `uri` as `tracking_uri` gives it."""
    client = _client(uri)
    for key, value in tags.items():
        client.set_model_version_tag(model_name(bot), str(version), key, value)


def _client(uri: str) -> MlflowClient:
    path = _file(uri)
    if not path.is_file():
        _log.info("MLflow makes its tables, once for a store (about 10 s)")
        make_tables(path, open_client)
    check_registry(path)
    return open_client(uri)


def _versions(client: MlflowClient, name: str, digest: str) -> Sequence[ModelVersion]:
    found = client.search_model_versions(f"name = '{name}' and tags.{DIGEST_TAG} = '{digest}'")
    return sorted(found, key=lambda made: int(made.version))
