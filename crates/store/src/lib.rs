//! The store: write-ahead log, live rows, data files and the catalog that names them
