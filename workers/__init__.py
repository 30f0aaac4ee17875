"""WHEN IT RUNS: Celery tasks, queues and the outbox. Empty until the fleet issue; everything runs inline without it."""
