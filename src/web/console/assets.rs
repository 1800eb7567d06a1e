//! The console's own files: style, script, icons. Built into the program; read from the folder in debug builds.

use axum::extract::{Path, RawQuery};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::web::error::Error;

#[derive(RustEmbed)]
#[folder = "assets/console/"]
struct Assets;

/// The address of a file, with its content's mark in it, so that a browser may keep it for good.
pub(super) fn href(name: &str) -> String {
    let version = Assets::get(name).map(|file| version(&file)).unwrap_or_default();
    format!("/assets/console/{name}?v={version}")
}

fn version(file: &EmbeddedFile) -> String {
    file.metadata.sha256_hash().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

pub(super) async fn serve(Path(path): Path<String>, RawQuery(query): RawQuery) -> Result<Response, Error> {
    let file = Assets::get(&path).ok_or(Error::NotFound)?;
    let kind = match path.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => return Err(Error::NotFound),
    };
    let kept = if query.as_deref() == Some(&format!("v={}", version(&file))) {
        "public, max-age=31536000, immutable"
    } else {
        // Icons are named by the style sheet, without a mark.
        "public, max-age=3600"
    };
    Ok(([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, kept)], file.data).into_response())
}
