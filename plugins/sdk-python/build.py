"""How does a plugin's folder become a component? `python build.py [folder]` writes build/component.wasm there.

It needs componentize-py in the same Python. The sources, this kit and the contract are put together under build/; the
world follows from the hooks of plugin.toml. `peyvand plugin build` runs it and adds the manifest.
"""

import ast
import importlib.util
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

#: What a plugin may import besides `log` and `clock`.
GIVEN = ("records", "store", "text", "random", "settings")

APP = '''"""What the component exports."""

import peyvand_plugin.guest
import plugin

globals().update(peyvand_plugin.guest.classes(plugin.Plugin))
'''


def contract(kit):
    """Beside the kit where it was copied with a new plugin, else in the repository."""
    for found in (kit / "wit", kit / ".." / ".." / "wit" / "v0.1"):
        if found.is_dir():
            return found
    sys.exit(f"there is no contract beside {kit}: copy wit/v0.1 into {kit / 'wit'}")


def asked(folder):
    """The parts of the host that the plugin's own sources ask: `from peyvand_plugin import records` and so on."""
    parts = set()
    for path in sorted((folder / "src").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "peyvand_plugin":
                parts.update([alias.name for alias in node.names] + node.module.split("."))
            elif isinstance(node, ast.Import):
                parts.update(part for alias in node.names for part in alias.name.split(".")[1:2])
    return sorted(parts.intersection(GIVEN))


def world(folder):
    manifest = tomllib.loads((folder / "plugin.toml").read_text(encoding="utf-8"))
    points = sorted({hook["point"] for hook in manifest.get("hook", [])})
    # Not the contract's own worlds: a component imports all that its world names, and a call of one that does not read
    # records or its store pays nothing for them.
    lines = [f"    import peyvand:plugin/{name}@0.1.0;" for name in ("clock", "log", *asked(folder))]
    # A plugin that brings data and has no hook exports `binding` alone.
    lines += [f"    export peyvand:plugin/{name}@0.1.0;" for name in ("binding", *points)]
    return "\n".join(["package local:plugin;", "", "world plugin {", *lines, "}", ""])


def main():
    kit = Path(__file__).resolve().parent
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    if importlib.util.find_spec("componentize_py") is None:
        sys.exit("componentize-py is not installed: run `pip install -r requirements.txt`")
    build = folder / "build"
    shutil.rmtree(build, ignore_errors=True)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(folder / "src", build / "src", ignore=ignored)
    shutil.copytree(kit / "src" / "peyvand_plugin", build / "src" / "peyvand_plugin", ignore=ignored)
    shutil.copytree(contract(kit), build / "wit" / "deps" / "peyvand")
    (build / "wit" / "plugin.wit").write_text(world(folder), encoding="utf-8")
    (build / "src" / "app.py").write_text(APP, encoding="utf-8")
    tool = [str(Path(sys.executable).with_name("componentize-py"))]
    arguments = ["-d", "wit", "-w", "plugin", "componentize", "--stub-wasi", "-p", "src", "app", "-o", "component.wasm"]
    done = subprocess.run(tool + arguments, cwd=build, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{done.stdout}{done.stderr}".strip())


if __name__ == "__main__":
    main()
