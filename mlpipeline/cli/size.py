"""`mlpipeline size`: executors for a cluster, each number with its rule and source."""

from __future__ import annotations

import argparse
from pathlib import Path
from shlex import quote

from mlpipeline.catalog import NEEDS
from mlpipeline.cli.context import CommandContext
from mlpipeline.cli.files import check_target
from mlpipeline.cli.options import refuse_ignored
from mlpipeline.cli.tables import draw
from mlpipeline.cluster.sizing.cluster import Ask, Need, Sizing, as_conf, need_of, size_cluster
from mlpipeline.cluster.sizing.guides import GUIDES, guide_named
from mlpipeline.cluster.units import megabytes
from mlpipeline.errors import UsageError


def add_size(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("--nodes", type=int, required=True, metavar="N", help="worker nodes")
    parser.add_argument("--cores", type=int, required=True, metavar="N", help="cores of a node")
    parser.add_argument("--memory", required=True, metavar="SIZE", help="memory of a node, such as 64g")
    parser.add_argument("--gpus", type=int, default=0, metavar="N", help="GPUs of a node")
    parser.add_argument(
        "--master", default="yarn", metavar="KIND", help="yarn (default), k8s, standalone, or an address"
    )
    parser.add_argument("--stage", metavar="NAME", help="size for one stage; default: for all stages")
    parser.add_argument("--lang", metavar="TAG", help="bots of one language; default: of all in one job")
    parser.add_argument("--no-python", action="store_true", help="a job of the JVM alone, as the guides' examples are")
    stated = parser.add_argument_group("what you know better")
    stated.add_argument("--deploy-mode", choices=["client", "cluster"], default="cluster", help="default: cluster")
    stated.add_argument("--reserved-cores", type=int, metavar="N", help="left to the system on each node (default: 1)")
    stated.add_argument("--reserved-memory", metavar="SIZE", help="left to the system on each node (default: 1g)")
    stated.add_argument(
        "--allocatable", action="store_true", help="Kubernetes: --cores and --memory are what pods can have"
    )
    stated.add_argument("--executor-cores", type=int, metavar="N", help="cores of an executor (default: 3 to 5)")
    stated.add_argument("--task-cpus", type=int, metavar="N", help="cores of a task")
    stated.add_argument("--tasks-per-gpu", type=int, metavar="N", help="tasks that share a GPU (default: 2 to 4)")
    stated.add_argument("--model", metavar="SIZE", help="memory of the model and its library in each Python worker")
    stated.add_argument("--pinned", metavar="SIZE", help="page-locked host memory of an executor with a GPU")
    stated.add_argument("--container-step", metavar="SIZE", help="yarn.scheduler.minimum-allocation-mb (default: 1g)")
    stated.add_argument("--shuffle", metavar="SIZE", help="size of the largest shuffle")
    stated.add_argument("--static", action="store_true", help="all executors from the start, no dynamic allocation")
    stated.add_argument("--guide", default="ours", help=f"whose rules: {', '.join(GUIDES)} (default: ours)")
    parser.add_argument("--to", metavar="FILE", help="write the settings there, as spark-submit reads them")
    parser.set_defaults(verb=size_verb)


def size_verb(context: CommandContext) -> int:
    """Prints the sizing, or writes its settings to a file."""
    options = context.options
    if options.to:
        check_target("--to", Path(options.to))
    if not options.gpus:
        refuse_ignored(options, ("pinned", "tasks_per_gpu"), "is for nodes with --gpus")
    if options.master.startswith(("standalone", "spark://")):
        refuse_ignored(options, ("deploy_mode",), "is for --master yarn and k8s: standalone takes no Python driver")
    if not options.master.startswith("k8s"):
        refuse_ignored(options, ("allocatable",), "is for --master k8s")
    pinned = _optional(options.pinned) or 0
    if options.no_python:
        refuse_ignored(options, ("stage", "lang", "model"), "is for Python workers, which --no-python has none of")
        need = Need(gpu=True, pinned_mb=pinned)
    else:
        need = need_of(NEEDS, options.stage, options.lang, model_mb=_optional(options.model), pinned_mb=pinned)
    ask = Ask(
        reserved_cores=options.reserved_cores,
        reserved_mb=_optional(options.reserved_memory),
        allocatable=options.allocatable,
        executor_cores=options.executor_cores,
        task_cpus=options.task_cpus,
        tasks_per_gpu=options.tasks_per_gpu,
        deploy_mode=options.deploy_mode,
        container_step_mb=_optional(options.container_step),
        shuffle_mb=_optional(options.shuffle),
        static=options.static,
    )
    size = megabytes(options.memory)
    sizing = size_cluster(
        options.nodes,
        options.cores,
        size,
        options.gpus,
        options.master,
        need,
        guide=guide_named(options.guide),
        ask=ask,
    )
    conf = as_conf(sizing.settings, sizing.lines, _title(options))
    if options.to:
        _write(Path(options.to), conf)
        context.say(f"settings written to {options.to}: spark-submit --properties-file {quote(options.to)}")
    context.print_result(_as_json(sizing), _as_text(sizing, "" if options.to else conf))
    return 0


def _optional(size: str | None) -> int | None:
    return None if size is None else megabytes(size)


def _title(options: argparse.Namespace) -> str:
    gpus = f", {options.gpus} GPUs" if options.gpus else ""
    whose = f"{options.stage or 'all stages'}{f' of {options.lang}' if options.lang else ''}"
    return f"{options.master}: {options.nodes} nodes of {options.cores} cores, {options.memory}{gpus}, for {whose}"


def _as_text(sizing: Sizing, conf: str) -> str:
    head = ["what", "value", "rule", "source"]
    parts = [draw(head, [list(line) for line in sizing.lines], right=["value"])]
    parts += [f"note: {note}" for note in sizing.notes]
    return "\n".join([*parts, *(["", conf.rstrip()] if conf else [])])


def _as_json(sizing: Sizing) -> dict[str, object]:
    content = {name: value for name, value in vars(sizing).items() if name != "lines"}
    return {**content, "lines": [line._asdict() for line in sizing.lines]}


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", where=str(file), fix="another --to") from error
