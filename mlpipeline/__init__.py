"""From a bot's raw conversations to a deployed, explainable chatbot model: batch jobs on Spark."""

import logging

__version__ = "0.1.0"

# What is installed, by the name that an index knows it by: the plain name of the package is somebody else's there.
DISTRIBUTION = "mlpipeline-bots"

# The public API, see docs/api.md. Loaded when it is asked for: `import mlpipeline` loads nothing. __init__.pyi has the
# types; stages and stores import this package for its version, and must not depend on what stands above them.
_PUBLIC = {
    "Answer": "mlpipeline.serving.answer",
    "Answerer": "mlpipeline.serving.answer",
    "BotRow": "mlpipeline.orders.bot_rows",
    "DuplicateGroup": "mlpipeline.arrays",
    "Evaluation": "mlpipeline.orders.evaluation",
    "LabelIssue": "mlpipeline.arrays",
    "LabelIssues": "mlpipeline.arrays",
    "MLPipelineError": "mlpipeline.errors",
    "Paraphrase": "mlpipeline.arrays",
    "Pipeline": "mlpipeline.api",
    "PlanSummary": "mlpipeline.orders.plan_summary",
    "RunRecord": "mlpipeline.orders.run_record",
    "augment": "mlpipeline.arrays",
    "find_label_issues": "mlpipeline.arrays",
    "near_duplicates": "mlpipeline.arrays",
    "open": "mlpipeline.api",
}

__all__ = [
    "DISTRIBUTION",
    "Answer",
    "Answerer",
    "BotRow",
    "DuplicateGroup",
    "Evaluation",
    "LabelIssue",
    "LabelIssues",
    "MLPipelineError",
    "Paraphrase",
    "Pipeline",
    "PlanSummary",
    "RunRecord",
    "__version__",
    "augment",
    "find_label_issues",
    "near_duplicates",
    "open",
]


# Whoever uses the package says where its messages go; until then they go nowhere.
logging.getLogger(__name__).addHandler(logging.NullHandler())


def __getattr__(name: str) -> object:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_PUBLIC[name]), "open_pipeline" if name == "open" else name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
