"""A browser that a test can ask and steer: headless Chromium over the pipe of its DevTools protocol."""

import base64
import contextlib
import json
import os
import shutil
import subprocess
import time

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND",
]  # fmt: skip


TEXTS = """(() => [...document.querySelectorAll('figure svg')].filter(s => s.checkVisibility()).map(s => ({
  box: (({left, top, right, bottom}) => [left, top, right, bottom])(s.getBoundingClientRect()),
  first: s.closest('.first') !== null,
  texts: [...s.querySelectorAll('text')].filter(t => t.getAttribute('opacity') !== '0' && t.textContent.trim()).map(t => ({
    words: [...(t.children.length ? t.children : [t])].map(part => part.textContent.trim()).join(' ').replace(/ +/g, ' '),
    scale: Math.hypot(t.getScreenCTM().a, t.getScreenCTM().b),
    size: parseFloat(t.getAttribute('font-size')),
    box: (({left, top, right, bottom}) => [left, top, right, bottom])(t.getBoundingClientRect())}))})))()"""
"""Every picture that is shown, with the box, the words and the size of each of its texts, in pixels of the page."""


class Browser:
    """One page in a browser; `ask` evaluates an expression in it, `problems` gathers what the console said."""

    def __init__(self, address, profile):
        to_browser, self._out = os.pipe()
        self._in, from_browser = os.pipe()
        self._buffer, self._number, self.problems = b"", 0, []

        def connect():  # the protocol wants the file descriptors 3 and 4
            low, high = os.dup(to_browser), os.dup(from_browser)
            os.dup2(low, 3)
            os.dup2(high, 4)

        command = [CHROMIUM, *QUIET, f"--user-data-dir={profile}", "--remote-debugging-pipe", "about:blank"]
        self._process = subprocess.Popen(
            command, preexec_fn=connect, pass_fds=(3, 4), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(to_browser)
        os.close(from_browser)
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = None
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self._call(f"{domain}.enable")
        self.go(address)

    def go(self, address):
        """Load another page, and wait until it is there."""
        self._call("Page.navigate", url=address)
        while self._read().get("method") != "Page.loadEventFired":
            pass

    def show(self, width, height, *, dark=False, printed=False):
        """Be a screen of this size in pixels of the page, or the paper of a print."""
        self._call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._call("Emulation.setEmulatedMedia", media="print" if printed else "", features=[scheme])

    def press(self, key, code):
        """Press a key, as a person without a mouse does."""
        for kind in ("keyDown", "keyUp"):
            text = {"text": "\r"} if key == "Enter" and kind == "keyDown" else {}
            self._call("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **text)

    def picture(self, **options):
        """Take a picture of the page; gives the bytes of a PNG."""
        return base64.b64decode(self._call("Page.captureScreenshot", format="png", **options)["data"])

    def pdf(self, **options):
        """Print the page as a browser does by itself, without background graphics; gives the bytes of a PDF."""
        return base64.b64decode(self._call("Page.printToPDF", **options)["data"])

    @contextlib.contextmanager
    def window(self, ending):
        """Be in another window for a while, the one whose address ends so; it may still be opening."""
        end = time.monotonic() + 20
        while not (found := [each for each in self._targets() if each["url"].endswith(ending)]):
            assert time.monotonic() < end, self._targets()
            time.sleep(0.05)
        mine = self._session
        self._session = self._call("Target.attachToTarget", targetId=found[0]["targetId"], flatten=True)["sessionId"]
        try:
            self._call("Runtime.enable")
            yield self
        finally:
            self._session = mine

    def _targets(self):
        return self._call("Target.getTargets")["targetInfos"]

    def ask(self, expression):
        answer = self._call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def move(self, element, value):
        """Set a control as a person does: the value, then the event."""
        self.ask(
            f"(() => {{ const e = {element}; e.value = {json.dumps(value)}; e.dispatchEvent(new Event('input')); }})()"
        )

    def close(self):
        with contextlib.suppress(OSError):
            self._send("Browser.close", {}, None)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._in)
        os.close(self._out)

    def _call(self, method, **parameters):
        number = self._send(method, parameters, getattr(self, "_session", None))
        while True:
            message = self._read()
            if message.get("id") == number:
                assert "result" in message, message
                return message["result"]

    def _send(self, method, parameters, session):
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if session and not method.startswith(("Target.", "Browser.")):
            message["sessionId"] = session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        return self._number

    def _read(self):
        while b"\0" not in self._buffer:
            read = os.read(self._in, 1 << 16)
            assert read, "the browser is gone"
            self._buffer += read
        found, _, self._buffer = self._buffer.partition(b"\0")
        message = json.loads(found)
        if message.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded"):
            self.problems.append(message["params"])
        return message
