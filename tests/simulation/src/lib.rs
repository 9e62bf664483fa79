//! The store under a seeded world of torn writes, lost directories and crashes
