//! `hivesync serve` from outside: a server of its own for each test, on a port of its own,
//! and real HTTP.

mod accounts;
mod client;
mod lifecycle;
mod projects;
mod refusals;
mod server;
