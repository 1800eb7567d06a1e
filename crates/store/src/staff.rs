//! Staff, who is signed in, and refused sign-ins. What a role may do is the console's business.

use chrono::{DateTime, TimeDelta, Utc};
use domain::id::{CenterId, StaffId};
use sha2::{Digest as _, Sha256};

use crate::error::{Error, Result};
use crate::settle::hexadecimal;
use crate::sql::{Columns, Fields, Number, Record, Sql, keepable, run, statements, text};
use crate::tx::Tx;

macro_rules! staff {
    ($rest:literal) => {
        Sql::both(concat!(
            "SELECT s.id, s.login, s.name, s.role, s.center_id, s.language, s.password_hash FROM staff s ",
            $rest
        ))
    };
}

statements! {
    INSERT = Sql::both(
        "INSERT INTO staff (id, login, name, role, center_id, language, password_hash, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING");
    BY_ID = staff!("WHERE s.id = $1");
    BY_LOGIN = staff!("WHERE s.login = $1");
    INSERT_SESSION = Sql::both(
        "INSERT INTO sessions (token_sha256, staff_id, created_at, last_seen_at, expires_at)
         VALUES ($1, $2, $3, $3, $4)");
    SESSION = Sql::both(
        "SELECT n.token_sha256, n.created_at, n.last_seen_at, n.expires_at,
                s.id AS s_id, s.login AS s_login, s.name AS s_name, s.role AS s_role, s.center_id AS s_center_id,
                s.language AS s_language, s.password_hash AS s_password_hash
         FROM sessions n JOIN staff s ON s.id = n.staff_id
         WHERE n.token_sha256 = $1 AND n.expires_at > $2");
    TOUCH_SESSION = Sql::both("UPDATE sessions SET last_seen_at = $2, expires_at = $3 WHERE token_sha256 = $1");
    DELETE_SESSION = Sql::both("DELETE FROM sessions WHERE token_sha256 = $1");
    DELETE_EXPIRED = Sql::both("DELETE FROM sessions WHERE expires_at <= $1");
    INSERT_FAILURE = Sql::both("INSERT INTO sign_in_failures (login_sha256, at) VALUES ($1, $2)");
    DELETE_OLD_FAILURES = Sql::both("DELETE FROM sign_in_failures WHERE at < $1");
    COUNT_FAILURES = Sql::both("SELECT COUNT(*) AS n FROM sign_in_failures WHERE login_sha256 = $1 AND at >= $2");
    CLEAR_FAILURES = Sql::both("DELETE FROM sign_in_failures WHERE login_sha256 = $1");
}

/// A member of staff, to be added.
#[derive(Clone, PartialEq, Eq)]
pub struct NewStaff {
    /// The identifier.
    pub id: StaffId,
    /// What is typed to sign in. Unique, compared as it is written.
    pub login: String,
    /// The name, as others see it.
    pub name: String,
    /// The key of the role.
    pub role: String,
    /// The one center that they work for; `None` for every center.
    pub center_id: Option<CenterId>,
    /// The console's language: `ja`, `en`; empty if the browser decides.
    pub language: String,
    /// The hash of the password, in PHC form.
    pub password_hash: String,
}

/// A member of staff, as stored.
pub type Staff = NewStaff;

impl std::fmt::Debug for NewStaff {
    /// Shows the identifier and the role, not the password's hash.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Staff").field("id", &self.id).field("role", &self.role).finish_non_exhaustive()
    }
}

impl Record for NewStaff {
    fn read<R: Columns>(row: &R) -> Result<Self> {
        staff_from(&Fields::of(row, "staff", "id"))
    }
}

fn staff_from<R: Columns>(fields: &Fields<'_, R>) -> Result<Staff> {
    Ok(NewStaff {
        id: fields.id("id")?,
        login: fields.get("login")?,
        name: fields.get("name")?,
        role: fields.get("role")?,
        center_id: fields.id_optional("center_id")?,
        language: fields.get("language")?,
        password_hash: fields.get("password_hash")?,
    })
}

/// Somebody who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Who.
    pub staff: Staff,
    /// Since when.
    pub created_at: DateTime<Utc>,
    /// When they were last seen.
    pub last_seen_at: DateTime<Utc>,
    /// Until when, if they are not seen again.
    pub expires_at: DateTime<Utc>,
}

