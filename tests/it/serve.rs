//! `hivesync serve` from outside: a server of its own for each test, on a port of its own,
//! and real HTTP.

mod accounts;
mod chaos;
mod client;
mod eventflow;
mod lifecycle;
mod limits;
mod operations;
mod previews;
mod projects;
mod readme;
mod refusals;
mod reports;
mod scaled;
mod server;
mod uploads;
mod workers;
