"""Secrets among settings and words: hidden in all that is kept or shown, and left to a Secret in manifests."""

from __future__ import annotations

from typing import Any

from mlpipeline.cluster.kubernetes.cron_jobs import ScheduledRun, cron_manifests
from mlpipeline.cluster.kubernetes.manifests import as_yaml
from mlpipeline.cluster.kubernetes.secrets import guarded, secret_name, secrets_of
from mlpipeline.cluster.lint.settings import lint_settings
from mlpipeline.cluster.lint.table import keys
from mlpipeline.cluster.redaction import DEFAULT, HIDDEN, redacted, redacted_words
from mlpipeline.cluster.submission.compose import Submission, as_line, hidden_note

S3A = {
    "spark.hadoop.fs.s3a.secret.key": "hunter2",
    "spark.hadoop.fs.s3a.access.key": "AKIA123",
    "spark.hadoop.fs.s3a.endpoint": "https://minio:9000",
    "spark.ssl.rpc.keyPassword": "hunter3",
    "spark.kubernetes.container.image": "reg/bots:1",
    "spark.kubernetes.authenticate.submission.oauthTokenFile": "/var/run/token",
    "spark.hadoop.fs.s3a.aws.credentials.provider": "com.acme.Provider",
}


def test_the_rule_is_sparks() -> None:
    assert keys()["spark.redaction.regex"].default == DEFAULT
    hidden = redacted({**S3A, "spark.driver.extraJavaOptions": "-Dtrust.password=x"})
    assert hidden["spark.hadoop.fs.s3a.secret.key"] == hidden["spark.hadoop.fs.s3a.access.key"] == HIDDEN
    assert hidden["spark.driver.extraJavaOptions"] == HIDDEN, "by its value"
    assert hidden["spark.hadoop.fs.s3a.endpoint"] == "https://minio:9000"
    own = redacted({"spark.my.pin": "1234", "spark.redaction.regex": "pin"})
    assert own == {"spark.my.pin": HIDDEN, "spark.redaction.regex": "pin"}


def test_words_of_a_command() -> None:
    words = [
        "run",
        "--conf",
        "spark.hadoop.fs.s3a.secret.key=hunter2",
        "--conf=spark.a.token=t",
        "--set",
        "x.password=p",
    ]
    words += [
        "--store",
        "s3a://AKIA:hunter2@bucket/store",
        "--set",
        "augment.generator.model=secretary",
        "--master",
        "yarn",
    ]
    shown = redacted_words(words)
    assert "hunter2" not in " ".join(shown) and "AKIA" not in " ".join(shown)
    assert shown[2] == f"spark.hadoop.fs.s3a.secret.key={HIDDEN}" and shown[3] == f"--conf=spark.a.token={HIDDEN}"
    assert shown[5] == f"x.password={HIDDEN}" and shown[7] == f"s3a://{HIDDEN}@bucket/store"
    assert shown[9:] == words[9:], "what is no secret stays as it is"


def test_a_printed_line_has_no_secret_and_says_so() -> None:
    job = Submission("job.py", settings=S3A)
    assert "hunter2" not in as_line(job) and "AKIA" not in as_line(job) and HIDDEN in as_line(job)
    assert "spark.hadoop.fs.s3a.secret.key" in hidden_note(job) and "--properties-file" in hidden_note(job)
    assert "hunter2" in " ".join(job.command()), "what runs has it"
    assert not hidden_note(Submission("job.py", settings={"spark.executor.cores": "2"}))


def test_a_wrong_value_of_a_secret_is_not_repeated() -> None:
    found = lint_settings({"spark.ssl.rpc.keyPassword": "hunter2", "spark.authenticate.secretBitLength": "hunter4"})
    assert found and "hunter" not in str(found[0].what)


def test_a_job_names_a_secret_of_kubernetes() -> None:
    name = secret_name("bots")
    secrets = secrets_of(S3A, name)
    assert secrets.keys == tuple(sorted(key for key in S3A if key.endswith(("secret.key", "access.key", "Password"))))
    made = guarded(Submission("local:///job.py", settings=S3A), name).settings
    assert made["spark.hadoop.fs.s3a.secret.key"] == "${env.SPARK_HADOOP_FS_S3A_SECRET_KEY}"
    assert made["spark.ssl.rpc.keyPassword"] == "${env:SPARK_SSL_RPC_KEYPASSWORD}"
    for role in ("driver", "executor"):
        key = f"spark.kubernetes.{role}.secretKeyRef.SPARK_HADOOP_FS_S3A_SECRET_KEY"
        assert made[key] == "bots-secrets:spark.hadoop.fs.s3a.secret.key"
    assert not any("hunter" in value or "AKIA" in value for value in made.values())
    assert secrets.command("ml").startswith("kubectl create secret generic bots-secrets --namespace ml --from-literal=")


def test_so_does_a_cron_job() -> None:
    made: Any = cron_manifests([ScheduledRun("shop/ko", "30 2 * * *", ("run",))], settings=S3A)
    text = as_yaml(made)
    assert "hunter" not in text and "AKIA" not in text
    container = made[-1]["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
    variables = {one["name"]: one.get("valueFrom", {}).get("secretKeyRef") for one in container["env"]}
    assert variables["SPARK_HADOOP_FS_S3A_SECRET_KEY"] == {
        "name": "mlpipeline-secrets",
        "key": "spark.hadoop.fs.s3a.secret.key",
    }
    assert "spark.hadoop.fs.s3a.secret.key=${env.SPARK_HADOOP_FS_S3A_SECRET_KEY}" in container["args"]


def test_a_rule_among_the_words_is_followed_and_shown() -> None:
    rule = "spark.redaction.regex=(?i)pin"
    words = ["--conf", rule, "--conf", "spark.my.PIN=1234", "--conf", "spark.a.token=t", f"--conf={rule}"]
    shown = redacted_words(words)
    assert shown[3] == f"spark.my.PIN={HIDDEN}" and [*shown[:3], *shown[4:]] == [*words[:3], *words[4:]]
    broken = ["spark.redaction.regex=(", "spark.a.token=t"]
    assert redacted_words(broken) == [broken[0], f"spark.a.token={HIDDEN}"], "a rule that is none hides as Spark's does"


def test_a_setting_is_hidden_by_its_value_and_another_word_by_its_key_only() -> None:
    words = ["spark.driver.extraJavaOptions=-Dtrust.password=x", "my.note=the password is x"]
    assert redacted_words(words) == [f"spark.driver.extraJavaOptions={HIDDEN}", words[1]]
