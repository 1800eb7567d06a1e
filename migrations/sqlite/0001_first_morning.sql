-- The data model of mimamori, for SQLite. The same tables and columns, by the same names and in the same order,
-- are in ../postgres/0001_first_morning.sql; a test compares the two. Applied files are never edited: a change is
-- a new file in both folders, which adds first and removes only what no released version reads any more.
--
-- How values are stored:
--   identifiers   TEXT, a prefix and a time-ordered UUID: `pat_0190…`. Made by the program, never by the database
--   enumerations  TEXT, the stable keys of the program: `under-observation`. Not checked here, since a new key
--                 must not need a new table; a row with an unknown key is reported with table, column and id
--   times         TEXT, RFC 3339 in UTC with `+00:00`, cut to microseconds: their order as text is their order
--   days          TEXT, `2026-01-31`, in the center's own calendar
--   yes or no     INTEGER, 0 or 1
--   the rest      JSON as TEXT where only the program looks inside
--
-- Personal data (names, numbers, the words of texts, answers) is in: contacts, patients, conversations, answers,
-- messages, outbox, callbacks_unmatched, and in audit_log.detail where staff changed it.

-- A public health center: the tenant. Every row of another table that belongs to one says so.
CREATE TABLE centers (
    id                 TEXT NOT NULL PRIMARY KEY,
    name               TEXT NOT NULL UNIQUE,
    time_zone          TEXT NOT NULL,              -- IANA name; all times of day of the center are in it
    sender             TEXT NOT NULL UNIQUE,       -- E.164; texts are routed by (to, from), so no two share one
    hours              TEXT NOT NULL,              -- JSON: opening, reminders, deadline, attended and quiet hours
    night_line         TEXT,                       -- as it is written in texts
    language           TEXT NOT NULL,              -- of new contacts
    dialog             TEXT NOT NULL,              -- the name of the dialog that the next round starts with
    thresholds_version INTEGER NOT NULL,           -- the current row of threshold_versions
    created_at         TEXT NOT NULL,
    updated_at         TEXT NOT NULL
) STRICT;

-- When a measured value is worrying, in every version there has been: a check-in names the version that
-- classified it, so that an old classification can be understood.
CREATE TABLE threshold_versions (
    center_id  TEXT NOT NULL REFERENCES centers (id),
    version    INTEGER NOT NULL,
    body       TEXT NOT NULL,                      -- JSON
    created_at TEXT NOT NULL,
    created_by TEXT,                               -- the member of staff; NULL at set-up
    PRIMARY KEY (center_id, version)
) STRICT, WITHOUT ROWID;

-- A phone number and what is known about it at one center. It answers for one or more patients. Its row is the
-- lock under which everything about this number happens, one turn after the other.
CREATE TABLE contacts (
    id              TEXT NOT NULL PRIMARY KEY,
    center_id       TEXT NOT NULL REFERENCES centers (id),
    phone           TEXT NOT NULL,                 -- E.164
    language        TEXT NOT NULL,
    opted_out_at    TEXT,
    wrong_number_at TEXT,
    confirmed_at    TEXT,                          -- no health question goes out while this is NULL
    undeliverable   TEXT,                          -- why the provider cannot reach it, if it said so
    created_at      TEXT NOT NULL,
    updated_at      TEXT NOT NULL,
    UNIQUE (center_id, phone)
) STRICT;

-- A person under observation at one center.
CREATE TABLE patients (
    id            TEXT NOT NULL PRIMARY KEY,
    center_id     TEXT NOT NULL REFERENCES centers (id),
    contact_id    TEXT NOT NULL REFERENCES contacts (id),
    her_sys_id    TEXT NOT NULL,                   -- the national register's number: data, never a key
    name          TEXT NOT NULL,
    kana          TEXT NOT NULL,
    birth_date    TEXT,
    risk_tier     TEXT NOT NULL,
    place         TEXT NOT NULL,
    lives_alone   INTEGER CHECK (lives_alone IN (0, 1)),  -- NULL: not known, which is not "no"
    letter        TEXT NOT NULL,                   -- A, B, …: tells patients on one phone apart without a name
    observe_from  TEXT NOT NULL,
    observe_until TEXT NOT NULL,                   -- the last day, included
    status        TEXT NOT NULL,
    created_at    TEXT NOT NULL,
    updated_at    TEXT NOT NULL,
    UNIQUE (center_id, her_sys_id),
    UNIQUE (contact_id, letter)
) STRICT;
CREATE INDEX patients_by_period ON patients (center_id, observe_until, observe_from);

