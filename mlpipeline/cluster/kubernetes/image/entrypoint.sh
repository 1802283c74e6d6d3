#!/usr/bin/env bash
# What a container starts. Spark on Kubernetes says `driver ...` or `executor` and leaves the rest to the image, by
# environment variables; anything else is run as it stands.
set -euo pipefail
: "${SPARK_HOME:=/opt/spark}"
export SPARK_HOME

# Some clusters run us as a user without a name, and Hadoop's login refuses those.
if ! whoami >/dev/null 2>&1 && [[ -w /etc/passwd ]]; then
    echo "spark:x:$(id -u):$(id -g):spark:${HOME:-/tmp}:/usr/sbin/nologin" >>/etc/passwd
fi

java=java
[[ -z "${JAVA_HOME:-}" ]] || java="$JAVA_HOME/bin/java"
classes="${SPARK_CONF_DIR:-$SPARK_HOME/conf}:$SPARK_HOME/jars/*"
[[ -z "${SPARK_CLASSPATH:-}" ]] || classes="$classes:$SPARK_CLASSPATH"
[[ -z "${SPARK_EXTRA_CLASSPATH:-}" ]] || classes="$classes:$SPARK_EXTRA_CLASSPATH"

case "${1:-}" in
driver)
    shift
    command=("$SPARK_HOME/bin/spark-submit" --conf "spark.driver.bindAddress=$SPARK_DRIVER_BIND_ADDRESS"
        --deploy-mode client "$@")
    ;;
executor)
    # Each option is a variable of its own: they may hold blanks.
    options=()
    number=0
    while name="SPARK_JAVA_OPT_$number" && [[ -n "${!name+set}" ]]; do
        options+=("${!name}")
        number=$((number + 1))
    done
    command=("$java" ${options[@]+"${options[@]}"} "-Xms$SPARK_EXECUTOR_MEMORY" "-Xmx$SPARK_EXECUTOR_MEMORY" -cp "$classes"
        org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend
        --driver-url "$SPARK_DRIVER_URL" --executor-id "$SPARK_EXECUTOR_ID" --cores "$SPARK_EXECUTOR_CORES"
        --app-id "$SPARK_APPLICATION_ID" --hostname "$SPARK_EXECUTOR_POD_IP"
        --resourceProfileId "${SPARK_RESOURCE_PROFILE_ID:-0}" --podName "$SPARK_EXECUTOR_POD_NAME")
    ;;
"")
    echo "error: nothing to run -> give driver, executor or a command" >&2
    exit 2
    ;;
*)
    command=("$@")
    ;;
esac

# tini passes signals on and buries the processes that Python workers leave behind.
if command -v tini >/dev/null 2>&1; then
    exec tini -s -- "${command[@]}"
fi
exec "${command[@]}"