impl Record for Session {
    fn read<R: Columns>(row: &R) -> Result<Self> {
        // The key is a hash of the token: it is not shown, but the member of staff is.
        let fields = Fields::of(row, "sessions", "s_id");
        Ok(Self {
            staff: staff_from(&Fields::joined(row, "staff", "id", "s_"))?,
            created_at: fields.get("created_at")?,
            last_seen_at: fields.get("last_seen_at")?,
            expires_at: fields.get("expires_at")?,
        })
    }
}

/// How long refused sign-ins are remembered.
const REMEMBER_FAILURES: TimeDelta = TimeDelta::days(1);

fn login_hash(login: &str) -> String {
    hexadecimal(&Sha256::digest(login))
}

impl Tx {
    /// Adds a member of staff.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the login is taken.
    pub async fn insert_staff(&mut self, staff: &NewStaff, now: DateTime<Utc>) -> Result<()> {
        let added = run!(self, INSERT, [
            staff.id.to_string(),
            keepable(&staff.login),
            keepable(&staff.name),
            staff.role.as_str(),
            text(staff.center_id),
            staff.language.as_str(),
            staff.password_hash.as_str(),
            now,
        ] => execute)?;
        if added == 0 { Err(Error::Conflict) } else { Ok(()) }
    }

    /// The member of staff with this identifier.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn staff(&mut self, id: StaffId) -> Result<Option<Staff>> {
        run!(self, BY_ID, [id.to_string()] => optional)
    }

    /// The member of staff with this login.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn staff_by_login(&mut self, login: &str) -> Result<Option<Staff>> {
        run!(self, BY_LOGIN, [keepable(login)] => optional)
    }

    /// Signs somebody in: of the token only its hash is kept. Forgets the sessions that have expired.
    ///
    /// # Errors
    /// When the database fails; [`Error::Conflict`] when the token is in use, which no two random ones are.
    pub async fn insert_session(
        &mut self,
        token_sha256: &[u8; 32],
        staff: StaffId,
        now: DateTime<Utc>,
        expires_at: DateTime<Utc>,
    ) -> Result<()> {
        run!(self, DELETE_EXPIRED, [now] => execute)?;
        run!(self, INSERT_SESSION, [hexadecimal(token_sha256), staff.to_string(), now, expires_at] => execute)?;
        Ok(())
    }

    /// Who is signed in by a token, unless the session has expired.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn session(&mut self, token_sha256: &[u8; 32], now: DateTime<Utc>) -> Result<Option<Session>> {
        run!(self, SESSION, [hexadecimal(token_sha256), now] => optional)
    }

    /// Notes that somebody was seen, and until when the session lasts now. `false` if there is no such session.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn touch_session(
        &mut self,
        token_sha256: &[u8; 32],
        now: DateTime<Utc>,
        expires_at: DateTime<Utc>,
    ) -> Result<bool> {
        Ok(run!(self, TOUCH_SESSION, [hexadecimal(token_sha256), now, expires_at] => execute)? > 0)
    }

    /// Signs somebody out. `false` if there is no such session.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_session(&mut self, token_sha256: &[u8; 32]) -> Result<bool> {
        Ok(run!(self, DELETE_SESSION, [hexadecimal(token_sha256)] => execute)? > 0)
    }

    /// Notes a refused sign-in, whether or not there is such a login. Those of more than a day ago are forgotten.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn record_sign_in_failure(&mut self, login: &str, now: DateTime<Utc>) -> Result<()> {
        run!(self, DELETE_OLD_FAILURES, [now - REMEMBER_FAILURES] => execute)?;
        run!(self, INSERT_FAILURE, [login_hash(login), now] => execute)?;
        Ok(())
    }

    /// How many sign-ins with this login were refused since an instant, at most a day ago.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sign_in_failures_since(&mut self, login: &str, since: DateTime<Utc>) -> Result<i64> {
        let Number(n) = run!(self, COUNT_FAILURES, [login_hash(login), since] => one)?;
        Ok(n)
    }

    /// Forgets the refused sign-ins of a login: it succeeded.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn clear_sign_in_failures(&mut self, login: &str) -> Result<()> {
        run!(self, CLEAR_FAILURES, [login_hash(login)] => execute)?;
        Ok(())
    }
}
