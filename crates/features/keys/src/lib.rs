//! Keys and environments: who may do what
