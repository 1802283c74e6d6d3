# The types of the public API; __init__.py loads each name when it is asked for.
from mlpipeline.api import Pipeline as Pipeline
from mlpipeline.api import open_pipeline as open
from mlpipeline.arrays import augment as augment
from mlpipeline.arrays import find_label_issues as find_label_issues
from mlpipeline.arrays import near_duplicates as near_duplicates
from mlpipeline.errors import MLPipelineError as MLPipelineError

DISTRIBUTION: str
__version__: str

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
