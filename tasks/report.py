"""Write the run's page."""

from keepfit import registry
from keepfit import report as reporting
from keepfit.data import snapshot
from keepfit.records import Journey, Page, Position, sha256
from keepfit.report import ChampionRecords, RunRecords
from keepfit.store import publish
from tasks.run import Run
from tasks.stage import stage

_SHOWN = tuple(name for name in Journey.__struct_fields__ if name != "position")


def _say(record: Page) -> str:
    return record.path


def _rest(run: Run) -> dict[str, str]:
    return {"store": run.store.address, "use case": run.loaded.digest}


@stage(Page, say=_say, also=_rest)
def report(run: Run, journey: Journey) -> Page:
    """Write the run's page."""
    name = run.use_case.name
    html = reporting.render_run(
        RunRecords(
            use_case=run.use_case,
            **{name: getattr(journey, name) for name in _SHOWN},
            snapshot=snapshot(run.store, name, journey.manifest.snapshot),
            champion=_champion(run, journey.position),
        )
    ).encode()
    key = f"{name}/reports/version-{journey.registered.number}-{sha256(html)[:12]}.html"
    publish(run.store, key, html)
    return Page(path=f"{run.store.address}/{key}")


def _champion(run: Run, position: Position) -> ChampionRecords | None:
    if position.champion is None:
        return None
    name = run.use_case.name
    manifest = registry.manifest(run.store, name, position.champion.digest)
    return ChampionRecords(manifest=manifest, snapshot=snapshot(run.store, name, manifest.snapshot))
