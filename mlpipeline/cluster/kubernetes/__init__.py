"""What a cluster of Kubernetes is given: an image, accounts, pod templates, applications and cron jobs, checked."""
