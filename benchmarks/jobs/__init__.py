"""What runs inside a fresh process: one file per job, ``run(arguments, started) -> dict``."""
