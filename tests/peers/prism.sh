#!/bin/sh
# Twilio's OpenAPI description, enforced by Prism, between a client and the built-in provider: every request and
# every answer has to fit it.
#
# Usage: prism.sh DESCRIPTION.json BASE_URL ACCOUNT_SID AUTH_TOKEN SENDER PHONE
#
# Needs: curl, and prism on the PATH or named by PRISM (npm install @stoplight/prism-cli). Exits with 1 if anything
# does not hold, with 2 if something needed is missing.
set -eu

if [ $# -ne 6 ]; then
    sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
description=$1 base=$2 account=$3 token=$4 sender=$5 phone=$6
prism=${PRISM:-prism}
[ -r "$description" ] || { echo "prism.sh: the OpenAPI description $description is absent: nothing was checked" >&2; exit 2; }
command -v "$prism" >/dev/null || {
    echo "prism.sh: prism is absent: nothing was checked; npm install @stoplight/prism-cli, then put it on the PATH or set PRISM" >&2
    exit 2
}

work=$(mktemp -d)
port=${PRISM_PORT:-4010}
"$prism" proxy "$description" "$base" --host 127.0.0.1 --port "$port" >"$work/log" 2>&1 &
running=$!
trap 'kill "$running" 2>/dev/null || true; rm -rf "$work"' EXIT
tries=0
until curl -s -o "$work/up" "http://127.0.0.1:$port/" 2>/dev/null; do
    tries=$((tries + 1))
    kill -0 "$running" 2>/dev/null || { cat "$work/log" >&2; echo "prism.sh: prism did not start" >&2; exit 1; }
    [ "$tries" -lt 300 ] || { cat "$work/log" >&2; echo "prism.sh: prism did not answer within 30 seconds" >&2; exit 1; }
    sleep 0.1
done

messages=/2010-04-01/Accounts/$account/Messages
wrong=0

# check WHAT EXPECTED_STATUS CURL_ARGUMENTS...: the status is right, and Prism found nothing against the request nor
# the answer. check_caught: the status is right, and Prism did find something.
check() { judge clean "$@"; }
check_caught() { judge caught "$@"; }
judge() {
    verdict=$1 what=$2 expected=$3
    shift 3
    status=$(curl -sg -u "$account:$token" -D "$work/headers" -o "$work/body" -w '%{http_code}' "$@") || status="none"
    if [ "$status" != "$expected" ]; then
        echo "WRONG $what: status $status instead of $expected: $(cat "$work/body")"
        wrong=$((wrong + 1))
    elif [ "$verdict" = clean ] && grep -i '^sl-violations:' "$work/headers" >"$work/violations"; then
        echo "WRONG $what: $(cat "$work/violations")"
        wrong=$((wrong + 1))
    elif [ "$verdict" = caught ] && ! grep -qi '^sl-violations:' "$work/headers"; then
        echo "WRONG $what: prism found nothing against it"
        wrong=$((wrong + 1))
    else
        echo "ok    $what"
    fi
}

at=http://127.0.0.1:$port
check "a message is created" 201 "$at$messages.json" --data-urlencode "From=$sender" --data-urlencode "To=$phone" \
    --data-urlencode "Body=今日の体温を数字で返信してください。" --data-urlencode "StatusCallback=http://127.0.0.1:9/status?m=1" \
    --data-urlencode "ValidityPeriod=3600" --data-urlencode "SmartEncoded=false"
sid=$(sed -n 's/.*"sid":"\(SM[0-9a-f]*\)".*/\1/p' "$work/body")
[ -n "$sid" ] || { echo "WRONG the answer has no identifier"; wrong=$((wrong + 1)); }
check "it is fetched" 200 "$at$messages/$sid.json"
check "messages are listed" 200 "$at$messages.json?To=%2B${phone#+}&PageSize=1"
check "messages are listed since a day" 200 "$at$messages.json?DateSent%3E=2026-01-01"
check "the account's numbers are listed" 200 "$at/2010-04-01/Accounts/$account/IncomingPhoneNumbers.json"
check "an unknown message is not found" 404 "$at$messages/SM00000000000000000000000000000000.json"
check "a sender of another account is refused" 400 "$at$messages.json" --data-urlencode "From=+12025550150" \
    --data-urlencode "To=$phone" --data-urlencode "Body=a"
check "a landline is refused" 400 "$at$messages.json" --data-urlencode "From=$sender" \
    --data-urlencode "To=+81312345678" --data-urlencode "Body=a"
check "a message is redacted" 200 "$at$messages/$sid.json" --data-urlencode "Body="
check "a message is deleted" 204 -X DELETE "$at$messages/$sid.json"
check "a wrong token is refused" 401 -u "$account:wrong" "$at$messages.json"
# The judge is awake: it sees what is wrong with a request, and the provider refuses it too.
check_caught "an unescaped plus is caught" 400 "$at$messages.json" -d "From=$sender&To=$phone&Body=a"
check_caught "an empty request is caught" 400 "$at$messages.json" -d ""

if [ "$wrong" -gt 0 ]; then
    echo "$wrong wrong"
    exit 1
fi
echo "all holds"
