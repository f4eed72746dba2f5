"""The README's examples of serving, run as they stand against a server on a port of its own."""

import json
import os
import re
import subprocess
import sys

ADDRESS = "127.0.0.1:8000"


def examples(readme):
    """Blocks of the README's section on serving: (language, text)."""
    section = readme.partition("\n## Serving\n")[2].partition("\n## ")[0]
    return re.findall(r"```(\w+)\n(.*?)```", section, re.DOTALL)


def run_examples(blocks, folder):
    """Start the server as the README says, then run every example; what is printed must be what stands there."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("KEEPFIT_")}
    environ |= {"HOME": str(folder)}
    (start, *asking) = blocks
    words = start[1].split()
    assert words[:2] == ["keepfit", "serve"]
    command = [sys.executable, "-m", "flows.cli", *words[1:], "--port", "0", "--json"]
    server = subprocess.Popen(command, cwd=folder, env=environ, stdout=subprocess.PIPE, text=True)
    try:
        address = json.loads(server.stdout.readline())["url"].removeprefix("http://")
        answered = None
        for language, text in asking:
            example = text.replace(ADDRESS, address)
            if language == "json":
                assert steady(answered) == steady(text)
                continue
            program = ["bash", "-ec"] if language == "bash" else [sys.executable, "-c"]
            done = subprocess.run(
                [*program, example], env=environ, capture_output=True, text=True, timeout=60, check=False
            )
            assert done.returncode == 0, f"{text}\n{done.stderr}"
            answered = done.stdout
            expected = [line.removeprefix("# ") for line in text.partition("# prints\n")[2].splitlines()]
            if language == "python":
                assert answered.splitlines() == expected
        server.terminate()
        assert server.wait(60) == 0
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


def steady(text):
    """An answer without its id, its numbers to four digits."""
    answer = json.loads(text, parse_float=lambda digits: round(float(digits), 4))
    for prediction in answer["predictions"]:
        prediction["id"] = ""
    return answer