-- Every version of every dialog that a conversation was ever started with, whole: a running conversation stays
-- on the one it started with, whatever happens to the files.
CREATE TABLE dialog_versions (
    hash    TEXT NOT NULL PRIMARY KEY,             -- SHA-256 of the content, in hexadecimal digits
    name    TEXT NOT NULL,
    source  TEXT NOT NULL,                         -- JSON: the files by name
    kept_at TEXT NOT NULL
) STRICT;

-- One center's observation day. The instants are fixed when the round is planned, so that a change of hours or of
-- the clocks does not move a round that is under way.
CREATE TABLE rounds (
    id           TEXT NOT NULL PRIMARY KEY,
    center_id    TEXT NOT NULL REFERENCES centers (id),
    day          TEXT NOT NULL,
    opens_at     TEXT NOT NULL,
    reminders_at TEXT NOT NULL,                    -- JSON: instants, ascending
    deadline_at  TEXT NOT NULL,
    ends_at      TEXT NOT NULL,                    -- the next opening
    quiet_from   TEXT NOT NULL,                    -- no scheduled text leaves from here until ends_at
    state        TEXT NOT NULL,                    -- planned, open, closed, missed
    created_at   TEXT NOT NULL,
    updated_at   TEXT NOT NULL,
    UNIQUE (center_id, day)
) STRICT;
CREATE INDEX rounds_by_opening ON rounds (center_id, opens_at);
CREATE INDEX rounds_by_state ON rounds (state, opens_at);

-- What is due in a round, and when: opening, reminders, deadline. Whoever works on one holds it by a lease; a lease
-- that ran out is free again. The database is the truth here, the ticker only rings a bell.
CREATE TABLE timers (
    id          TEXT NOT NULL PRIMARY KEY,
    round_id    TEXT NOT NULL REFERENCES rounds (id),
    kind        TEXT NOT NULL,                     -- open, reminder-1, reminder-2, …, deadline
    due_at      TEXT NOT NULL,
    lease_until TEXT,
    done_at     TEXT,
    outcome     TEXT,                              -- what was done, as a key: done, too-late, …
    UNIQUE (round_id, kind)
) STRICT;
CREATE INDEX timers_due ON timers (due_at) WHERE done_at IS NULL;

-- One run of a dialog with one contact about one patient, in one round.
CREATE TABLE conversations (
    id           TEXT NOT NULL PRIMARY KEY,
    round_id     TEXT NOT NULL REFERENCES rounds (id),
    center_id    TEXT NOT NULL REFERENCES centers (id),
    contact_id   TEXT NOT NULL REFERENCES contacts (id),
    patient_id   TEXT NOT NULL REFERENCES patients (id),
    dialog_hash  TEXT NOT NULL REFERENCES dialog_versions (hash),
    state        TEXT NOT NULL,                    -- JSON: the engine's state, which contains dialog_hash and sequence
    sequence     INTEGER NOT NULL,                 -- grows with every step; a save names the one that it has read
    status       TEXT NOT NULL,                    -- waiting, asking, finished, closed: the phase within state
    question_key TEXT,                             -- the pending question, for staff
    asked_at     TEXT,                             -- when it was asked
    updated_at   TEXT NOT NULL,
    UNIQUE (round_id, patient_id)
) STRICT;
CREATE INDEX conversations_by_contact ON conversations (round_id, contact_id);
CREATE INDEX conversations_unfinished ON conversations (round_id, id) WHERE status IN ('waiting', 'asking');

