"""A `keepfit up` of one's own, asked as a browser, a client and a forger would ask it."""

import json
import signal
import subprocess
import sys
import time
import uuid

import httpx
import psutil

PATIENCE = 120.0
SERVER, WORKER, SCORING = "flows.up.server", "prefect", "flows.cli"  # words of the commands of its children
ENDS = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


class Up:
    """A process of `keepfit up` in a `World`; gone at the end, whatever happened."""

    def __init__(self, world, *words, **environ):
        self.world = world
        self.err = world.folder / "up.err"
        with self.err.open("w") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "flows.cli", "up", "--json", "--port", "0", "--prefect-port", "0", *words],
                cwd=world.work,
                env=world.environment() | environ,
                stdout=subprocess.PIPE,
                stderr=err,
                text=True,
            )
        line = self.process.stdout.readline()
        assert line, self.err.read_text()
        self.said = json.loads(line)
        self.client = str(uuid.uuid4())
        self.http = httpx.Client(trust_env=False, timeout=30)
        token = self.http.get(f"{self.said['prefect']}/api/csrf-token", params={"client": self.client}).json()
        self.http.headers.update({"Prefect-Csrf-Token": token["token"], "Prefect-Csrf-Client": self.client})

    def ask(self, method, path, body=None):
        answer = self.http.request(method, f"{self.said['prefect']}/api{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def deployment(self, flow, use_case="visits"):
        return self.ask("GET", f"/deployments/name/{flow}/{use_case}")

    def start(self, flow, use_case="visits", **parameters):
        """A run of a deployment, by its id."""
        where = self.deployment(flow, use_case)["id"]
        return self.ask("POST", f"/deployments/{where}/create_flow_run", {"parameters": parameters})["id"]

    def runs(self, flow=None, state=None, use_case="visits"):
        """All runs, oldest first, but for those that wait for the schedule."""
        found = self.ask("POST", "/flow_runs/filter", {"sort": "EXPECTED_START_TIME_ASC", "limit": 200})
        if flow is not None:
            where = self.deployment(flow, use_case)["id"]
            found = [each for each in found if each["deployment_id"] == where]
        return [
            each
            for each in found
            if each["state_type"] == state or (state is None and each["state_name"] != "Scheduled")
        ]

    def ended(self, run, seconds=PATIENCE):
        """Its last state, once it has one."""

        def last():
            state = self.ask("GET", f"/flow_runs/{run}")["state_type"]
            return state in ENDS and state

        return self.until(last, seconds)

    def done(self, flow, use_case="visits", **parameters):
        run = self.start(flow, use_case, **parameters)
        assert self.ended(run) == "COMPLETED", self.log()
        return run

    def emit(self, event, use_case="visits", **payload):
        """An event from whoever can reach the server."""
        self.ask("POST", "/events", [{
            "event": event, "id": str(uuid.uuid4()), "occurred": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "resource": {"prefect.resource.id": f"keepfit.use_case.{use_case}"}, "payload": payload,
        }])  # fmt: skip

    def heard(self, event):
        """What events of a name were told: their payloads, oldest first."""
        since = {"since": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 86_400))}
        asked = {"filter": {"event": {"name": [event]}, "occurred": since, "order": "ASC"}, "limit": 50}
        return [each["payload"] for each in self.ask("POST", "/events/filter", asked)["events"]]

    def until(self, holds, seconds=PATIENCE):
        end = time.monotonic() + seconds
        while not (found := holds()):
            assert time.monotonic() < end, self.log()
            assert self.process.poll() is None, self.log()
            time.sleep(0.2)
        return found

    def model(self, use_case="visits"):
        """Status and what the scoring service says of a use case."""
        answer = self.http.get(f"{self.said['scoring']}/v1/models/{use_case}")
        return answer.status_code, answer.json()

    def healthy(self):
        """Whether Prefect's server answers; it may be about to."""
        try:
            return self.http.get(f"{self.said['prefect']}/api/health").is_success
        except httpx.HTTPError:
            return False

    def version(self, use_case="visits"):
        """The version that answers; None while none does."""
        try:
            status, said = self.model(use_case)
        except httpx.HTTPError:
            return None
        return said["version"] if status == 200 else None

    def child(self, word):
        """The process of `up` whose command has a word."""
        for process in self.world.family():
            try:
                line = process.cmdline()
            except psutil.Error:  # it has ended meanwhile
                continue
            if any("child.py" in each for each in line) and word in line:
                return process
        return None

    def log(self):
        logs = [self.err, *sorted(self.world.home.rglob("up/*/*.log"))]
        return "\n".join(f"== {path.name}\n{path.read_text()[-3000:]}" for path in logs if path.exists())

    def stop(self, number=signal.SIGTERM):
        """Its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(60)
        self.process.stdout.close()
        self.http.close()
        return code
