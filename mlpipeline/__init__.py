"""From a bot's raw conversations to a deployed, explainable chatbot model: batch jobs on Spark."""

__version__ = "0.1.0"

# What is installed, by the name that an index knows it by: the plain name of the package is somebody else's there.
DISTRIBUTION = "mlpipeline-bots"

# The public API, see docs/api.md. Loaded when it is asked for: `import mlpipeline` loads nothing. __init__.pyi has the
# types; stages and stores import this package for its version, and must not depend on what stands above them.
_PUBLIC = {
    "Pipeline": ("mlpipeline.api", "Pipeline"),
    "open": ("mlpipeline.api", "open_pipeline"),
    "MLPipelineError": ("mlpipeline.errors", "MLPipelineError"),
    "augment": ("mlpipeline.arrays", "augment"),
    "find_label_issues": ("mlpipeline.arrays", "find_label_issues"),
    "near_duplicates": ("mlpipeline.arrays", "near_duplicates"),
}

__all__ = [
    "DISTRIBUTION",
    "MLPipelineError",
    "Pipeline",
    "__version__",
    "augment",
    "find_label_issues",
    "near_duplicates",
    "open",
]


def __getattr__(name: str) -> object:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    module, attribute = _PUBLIC[name]
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
