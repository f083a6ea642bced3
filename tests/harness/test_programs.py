"""Programs are built once for each state of their module files, by one process, or not at all."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness import programs
from harness.cache import cache_root
from harness.programs import Module, ProgramError, build

REPOSITORY = Path(__file__).parents[2]
BUILD = """
import sys
from pathlib import Path
from harness.cache import cache_root
from harness.programs import Module, build
print(build(Module(Path(sys.argv[1]), "hello", ("hello",), ("-trimpath",))))
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Module:
    monkeypatch.setenv("PLATFORM_CONTRACTS_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "hello"
    folder.mkdir()
    (folder / "go.mod").write_text("module example.com/hello\n\ngo 1.26.0\n\ntool example.com/hello\n")
    (folder / "go.sum").write_text("")
    (folder / "main.go").write_text('package main\n\nfunc main() { println("hello") }\n')
    return Module(folder, "hello", ("hello",), ("-trimpath",))


def test_a_program_is_built_once_and_needs_no_go_afterwards(module: Module, monkeypatch: pytest.MonkeyPatch) -> None:
    first = build(module) / "hello"
    said = subprocess.run([first], capture_output=True, text=True, check=True)
    assert said.stderr == "hello\n"
    built_at = first.stat().st_mtime_ns
    monkeypatch.setenv("PATH", "")
    assert build(module) / "hello" == first
    assert first.stat().st_mtime_ns == built_at


def test_what_a_program_is_made_of_decides_which_one_it_is(module: Module) -> None:
    folders = {build(module)}
    folders.add(build(dataclasses.replace(module, flags=("-trimpath", "-ldflags", "-s"))))
    (module.folder / "go.sum").write_text("\n")
    folders.add(build(module))
    (module.folder / "go.mod").write_text((module.folder / "go.mod").read_text() + "\n")
    folders.add(build(module))
    assert len(folders) == 4


def test_two_processes_at_once_build_it_once(module: Module) -> None:
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    both = [
        subprocess.Popen(
            [sys.executable, "-c", BUILD, str(module.folder)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=120) for process in both]
    assert len({folder for folder, _ in outputs}) == 1
    assert sum("Building hello" in said for _, said in outputs) == 1


def test_a_failed_build_says_why_and_leaves_nothing(module: Module) -> None:
    (module.folder / "main.go").write_text("package main\n\nfunc main() { nonsense }\n")
    with pytest.raises(ProgramError, match="undefined: nonsense"):
        build(module)
    left = [path.name for path in (cache_root() / "programs").iterdir()]
    assert [name for name in left if not name.endswith(".lock")] == []


def test_without_go_the_message_says_what_to_install(module: Module, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ProgramError, match=r"there is no `go` in PATH: install Go 1\.21 or newer"):
        build(module)


def test_kubebuilder_assets_are_used_where_they_have_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = programs.control_plane_programs()
    (tmp_path / "etcd").symlink_to(built.etcd)
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    mixed = programs.control_plane_programs()
    assert mixed.etcd == tmp_path / "etcd"
    assert mixed.kubectl == built.kubectl
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path / "nowhere"))
    with pytest.raises(ProgramError, match="holds no programs"):
        programs.control_plane_programs()
