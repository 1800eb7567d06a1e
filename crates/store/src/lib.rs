//! The store: the only place with SQL. One unit of work over SQLite and PostgreSQL.
//!
//! A [`Store`] is opened once, from an address. [`Store::begin`] gives a unit of work, a [`Tx`]; its methods are the
//! statements, one module a table or a few; [`Tx::commit`] makes everything durable together, dropping it undoes
//! everything. [`Store::read`] gives one that only reads, and sees one moment of the database throughout.
//!
//! The store knows no clock: every method that needs the time is given `now`, in UTC, cut to microseconds, since
//! PostgreSQL keeps no more. It knows nothing of HTTP, gateways or configuration. It decides nothing: what a text
//! means, who is reminded and what is sent is decided in `domain` and carried out by the service.
//!
//! # How a method is made
//! 1. The table, with a comment on what it is for, in a new file in both folders under migrations/, listed in
//!    `migrate`.
//! 2. The statement, in the module's `statements!`: `Sql::both` if one text does for both databases, which is
//!    nearly always; `Sql::pair` where it does not. Parameters are `$n`; times are compared with bound values only.
//! 3. The method on `Tx`, with `run!`. "Not found" is `None` or `false`. What can clash says `ON CONFLICT DO
//!    NOTHING` and looks at the number of rows: after an error PostgreSQL would refuse the rest of the transaction.
//! 4. Rows become records in `Record::read`, which says `table, row, column` of what it cannot read.
//! 5. A test in `conformance`, which runs on both databases. Every statement is prepared on both there, too.

mod alerts;
mod audit;
mod centers;
mod chase;
mod check_ins;
mod connect;
mod contacts;
mod conversations;
mod dialogs;
mod error;
mod inbox;
mod migrate;
mod outbox;
mod patients;
mod round_view;
mod rounds;
mod settle;
mod sql;
mod staff;
#[cfg(feature = "testing")]
pub mod testing;
mod tx;

#[cfg(test)]
mod conformance;

pub use audit::{AuditReport, NewAudit};
pub use check_ins::{AnswerRecord, NewAnswer};
pub use connect::{Options, Store};
pub use conversations::ConversationRecord;
pub use dialogs::DialogVersion;
pub use error::{Error, Failure, Result, Unreadable};
pub use inbox::{MessageRecord, NewInbound, StoredReply};
pub use outbox::{CancelScope, ClaimedOutbound, UnknownOutbound};
pub use round_view::{ConversationRow, RoundRow, standings};
pub use rounds::Timer;
pub use settle::{MatchedReport, MessageEvent, Reported, Settlement, StatusReport};
pub use staff::{NewStaff, Session, Staff};
pub use tx::Tx;
