"""`mlpipeline completion`: what the shells complete, tried in bash; zsh and fish by the script's text."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from mlpipeline.catalog import DATASETS, STAGES
from mlpipeline.cli.completion import completion_script
from mlpipeline.cli.main import main
from mlpipeline.cli.verbs import VERBS


@pytest.fixture(scope="module")
def bash_script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("completion") / "mlpipeline.bash"
    file.write_text(completion_script("bash"), "utf-8")
    return file


TRIED = [
    ("plan --from-s", {"--from-stage"}),
    ("run --from-stage ", {stage.name for stage in STAGES}),
    ("submit ", {"run", *(stage.name for stage in STAGES)}),
    ("show clean", {name for name in DATASETS if name.startswith("clean")}),
    ("spark ", {"lint"}),
    ("spark lint --js", {"--json"}),
    ("answer sh", {"shop/ko"}),
    ("ls --se", {"--select"}),  # neither --seed, which ls does not read, nor an old name
    ("run --to", {"--to-stage"}),
    ("completion ", {"bash", "zsh", "fish", "bots"}),
]


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
def test_bash_completes_verbs_options_stages_datasets_and_bots(bash_script: Path, tmp_path: Path) -> None:
    # The bots of the recipes, as `mlpipeline completion bots` prints them.
    program = tmp_path / "mlpipeline"
    program.write_text("#!/bin/sh\nprintf 'shop/ko\\nbank/en\\n'\n")
    program.chmod(0o755)
    lines = [f"source '{bash_script}'", f"PATH='{tmp_path}':$PATH"]
    for words, _ in [("", set[str]()), *TRIED]:
        typed = f"mlpipeline {words}".split(" ")
        lines.append(
            f"COMP_WORDS=({' '.join(repr(word) for word in typed)}); COMP_CWORD={len(typed) - 1}; COMPREPLY=()"
        )
        lines.append('_shtab_mlpipeline mlpipeline "${COMP_WORDS[-1]}"; echo "${COMPREPLY[*]}"')
    done = subprocess.run(["bash", "--norc", "-c", "\n".join(lines)], capture_output=True, text=True, check=False)
    assert not done.stderr
    first, *rest = done.stdout.splitlines()
    assert set(first.split()) == {name.split()[0] for name in VERBS}
    assert [set(line.split()) for line in rest] == [wanted for _, wanted in TRIED]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_get_every_verb_and_option(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    for name in VERBS:
        assert all(word in script for word in name.split())
    assert "from-stage" in script and "near_pair" in script and "mlpipeline completion bots" in script


def test_bots_are_one_a_line(small_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "bots"]) == 0
    assert capsys.readouterr().out.splitlines() == ["bank/en", "shop/ko"]
