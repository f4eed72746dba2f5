"""The page at /docs: what is served and how to ask for it, in one file without scripts."""

import json
from html import escape
from typing import Any

from keepfit.serving import describe
from keepfit.serving.answers import Answers
from keepfit.serving.version import Live

_STYLE = """
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
pre { background: #8882; padding: 1rem; overflow-x: auto }
table { border-collapse: collapse; display: block; overflow-x: auto }
th, td { text-align: left; padding: .25rem .75rem; border-bottom: 1px solid #8884 }
"""


def docs_page(answers: Answers, address: str) -> str:
    """The page, for a caller who knows the server by ``address``."""
    parts = "".join(_use_case(name, follower.state, address) for name, follower in answers.followers.items())
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Keepfit: predictions</title><style>{_STYLE}</style><h1>Predictions</h1>"
        '<p>For programs: <a href="/openapi.json">openapi.json</a>. Whether all is well: <a href="/readyz">readyz</a>, '
        f'<a href="/metrics">metrics</a>.</p>{parts}</html>'
    )


def _use_case(name: str, state: Any, address: str) -> str:
    if state.live is None or state.disabled:
        why = "was taken out of service" if state.disabled else "has no version that answers yet"
        return f"<h2>{escape(name)}</h2><p>This use case {why}.</p>"
    live: Live = state.live
    body = json.dumps(describe.example(live), ensure_ascii=False, indent=2)
    call = (
        f"curl {address}/v1/models/{name}/predict \\\n  -H 'content-type: application/json' \\\n"
        f"  -d '{body.replace(chr(39), chr(39) + chr(92) + chr(39) * 2)}'"
    )
    why = "With <code>?explain=true</code> each prediction comes with the features that pushed its score."
    rows = "".join(map(_row, map(describe.column, live.signature.columns)))
    return (
        f"<h2>{escape(name)}</h2><p>{escape(live.signature.description)} Version {live.seat.number}.</p>"
        f"<pre>{escape(call)}</pre>{f'<p>{why}</p>' if live.explainer else ''}"
        "<table><tr><th>name<th>type<th>must be there<th>limits<th>as</tr>"
        f"{rows}</table>"
    )


def _row(column: dict[str, Any]) -> str:
    apart = {"name", "type", "nullable", "roles"}
    limits = ", ".join(f"{name} {_said(value)}" for name, value in column.items() if name not in apart)
    cells = [column["name"], column["type"], "no" if column["nullable"] else "yes", limits, ", ".join(column["roles"])]
    return "<tr>" + "".join(f"<td>{escape(str(cell))}" for cell in cells) + "</tr>"


def _said(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
