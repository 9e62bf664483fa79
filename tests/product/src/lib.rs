//! Whole-product tests: the real binary, real sockets, real kills
