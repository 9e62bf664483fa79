//! The query engine: plans run over the store's live rows and files on DataFusion
