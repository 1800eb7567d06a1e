//! (being written)

<<<<<<< HEAD
pub mod sign;
//! The command line: one file a command. Arguments in, use cases called, results printed.

pub mod center;
pub mod patient;
=======
pub mod dialog;
pub mod segments;
>>>>>>> dialog
