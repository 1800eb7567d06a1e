-- Which round asks whom what: the welcome of a new number, the morning, the second check of the day; the end of an
-- observation.
--
-- To the list of personal data in 0001: alerts.once_key may hold a phone number (of a text from a number that is
-- nobody's). patients.onset, specimen and without_symptoms say how somebody's illness has gone.

-- The dialogs of a center beside that of its mornings; NULL: it has none for this, and does without.
ALTER TABLE centers ADD COLUMN welcome_dialog TEXT;    -- the first texts to a new number
ALTER TABLE centers ADD COLUMN short_dialog TEXT;      -- for contacts that want one text
ALTER TABLE centers ADD COLUMN release_dialog TEXT;    -- on the last day of an observation
ALTER TABLE centers ADD COLUMN second_check TEXT;      -- JSON: opening, reminders, deadline, dialog

-- Whether one text in the morning is to ask for everything, since each costs.
ALTER TABLE contacts ADD COLUMN one_text INTEGER NOT NULL DEFAULT 0 CHECK (one_text IN (0, 1));
CREATE INDEX contacts_unconfirmed ON contacts (center_id, id) WHERE confirmed_at IS NULL;

ALTER TABLE patients ADD COLUMN onset TEXT;            -- the day on which the symptoms began, if known
ALTER TABLE patients ADD COLUMN specimen TEXT;         -- the day on which the specimen was taken, if known
ALTER TABLE patients ADD COLUMN without_symptoms INTEGER NOT NULL DEFAULT 0 CHECK (without_symptoms IN (0, 1));

-- A round has a kind, and is unique by (center, day, kind). Only a new table can have another constraint; the program
-- applies migrations without enforcing foreign keys, so that those which refer to this one stay as they are.
CREATE TABLE rounds_with_kind (
    id           TEXT NOT NULL PRIMARY KEY,
    center_id    TEXT NOT NULL REFERENCES centers (id),
    day          TEXT NOT NULL,
    opens_at     TEXT NOT NULL,
    reminders_at TEXT NOT NULL,                    -- JSON: instants, ascending
    deadline_at  TEXT NOT NULL,
    ends_at      TEXT NOT NULL,                    -- the opening of the next morning
    quiet_from   TEXT NOT NULL,                    -- no scheduled text leaves from here until ends_at
    state        TEXT NOT NULL,                    -- planned, open, closed, missed
    created_at   TEXT NOT NULL,
    updated_at   TEXT NOT NULL,
    kind         TEXT NOT NULL,                    -- morning, second, welcome
    UNIQUE (center_id, day, kind)
) STRICT;
INSERT INTO rounds_with_kind
SELECT id, center_id, day, opens_at, reminders_at, deadline_at, ends_at, quiet_from, state, created_at, updated_at,
       'morning'
FROM rounds;
DROP TABLE rounds;
ALTER TABLE rounds_with_kind RENAME TO rounds;
CREATE INDEX rounds_by_opening ON rounds (center_id, opens_at);
CREATE INDEX rounds_by_state ON rounds (state, opens_at);

-- From here on conversations.status says `ended` where nothing is open any more, and `closed` where a late answer is
-- still taken.
CREATE INDEX conversations_of_contact ON conversations (contact_id, round_id);
