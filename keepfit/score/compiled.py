"""A version's compiled form, where it answers as the training object did."""

import numpy as np
from msgspec.structs import replace

from keepfit import export
from keepfit.export import CompiledFile, Probe
from keepfit.records import Exported, canonical, parse
from keepfit.score.scorer import SKOPS, Scorer, load_trained
from keepfit.score.threads import one_thread
from keepfit.store import Store, get, put


def compiled(store: Store, exported: Exported, within: float = 1e-10) -> Exported:
    """The version with a ``compiled`` file beside the trained estimator; without, and why, where that is not exact.

    Parameters
    ----------
    within : how far any answer may be from the training object's.

    Raises
    ------
    IntegrityError
        A file is not what its digest says, or the model names a type that Keepfit does not load.
    """
    trained = load_trained(store, exported.files)
    form = export.compiled_of(trained.estimator)
    if isinstance(form, str):
        return replace(exported, note=form)
    data = canonical(CompiledFile(form=form))
    again = Scorer(trained.encoding, export.load_compiled(data), trained.output)  # read back as a server reads it
    probe = parse(get(store, exported.files["probe"]), Probe, f"objects/{exported.files['probe']}")
    with one_thread():
        difference = difference_to(probe, again)
    if not difference <= within:  # also where it is not a number
        return replace(exported, note=f"its compiled form differs by {difference:.3g} from the training object")
    return replace(
        exported,
        files={**exported.files, "compiled": put(store, data)},
        bytes=exported.bytes + len(data),
        engine=again.engine,
    )


def difference_to(probe: Probe, scorer: Scorer) -> float:
    """The largest difference to what the training object answered; NaN where an answer is not a number.

    A compiled form is asked together and one by one, for which it has different ways.
    """
    expected = np.array(probe.expected)
    found = [scorer.predict_records(probe.records)]
    if scorer.engine != SKOPS:
        found.append(np.concatenate([scorer.predict_records([record]) for record in probe.records]))
    if any(each.size != expected.size for each in found):
        return float("nan")
    return float(np.abs([each.reshape(expected.shape) - expected for each in found]).max(initial=0.0))
