"""A real browser without a window, asked by the DevTools protocol over two pipes.

Chromium reads commands from its file 3 and writes answers to its file 4, each ended by a zero byte.
"""

import json
import os
import select
import shutil
import subprocess
import time
from fcntl import F_DUPFD, fcntl

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PATIENCE_S = 30.0
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-extensions", "--disable-background-networking", "--hide-scrollbars",
    "--remote-debugging-pipe",
)  # fmt: skip


def find():
    """Return the path of a browser, None where there is none."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Browser:
    """A running browser with one page."""

    def __init__(self, path, profile):
        down, self._write = os.pipe()
        self._read, up = os.pipe()

        def take_places():  # in the new process
            high = [fcntl(end, F_DUPFD, 10) for end in (down, up)]  # 3 and 4 may be among them
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        self._process = subprocess.Popen(
            [path, *_FLAGS, f"--user-data-dir={profile}", "about:blank"],
            close_fds=False, preexec_fn=take_places,  # noqa: PLW1509  (starts before any thread)
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(down)
        os.close(up)
        self._rest, self._last, self._session = b"", 0, None
        self.events = []
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        attached = self.ask("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def ask(self, method, **params):
        """Send a command, and return its answer."""
        self._last += 1
        message = {"id": self._last, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._last:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def wait_for(self, method):
        """Return once an event has come, since the last look at :attr:`events`."""
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self._next())

    def open(self, path, *, width=1280, height=900):
        """Show a file in a window of some size, and return once it is loaded."""
        self.resize(width, height)
        self.events.clear()
        self.ask("Page.navigate", url=path.as_uri())
        self.wait_for("Page.loadEventFired")

    def resize(self, width, height=900):
        """Give the window another size."""
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=False,
        )  # fmt: skip

    def run(self, script):
        """Return the value of an expression in the page; promises are waited for."""
        done = self.ask(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in done:
            raise RuntimeError(done["exceptionDetails"]["exception"]["description"])
        return done["result"].get("value")

    def first_paint(self):
        """Return when something was to be seen, in milliseconds after the page was asked for."""
        return self.run(
            "new Promise(done => new PerformanceObserver((list, self) => {"
            "const [first] = list.getEntriesByName('first-contentful-paint');"
            "if (first) { self.disconnect(); done(first.startTime); }"
            "}).observe({ type: 'paint', buffered: true }))"
        )

    def press(self, key, **more):
        """Press and let go of a key that has a name, such as ``"Enter"``."""
        codes = {"Enter": 13, "Tab": 9, "ArrowDown": 40, "ArrowUp": 38, "End": 35, " ": 32}
        text = {"text": {"Enter": "\r", " ": " "}[key]} if key in ("Enter", " ") else {}
        known = {"key": key, "windowsVirtualKeyCode": codes[key]} | more
        self.ask("Input.dispatchKeyEvent", type="keyDown", **known, **text)
        self.ask("Input.dispatchKeyEvent", type="keyUp", **known)

    def type(self, text):
        """Write into what has the focus."""
        self.ask("Input.insertText", text=text)

    def close(self):
        """End the browser."""
        os.close(self._write)
        os.close(self._read)
        self._process.terminate()
        self._process.wait(timeout=_PATIENCE_S)

    def _next(self):
        end = time.monotonic() + _PATIENCE_S
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._read], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise TimeoutError("the browser says nothing")
            part = os.read(self._read, 2**20)
            if not part:
                raise RuntimeError(f"the browser has ended ({self._process.poll()})")
            self._rest += part
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)
