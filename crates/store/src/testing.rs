//! Fresh databases for tests of other packages, which speak no SQL. Only with the feature `testing`; the service
//! never has it.

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use crate::error::{Error, Result};

/// Makes an empty PostgreSQL database called `name` beside the one at `server`, and gives its address.
///
/// # Errors
/// When the server does not answer or does not allow it.
pub async fn create_database(server: &str, name: &str) -> Result<String> {
    let mut admin = PgConnection::connect(server).await?;
    admin.execute(AssertSqlSafe(format!("CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'"))).await?;
    let (base, _) = server.rsplit_once('/').ok_or(Error::Address("it names no database"))?;
    Ok(format!("{base}/{name}"))
}

/// Drops a database that [`create_database`] made, whoever is still connected to it.
///
/// # Errors
/// When the server does not answer or does not allow it.
pub async fn drop_database(server: &str, name: &str) -> Result<()> {
    let mut admin = PgConnection::connect(server).await?;
    admin.execute(AssertSqlSafe(format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)"))).await?;
    Ok(())
}
