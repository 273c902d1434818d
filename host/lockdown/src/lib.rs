//! The walls of the operating system around a process that runs a guest.
