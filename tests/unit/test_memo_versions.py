"""The digest of requirements follows the installed versions, read without parsing their descriptions."""

import sys
from importlib import metadata

from keepfit.memo import code


def test_the_version_is_that_of_the_header_and_not_of_the_description(tmp_path, monkeypatch):
    folder = tmp_path / "sundial-1.4.dist-info"
    folder.mkdir()
    text = (
        "Metadata-Version: 2.4\nName: sundial\nVersion: 1.4\nSummary: shade\n\nVersion: 9 of the sundial\nVersion: 9\n"
    )
    (folder / "METADATA").write_text(text)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])

    assert code._versions(["sundial>=1", "moondial"]) == ["moondial==absent", "sundial==1.4"]


def test_it_is_what_the_packages_say_of_themselves():
    for name in ("prefect", "pandas", "scikit-learn", "great_expectations"):
        assert code._versions([name])[0].endswith(f"=={metadata.version(name)}")
