"""What does a measurement in a browser need from this machine? A Chromium on the path, and onnxruntime-web from npm.

Neither can be installed by pip, and nothing is fetched at run time: the user installs the npm package once, into any
folder, and the lab reads three files of it.
"""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from lab.errors import SettingsError

__all__ = ["TRIED_VERSION", "WebRuntime", "find_chromium", "find_runtime"]

TRIED_VERSION = "1.30.0"
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_FILES = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
_PACKAGE = Path("node_modules", "onnxruntime-web")


@dataclass(frozen=True)
class WebRuntime:
    """The runtime as a page loads it: an ES module, the glue that it imports, the compiled runtime, and its version."""

    module: Path
    glue: Path
    wasm: Path
    version: str


def find_chromium() -> str:
    """Give the path of a Chromium or Chrome; raises SettingsError where there is none."""
    for name in _BROWSERS:
        found = shutil.which(name)
        if found:
            return found
    raise SettingsError(
        f"measuring in a browser needs Chromium, and none of {', '.join(_BROWSERS)} is on the path; install it, or omit "
        "--browser"
    )


def find_runtime(given: str | None) -> WebRuntime:
    """Find onnxruntime-web in the folder that the user names, or as Node looks for it: here, then in the folders above.

    Parameters
    ----------
    given : str or None
        The package's folder `dist`, the package's folder, or the folder in which npm was called.

    Raises
    ------
    SettingsError
        If the package is not there; with the command that installs it.
    """
    if given is None:
        here = Path.cwd()
        places = [folder / _PACKAGE / "dist" for folder in (here, *here.parents)]
        where = "no folder node_modules/onnxruntime-web here or above"
    else:
        folder = Path(given)
        places = [folder, folder / "dist", folder / _PACKAGE / "dist"]
        where = f"no onnxruntime-web in {given}"
    for place in places:
        files = [place / name for name in _FILES]
        if all(file.is_file() for file in files):
            module, glue, wasm = (file.resolve() for file in files)
            return WebRuntime(module, glue, wasm, _version(place.parent / "package.json"))
    raise SettingsError(
        f"{where}; run  npm install --ignore-scripts onnxruntime-web@{TRIED_VERSION}  and, if that was in another folder, "
        "name it with --web-runtime"
    )


def _version(package: Path) -> str:
    try:
        return str(json.loads(package.read_text(encoding="utf-8"))["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return "of unknown version"
