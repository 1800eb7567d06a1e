-- The data model of mimamori, for PostgreSQL 14 or newer. What each table and column is for, and how values are
-- stored, is told at length in ../sqlite/0001_first_morning.sql: the same tables and columns, by the same names and
-- in the same order; a test compares the two. Applied files are never edited.
--
-- What differs: times are TIMESTAMPTZ, which keeps microseconds; days are DATE; yes or no is BOOLEAN; whole numbers
-- are BIGINT, since the driver tells INT from i64; JSON is JSONB. Keys are compared byte by byte (COLLATE "C"),
-- whatever the collation of the database, so that they sort as they do in SQLite.

-- A public health center: the tenant. Every row of another table that belongs to one says so.
CREATE TABLE centers (
    id                 TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name               TEXT NOT NULL UNIQUE,
    time_zone          TEXT NOT NULL,                      -- IANA name; all times of day of the center are in it
    sender             TEXT COLLATE "C" NOT NULL UNIQUE,   -- E.164; texts are routed by (to, from), so no two share one
    hours              JSONB NOT NULL,                     -- opening, reminders, deadline, attended and quiet hours
    night_line         TEXT,                               -- as it is written in texts
    language           TEXT COLLATE "C" NOT NULL,          -- of new contacts
    dialog             TEXT COLLATE "C" NOT NULL,          -- the name of the dialog that the next round starts with
    thresholds_version BIGINT NOT NULL,                    -- the current row of threshold_versions
    created_at         TIMESTAMPTZ NOT NULL,
    updated_at         TIMESTAMPTZ NOT NULL
);

-- When a measured value is worrying, in every version there has been: a check-in names the version that
-- classified it, so that an old classification can be understood.
CREATE TABLE threshold_versions (
    center_id  TEXT COLLATE "C" NOT NULL REFERENCES centers (id),
    version    BIGINT NOT NULL,
    body       JSONB NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    created_by TEXT COLLATE "C",                           -- the member of staff; NULL at set-up
    PRIMARY KEY (center_id, version)
);

-- A phone number and what is known about it at one center. It answers for one or more patients. Its row is the
-- lock under which everything about this number happens, one turn after the other.
CREATE TABLE contacts (
    id              TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    center_id       TEXT COLLATE "C" NOT NULL REFERENCES centers (id),
    phone           TEXT COLLATE "C" NOT NULL,             -- E.164
    language        TEXT COLLATE "C" NOT NULL,
    opted_out_at    TIMESTAMPTZ,
    wrong_number_at TIMESTAMPTZ,
    confirmed_at    TIMESTAMPTZ,                           -- no health question goes out while this is NULL
    undeliverable   TEXT,                                  -- why the provider cannot reach it, if it said so
    created_at      TIMESTAMPTZ NOT NULL,
    updated_at      TIMESTAMPTZ NOT NULL,
    UNIQUE (center_id, phone)
);

-- A person under observation at one center.
CREATE TABLE patients (
    id            TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    center_id     TEXT COLLATE "C" NOT NULL REFERENCES centers (id),
    contact_id    TEXT COLLATE "C" NOT NULL REFERENCES contacts (id),
    her_sys_id    TEXT COLLATE "C" NOT NULL,               -- the national register's number: data, never a key
    name          TEXT NOT NULL,
    kana          TEXT NOT NULL,
    birth_date    DATE,
    risk_tier     TEXT COLLATE "C" NOT NULL,
    place         TEXT COLLATE "C" NOT NULL,
    lives_alone   BOOLEAN,                                 -- NULL: not known, which is not "no"
    letter        TEXT COLLATE "C" NOT NULL,               -- A, B, …: tells patients on one phone apart without a name
    observe_from  DATE NOT NULL,
    observe_until DATE NOT NULL,                           -- the last day, included
    status        TEXT COLLATE "C" NOT NULL,
    created_at    TIMESTAMPTZ NOT NULL,
    updated_at    TIMESTAMPTZ NOT NULL,
    UNIQUE (center_id, her_sys_id),
    UNIQUE (contact_id, letter)
);
CREATE INDEX patients_by_period ON patients (center_id, observe_until, observe_from);

