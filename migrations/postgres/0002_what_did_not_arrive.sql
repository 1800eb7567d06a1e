-- Why a text did not arrive, as a key: account, daily-limit, number, carrier, …; NULL: it did, or nobody knows.
ALTER TABLE outbox ADD COLUMN failure TEXT COLLATE "C";

-- An alert that counts: what happens again on the same day is one item for staff, not many.
ALTER TABLE alerts ADD COLUMN times BIGINT NOT NULL DEFAULT 1;
ALTER TABLE alerts ADD COLUMN latest_at TIMESTAMPTZ;     -- when it last happened; NULL: opened_at
ALTER TABLE alerts ADD COLUMN once_key TEXT COLLATE "C"; -- what makes two one: center|rule|day|about; NULL: counts nothing
CREATE UNIQUE INDEX alerts_once ON alerts (once_key);
