//! Centers and the versions of their thresholds.

use chrono::{DateTime, Utc};
use domain::center::{Center, FurtherDialogs, Hours};
use domain::id::{CenterId, StaffId};
use domain::phone::PhoneNumber;
use domain::severity::Thresholds;
use sqlx::types::Json;

use crate::error::{Error, Result, Unreadable};
use crate::sql::{Columns, Fields, Record, Sql, keepable, run, statements, text};
use crate::tx::Tx;

macro_rules! center {
    ($rest:literal) => {
        Sql::both(concat!(
            "SELECT c.id, c.name, c.time_zone, c.sender, c.hours, c.night_line, c.language, c.dialog,
                    c.thresholds_version, t.body AS thresholds, c.welcome_dialog, c.short_dialog, c.release_dialog,
                    c.second_check
             FROM centers c JOIN threshold_versions t ON t.center_id = c.id AND t.version = c.thresholds_version ",
            $rest
        ))
    };
}

statements! {
    INSERT = Sql::both(
        "INSERT INTO centers (id, name, time_zone, sender, hours, night_line, language, dialog, thresholds_version,
                              created_at, updated_at, welcome_dialog, short_dialog, release_dialog, second_check)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11, $12, $13, $14) ON CONFLICT DO NOTHING");
    UPDATE_DIALOGS = Sql::both(
        "UPDATE centers SET dialog = $2, welcome_dialog = $3, short_dialog = $4, release_dialog = $5,
                            second_check = $6, updated_at = $7
         WHERE id = $1");
    INSERT_THRESHOLDS = Sql::both(
        "INSERT INTO threshold_versions (center_id, version, body, created_at, created_by)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING");
    USE_THRESHOLDS = Sql::both(
        "UPDATE centers SET thresholds_version = $2, updated_at = $3 WHERE id = $1 AND thresholds_version = $2 - 1");
    BY_ID = center!("WHERE c.id = $1");
    BY_NAME = center!("WHERE c.name = $1");
    BY_SENDER = center!("WHERE c.sender = $1");
    ALL_CENTERS = center!("ORDER BY c.id");
}

impl Record for Center {
    fn read<R: Columns>(row: &R) -> Result<Self> {
        let fields = Fields::of(row, "centers", "id");
        let thresholds: Thresholds = fields.json("thresholds")?;
        if thresholds.version != fields.number::<u32>("thresholds_version")? {
            let what = "the thresholds of this version say that they are another version";
            return Err(fields.corrupt("thresholds_version", Unreadable::new(what)));
        }
        Ok(Self {
            id: fields.id("id")?,
            name: fields.get("name")?,
            time_zone: fields.parse("time_zone", "not an IANA time zone")?,
            sender: fields.phone("sender")?,
            hours: fields.json::<Hours>("hours")?,
            night_line: fields.get("night_line")?,
            language: fields.parse("language", "an unknown language")?,
            dialog: fields.get("dialog")?,
            further: FurtherDialogs {
                welcome: fields.get("welcome_dialog")?,
                short: fields.get("short_dialog")?,
                release: fields.get("release_dialog")?,
            },
            second: fields.json_optional("second_check")?,
            thresholds,
        })
    }
}

impl Tx {
    /// Adds a center with its thresholds.
    ///
    /// # Errors
    /// [`Error::Conflict`] when its name or its sender number is taken.
    pub async fn insert_center(&mut self, center: &Center, now: DateTime<Utc>) -> Result<()> {
        let version = i64::from(center.thresholds.version);
        let added = run!(self, INSERT, [
            center.id.to_string(),
            keepable(&center.name),
            center.time_zone.name(),
            center.sender.as_e164(),
            Json(&center.hours),
            center.night_line.as_deref(),
            center.language.tag(),
            center.dialog.as_str(),
            version,
            now,
            center.further.welcome.as_deref(),
            center.further.short.as_deref(),
            center.further.release.as_deref(),
            center.second.as_ref().map(Json),
        ] => execute)?;
        if added == 0 {
            return Err(Error::Conflict);
        }
        self.insert_thresholds(center.id, &center.thresholds, None, now).await
    }

    /// Writes which dialogs a center uses, and its second check. `false` if there is no such center.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn update_center_dialogs(&mut self, center: &Center, now: DateTime<Utc>) -> Result<bool> {
        let changed = run!(self, UPDATE_DIALOGS, [
            center.id.to_string(),
            center.dialog.as_str(),
            center.further.welcome.as_deref(),
            center.further.short.as_deref(),
            center.further.release.as_deref(),
            center.second.as_ref().map(Json),
            now,
        ] => execute)?;
        Ok(changed > 0)
    }

    /// Replaces a center's thresholds by the next version; the older ones stay, since check-ins name them.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the version is not the one after the current one: somebody else was faster.
    pub async fn set_thresholds(
        &mut self,
        center: CenterId,
        thresholds: &Thresholds,
        by: Option<StaffId>,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let version = i64::from(thresholds.version);
        if run!(self, USE_THRESHOLDS, [center.to_string(), version, now] => execute)? == 0 {
            return Err(Error::Conflict);
        }
        self.insert_thresholds(center, thresholds, by, now).await
    }

    async fn insert_thresholds(
        &mut self,
        center: CenterId,
        thresholds: &Thresholds,
        by: Option<StaffId>,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let version = i64::from(thresholds.version);
        let added = run!(self, INSERT_THRESHOLDS, [
            center.to_string(), version, Json(thresholds), now, text(by)
        ] => execute)?;
        if added == 0 { Err(Error::Conflict) } else { Ok(()) }
    }

    /// The center with this identifier.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn center(&mut self, id: CenterId) -> Result<Option<Center>> {
        run!(self, BY_ID, [id.to_string()] => optional)
    }

    /// The center with this name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn center_by_name(&mut self, name: &str) -> Result<Option<Center>> {
        run!(self, BY_NAME, [keepable(name)] => optional)
    }

    /// The center whose texts come from this number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn center_by_sender(&mut self, sender: &PhoneNumber) -> Result<Option<Center>> {
        run!(self, BY_SENDER, [sender.as_e164()] => optional)
    }

    /// Every center, the oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn centers(&mut self) -> Result<Vec<Center>> {
        run!(self, ALL_CENTERS, [] => all)
    }
}