-- Every version of every dialog that a conversation was ever started with, whole: a running conversation stays
-- on the one it started with, whatever happens to the files.
CREATE TABLE dialog_versions (
    hash    TEXT COLLATE "C" NOT NULL PRIMARY KEY,         -- SHA-256 of the content, in hexadecimal digits
    name    TEXT NOT NULL,
    source  JSONB NOT NULL,                                -- the files by name
    kept_at TIMESTAMPTZ NOT NULL
);

-- One center's observation day. The instants are fixed when the round is planned, so that a change of hours or of
-- the clocks does not move a round that is under way.
CREATE TABLE rounds (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    center_id    TEXT COLLATE "C" NOT NULL REFERENCES centers (id),
    day          DATE NOT NULL,
    opens_at     TIMESTAMPTZ NOT NULL,
    reminders_at JSONB NOT NULL,                           -- instants, ascending
    deadline_at  TIMESTAMPTZ NOT NULL,
    ends_at      TIMESTAMPTZ NOT NULL,                     -- the next opening
    quiet_from   TIMESTAMPTZ NOT NULL,                     -- no scheduled text leaves from here until ends_at
    state        TEXT COLLATE "C" NOT NULL,                -- planned, open, closed, missed
    created_at   TIMESTAMPTZ NOT NULL,
    updated_at   TIMESTAMPTZ NOT NULL,
    UNIQUE (center_id, day)
);
CREATE INDEX rounds_by_opening ON rounds (center_id, opens_at);
CREATE INDEX rounds_by_state ON rounds (state, opens_at);

-- What is due in a round, and when: opening, reminders, deadline. Whoever works on one holds it by a lease; a lease
-- that ran out is free again. The database is the truth here, the ticker only rings a bell.
CREATE TABLE timers (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    round_id    TEXT COLLATE "C" NOT NULL REFERENCES rounds (id),
    kind        TEXT COLLATE "C" NOT NULL,                 -- open, reminder-1, reminder-2, …, deadline
    due_at      TIMESTAMPTZ NOT NULL,
    lease_until TIMESTAMPTZ,
    done_at     TIMESTAMPTZ,
    outcome     TEXT,                                      -- what was done, as a key: done, too-late, …
    UNIQUE (round_id, kind)
);
CREATE INDEX timers_due ON timers (due_at) WHERE done_at IS NULL;

-- One run of a dialog with one contact about one patient, in one round.
CREATE TABLE conversations (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    round_id     TEXT COLLATE "C" NOT NULL REFERENCES rounds (id),
    center_id    TEXT COLLATE "C" NOT NULL REFERENCES centers (id),
    contact_id   TEXT COLLATE "C" NOT NULL REFERENCES contacts (id),
    patient_id   TEXT COLLATE "C" NOT NULL REFERENCES patients (id),
    dialog_hash  TEXT COLLATE "C" NOT NULL REFERENCES dialog_versions (hash),
    state        JSONB NOT NULL,                           -- the engine's state, which contains dialog_hash and sequence
    sequence     BIGINT NOT NULL,                          -- grows with every step; a save names the one that it has read
    status       TEXT COLLATE "C" NOT NULL,                -- waiting, asking, finished, closed: the phase within state
    question_key TEXT COLLATE "C",                         -- the pending question, for staff
    asked_at     TIMESTAMPTZ,                              -- when it was asked
    updated_at   TIMESTAMPTZ NOT NULL,
    UNIQUE (round_id, patient_id)
);
CREATE INDEX conversations_by_contact ON conversations (round_id, contact_id);
CREATE INDEX conversations_unfinished ON conversations (round_id, id) WHERE status IN ('waiting', 'asking');

