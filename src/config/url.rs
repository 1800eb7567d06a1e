//! Addresses that are configured, checked once so that nobody has to check them again.

use std::fmt;

/// The address at which the program is reached from outside: `https://host` or, on this machine, `http://host`,
/// with a port if need be; no path, and no `/` at the end.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicUrl(String);

/// The address of a provider: as [`PublicUrl`], and it may have a path. No `/` at the end.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl(String);

impl PublicUrl {
    /// Reads it.
    ///
    /// # Errors
    /// What would be right.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let url = parse(text)?;
        if url.path() != "/" {
            return Err(
                "scheme and host only, such as https://mimamori.example.jp: the program needs a host name of its own",
            );
        }
        Ok(Self(without_slash(&url)))
    }

    /// Without `/` at the end: `https://mimamori.example.jp`. Also the `Origin` that browsers send.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is encrypted; if not, it is this machine.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// The address of a path of ours, which begins with `/`.
    #[must_use]
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

impl BaseUrl {
    /// Reads it.
    ///
    /// # Errors
    /// What would be right.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        parse(text).map(|url| Self(without_slash(&url)))
    }

    /// Without `/` at the end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        reqwest::Url::parse(&self.0).is_ok_and(|url| is_loopback(&url))
    }
}

impl fmt::Debug for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn parse(text: &str) -> Result<reqwest::Url, &'static str> {
    const EXAMPLE: &str = "an address such as https://mimamori.example.jp";
    let url = reqwest::Url::parse(text).map_err(|_| EXAMPLE)?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return Err(EXAMPLE);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("an address without a user name and password");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("an address without `?` and `#`");
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err("an https:// address; http:// is for this machine only (127.0.0.1, [::1], localhost)");
    }
    Ok(url)
}

fn is_loopback(url: &reqwest::Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

fn without_slash(url: &reqwest::Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}
