"""Let the candidates compete and fit the winner."""

from keepfit import train as training
from keepfit.records import Split, Trained
from tasks.run import Run
from tasks.stage import stage
from tasks.watching import watcher


def _say(record: Trained) -> str:
    tried = len(record.trials)
    best = f", best of {tried} settings" if tried > 1 else ""
    why = f": {record.choice}" if len({trial.candidate for trial in record.trials}) > 1 else ""
    parts = (record.candidate + best + why, record.calibration.partition(":")[0], record.decision, *record.warnings)
    return "; ".join(filter(None, parts))


@stage(Trained, say=_say, sections=("task", "data", "features", "split", "train"))
def train(run: Run, division: Split) -> Trained:
    """Let the candidates compete and fit the winner."""
    return training.train(run.store, run.use_case, division, lambda text: watcher().noted("train", text))