-- One text, in or out. Append-only: what became of an outgoing one is in outbox (now) and message_events (history).
CREATE TABLE messages (
    id              TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    direction       TEXT COLLATE "C" NOT NULL,             -- in, out
    center_id       TEXT COLLATE "C" REFERENCES centers (id),  -- NULL: came to a number that is no center's
    contact_id      TEXT COLLATE "C" REFERENCES contacts (id),  -- NULL: from or to a number that is nobody's
    patient_id      TEXT COLLATE "C" REFERENCES patients (id),
    conversation_id TEXT COLLATE "C" REFERENCES conversations (id),
    round_id        TEXT COLLATE "C" REFERENCES rounds (id),
    provider_id     TEXT COLLATE "C",                      -- of an incoming one; an outgoing one gets its own later, in outbox
    from_number     TEXT COLLATE "C" NOT NULL,             -- as the provider wrote it: may be a short code or a name
    to_number       TEXT COLLATE "C" NOT NULL,
    body            TEXT NOT NULL,                         -- word for word, save that U+0000 is kept as U+2400
    media           BIGINT NOT NULL,                       -- how many pictures came with it
    kind            TEXT COLLATE "C",                      -- of an outgoing one: safety, opening, reply, reminder
    segments        BIGINT,                                -- of an outgoing one: what it costs
    created_at      TIMESTAMPTZ NOT NULL
);
CREATE INDEX messages_by_contact ON messages (contact_id, created_at);
CREATE INDEX messages_by_conversation ON messages (conversation_id);
CREATE INDEX messages_in_by_number ON messages (from_number, created_at) WHERE direction = 'in';
CREATE INDEX messages_out_by_number ON messages (to_number, created_at) WHERE direction = 'out';

-- What became of an outgoing text, step by step. Append-only.
CREATE TABLE message_events (
    message_id TEXT COLLATE "C" NOT NULL REFERENCES messages (id),
    number     BIGINT NOT NULL,                            -- counts from 1 within a message
    at         TIMESTAMPTZ NOT NULL,
    state      TEXT COLLATE "C" NOT NULL,                  -- as reported, even where a later state already held
    error_code TEXT,                                       -- the provider's
    source     TEXT NOT NULL,                              -- enqueue, relay, callback, expiry, lease, cancel
    PRIMARY KEY (message_id, number)
);

-- Where every outgoing text stands now: the queue that the relay drains, and the record of what the provider said.
CREATE TABLE outbox (
    -- Deferred, since the slot must be won before the text is appended.
    message_id       TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES messages (id) DEFERRABLE INITIALLY DEFERRED,
    center_id        TEXT COLLATE "C" NOT NULL REFERENCES centers (id),
    contact_id       TEXT COLLATE "C" REFERENCES contacts (id),
    patient_id       TEXT COLLATE "C" REFERENCES patients (id),
    round_id         TEXT COLLATE "C" REFERENCES rounds (id),
    conversation_id  TEXT COLLATE "C" REFERENCES conversations (id),
    sequence         BIGINT,                               -- the conversation's, when the text was made
    from_number      TEXT COLLATE "C" NOT NULL,
    to_number        TEXT COLLATE "C" NOT NULL,
    kind             TEXT COLLATE "C" NOT NULL,
    -- Lower leaves first. A text that waits behind an older one to the same number lends it its own priority, so
    -- that a safety text is not held up by an opening that would have waited for thousands of others.
    priority         BIGINT NOT NULL,
    -- The order between two numbers (P6): microseconds since 1970 when it was made, or one more than the last open
    -- one, so that neither a clock that goes back nor two texts of one turn can change places.
    position         BIGINT NOT NULL,
    state            TEXT COLLATE "C" NOT NULL,
    slot             TEXT COLLATE "C",                     -- of a scheduled text: open, reminder-1, …
    slot_key         TEXT COLLATE "C" UNIQUE,              -- round|patient|slot: at most one ever (P4)
    not_before       TIMESTAMPTZ NOT NULL,
    deadline_at      TIMESTAMPTZ NOT NULL,                 -- does not leave at or after this instant (P7)
    attempts         BIGINT NOT NULL,
    first_attempt_at TIMESTAMPTZ,
    lease_until      TIMESTAMPTZ,                          -- while sending: whose lease ran out is unknown (P5)
    provider_id      TEXT COLLATE "C" UNIQUE,
    error_code       TEXT,
    given_up_at      TIMESTAMPTZ,                          -- since when nobody asks the provider about an unknown one
    created_at       TIMESTAMPTZ NOT NULL,
    updated_at       TIMESTAMPTZ NOT NULL
);
CREATE INDEX outbox_claim ON outbox (priority, position, message_id) WHERE state = 'queued';
CREATE INDEX outbox_deadline ON outbox (deadline_at) WHERE state = 'queued';
CREATE INDEX outbox_leases ON outbox (lease_until) WHERE state = 'sending';
CREATE INDEX outbox_unknown ON outbox (updated_at) WHERE state = 'unknown' AND given_up_at IS NULL;
CREATE INDEX outbox_pair ON outbox (from_number, to_number, position, message_id)
    WHERE state IN ('queued', 'sending');
