#!/usr/bin/env python3
"""Twilio's own client library against the built-in provider, and its validator against our signatures.

Usage: twilio_client.py BASE_URL ACCOUNT_SID AUTH_TOKEN SENDER PHONE [--service URL]

BASE_URL stands for https://api.twilio.com. A webhook receiver is started here on a free port, to see what the
provider sends and to check its signatures with twilio.request_validator. With --service, texts signed by that
same library are posted to a running service's webhook: a right one must be taken, wrong ones refused.

Needs: pip install twilio. Exits with 1 if anything does not hold, and says what was checked.
"""

import argparse
import http.server
import json
import queue
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request

try:
    from twilio.base.exceptions import TwilioRestException
    from twilio.http.http_client import TwilioHttpClient
    from twilio.request_validator import RequestValidator
    from twilio.rest import Client
except ImportError:
    sys.exit("twilio_client.py: the Python package 'twilio' is missing; install it with: pip install twilio")

TIMEOUT = 20
failures = 0


def check(what, holds, detail=""):
    global failures
    print(("ok    " if holds else "WRONG ") + what + (f": {detail}" if detail and not holds else ""), flush=True)
    if not holds:
        failures += 1


class Elsewhere(TwilioHttpClient):
    """Twilio's HTTP client, which talks to another host than api.twilio.com."""

    def __init__(self, base_url):
        super().__init__(timeout=TIMEOUT)
        self.base_url = base_url.rstrip("/")

    def request(self, method, url, *args, **kwargs):
        return super().request(method, url.replace("https://api.twilio.com", self.base_url, 1), *args, **kwargs)


class Form(dict):
    """A form with all values of each name, as the validator likes it."""

    def getlist(self, name):
        return self[name]


