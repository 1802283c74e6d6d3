"""What is around a job: settings, submission, Kubernetes, sizing, the doctor; no bot, no stage, no language."""
