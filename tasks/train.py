"""Let the candidates compete and fit the winner."""

from keepfit import train as training
from keepfit.records import Split, Trained
from tasks.run import Run
from tasks.stage import stage


def _say(record: Trained) -> str:
    tried = len(record.trials)
    return f"{record.candidate}" + (f", best of {tried} settings" if tried > 1 else "")


@stage(Trained, say=_say, sections=("task", "data", "features", "train"))
def train(run: Run, division: Split) -> Trained:
    """Let the candidates compete and fit the winner."""
    return training.train(run.store, run.use_case, division)
