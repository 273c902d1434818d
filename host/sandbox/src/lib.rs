//! Running one guest behind walls, from a backend's own code.
