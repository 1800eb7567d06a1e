//! The functional core of mimamori: values in, values out.
//!
//! Nothing here does I/O, reads a clock or draws a random number: all that a decision needs comes in as a
//! value, the time included. Read in this order: [`language`], [`phone`], [`observation`] (what is measured),
//! [`reply`] (what a person meant), [`sms`] (what a text costs), [`dialog`] (what is asked), [`center`],
//! [`contact`], [`patient`] (who), [`schedule`] and [`round`] (when), [`choice`] (in which dialog), [`welcome`] (new
//! numbers), [`severity`], [`check_in`], [`asked`], [`standing`] and [`chase_list`] (what staff must do), [`message`]
//! (what happened to a text), [`retry`] (when it is tried again), [`addressee`] (whom a text names), [`turn`] (one
//! inbound text and all that it causes) and [`campaign`] (what staff send to many).

pub mod addressee;
pub mod alert;
pub mod asked;
pub mod audit;
pub mod campaign;
pub mod center;
pub mod chase_list;
pub mod check_in;
pub mod choice;
pub mod contact;
pub mod dialog;
pub mod id;
mod keyed;
pub mod language;
pub mod message;
pub mod observation;
pub mod patient;
pub mod phone;
pub mod progress;
pub mod release;
pub mod reply;
pub mod retry;
pub mod round;
pub mod schedule;
pub mod severity;
pub mod sms;
pub mod staff;
pub mod standing;
pub mod turn;
pub mod welcome;
