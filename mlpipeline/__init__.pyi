# The types of the public API; __init__.py loads each name when it is asked for.
from mlpipeline.api import Pipeline as Pipeline
from mlpipeline.api import open_pipeline as open
from mlpipeline.arrays import DuplicateGroup as DuplicateGroup
from mlpipeline.arrays import LabelIssue as LabelIssue
from mlpipeline.arrays import LabelIssues as LabelIssues
from mlpipeline.arrays import Paraphrase as Paraphrase
from mlpipeline.arrays import augment as augment
from mlpipeline.arrays import find_label_issues as find_label_issues
from mlpipeline.arrays import near_duplicates as near_duplicates
from mlpipeline.errors import MLPipelineError as MLPipelineError
from mlpipeline.orders.bot_rows import BotRow as BotRow
from mlpipeline.orders.evaluation import Evaluation as Evaluation
from mlpipeline.orders.plan_summary import PlanSummary as PlanSummary
from mlpipeline.orders.run_record import RunRecord as RunRecord
from mlpipeline.serving.answer import Answer as Answer
from mlpipeline.serving.answer import Answerer as Answerer

DISTRIBUTION: str
__version__: str

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
