"""``keepfit export``: a version as a file for others."""

from typing import Annotated, Literal

from cyclopts import Parameter

from flows.cli_quarantine import JsonFlag, StoreOption


def export(
    use_case: str,
    *,
    output: Annotated[str, Parameter(help="The file to write.")],
    format: Annotated[Literal["onnx"], Parameter(help="The only one there is.")] = "onnx",
    version: Annotated[
        int | None, Parameter(name="--version", help="By its number; the champion unless given.")
    ] = None,
    overwrite: Annotated[bool, Parameter(negative="", help="Replace an output that is there.")] = False,
    store: StoreOption = None,
    json: JsonFlag = False,
) -> int:
    """Write a version that is a formula as an ONNX file, where it answers the probe set alike (exit 6: it does not).

    Needs the extra ``keepfit[onnx]``. The file takes the matrix of features, not raw records; nothing serves it.
    """
    from flows import exporting

    return exporting.export(use_case, format, output, version, store, overwrite=overwrite, as_json=json)
