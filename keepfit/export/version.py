"""The files of a version, each read back the way a server would before anybody relies on it."""

from keepfit.export.archive import load
from keepfit.records import Exported, Trained
from keepfit.store import Store, get


def export(store: Store, trained: Trained) -> Exported:
    """Collect a version's files by role and see that the model loads through the closed list of types.

    Raises
    ------
    IntegrityError
        A file is not what its digest says, or the model names a type that Keepfit does not load.
    """
    files = {
        "features": trained.features,
        "model": trained.model,
        "naive": trained.naive,
        "probe": trained.probe,
    }
    if trained.output is not None:
        files["output"] = trained.output
    if trained.background is not None:
        files["background"] = trained.background
    content = {role: get(store, digest) for role, digest in files.items()}
    load(content["model"], f"objects/{trained.model}")
    return Exported(files=files, bytes=sum(map(len, content.values())))
