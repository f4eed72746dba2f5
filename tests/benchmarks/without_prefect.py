"""The journey of ``keepfit run`` by plain calls into ``keepfit``: what Prefect costs is the difference.

python -m tests.benchmarks.without_prefect USE_CASE AS_OF STORE
"""

import sys
from datetime import UTC, datetime

from msgspec.structs import replace

from keepfit import data, evaluate, export, judge, monitor, registry, release, report, split, train, validate
from keepfit.config import signature_of
from keepfit.records import Provenance, canonical, digest_of
from keepfit.serving.measure import measure
from keepfit.store import put
from tasks.run import manifest_of, open_run


def main(use_case_name: str, as_of: str, address: str) -> None:
    run = open_run(use_case_name, as_of, address, datetime.now(UTC))
    store, use_case = run.store, run.use_case
    extracted = data.extract(store, use_case, run.moment, run.root)
    validated = validate.validate(store, use_case, extracted, run.moment)
    division = split.split(store, use_case, validated.snapshot, extracted.parts)
    trained = train.train(store, use_case, division)
    exported = export.export(store, trained)
    signature = put(store, canonical(signature_of(use_case)))
    exported = replace(exported, files=exported.files | {"signature": signature})
    position = registry.position(store, use_case, run.identity(validated.snapshot), run.moment.as_of)
    evaluated = evaluate.evaluate_versions(store, use_case, division, trained.classes, exported.files, None)
    manifest = manifest_of(run, division, trained, exported)
    sample = evaluate.holdout_sample(store, use_case, division, exported)
    measured = measure(store, manifest, exported, sample)
    verdict = judge.judge(use_case, division, trained, evaluated, measured, digest_of(manifest), run.moment.as_of)
    provenance = Provenance(
        snapshot=validated.snapshot, as_of=run.moment.as_of, extracted=extracted, validated=validated
    )
    reference = monitor.make(store, use_case, division, trained, exported, evaluated)
    registered = registry.register(
        store,
        use_case,
        manifest,
        verdict,
        run=run.identity(manifest.snapshot),
        actor=run.actor,
        reason="benchmark",
        at=run.moment.started,
        metrics={name: estimate.value for name, estimate in evaluated.candidate.items()},
        objects={
            "provenance": put(store, canonical(provenance)),
            monitor.REFERENCE: put(store, canonical(reference)),
        },
    )
    released = release.release(store, use_case, registered, verdict, actor=run.actor, at=run.moment.started)
    page = report.render_run(
        report.RunRecords(
            use_case=use_case,
            extracted=extracted,
            validated=validated,
            split=division,
            trained=trained,
            exported=exported,
            evaluated=evaluated,
            measured=measured,
            manifest=manifest,
            verdict=verdict,
            registered=registered,
            released=released,
            snapshot=data.snapshot(store, use_case.name, validated.snapshot),
            champion=None,
        )
    )
    assert position.champion is None
    print(put(store, page.encode()))


if __name__ == "__main__":
    main(*sys.argv[1:])
