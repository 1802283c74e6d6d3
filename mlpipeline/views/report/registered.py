"""The report of a run beside the run's models: a page for each released bot, where MLflow shows its version."""

from __future__ import annotations

import logging

from mlpipeline.errors import StoreError
from mlpipeline.orders.run_record import RunRecord
from mlpipeline.store.layout import Store
from mlpipeline.store.registry.models import attach_text, registry
from mlpipeline.store.registry.server import team_server
from mlpipeline.views.report.page import render_report

_log = logging.getLogger(__name__)
_NAME = "report.html"


def attach_reports(store: Store, record: RunRecord) -> None:
    """Lays each bot's part of a run's report beside the version that it made, here and at a team's server.

    The run is over: what cannot be attached is a warning, once.
    """
    own, content = registry(store), record.content()
    server = team_server(own)
    for bot in record.bots:
        if bot.version is None or "release" not in bot.causes or bot.status not in ("released", "refused"):
            continue
        page = render_report({**content, "bots": [one for one in content["bots"] if one["bot"] == bot.bot]})
        try:
            digest = attach_text(own, bot.bot, bot.version, _NAME, page)
            if server is not None and digest:
                server.attach(bot.bot, digest, _NAME, page)
        except StoreError as error:
            _log.warning("warning: the report is not in MLflow: %s", error)
            return
