"""What goes out says whose it is: the wheel, the README on a package's page, the citations."""

import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest
import yaml

from addresses import PROJECT, ROOT, SITE, SOURCE
from selection import few
from test_readme import blocks, text_of

WEIGHTS = "Attribution-ShareAlike 3.0 Unported"
HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"
PYTHONS = ["3.11", "3.12", "3.13"]
PLACE = re.compile(
    re.escape(f"{SOURCE}/blob/main/")
    + r"|"
    + re.escape(f"{SOURCE.replace('github.com', 'raw.githubusercontent.com')}/main/")
)
# Zenodo's own words: https://developers.zenodo.org
UPLOADS = {"publication", "poster", "presentation", "dataset", "image", "video", "software"}
RELATIONS = {"isDerivedFrom", "isDocumentedBy", "cites", "isSupplementTo", "references"}


def test_the_wheel_names_every_licence_that_it_carries(wheel):
    with zipfile.ZipFile(wheel) as inside:
        names = inside.namelist()
        (place,) = [name for name in names if name.endswith(".dist-info/METADATA")]
        said = message_from_bytes(inside.read(place))
        home = place.removesuffix("METADATA") + "licenses/"
        texts = {n.removeprefix(home): inside.read(n).decode() for n in names if n.startswith(home)}
    assert said["License-Expression"] == "Apache-2.0 AND CC-BY-SA-3.0"
    assert set(said.get_all("License-File", [])) == set(texts)
    assert "Apache License" in texts["LICENSE"]
    assert WEIGHTS in texts["LICENSE-WEIGHTS"]
    carried = {Path(n).parent.as_posix() for n in names if n.endswith(".safetensors")}
    assert carried == {"w2s_jax/encoders/shipped"}
    assert all(place in texts["NOTICE"] for place in [*carried, "w2s_jax/results", "ChEMBL"])


def place(version: str, folder: Path) -> tuple[Path, dict[str, str]]:
    """Return a Python to install the wheel for; the packages of this one serve where it is ours."""
    bare = ROOT / f".venv-bare-{version}"
    if (bare / "key").is_file():
        return bare / "bin" / "python", {}
    if version != HERE:
        pytest.skip(f"There is no environment in {bare.name}: run make bare.")
    venv.create(folder)
    return folder / "bin" / "python", {"PYTHONPATH": sysconfig.get_path("purelib")}


@pytest.mark.parametrize("version", few(PYTHONS, HERE))
def test_the_readme_s_example_runs_from_the_wheel(wheel, version, tmp_path):
    python, packages = place(version, tmp_path)
    pip = [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"]
    alone = ["--quiet", "--no-index", "--no-deps", "--force-reinstall", wheel]
    subprocess.run([*pip, "install", *alone], check=True, capture_output=True)
    (example,) = blocks("python")
    told = subprocess.run(
        [python, "-"],
        input=example + "import w2s_jax; print(w2s_jax.__file__)",
        text=True,
        capture_output=True,
        cwd=tmp_path,
        env=os.environ | packages,
    )
    assert told.returncode == 0, told.stderr[-4000:]
    numbers, *_, home = told.stdout.splitlines()
    assert Path(home).is_relative_to(python.parents[1])
    gain, misfit = map(float, numbers.split())
    assert gain > 0
    assert gain == pytest.approx(misfit, rel=1e-6)


def lost(readme: str) -> list[str]:
    """List links that a package's page could not follow, or that lead to no file of ours."""
    links = re.findall(r"\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)", readme, re.M)
    found = [inner or below for inner, below in links]
    ours = [link for link in found if PLACE.match(link)]
    gone = [link for link in ours if not (ROOT / PLACE.sub("", link)).is_file()]
    return [link for link in found if not link.startswith("https://")] + gone


def test_the_readme_s_links_work_on_a_package_s_page():
    readme = text_of("README.md")
    assert lost(readme) == []
    assert "/book/web/triangle.svg)" in readme
    words = re.findall(r"^\[([^\]]+)\]: ", readme, re.M)
    assert [word for word in words if readme.count(f"[{word}]") < 2] == []
    assert lost("[a](LICENSE)\n\n[b]: " + f"{SOURCE}/blob/main/NONE") == [
        "LICENSE",
        f"{SOURCE}/blob/main/NONE",
    ]


def test_a_release_date_is_that_of_a_release():
    citation = yaml.safe_load(text_of("CITATION.cff"))
    version = re.escape(citation["version"])
    released = re.search(rf"^## \[{version}\] - (\S+)$", text_of("CHANGELOG.md"), re.M)
    assert citation.get("date-released") == (released and released[1])
    assert citation["cff-version"] == "1.2.0"
    assert citation["preferred-citation"]["version"] == citation["version"]
    assert citation["url"] == SITE


def test_zenodo_is_told_what_the_citation_says():
    record = json.loads(text_of(".zenodo.json"))
    citation = yaml.safe_load(text_of("CITATION.cff"))
    assert record["title"] == citation["title"]
    assert record["upload_type"] in UPLOADS
    assert record["creators"] == [{"name": author["name"]} for author in citation["authors"]]
    assert record["keywords"] == citation["keywords"]
    assert record["license"] == citation["license"]
    assert {each["relation"] for each in record["related_identifiers"]} <= RELATIONS
    told = {each["identifier"] for each in record["related_identifiers"]}
    assert told == {SITE, citation["references"][0]["doi"]}
    # Zenodo takes both from the release
    assert not {"version", "publication_date"} & set(record)
    assert PROJECT["license"].startswith(record["license"])
