"""All routes but the one to a prediction."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from time import perf_counter
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from keepfit.serving import describe, invocations, v2
from keepfit.serving.answers import Answer, Answers, Then
from keepfit.serving.app import App, unexpected
from keepfit.serving.body import is_csv, read_body, see_that_json
from keepfit.serving.closer_look import Row, tree_of
from keepfit.serving.logged import labelled, labels_of
from keepfit.serving.metrics import MEDIA_TYPE as METRICS_TYPE
from keepfit.serving.openapi import openapi
from keepfit.serving.page import docs_page
from keepfit.serving.problems import MEDIA_TYPE, HttpProblem
from keepfit.serving.reasons import Explaining, asked_for, see_that_explainable, see_that_few
from keepfit.serving.tokens import Scope
from keepfit.serving.version import Live, Prediction

_log = logging.getLogger("keepfit.serving")
_PAGE = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
    "x-content-type-options": "nosniff",
}
Handler = Callable[[Request], Awaitable[Response]]


def application(answers: Answers) -> App:
    """The whole application."""
    routes = Routes(answers)
    rest = Starlette(
        routes=[
            Route("/livez", routes.alive, methods=["GET"]),
            Route("/readyz", routes.readyz, methods=["GET"]),
            Route("/metrics", routes.metrics, methods=["GET"]),
            Route("/openapi.json", routes.openapi, methods=["GET"]),
            Route("/docs", routes.docs, methods=["GET"]),
            Route("/v1/models", routes.models, methods=["GET"]),
            Route("/v1/models/{name}", routes.model, methods=["GET"]),
            Route("/v1/models/{name}/predict", routes.predict, methods=["POST"]),
            *([Route("/v1/models/{name}/labels", routes.labels, methods=["POST"])] if answers.logs else []),
            Route("/v2", routes.server, methods=["GET"]),
            Route("/v2/health/live", routes.alive, methods=["GET"]),
            Route("/v2/health/ready", routes.readyz, methods=["GET"]),
            *(
                Route(f"/v2/models/{{name}}{version}{path}", handler, methods=[method])
                for version in ("", "/versions/{version}")
                for path, handler, method in (
                    ("", routes.metadata, "GET"),
                    ("/ready", routes.model_ready, "GET"),
                    ("/infer", routes.infer, "POST"),
                )
            ),
            Route("/ping", routes.readyz, methods=["GET"]),
            Route("/invocations", routes.invocations, methods=["POST"]),
        ],
        exception_handlers={HttpProblem: _problem, HTTPException: _http_exception, Exception: _unexpected},
    )
    return App(answers, rest)


class Routes:
    """Handlers; each checks the scope of the token first, but for those that only say whether the process is well."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._explaining = Explaining(answers)

    async def alive(self, _request: Request) -> Response:
        """The process runs."""
        return _json({"live": True})

    async def readyz(self, _request: Request) -> Response:
        """200 where every use case is answered for (or disabled, which is an answer), else 503."""
        ready, said = describe.readiness(self._answers)
        return _json(said, 200 if ready else 503)

    async def metrics(self, request: Request) -> Response:
        """Prometheus' text format."""
        self._allow(request, "read")
        return Response(self._answers.metrics.page(), media_type=METRICS_TYPE)

    async def openapi(self, request: Request) -> Response:
        """The OpenAPI document."""
        self._allow(request, "read")
        return _json(openapi(self._answers))

    async def docs(self, request: Request) -> Response:
        """One page for people."""
        self._allow(request, "read")
        return HTMLResponse(docs_page(self._answers, str(request.base_url).rstrip("/")), headers=_PAGE)

    async def models(self, request: Request) -> Response:
        """The names of the use cases."""
        self._allow(request, "read")
        return _json({"models": sorted(self._answers.followers)})

    async def model(self, request: Request) -> Response:
        """What a version is and takes."""
        self._allow(request, "read")
        return _json(describe.model(self._live(request)))

    async def predict(self, request: Request) -> Response:
        """Predictions with reasons; without parameters the path of a served use case does not come to Starlette."""
        name = request.path_params["name"]
        self._allow(request, "score")
        champion = self._live(request)
        explain = asked_for(request.query_params.multi_items())
        if explain:
            see_that_explainable(champion)
        see_that_json(request.scope)

        def read(live: Live, body: bytes) -> list[Row]:
            records = live.rows.read(body)
            if explain:
                see_that_few(records)
            return records

        live, predictions = await self._scored(request, name, read, self._explaining.explained if explain else None)
        return _json(Answer(name, live.seat.number, predictions))

    async def labels(self, request: Request) -> Response:
        """What turned out to be true of predictions, on its way to the prediction log."""
        self._allow(request, "label")
        see_that_json(request.scope)
        live = self._live(request)
        made = labels_of(live, tree_of(await read_body(request.scope, request.receive)))
        await labelled(self._answers.logs[live.signature.use_case], made, self._answers.deadline)
        return _json({"accepted": len(made)})

    async def server(self, request: Request) -> Response:
        """The server, by the Open Inference Protocol."""
        self._allow(request, "read")
        return _json({"name": "keepfit", "version": "2", "extensions": []})

    async def metadata(self, request: Request) -> Response:
        """A model, by the Open Inference Protocol."""
        self._allow(request, "read")
        return _json(v2.metadata(self._live(request)))

    async def model_ready(self, request: Request) -> Response:
        """200 where the model answers."""
        self._allow(request, "read")
        live = self._live(request)
        return _json({"name": live.signature.use_case, "ready": True})

    async def infer(self, request: Request) -> Response:
        """Predictions, by the Open Inference Protocol."""
        if "inference-header-content-length" in request.headers:
            raise HttpProblem(415, "binary", "expected tensors as JSON: binary tensors are not taken")
        see_that_json(request.scope, unless_said=True)  # Triton's client says nothing
        tree: Any = None

        def read(live: Live, body: bytes) -> list[Row]:
            nonlocal tree
            v2.see_that_version(live, request.path_params.get("version"))
            tree = tree_of(body)
            return v2.records(live, tree)

        live, predictions = await self._scored(request, request.path_params["name"], read)
        return _json(v2.response(live, predictions, tree))

    async def invocations(self, request: Request) -> Response:
        """Predictions, as MLflow's and SageMaker's clients ask for them."""
        names = sorted(self._answers.followers)
        if len(names) > 1:
            detail = f"this server answers for {', '.join(names)}; /invocations takes one: ask /v1/models/NAME/predict"
            raise HttpProblem(404, "unknown_model", detail, models=names)
        if is_csv(request.scope):
            read = invocations.records_of_csv
        else:
            see_that_json(request.scope)
            read = _read_invocations
        _, predictions = await self._scored(request, names[0], read)
        return _json(invocations.response(predictions))

    async def _scored(
        self, request: Request, name: str, read: Callable[[Live, bytes], list[Row]], then: Then | None = None
    ) -> tuple[Live, list[Prediction]]:
        started, answers = perf_counter(), self._answers
        self._allow(request, "score")
        try:
            answers.live(name)
            body = await read_body(request.scope, request.receive)
            return await answers.scored(name, started, len(body), lambda live: read(live, body), then)
        except HttpProblem as problem:
            if name in answers.followers:
                answers.metrics.failed(name, problem.status)
            raise

    def _allow(self, request: Request, scope: Scope) -> None:
        given = request.headers.get("authorization")
        self._answers.tokens.see_that_allowed(scope, given.encode("latin-1") if given else None)

    def _live(self, request: Request) -> Live:
        live = self._answers.live(request.path_params["name"])
        v2.see_that_version(live, request.path_params.get("version"))
        return live


def _read_invocations(live: Live, body: bytes) -> list[Row]:
    return invocations.records(live, tree_of(body))


def _json(value: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def _answered(problem: HttpProblem) -> Response:
    return Response(problem.document(), problem.status, problem.headers, MEDIA_TYPE)


async def _problem(_request: Request, error: Exception) -> Response:
    return _answered(error if isinstance(error, HttpProblem) else unexpected())


_SAID: Mapping[int, tuple[str, str]] = {
    404: ("not_found", "there is nothing at this path; /docs says what there is"),
    405: ("method", "this path does not take the method"),
}


async def _http_exception(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    code, detail = _SAID.get(status, ("refused", "the request cannot be answered"))
    return _answered(HttpProblem(status, code, detail, headers=headers))


async def _unexpected(_request: Request, error: Exception) -> Response:
    _log.error("a request failed", exc_info=error)
    return _answered(unexpected())
