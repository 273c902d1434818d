//! `hivesync serve` from outside: a server of its own for each test, on a port of its own,
//! and real HTTP.

mod accounts;
mod ai_docs;
mod billing;
mod chaos;
mod client;
mod content;
mod declared;
mod document;
mod eventflow;
mod gpu;
mod idempotency;
mod lifecycle;
mod limits;
mod maps;
mod operations;
mod paging;
mod posts;
mod previews;
mod projects;
mod reachability;
mod readme;
mod refusals;
mod replays;
mod reports;
mod repositories;
mod scaled;
mod server;
mod service;
mod space_ends;
mod spaces;
mod teams;
mod typed;
mod uploads;
mod webhooks;
mod workers;
