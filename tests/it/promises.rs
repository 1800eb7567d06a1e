//! Each promise of the design, with a test that tries to break it at the level of the whole service.
use crate::support::app::{Database, NewPatient, Setup};

#[tokio::test]
async fn a_morning() {
    let mut app = Setup::new(Database::sqlite()).build().await;
    app.patient(NewPatient::on("+819012345601")).await;
    app.advance_to(7, 1).await;
    for text in ["36.8", "97", "2", "0", "2", "なし"] {
        app.text_from("+819012345601", text).await;
    }
    app.advance_to(9, 0).await;
    let status = app.round_status().await;
    assert_eq!(status.counts.green, 1, "{status:?}\n{}", app.transcript());
    app.finish().await;
}
