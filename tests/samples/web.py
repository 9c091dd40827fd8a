"""What a test needs to run a model in a real browser, or the reason why it cannot."""

from pathlib import Path

from edge.browser.runtime_files import find_chromium, find_runtime
from lab.errors import SettingsError

FOLDER = Path(__file__).parents[2] / ".peers" / "web"  # where .ci/run installs it
RUNTIME = CHROMIUM = None
REASON = ""
try:
    CHROMIUM = find_chromium()
    RUNTIME = find_runtime(str(FOLDER))
except SettingsError as error:
    REASON = str(error)
