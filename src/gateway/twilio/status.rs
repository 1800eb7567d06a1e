//! The names of Twilio's message states, in answers, listings and callbacks. What follows from a state is not here.

use domain::message::OutboundState;

/// Our state for a state that Twilio names, of an outgoing text.
///
/// `None` for a name that is not known, or that only incoming texts have: Twilio adds names without notice, and a
/// guess could end a message that is still on its way.
///
/// `partially_delivered` counts as sent: some of its segments are on the phone, so it neither failed nor arrived.
#[must_use]
pub fn outbound_state(status: &str) -> Option<OutboundState> {
    Some(match status {
        "accepted" | "scheduled" | "queued" | "sending" => OutboundState::Accepted,
        "sent" | "partially_delivered" => OutboundState::Sent,
        "delivered" | "read" => OutboundState::Delivered,
        "undelivered" => OutboundState::Undelivered,
        "failed" => OutboundState::Failed,
        "canceled" => OutboundState::Canceled,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_of_an_outgoing_text_is_known() {
        for (status, state) in [
            ("accepted", "accepted"),
            ("scheduled", "accepted"),
            ("queued", "accepted"),
            ("sending", "accepted"),
            ("sent", "sent"),
            ("partially_delivered", "sent"),
            ("delivered", "delivered"),
            ("read", "delivered"),
            ("undelivered", "undelivered"),
            ("failed", "failed"),
            ("canceled", "canceled"),
        ] {
            assert_eq!(outbound_state(status).map(OutboundState::key), Some(state), "{status}");
        }
    }

    #[test]
    fn what_is_not_known_is_not_guessed() {
        for status in ["", "received", "receiving", "Delivered", "delivered ", "lost", "unknown"] {
            assert_eq!(outbound_state(status), None, "{status:?}");
        }
    }
}