-- One text, in or out. Append-only: what became of an outgoing one is in outbox (now) and message_events (history).
CREATE TABLE messages (
    id              TEXT NOT NULL PRIMARY KEY,
    direction       TEXT NOT NULL,                 -- in, out
    center_id       TEXT REFERENCES centers (id),  -- NULL: came to a number that is no center's
    contact_id      TEXT REFERENCES contacts (id), -- NULL: from or to a number that is nobody's
    patient_id      TEXT REFERENCES patients (id),
    conversation_id TEXT REFERENCES conversations (id),
    round_id        TEXT REFERENCES rounds (id),
    provider_id     TEXT,                          -- of an incoming one; an outgoing one gets its own later, in outbox
    from_number     TEXT NOT NULL,                 -- as the provider wrote it: may be a short code or a name
    to_number       TEXT NOT NULL,
    body            TEXT NOT NULL,                 -- word for word, save that U+0000 is kept as U+2400
    media           INTEGER NOT NULL,              -- how many pictures came with it
    kind            TEXT,                          -- of an outgoing one: safety, opening, reply, reminder
    segments        INTEGER,                       -- of an outgoing one: what it costs
    created_at      TEXT NOT NULL
) STRICT;
CREATE INDEX messages_by_contact ON messages (contact_id, created_at);
CREATE INDEX messages_by_conversation ON messages (conversation_id);
CREATE INDEX messages_in_by_number ON messages (from_number, created_at) WHERE direction = 'in';
CREATE INDEX messages_out_by_number ON messages (to_number, created_at) WHERE direction = 'out';

-- What became of an outgoing text, step by step. Append-only.
CREATE TABLE message_events (
    message_id TEXT NOT NULL REFERENCES messages (id),
    number     INTEGER NOT NULL,                   -- counts from 1 within a message
    at         TEXT NOT NULL,
    state      TEXT NOT NULL,                      -- as reported, even where a later state already held
    error_code TEXT,                               -- the provider's
    source     TEXT NOT NULL,                      -- enqueue, relay, callback, expiry, lease, cancel
    PRIMARY KEY (message_id, number)
) STRICT, WITHOUT ROWID;

