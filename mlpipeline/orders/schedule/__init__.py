"""Scheduled runs: as crontab lines, CronJobs and Airflow DAGs, and what a scheduled run does."""