class Receiver(http.server.BaseHTTPRequestHandler):
    """Takes what the provider posts and keeps it as it came."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        form = Form(urllib.parse.parse_qs(body, keep_blank_values=True))
        self.server.got.put((self.path, form, self.headers.get("X-Twilio-Signature", "")))
        answer = b"<Response><Message>thanks</Message></Response>"
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def post_json(url, value):
    request = urllib.request.Request(url, json.dumps(value).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
        return json.load(answer)


def client_library(args, receiver):
    receiver_url = f"http://127.0.0.1:{receiver.server_port}"
    client = Client(args.account, args.token, http_client=Elsewhere(args.base))
    validator = RequestValidator(args.token)

    body = "今日の体温を数字で返信してください。 “36.5” & ＋"
    callback = f"{receiver_url}/status?m=msg_1&note=%E4%BD%93%20+x"
    made = client.messages.create(
        to=args.phone, from_=args.sender, body=body, status_callback=callback, validity_period=3600, smart_encoded=False
    )
    check("a message is created", made.sid.startswith("SM") and made.status == "queued", f"{made.sid} {made.status}")
    check("it keeps its words, numbers and direction",
          (made.body, made.to, made.from_, made.direction) == (body, args.phone, args.sender, "outbound-api"))
    check("its segments are a string", made.num_segments == "1", repr(made.num_segments))
    check("its dates are read", made.date_created is not None and made.date_created.tzinfo is not None)

    statuses = []
    for _ in range(3):
        path, form, signature = receiver.got.get(timeout=TIMEOUT)
        statuses.append(form["MessageStatus"][0])
        check(f"Twilio's validator accepts the callback '{statuses[-1]}'",
              validator.validate(receiver_url + path, form, signature))
        check("and refuses it with a changed field",
              not validator.validate(receiver_url + path, Form({**form, "MessageStatus": ["read"]}), signature))
    check("the callbacks come in order", statuses == ["sending", "sent", "delivered"], str(statuses))

    fetched = client.messages(made.sid).fetch()
    check("the message is fetched", (fetched.sid, fetched.status) == (made.sid, "delivered"), fetched.status)
    for number in range(4):
        client.messages.create(to=args.phone, from_=args.sender, body=f"page {number}")
    listed = client.messages.list(to=args.phone, from_=args.sender, page_size=2)
    bodies = [message.body for message in listed]
    check("a list runs over its pages, newest first", bodies[:5] == ["page 3", "page 2", "page 1", "page 0", body], str(bodies[:5]))
    since = client.messages.list(to=args.phone, from_=args.sender, date_sent_after=made.date_created)
    check("a list since a time holds what came since", made.sid in [message.sid for message in since])
    before = client.messages.list(date_sent_before=made.date_created.replace(year=2001))
    check("a list before any message is empty", before == [])
    numbers = client.incoming_phone_numbers.list()
    check("the account's numbers are listed", args.sender in [number.phone_number for number in numbers])
    check("a message is redacted", client.messages(made.sid).update(body="").body == "")
    check("a message is deleted", client.messages(made.sid).delete() is True)
    refused = [
        ({"to": "banana", "from_": args.sender, "body": "a"}, 400, 21211),
        ({"to": args.phone, "from_": args.sender}, 400, 21602),
        ({"to": args.phone, "body": "a"}, 400, 21603),
        ({"to": args.phone, "from_": "+12025550150", "body": "a"}, 400, 21606),
        ({"to": args.phone, "from_": args.sender, "body": "あ" * 1601}, 400, 21617),
        ({"to": "+15005550004", "from_": args.sender, "body": "a"}, 400, 21610),
    ]
    for fields, status, code in refused:
        try:
            client.messages.create(**fields)
            check(f"a wrong message is refused with {code}", False, "it was taken")
        except TwilioRestException as error:
            check(f"a wrong message is refused with {code}", (error.status, error.code) == (status, code), str(error.code))
    for what, other in [("a wrong token", Client(args.account, "wrong", http_client=Elsewhere(args.base))),
                        ("another account", Client("AC" + "9" * 32, args.token, http_client=Elsewhere(args.base)))]:
        # Fetched, since a list raises another error, without the code.
        try:
            other.messages(made.sid).fetch()
            check(f"{what} is refused", False, "it was let in")
        except TwilioRestException as error:
            check(f"{what} is refused", error.status in (401, 404), str(error.status))
    try:
        client.messages(made.sid).fetch()
        check("a deleted message is gone", False, "it was fetched")
    except TwilioRestException as error:
        check("a deleted message is gone", (error.status, error.code) == (404, 20404), str(error.code))


def inbound(args, receiver):
    """A phone's text, when this receiver is the provider's webhook (see --sms-url of `mimamori simulator`)."""
    validator = RequestValidator(args.token)
    receiver_url = f"http://127.0.0.1:{receiver.server_port}"
    phone = post_json(args.base + "/phones", {"number": args.phone})
    for text in ["36.5", " ３６．５ \n", "=1+1&x=%20", "", "😀 é \u200b"]:
        post_json(f"{args.base}/phones/{phone['id']}/texts", {"body": text, "to": args.sender})
        path, form, signature = receiver.got.get(timeout=TIMEOUT)
        while "MessageStatus" in form:
            path, form, signature = receiver.got.get(timeout=TIMEOUT)
        check(f"Twilio's validator accepts the text {text!r}", validator.validate(receiver_url + path, form, signature))
        check("and it arrives as it was typed", form["Body"] == [text], repr(form["Body"]))


def our_webhook(args):
    """Texts that Twilio's library signs, posted to a service: what is right is taken, what is wrong is not."""
    validator = RequestValidator(args.token)
    form = {
        "MessageSid": "SM" + "7" * 32, "SmsSid": "SM" + "7" * 32, "AccountSid": args.account, "From": args.phone,
        "To": args.sender, "Body": " ３６．５ ", "NumMedia": "0", "NumSegments": "1", "FromCity": "", "ApiVersion": "2010-04-01",
    }

    def post(fields, signature):
        request = urllib.request.Request(args.service, urllib.parse.urlencode(fields).encode(),
                                         {"Content-Type": "application/x-www-form-urlencoded"})
        if signature is not None:
            request.add_header("X-Twilio-Signature", signature)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    right = validator.compute_signature(args.service, form)
    check("the service takes what Twilio's library signs", post(form, right) == 200)
    check("also in another order", post(dict(reversed(form.items())), right) == 200)
    for what, fields, signature in [
        ("no signature", form, None),
        ("a signature by another token", form, RequestValidator("other").compute_signature(args.service, form)),
        ("a signature for another address", form, validator.compute_signature(args.service + "/x", form)),
        ("a changed text", {**form, "Body": "39.9"}, right),
        ("an added field", {**form, "Extra": "1"}, right),
    ]:
        status = post(fields, signature)
        check(f"the service refuses {what}", status == 403, str(status))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", help="the provider, without a slash at the end")
    parser.add_argument("account")
    parser.add_argument("token")
    parser.add_argument("sender", help="a number of the account")
    parser.add_argument("phone", help="a phone to text")
    parser.add_argument("--service", help="the webhook of a running service, exactly as it is configured there")
    parser.add_argument("--receiver-port", type=int, default=0,
                        help="where to listen; given when the provider's webhook points here, to check texts as well")
    args = parser.parse_args()

    receiver = http.server.ThreadingHTTPServer(("127.0.0.1", args.receiver_port), Receiver)
    receiver.got = queue.Queue()
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    client_library(args, receiver)
    if args.receiver_port:
        inbound(args, receiver)
    if args.service:
        our_webhook(args)
    receiver.shutdown()
    print(f"{failures} wrong" if failures else "all holds")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