-- Where every outgoing text stands now: the queue that the relay drains, and the record of what the provider said.
CREATE TABLE outbox (
    -- Deferred, since the slot must be won before the text is appended.
    message_id       TEXT NOT NULL PRIMARY KEY REFERENCES messages (id) DEFERRABLE INITIALLY DEFERRED,
    center_id        TEXT NOT NULL REFERENCES centers (id),
    contact_id       TEXT REFERENCES contacts (id),
    patient_id       TEXT REFERENCES patients (id),
    round_id         TEXT REFERENCES rounds (id),
    conversation_id  TEXT REFERENCES conversations (id),
    sequence         INTEGER,                      -- the conversation's, when the text was made
    from_number      TEXT NOT NULL,
    to_number        TEXT NOT NULL,
    kind             TEXT NOT NULL,
    -- Lower leaves first. A text that waits behind an older one to the same number lends it its own priority, so
    -- that a safety text is not held up by an opening that would have waited for thousands of others.
    priority         INTEGER NOT NULL,
    -- The order between two numbers (P6): microseconds since 1970 when it was made, or one more than the last open
    -- one, so that neither a clock that goes back nor two texts of one turn can change places.
    position         INTEGER NOT NULL,
    state            TEXT NOT NULL,
    slot             TEXT,                         -- of a scheduled text: open, reminder-1, …
    slot_key         TEXT UNIQUE,                  -- round|patient|slot: at most one ever (P4)
    not_before       TEXT NOT NULL,
    deadline_at      TEXT NOT NULL,                -- does not leave at or after this instant (P7)
    attempts         INTEGER NOT NULL,
    first_attempt_at TEXT,
    lease_until      TEXT,                         -- while sending: whose lease ran out is unknown (P5)
    provider_id      TEXT UNIQUE,
    error_code       TEXT,
    given_up_at      TEXT,                         -- since when nobody asks the provider about an unknown one
    created_at       TEXT NOT NULL,
    updated_at       TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_claim ON outbox (priority, position, message_id) WHERE state = 'queued';
CREATE INDEX outbox_deadline ON outbox (deadline_at) WHERE state = 'queued';
CREATE INDEX outbox_leases ON outbox (lease_until) WHERE state = 'sending';
CREATE INDEX outbox_unknown ON outbox (updated_at) WHERE state = 'unknown' AND given_up_at IS NULL;
CREATE INDEX outbox_pair ON outbox (from_number, to_number, position, message_id)
    WHERE state IN ('queued', 'sending');
CREATE INDEX outbox_open_by_contact ON outbox (contact_id) WHERE state IN ('queued', 'sending');

-- Every incoming text by the provider's identifier: the same one has one effect and one reply (P2).
CREATE TABLE inbox (
    provider_id TEXT NOT NULL PRIMARY KEY,
    -- The row of messages. No foreign key: this row comes first, and one that fails at commit would fail a batch.
    message_id  TEXT NOT NULL,
    reply       TEXT,                              -- the bytes of the webhook's answer, again for every redelivery
    received_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Status callbacks that match no text of ours: kept and counted, one row for each different one.
CREATE TABLE callbacks_unmatched (
    id          TEXT NOT NULL PRIMARY KEY,         -- SHA-256 of what came
    provider_id TEXT NOT NULL,
    params      TEXT NOT NULL,                     -- JSON
    at          TEXT NOT NULL,                     -- the first time
    last_at     TEXT NOT NULL,
    times       INTEGER NOT NULL
) STRICT;

-- Every answer to every question. Append-only: a correction is a newer row (P10).
CREATE TABLE answers (
    id              TEXT NOT NULL PRIMARY KEY,
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    round_id        TEXT NOT NULL REFERENCES rounds (id),
    patient_id      TEXT NOT NULL REFERENCES patients (id),
    number          INTEGER NOT NULL,              -- counts from 1 within a conversation: the order of arrival
    question_key    TEXT NOT NULL,
    value           TEXT NOT NULL,                 -- JSON
    raw             TEXT NOT NULL,                 -- what was written or said
    message_id      TEXT REFERENCES messages (id), -- NULL: reported by staff
    reporter        TEXT NOT NULL,                 -- text, staff
    at              TEXT NOT NULL,
    UNIQUE (conversation_id, number)
) STRICT;

-- One patient's report for one observation day, as it stands. The answers behind it are in answers.
CREATE TABLE check_ins (
    id                 TEXT NOT NULL PRIMARY KEY,
    round_id           TEXT NOT NULL REFERENCES rounds (id),
    patient_id         TEXT NOT NULL REFERENCES patients (id),
    completeness       TEXT NOT NULL,              -- none, partial, complete
    late               INTEGER NOT NULL CHECK (late IN (0, 1)),
    reporter           TEXT NOT NULL,
    severity           TEXT NOT NULL,              -- green, unknown, orange, red
    thresholds_version INTEGER NOT NULL,
    reasons            TEXT NOT NULL,              -- stable keys separated by spaces
    started_at         TEXT,
    finished_at        TEXT,
    updated_at         TEXT NOT NULL,
    UNIQUE (round_id, patient_id)
) STRICT;

-- What staff must act on.
CREATE TABLE alerts (
    id         TEXT NOT NULL PRIMARY KEY,
    center_id  TEXT REFERENCES centers (id),       -- NULL: the operator's
    patient_id TEXT REFERENCES patients (id),
    contact_id TEXT REFERENCES contacts (id),
    round_id   TEXT REFERENCES rounds (id),
    message_id TEXT REFERENCES messages (id),      -- the text that raised it
    rule       TEXT NOT NULL,
    severity   TEXT NOT NULL,
    detail     TEXT NOT NULL,                      -- stable keys separated by spaces
    opened_at  TEXT NOT NULL,
    state      TEXT NOT NULL                       -- open, taken, closed
) STRICT;
CREATE INDEX alerts_open ON alerts (center_id, opened_at) WHERE state <> 'closed';
CREATE INDEX alerts_by_round ON alerts (round_id, patient_id);
CREATE INDEX alerts_by_contact ON alerts (contact_id, opened_at);

-- Whom to call, as frozen at the deadline.
CREATE TABLE chase_entries (
    round_id   TEXT NOT NULL REFERENCES rounds (id),
    patient_id TEXT NOT NULL REFERENCES patients (id),
    rank       INTEGER NOT NULL,                   -- 1 is called first
    reason     TEXT NOT NULL,
    detail     TEXT NOT NULL,
    PRIMARY KEY (round_id, patient_id),
    UNIQUE (round_id, rank)
) STRICT, WITHOUT ROWID;

-- Who works with the console.
CREATE TABLE staff (
    id            TEXT NOT NULL PRIMARY KEY,
    login         TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    role          TEXT NOT NULL,
    center_id     TEXT REFERENCES centers (id),    -- NULL: every center
    language      TEXT NOT NULL,                   -- of the console
    password_hash TEXT NOT NULL,                   -- Argon2id, in PHC form
    created_at    TEXT NOT NULL
) STRICT;

-- Who is signed in. The token itself is only in the browser.
CREATE TABLE sessions (
    token_sha256 TEXT NOT NULL PRIMARY KEY,        -- hexadecimal digits
    staff_id     TEXT NOT NULL REFERENCES staff (id),
    created_at   TEXT NOT NULL,
    last_seen_at TEXT NOT NULL,
    expires_at   TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- Refused sign-ins of the last day, to slow down guessing. The login is hashed: people type passwords there.
CREATE TABLE sign_in_failures (
    login_sha256 TEXT NOT NULL,
    at           TEXT NOT NULL
) STRICT;
CREATE INDEX sign_in_failures_by_login ON sign_in_failures (login_sha256, at);
CREATE INDEX sign_in_failures_by_time ON sign_in_failures (at);

-- Who saw and changed what. Append-only, and each row's hash covers the row and the hash before it, so that a row
-- that was changed, removed, added or moved shows (P14).
CREATE TABLE audit_log (
    number     INTEGER NOT NULL PRIMARY KEY,       -- from 1, without gaps
    at         TEXT NOT NULL,
    actor      TEXT,                               -- the member of staff; no foreign key: the trail outlives everyone
    actor_text TEXT NOT NULL,                      -- who it was, when there is no such row: `command line`
    action     TEXT NOT NULL,
    center_id  TEXT,
    subject    TEXT NOT NULL,                      -- the identifier of what was seen or changed
    detail     TEXT NOT NULL,                      -- JSON, but kept as the very bytes that were hashed
    hash       TEXT NOT NULL                       -- hexadecimal digits
) STRICT;

-- The one row that says where the chain ends: it is the lock for appending, and shows when the end was cut off.
CREATE TABLE audit_head (
    id     INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    number INTEGER NOT NULL,
    hash   TEXT NOT NULL
) STRICT;
INSERT INTO audit_head (id, number, hash)
VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');

-- Append-only means that the database refuses anything else, whoever asks (P10, P14).
CREATE TRIGGER messages_are_not_changed BEFORE UPDATE ON messages
BEGIN SELECT RAISE(ABORT, 'messages is append-only'); END;
CREATE TRIGGER messages_are_not_deleted BEFORE DELETE ON messages
BEGIN SELECT RAISE(ABORT, 'messages is append-only'); END;
CREATE TRIGGER message_events_are_not_changed BEFORE UPDATE ON message_events
BEGIN SELECT RAISE(ABORT, 'message_events is append-only'); END;
CREATE TRIGGER message_events_are_not_deleted BEFORE DELETE ON message_events
BEGIN SELECT RAISE(ABORT, 'message_events is append-only'); END;
CREATE TRIGGER answers_are_not_changed BEFORE UPDATE ON answers
BEGIN SELECT RAISE(ABORT, 'answers is append-only'); END;
CREATE TRIGGER answers_are_not_deleted BEFORE DELETE ON answers
BEGIN SELECT RAISE(ABORT, 'answers is append-only'); END;
CREATE TRIGGER audit_log_is_not_changed BEFORE UPDATE ON audit_log
BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END;
CREATE TRIGGER audit_log_is_not_deleted BEFORE DELETE ON audit_log
BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END;
