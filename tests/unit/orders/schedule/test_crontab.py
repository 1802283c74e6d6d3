"""The crontab is one that cron takes, and says what was meant; the DAG uses names that Airflow has."""

from __future__ import annotations

import ast
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from mlpipeline.cli.main import main
from mlpipeline.errors import UsageError
from mlpipeline.orders.schedule.airflow import as_airflow
from mlpipeline.orders.schedule.crontab import Schedule, as_crontab, cron_environment, own_program, selections_of
from tests.e2e.corpora import write_project

FOLDERS = {"MLPIPELINE_STORE": "/srv/내 봇 100%/store", "MLPIPELINE_CONF": "/srv/내 봇 100%/conf"}
BOTS = [("shop", "ko"), ("shop", "en"), ("bank", "ko")]


def a_schedule(**changes: object) -> Schedule:
    given: dict[str, object] = {
        "selections": selections_of(BOTS, "bot"),
        "at": "30 2 * * *",
        "spread": 60,
        "home": Path("/srv/내 봇 100%"),
        "program": ("/srv/bin/mlpipeline",),
        "environ": {"PATH": "/srv/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "a 100%", **FOLDERS},
        "scheduled_run": ("--logs", "/srv/logs"),
    }
    return Schedule(**{**given, **changes})  # type: ignore[arg-type]


def read_crontab(text: str) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """(variables, [(time, command)]) as Vixie's cron reads a user's crontab; raises AssertionError where it would not.

    Written from crontab(5), on its own: a blank or comment line, `NAME = value`, or five fields and a command, in which
    a bare percent sign is a line break and an escaped one is a percent sign.
    """
    assert text.endswith("\n"), "cron ignores a last line without an end"
    number = r"(?:\*(?:/[1-9]\d?)?|[0-9]{1,2}(?:-[0-9]{1,2}(?:/[1-9]\d?)?)?)"
    field = rf"{number}(?:,{number})*"
    entry = re.compile(rf"((?:{field}[ \t]+){{4}}(?:{field}|sun|mon|tue|wed|thu|fri|sat))[ \t]+(\S.*)\Z")
    variables, entries = {}, []
    for line in text.split("\n"):
        assert len(line.encode()) < 1000
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        setting = re.match(r"([A-Z_][A-Z0-9_]*)=(?:\"([^\"]*)\"|([^\"].*))\Z", line)
        if setting:
            variables[setting[1]] = setting[2] if setting[2] is not None else setting[3]
            continue
        found = entry.match(line)
        assert found, f"no line of cron: {line}"
        limits = zip(found[1].split(), (59, 23, 31, 12, 7), strict=True)
        assert all(int(digits) <= most for word, most in limits for digits in re.findall(r"(?<!/)\d+", word))
        command = re.split(r"(?<!\\)%", found[2])
        assert len(command) == 1, "what follows a percent sign would be the command's input"
        entries.append((found[1], command[0].replace(r"\%", "%")))
    return variables, entries


@pytest.mark.parametrize("line", ["30 2 * * mlpipeline", "30 2 * * * echo 100%", "61 2 * * * x", "what is this"])
def test_the_strict_reader_refuses(line: str):
    with pytest.raises(AssertionError):
        read_crontab(line + "\n")


def test_one_line_for_each_domain_and_language_at_its_own_time():
    variables, entries = read_crontab(as_crontab(a_schedule(mail="ops@example.com")))
    assert [time for time, _ in entries] == ["30 2 * * *", "50 2 * * *", "10 3 * * *"]
    for (_, command), bot in zip(entries, ("shop/ko", "shop/en", "bank/ko"), strict=True):
        assert shlex.split(command) == [
            *(
                "cd",
                "/srv/내 봇 100%",
                "&&",
                "/srv/bin/mlpipeline",
                "scheduled-run",
                "--select",
                bot,
                "--logs",
                "/srv/logs",
            )
        ]
    assert variables["MAILTO"] == "ops@example.com" and variables["SHELL"] == "/bin/sh"
    assert variables["TZ"] == "a 100%", "percent signs of a variable are not cron's"
    assert not set(FOLDERS) & set(variables)


def test_folders_stand_in_the_line_where_they_are_not_the_usual_ones():
    elsewhere = {"MLPIPELINE_STORE": "s3a://bots/store", "MLPIPELINE_CONF": "/etc/내 conf"}
    _, entries = read_crontab(as_crontab(a_schedule(environ=elsewhere)))
    words = shlex.split(entries[0][1])
    assert words[5:11] == ["--select", "shop/ko", "--store", "s3a://bots/store", "--conf", "/etc/내 conf"]


def test_cron_itself_takes_it(tmp_path: Path):
    crontab = shutil.which("crontab")
    if crontab is None:
        pytest.skip("no crontab here; the strict reader above has judged it")
    file = tmp_path / "crontab"
    file.write_text(as_crontab(a_schedule(scheduled_run=("--hook", "echo 100% | mail"))), "utf-8")
    flag = "-T" if "-T" in subprocess.run([crontab, "-h"], capture_output=True, text=True, check=False).stderr else "-n"
    done = subprocess.run([crontab, flag, str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_is_said_in_the_hook_reaches_the_shell_unchanged():
    hook = "printf '%s\\n' \"$MLPIPELINE_WORD\" >> 'a b.txt'"
    _, entries = read_crontab(as_crontab(a_schedule(scheduled_run=("--hook", hook))))
    assert shlex.split(entries[0][1])[-1] == hook


def test_empty_mail_is_written_so_that_cron_sends_none():
    variables, _ = read_crontab(as_crontab(a_schedule(mail="")))
    assert variables["MAILTO"] == ""


def test_a_line_that_cron_would_cut_is_refused():
    with pytest.raises(UsageError, match="too long"):
        as_crontab(a_schedule(scheduled_run=("--hook", "x" * 1000)))
    with pytest.raises(UsageError, match="line break"):
        as_crontab(a_schedule(environ={"TZ": "a\nb"}))
    with pytest.raises(UsageError, match="broken"):
        as_crontab(a_schedule(scheduled_run=("--hook", "a\nb")))


@pytest.mark.parametrize(
    ("by", "scheduled_runs"),
    [
        ("bot", ("shop/ko", "shop/en", "bank/ko")),
        ("domain", ("domain:shop", "domain:bank")),
        ("lang", ("lang:ko", "lang:en")),
        ("all", ("",)),
    ],
)
def test_what_makes_a_scheduled_run(by: str, scheduled_runs: tuple[str, ...]):
    assert selections_of(BOTS, by) == scheduled_runs  # type: ignore[arg-type]


def test_of_chosen_bots_each_is_named_so_that_no_other_comes_along():
    assert selections_of(BOTS, "lang", named=True) == ("shop/ko,bank/ko", "shop/en")


def test_variables_that_cron_does_not_have(tmp_path: Path):
    java = tmp_path / "jdk" / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text("#!/bin/sh\n")
    java.chmod(0o755)
    environ = {
        "PATH": f"{java.parent}:/usr/bin",
        "LANG": "C",
        "HTTPS_PROXY": "http://me:secret@proxy",
        "TZ": "Asia/Seoul",
    }
    made = cron_environment(environ, store="/srv/store", conf=tmp_path / "conf")
    assert str(java.parent) in made["PATH"].split(":") and made["PATH"].endswith(":/bin")
    assert (
        made["LANG"] == "C.UTF-8" and made["TZ"] == "Asia/Seoul" and made["MLPIPELINE_CONF"] == str(tmp_path / "conf")
    )
    assert "secret" not in str(made)
    assert cron_environment({"LANG": "ko_KR.UTF-8"}, store="", conf=tmp_path)["LANG"] == "ko_KR.UTF-8"


def test_the_program_is_this_very_one():
    done = subprocess.run([*own_program(), "--version"], capture_output=True, text=True, check=True, env={"PATH": ""})
    assert done.stdout.startswith("mlpipeline ")


# The names of Airflow that the text uses, with arguments that both 2.10 and 3.3 have (the text was tried with both).
AIRFLOW: Mapping[str, frozenset[str]] = {
    "DAG": frozenset(
        ["dag_id", "schedule", "start_date", "catchup", "max_active_runs", "max_active_tasks", "default_args", "tags"]
    ),
    "task": frozenset(),
    "AirflowException": frozenset(),
    "AirflowFailException": frozenset(),
    "AirflowSkipException": frozenset(),
}
PLACES = {"airflow", "airflow.sdk", "airflow.decorators", "airflow.exceptions", "airflow.sdk.exceptions"}
OPERATOR_ARGUMENTS = {"retries", "retry_delay", "execution_timeout", "task_id"}


def test_the_dag_compiles_and_uses_only_names_that_airflow_has():
    text = as_airflow(a_schedule(run=("--master", "yarn")), at_once=2, hook="echo 'it''s' %")
    tree = ast.parse(text)
    compile(text, "dag.py", "exec")
    imported = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and "airflow" in str(node.module)]
    assert {node.module for node in imported} == PLACES
    assert {alias.name for node in imported for alias in node.names} == set(AIRFLOW)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert set(AIRFLOW) <= used
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    (dag,) = (call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "DAG")
    given = {keyword.arg: keyword.value for keyword in dag.keywords}
    assert set(given) <= AIRFLOW["DAG"] and not dag.args
    assert ast.literal_eval(given["schedule"]) == "30 2 * * *" and ast.literal_eval(given["max_active_tasks"]) == 2
    arguments = given["default_args"]
    assert isinstance(arguments, ast.Dict)
    assert {key.value for key in arguments.keys if isinstance(key, ast.Constant)} <= OPERATOR_ARGUMENTS
    (override,) = (call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "override")
    assert {keyword.arg for keyword in override.keywords} == {"task_id"}


class Fake:
    """Stands where Airflow's names stand, so that the text can be run; remembers the tasks."""

    def __init__(self) -> None:
        self.made: list[tuple[str, str]] = []

    def namespace(self, text: str) -> dict[str, object]:
        made = self.made

        class Task:
            def __init__(self, function: object, task_id: str = "") -> None:
                self.function, self.task_id = function, task_id

            def override(self, task_id: str) -> Task:
                assert re.fullmatch(r"[\w.-]{1,250}", task_id, re.ASCII), "what Airflow takes as a task_id"
                return Task(self.function, task_id)

            def __call__(self, selection: str) -> None:
                made.append((self.task_id, selection))

        class Dag:
            def __init__(self, **arguments: object) -> None:
                self.arguments = arguments

            def __enter__(self) -> Dag:
                return self

            def __exit__(self, *ending: object) -> None: ...

        names: dict[str, object] = {"DAG": Dag, "task": Task}
        names |= {name: type(name, (Exception,), {}) for name in AIRFLOW if name.startswith("Airflow")}
        tree = ast.parse(text)
        tree.body = [node for node in tree.body if not isinstance(node, ast.Try)]
        exec(compile(tree, "dag.py", "exec"), names)
        return names


def test_a_task_for_each_bot_and_exit_codes_become_states(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    fake = Fake()
    hook = f'echo "$MLPIPELINE_SELECTION $MLPIPELINE_WORD" >> {tmp_path}/told'
    for code, ends in ((0, None), (1, "AirflowException"), (2, "AirflowFailException"), (4, "AirflowSkipException")):
        program = ("/bin/sh", "-c", f'echo "사랑 $*"; exit {code}', "x")
        names = fake.namespace(as_airflow(a_schedule(program=program, home=tmp_path), at_once=1, hook=hook))
        raised = None
        try:
            names["scheduled_run"].function("shop/ko")  # type: ignore[attr-defined]
        except Exception as error:
            raised = type(error).__name__
        assert raised == ends
        assert "사랑 run --select shop/ko" in capfd.readouterr().out
    assert (tmp_path / "told").read_text() == "shop/ko failed\nshop/ko usage\nshop/ko refused\n"
    assert fake.made[:3] == [("shop.ko", "shop/ko"), ("shop.en", "shop/en"), ("bank.ko", "bank/ko")]


def test_the_verb_writes_cron_jobs_for_kubernetes_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    write_project(tmp_path, domains=("shop",), langs=("ko", "en"))
    folders = ["--conf", str(tmp_path / "conf"), "--store", "s3a://bots/store"]
    words = [
        "schedule",
        "--as",
        "k8s",
        "--image",
        "registry.example/mlpipeline:1",
        "--time-zone",
        "Asia/Seoul",
        *folders,
    ]
    assert main([*words, "--at", "0 3 * * *", "--spread", "20"]) == 0
    manifests = list(yaml.safe_load_all(capsys.readouterr().out))
    jobs = [manifest for manifest in manifests if manifest["kind"] == "CronJob"]
    assert [job["spec"]["schedule"] for job in jobs] == ["0 3 * * *", "10 3 * * *"]
    for job, bot in zip(jobs, ("shop/ko", "shop/en"), strict=True):
        container = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
        assert container["image"] == "registry.example/mlpipeline:1" and bot in container["args"]
        assert "s3a://bots/store" in container["args"] and job["spec"]["concurrencyPolicy"] == "Forbid"
    assert main(["schedule", "--as", "k8s", *folders]) == 2 and "--image" in capsys.readouterr().err