CREATE INDEX outbox_open_by_contact ON outbox (contact_id) WHERE state IN ('queued', 'sending');

-- Every incoming text by the provider's identifier: the same one has one effect and one reply (P2).
CREATE TABLE inbox (
    provider_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    -- The row of messages. No foreign key: this row comes first, and one that fails at commit would fail a batch.
    message_id  TEXT COLLATE "C" NOT NULL,
    reply       TEXT,                                      -- the bytes of the webhook's answer, again for every redelivery
    received_at TIMESTAMPTZ NOT NULL
);

-- Status callbacks that match no text of ours: kept and counted, one row for each different one.
CREATE TABLE callbacks_unmatched (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,     -- SHA-256 of what came
    provider_id TEXT COLLATE "C" NOT NULL,
    params      JSONB NOT NULL,
    at          TIMESTAMPTZ NOT NULL,                      -- the first time
    last_at     TIMESTAMPTZ NOT NULL,
    times       BIGINT NOT NULL
);

-- Every answer to every question. Append-only: a correction is a newer row (P10).
CREATE TABLE answers (
    id              TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    conversation_id TEXT COLLATE "C" NOT NULL REFERENCES conversations (id),
    round_id        TEXT COLLATE "C" NOT NULL REFERENCES rounds (id),
    patient_id      TEXT COLLATE "C" NOT NULL REFERENCES patients (id),
    number          BIGINT NOT NULL,                       -- counts from 1 within a conversation: the order of arrival
    question_key    TEXT COLLATE "C" NOT NULL,
    value           JSONB NOT NULL,
    raw             TEXT NOT NULL,                         -- what was written or said
    message_id      TEXT COLLATE "C" REFERENCES messages (id),  -- NULL: reported by staff
    reporter        TEXT COLLATE "C" NOT NULL,             -- text, staff
    at              TIMESTAMPTZ NOT NULL,
    UNIQUE (conversation_id, number)
);

-- One patient's report for one observation day, as it stands. The answers behind it are in answers.
CREATE TABLE check_ins (
    id                 TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    round_id           TEXT COLLATE "C" NOT NULL REFERENCES rounds (id),
    patient_id         TEXT COLLATE "C" NOT NULL REFERENCES patients (id),
    completeness       TEXT COLLATE "C" NOT NULL,          -- none, partial, complete
    late               BOOLEAN NOT NULL,
    reporter           TEXT COLLATE "C" NOT NULL,
    severity           TEXT COLLATE "C" NOT NULL,          -- green, unknown, orange, red
    thresholds_version BIGINT NOT NULL,
    reasons            TEXT NOT NULL,                      -- stable keys separated by spaces
    started_at         TIMESTAMPTZ,
    finished_at        TIMESTAMPTZ,
    updated_at         TIMESTAMPTZ NOT NULL,
    UNIQUE (round_id, patient_id)
);

-- What staff must act on.
CREATE TABLE alerts (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    center_id  TEXT COLLATE "C" REFERENCES centers (id),   -- NULL: the operator's
    patient_id TEXT COLLATE "C" REFERENCES patients (id),
    contact_id TEXT COLLATE "C" REFERENCES contacts (id),
    round_id   TEXT COLLATE "C" REFERENCES rounds (id),
    message_id TEXT COLLATE "C" REFERENCES messages (id),  -- the text that raised it
    rule       TEXT COLLATE "C" NOT NULL,
    severity   TEXT COLLATE "C" NOT NULL,
    detail     TEXT NOT NULL,                              -- stable keys separated by spaces
    opened_at  TIMESTAMPTZ NOT NULL,
    state      TEXT COLLATE "C" NOT NULL                   -- open, taken, closed
);
CREATE INDEX alerts_open ON alerts (center_id, opened_at) WHERE state <> 'closed';
CREATE INDEX alerts_by_round ON alerts (round_id, patient_id);
CREATE INDEX alerts_by_contact ON alerts (contact_id, opened_at);

