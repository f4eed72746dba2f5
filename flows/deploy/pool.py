"""The work pool that runs wait in: one that is there is left as it is; else one for processes on this machine."""

import sys
from typing import Any

from flows.deploy.server import Api


def ensure_pool(api: Api, name: str, folder: str) -> str:
    """What was done: nothing where there is one, of whatever kind."""
    if api.pool(name) is not None:
        return "unchanged"
    api.create_pool({"name": name, "type": "process", "base_job_template": process_template(sys.executable, folder),
                     "description": f"Runs of Keepfit as processes on one machine, in {folder}."})  # fmt: skip
    return "created"


def process_template(python: str, folder: str) -> dict[str, Any]:
    """How a worker starts a run: in the folder that holds ``configs/``, from which no module is imported.

    A run with a command of its own stays in the process group of its worker, so that both can be stopped together;
    ``-P`` keeps a folder `flows` or `tasks` of the user's from standing in for ours.
    """
    text = {"type": "string"}
    return {
        "job_configuration": {
            name: f"{{{{ {name} }}}}" for name in ("command", "env", "labels", "name", "stream_output", "working_dir")
        },
        "variables": {
            "type": "object",
            "properties": {
                "name": {"title": "Name", "type": "string", "description": "Of the process, in logs."},
                "env": {"title": "Environment", "type": "object", "additionalProperties": text, "default": {},
                        "description": "Added to the worker's own, such as KEEPFIT_STORE."},
                "labels": {"title": "Labels", "type": "object", "additionalProperties": text, "default": {}},
                "command": {"title": "Command", **text, "default": f"{python} -P -m prefect.engine"},
                "stream_output": {"title": "Stream output", "type": "boolean", "default": True},
                "working_dir": {"title": "Working directory", **text, "default": folder,
                                "description": "Holds configs/ and, where sources are relative paths, data/."},
            },
        },
    }  # fmt: skip
