"""Drives `mimamori demo --json` from outside, over HTTP, with nothing but Python's own library. What the scripts
beside it need of a running demo is here; what they prove is theirs."""

import base64
import hashlib
import hmac
import http.client
import http.cookiejar
import json
import os
import re
import signal
import subprocess
import threading
import time
import urllib.parse
import urllib.request


class Demo:
    """A demo that runs. A context manager: leaving it stops the demo as a service manager would."""

    def __init__(self, command, data, cwd=None, ready_within=300):
        self.log_path = os.path.join(data, "demo.log")
        os.makedirs(data, exist_ok=True)
        self.log = open(self.log_path, "wb")
        command = [*command, "demo", "--json", "--port", "0", "--data", os.path.join(data, "demo")]
        self.process = subprocess.Popen(
            command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log, start_new_session=True
        )
        self.about = json.loads(self._first_line(ready_within))
        opener = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.browser = urllib.request.build_opener(opener, urllib.request.ProxyHandler({}))

    def _first_line(self, seconds):
        """The line that says that the demo is ready. Cargo may have to build before."""
        lines = []
        reader = threading.Thread(target=lambda: lines.append(self.process.stdout.readline()), daemon=True)
        reader.start()
        reader.join(seconds)
        if not lines or not lines[0].strip():
            self.stop(check=False)
            raise SystemExit(f"the demo did not say that it is ready within {seconds} s; its log ends:\n{self.tail()}")
        return lines[0]

    def tail(self):
        self.log.flush()
        with open(self.log_path, "rb") as log:
            return log.read().decode("utf-8", "replace")[-4000:]

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.stop(check=kind is None)

    def stop(self, check=True):
        """SIGTERM, as a service manager does. It must leave by itself, and in peace."""
        # To the whole group: cargo or strace may stand between.
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            status = self.process.wait(40)
        except subprocess.TimeoutExpired:
            status = "did not stop within 40 s"
        # Cargo or strace may be gone before the program itself.
        deadline = time.monotonic() + 40
        while self._group_lives():
            if time.monotonic() > deadline:
                os.killpg(self.process.pid, signal.SIGKILL)
                status = "did not stop within 40 s"
                break
            time.sleep(0.05)
        self.process.wait()
        # Cargo and strace pass the signal on as their own end.
        if check and status not in (0, -signal.SIGTERM, 128 + signal.SIGTERM):
            raise SystemExit(f"the demo was asked to stop, and: {status}; its log ends:\n{self.tail()}")
        self.log.close()

    def _group_lives(self):
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return False
        return True

    # ---- HTTP ----

    def ask(self, url, body=None, form=None, headers=None, timeout=60):
        """GET, or POST of JSON or a form. Gives back (status, text); an error status is an answer too."""
        headers = dict(headers or {})
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            headers.setdefault("content-type", "application/json")
        elif form is not None:
            data = urllib.parse.urlencode(form).encode()
            headers.setdefault("content-type", "application/x-www-form-urlencoded")
        request = urllib.request.Request(url, data=data, headers=headers)
        try:
            with self.browser.open(request, timeout=timeout) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def expect(self, url, *args, **kwargs):
        """As `ask`, for what has to succeed; reads JSON."""
        status, text = self.ask(url, *args, **kwargs)
        if not 200 <= status < 300:
            raise SystemExit(f"{url} answered {status}: {text[:500]}")
        return json.loads(text) if text.strip() else None

    # ---- time ----

    def move_clock(self, to):
        """Answers when all that became due is done."""
        return self.expect(self.about["clock"], body={"to": to}, timeout=300)

    # ---- phones ----

    def phones(self):
        return self.expect(urllib.parse.urljoin(self.about["phones"], "/phones"))["phones"]

    def texts_of(self, phone):
        return self.expect(urllib.parse.urljoin(self.about["phones"], f"/phones/{phone['id']}"))["messages"]

    def take_over(self, phone):
        """Nobody but us types on this phone from now on."""
        if not phone["answering"]:
            return
        url = urllib.parse.urljoin(self.about["phones"], f"/phones/{phone['id']}/answering")
        self.expect(url, body={"answering": False})

    def type(self, phone, text):
        """Types a text and waits for what comes back; gives back the texts that are new on the phone."""
        before = {message["sid"] for message in self.texts_of(phone)}
        self.expect(urllib.parse.urljoin(self.about["phones"], f"/phones/{phone['id']}/texts"), body={"body": text})
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            new = [message for message in self.texts_of(phone) if message["sid"] not in before and not message["mine"]]
            if new:
                return [message["body"] for message in new]
            time.sleep(0.05)
        raise SystemExit(f"nothing came back within 30 s for {text!r}; the log ends:\n{self.tail()}")

    # ---- the provider's side ----

    def webhook(self, **fields):
        """A signed text as the provider posts it, as (address, headers, body)."""
        path = urllib.parse.urlsplit(self.about["webhook"]).path
        fields = {"AccountSid": self.about["account_sid"], "NumMedia": "0", "To": self.about["sender"], **fields}
        signed = self.about["public_url"].rstrip("/") + path
        signed += "".join(name + fields[name] for name in sorted(fields))
        digest = hmac.new(self.about["auth_token"].encode(), signed.encode(), hashlib.sha1).digest()
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "x-twilio-signature": base64.b64encode(digest).decode(),
        }
        return self.about["webhook"], headers, urllib.parse.urlencode(fields)

    # ---- the console ----

    def sign_in(self):
        """Signs in as the demo's made-up staff member, by the form on the page."""
        page = urllib.parse.urljoin(self.about["console"], "/login")
        _, html = self.ask(page)
        hidden = re.findall(r'<input[^>]*type="hidden"[^>]*>', html)
        form = {}
        for field in hidden:
            name, value = re.search(r'name="([^"]*)"', field), re.search(r'value="([^"]*)"', field)
            if name:
                form[name[1]] = value[1] if value else ""
        form |= {"login": self.about["login"]["user"], "password": self.about["login"]["password"]}
        status, text = self.ask(page, form=form, headers={"origin": self.about["public_url"]})
        if status >= 400:
            raise SystemExit(f"the login that the demo printed was refused with {status}: {text[:300]}")

    def round(self):
        """Today's round, as the API tells it."""
        return self.expect(self.about["api"].rstrip("/") + "/round")
