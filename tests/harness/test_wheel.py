"""The wheel can be imported and has the page's templates: a wrong layout builds without a word and is empty."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


def test_the_wheel_can_be_imported(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", tmp_path],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    content = tmp_path / "content"
    zipfile.ZipFile(wheel).extractall(content)
    program = (
        f"import sys; sys.path.insert(0, {str(content)!r}); "
        "import platform_contracts.__main__; print(platform_contracts.__file__); "
        "from platform_contracts.web.rendering import page; "
        "print('/assets/style.' in page('problem.html', title='', message='').text)"
    )
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    where, styled = done.stdout.split()
    assert Path(where).is_relative_to(content)
    assert styled == "True"
