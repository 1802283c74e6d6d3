"""Who a driver is: a service account with the rights that Spark needs in one namespace, and no others."""

from __future__ import annotations

ACCOUNT = "mlpipeline"
# What Spark's own code asks for: pods and what it puts beside them. `deletecollection` is its way to clean up.
_MADE = ("pods", "services", "configmaps", "persistentvolumeclaims")
_VERBS = ("create", "get", "list", "watch", "update", "patch", "delete", "deletecollection")


def accounts(namespace: str, account: str = ACCOUNT) -> list[dict[str, object]]:
    """ServiceAccount, Role and RoleBinding.

    Args:
        namespace: where drivers and executors run.
        account: its name.
    """
    meta = {"name": account, "namespace": namespace}
    role = "rbac.authorization.k8s.io"
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": dict(meta)},
        {
            "apiVersion": f"{role}/v1",
            "kind": "Role",
            "metadata": dict(meta),
            "rules": [
                {"apiGroups": [""], "resources": list(_MADE), "verbs": list(_VERBS)},
                # `mlpipeline submit` shows what a driver prints.
                {"apiGroups": [""], "resources": ["pods/log", "serviceaccounts"], "verbs": ["get"]},
            ],
        },
        {
            "apiVersion": f"{role}/v1",
            "kind": "RoleBinding",
            "metadata": dict(meta),
            "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": namespace}],
            "roleRef": {"apiGroup": role, "kind": "Role", "name": account},
        },
    ]
