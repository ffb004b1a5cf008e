"""The command line as a user types it, in a folder with a small recording."""

import json

from typer.testing import CliRunner

from spikeglm.cli.app import app


def run(*words):
    """Run a command; its outcome has exit_code, stdout and stderr."""
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, [str(word) for word in words])


def answered(outcome):
    """Return the JSON that a command printed: nothing else may be on stdout."""
    return json.loads(outcome.stdout)


def said(outcome):
    """Return what was said on stderr, with single spaces."""
    return " ".join(outcome.stderr.split())
