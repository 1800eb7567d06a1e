//! The one integration-test binary. `architecture`: who may use whom. `virtual_time`: years in seconds, with the
//! promises checked after every event. `binary`: the real program over HTTP.

mod architecture;
mod binary;
mod promises;
mod support;
mod virtual_time;
