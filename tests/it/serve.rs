//! `hivesync serve` from outside: a server of its own for each test, on a port of its own,
//! and real HTTP.

mod accounts;
mod client;
mod eventflow;
mod lifecycle;
mod limits;
mod previews;
mod projects;
mod readme;
mod refusals;
mod reports;
mod scaled;
mod server;
mod uploads;
mod workers;
