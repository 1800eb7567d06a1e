//! What is read from replies, by classes.