-- Whom to call, as frozen at the deadline.
CREATE TABLE chase_entries (
    round_id   TEXT COLLATE "C" NOT NULL REFERENCES rounds (id),
    patient_id TEXT COLLATE "C" NOT NULL REFERENCES patients (id),
    rank       BIGINT NOT NULL,                            -- 1 is called first
    reason     TEXT COLLATE "C" NOT NULL,
    detail     TEXT NOT NULL,
    PRIMARY KEY (round_id, patient_id),
    UNIQUE (round_id, rank)
);

-- Who works with the console.
CREATE TABLE staff (
    id            TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    login         TEXT COLLATE "C" NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    role          TEXT COLLATE "C" NOT NULL,
    center_id     TEXT COLLATE "C" REFERENCES centers (id),  -- NULL: every center
    language      TEXT COLLATE "C" NOT NULL,               -- of the console
    password_hash TEXT NOT NULL,                           -- Argon2id, in PHC form
    created_at    TIMESTAMPTZ NOT NULL
);

-- Who is signed in. The token itself is only in the browser.
CREATE TABLE sessions (
    token_sha256 TEXT COLLATE "C" NOT NULL PRIMARY KEY,    -- hexadecimal digits
    staff_id     TEXT COLLATE "C" NOT NULL REFERENCES staff (id),
    created_at   TIMESTAMPTZ NOT NULL,
    last_seen_at TIMESTAMPTZ NOT NULL,
    expires_at   TIMESTAMPTZ NOT NULL
);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- Refused sign-ins of the last day, to slow down guessing. The login is hashed: people type passwords there.
CREATE TABLE sign_in_failures (
    login_sha256 TEXT COLLATE "C" NOT NULL,
    at           TIMESTAMPTZ NOT NULL
);
CREATE INDEX sign_in_failures_by_login ON sign_in_failures (login_sha256, at);
CREATE INDEX sign_in_failures_by_time ON sign_in_failures (at);

-- Who saw and changed what. Append-only, and each row's hash covers the row and the hash before it, so that a row
-- that was changed, removed, added or moved shows (P14).
CREATE TABLE audit_log (
    number     BIGINT NOT NULL PRIMARY KEY,                -- from 1, without gaps
    at         TIMESTAMPTZ NOT NULL,
    actor      TEXT COLLATE "C",                           -- the member of staff; no foreign key: the trail outlives everyone
    actor_text TEXT NOT NULL,                              -- who it was, when there is no such row: `command line`
    action     TEXT COLLATE "C" NOT NULL,
    center_id  TEXT COLLATE "C",
    subject    TEXT COLLATE "C" NOT NULL,                  -- the identifier of what was seen or changed
    detail     TEXT NOT NULL,                              -- JSON, but kept as the very bytes that were hashed
    hash       TEXT COLLATE "C" NOT NULL                   -- hexadecimal digits
);

-- The one row that says where the chain ends: it is the lock for appending, and shows when the end was cut off.
CREATE TABLE audit_head (
    id     BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    number BIGINT NOT NULL,
    hash   TEXT COLLATE "C" NOT NULL
);
INSERT INTO audit_head (id, number, hash)
VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');

-- Append-only means that the database refuses anything else, whoever asks (P10, P14).
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END;
$$;
CREATE TRIGGER messages_are_not_changed BEFORE UPDATE OR DELETE ON messages
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER messages_are_not_emptied BEFORE TRUNCATE ON messages
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER message_events_are_not_changed BEFORE UPDATE OR DELETE ON message_events
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER message_events_are_not_emptied BEFORE TRUNCATE ON message_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER answers_are_not_changed BEFORE UPDATE OR DELETE ON answers
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER answers_are_not_emptied BEFORE TRUNCATE ON answers
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_log_is_not_changed BEFORE UPDATE OR DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_log_is_not_emptied BEFORE TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
