-- Which round asks whom what. Commented in ../sqlite/0003_whom_to_ask_what.sql; the same tables and columns.
--
-- To the list of personal data in 0001: alerts.once_key may hold a phone number (of a text from a number that is
-- nobody's). patients.onset, specimen and without_symptoms say how somebody's illness has gone.

-- The dialogs of a center beside that of its mornings; NULL: it has none for this, and does without.
ALTER TABLE centers ADD COLUMN welcome_dialog TEXT COLLATE "C";  -- the first texts to a new number
ALTER TABLE centers ADD COLUMN short_dialog TEXT COLLATE "C";    -- for contacts that want one text
ALTER TABLE centers ADD COLUMN release_dialog TEXT COLLATE "C";  -- on the last day of an observation
ALTER TABLE centers ADD COLUMN second_check JSONB;               -- opening, reminders, deadline, dialog

-- Whether one text in the morning is to ask for everything, since each costs.
ALTER TABLE contacts ADD COLUMN one_text BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX contacts_unconfirmed ON contacts (center_id, id) WHERE confirmed_at IS NULL;

ALTER TABLE patients ADD COLUMN onset DATE;                      -- the day on which the symptoms began, if known
ALTER TABLE patients ADD COLUMN specimen DATE;                   -- the day on which the specimen was taken, if known
ALTER TABLE patients ADD COLUMN without_symptoms BOOLEAN NOT NULL DEFAULT FALSE;

-- A round has a kind (morning, second, welcome), and is unique by (center, day, kind).
ALTER TABLE rounds ADD COLUMN kind TEXT COLLATE "C" NOT NULL DEFAULT 'morning';
ALTER TABLE rounds ALTER COLUMN kind DROP DEFAULT;
ALTER TABLE rounds DROP CONSTRAINT rounds_center_id_day_key;
ALTER TABLE rounds ADD UNIQUE (center_id, day, kind);

-- From here on conversations.status says `ended` where nothing is open any more, and `closed` where a late answer is
-- still taken.
CREATE INDEX conversations_of_contact ON conversations (contact_id, round_id);
